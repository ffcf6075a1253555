//! What a script tells, a line each: as text for people, as JSON for programs.

use super::Latency;
use serde::Serialize;
use std::fmt;
use std::time::Duration;

/// One line. As JSON it is an object whose `event` says which.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Line {
    /// Where the broker is.
    Broker {
        /// Its URL.
        url: String,
        /// Whether the demo brought it along.
        embedded: bool,
        /// A command that shows everything that goes over it.
        join: String,
    },
    /// A thing of the lab.
    Thing {
        /// Its name in the file.
        thing: String,
        /// What its topics begin with.
        id: String,
        /// Whether the id was made up, since the file leaves it to the Pi.
        made_up: bool,
    },
    /// Something to know.
    Note {
        /// A sentence.
        text: String,
    },
    /// A step of the script begins.
    Step {
        /// Its number, from 1.
        step: usize,
        /// What is moved; nothing when it is about the whole lab.
        #[serde(flatten)]
        who: Who,
        /// Its socket.
        #[serde(skip_serializing_if = "Option::is_none")]
        port: Option<&'static str>,
        /// What is done to it.
        action: String,
    },
    /// A message that had to come.
    Message {
        /// Who says it.
        #[serde(flatten)]
        who: Who,
        /// The topic.
        topic: String,
        /// The payload that had to come; `None` stands for any.
        #[serde(skip_serializing_if = "Option::is_none")]
        expected: Option<String>,
        /// The payload that came, or the last one that came instead.
        seen: Option<String>,
        /// From the move to the observer.
        latency_ms: Option<f64>,
        /// Whether it came.
        ok: bool,
    },
    /// An output that had to do something.
    Output {
        /// Whose it is.
        #[serde(flatten)]
        who: Who,
        /// Its socket.
        port: &'static str,
        /// How much of the time it had to be high, of 255.
        expected: u8,
        /// How much it was.
        seen: u8,
        /// From the move to the pin.
        latency_ms: Option<f64>,
        /// Whether it did.
        ok: bool,
    },
    /// The script is over.
    End {
        /// Whether everything came as it had to.
        ok: bool,
        /// How many steps were taken.
        steps: usize,
        /// How many messages and outputs were checked.
        checks: usize,
        /// How many of them were not as expected.
        failed: usize,
        /// From a move to the pin of an output, in milliseconds.
        latency_ms: Latency,
    },
}

/// A thing, or one resource of it, or a topic of nobody in the lab.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Who {
    /// The whole lab.
    Lab {},
    /// A thing.
    Thing {
        /// Its name in the file.
        thing: String,
    },
    /// One resource.
    Resource {
        /// Its thing's name in the file.
        thing: String,
        /// Its name in the file.
        resource: String,
    },
    /// A topic of nobody in the lab.
    Stranger {
        /// The topic.
        stranger: String,
    },
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lab {} => f.pad("lab"),
            Self::Thing { thing } => f.pad(thing),
            Self::Resource { thing, resource } => f.pad(&format!("{thing}/{resource}")),
            Self::Stranger { stranger } => f.pad(stranger),
        }
    }
}

impl Who {
    /// What stands before a topic: the topic of a stranger tells enough.
    fn short(&self) -> String {
        match self {
            Self::Stranger { .. } => "a stranger".to_owned(),
            known => known.to_string(),
        }
    }
}

impl Line {
    /// Whether it is a check that failed.
    #[must_use]
    pub const fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::Message { ok: false, .. } | Self::Output { ok: false, .. }
        )
    }
}

/// A duty, as a person says it.
fn level(duty: u8) -> String {
    match duty {
        0 => "off".to_owned(),
        255 => "on".to_owned(),
        duty => format!("{duty}/255"),
    }
}

struct Verdict<'a>(bool, Option<f64>, &'a str);

impl fmt::Display for Verdict<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self(true, Some(ms), _) => write!(f, "{ms:8.2} ms  ok"),
            Self(true, None, _) => write!(f, "{:>11}  ok", ""),
            Self(false, _, found) => write!(f, "  FAILED: found {found}"),
        }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broker {
                url,
                embedded,
                join,
            } => {
                let whose = if *embedded {
                    "broker, brought along"
                } else {
                    "broker"
                };
                write!(f, "{whose}: {url}\njoin in: {join}")
            }
            Self::Thing { thing, id, made_up } => {
                let made_up = if *made_up {
                    ", made up: the file leaves it to the Pi"
                } else {
                    ""
                };
                write!(f, "thing {thing}: simulated Pi {id}{made_up}")
            }
            Self::Note { text } => write!(f, "note: {text}"),
            Self::Step {
                step,
                who,
                port,
                action,
            } => {
                let port = port.map(|port| format!(" ({port})")).unwrap_or_default();
                write!(f, "{step:3}  {who}{port} {action}")
            }
            Self::Message {
                who,
                topic,
                expected,
                seen,
                latency_ms,
                ok,
            } => {
                let found = seen.as_deref().unwrap_or("nothing");
                let what = expected
                    .as_deref()
                    .unwrap_or(if *ok { found } else { "any message" });
                let verdict = Verdict(*ok, *latency_ms, found);
                write!(
                    f,
                    "     message  {:<16}  {:<42} {verdict}",
                    who.short(),
                    format_args!("{topic} {what}").to_string()
                )
            }
            Self::Output {
                who,
                port,
                expected,
                seen,
                latency_ms,
                ok,
            } => {
                let found = level(*seen);
                let verdict = Verdict(*ok, *latency_ms, &found);
                write!(
                    f,
                    "     output   {who:<16}  {:<42} {verdict}",
                    format!("{port} {}", level(*expected))
                )
            }
            Self::End {
                ok,
                steps,
                checks,
                failed,
                latency_ms,
            } => {
                let in_ms = |took: Option<Duration>| took.map_or(0.0, super::latency::ms);
                let (p50, max) = (in_ms(latency_ms.percentile(50)), in_ms(latency_ms.max()));
                let verdict = if *ok {
                    "every output did what it should"
                } else {
                    "FAILED"
                };
                write!(
                    f,
                    "{verdict}: {steps} steps, {checks} checks, {failed} failed; "
                )?;
                write!(
                    f,
                    "from an input to an output pin, beats and debouncing included: p50 {p50} ms, max {max} ms"
                )
            }
        }
    }
}
