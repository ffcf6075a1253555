//! What a broker has told of itself so far. Whatever comes is hostile: what is no number is not taken.

use super::figures::{BELOW, FIGURE_COUNT, LOAD_COUNT};
use super::{Figure, Load};
use std::time::Duration;

/// The longest version that is kept, in bytes.
const LONGEST_VERSION: usize = 200;
/// The longest number: 2^64 has 20 digits, and a load two more behind its point.
const LONGEST_NUMBER: usize = 40;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is the broker's uptime, with which Mosquitto begins a round of figures.
    Uptime,
    /// It is another of the figures.
    Known,
    /// It should be one, and is no number, or none that a broker could have.
    Unreadable,
    /// It is something else.
    Other,
}

/// The broker's figures, as far as it has told them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    figures: [Option<u64>; FIGURE_COUNT],
    loads: [[Option<f64>; 3]; LOAD_COUNT],
    uptime: Option<Duration>,
    version: Option<String>,
}

impl Reading {
    /// Takes a message.
    pub fn take(&mut self, topic: &str, payload: &[u8]) -> Taken {
        let Some(topic) = topic.strip_prefix(BELOW) else {
            return Taken::Other;
        };
        if topic == "version" {
            let cut = &payload[..payload.len().min(LONGEST_VERSION)];
            self.version = Some(String::from_utf8_lossy(cut).into_owned());
            return Taken::Known;
        }
        if topic == "uptime" {
            return match uptime(payload) {
                Some(uptime) => {
                    self.uptime = Some(uptime);
                    Taken::Uptime
                }
                None => Taken::Unreadable,
            };
        }
        let taken = if let Some(figure) = Figure::of(topic) {
            whole(payload).map(|number| self.figures[figure as usize] = Some(number))
        } else if let Some((load, place)) = Load::of(topic) {
            mean(payload).map(|number| self.loads[load as usize][place] = Some(number))
        } else {
            return Taken::Other;
        };
        taken.map_or(Taken::Unreadable, |()| Taken::Known)
    }

    /// A figure.
    #[must_use]
    pub const fn figure(&self, figure: Figure) -> Option<u64> {
        self.figures[figure as usize]
    }

    /// A load, over 1, 5 and 15 minutes.
    #[must_use]
    pub const fn load(&self, load: Load) -> [Option<f64>; 3] {
        self.loads[load as usize]
    }

    /// How long the broker runs, in whole seconds.
    #[must_use]
    pub const fn uptime(&self) -> Option<Duration> {
        self.uptime
    }

    /// What the broker calls itself; hostile, to be escaped.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Whether anything is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn text(payload: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(payload).ok()?.trim();
    (text.len() <= LONGEST_NUMBER).then_some(text)
}

fn digits(text: &str) -> Option<u64> {
    // the parser also takes a sign
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn whole(payload: &[u8]) -> Option<u64> {
    digits(text(payload)?)
}

fn mean(payload: &[u8]) -> Option<f64> {
    let text = text(payload)?;
    // the parser also takes words and exponents: `inf`, `nan`, `1e300`
    let plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    text.parse().ok().filter(|_| text.bytes().all(plain))
}

/// `123 seconds`; some brokers leave the word out.
fn uptime(payload: &[u8]) -> Option<Duration> {
    let text = text(payload)?;
    let number = text.strip_suffix("seconds").unwrap_or(text);
    digits(number.trim_end()).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn taken(topic: &str, payload: &[u8]) -> (Taken, Reading) {
        let mut reading = Reading::default();
        let taken = reading.take(&format!("$SYS/broker/{topic}"), payload);
        (taken, reading)
    }

    #[test]
    fn what_mosquitto_says_is_read() {
        let mut reading = Reading::default();
        let lines = [
            ("version", "mosquitto version 2.0.11", Taken::Known),
            ("uptime", "123 seconds", Taken::Uptime),
            ("clients/connected", "12", Taken::Known),
            ("retained messages/count", "53", Taken::Known),
            ("load/bytes/sent/5min", "442.32", Taken::Known),
            ("connection/bridge/state", "1", Taken::Other),
        ];
        for (topic, payload, expected) in lines {
            let topic = format!("$SYS/broker/{topic}");
            assert_eq!(
                reading.take(&topic, payload.as_bytes()),
                expected,
                "{topic}"
            );
        }
        assert_eq!(reading.version(), Some("mosquitto version 2.0.11"));
        assert_eq!(reading.uptime(), Some(Duration::from_secs(123)));
        assert_eq!(reading.figure(Figure::ClientsConnected), Some(12));
        assert_eq!(reading.figure(Figure::RetainedMessages), Some(53));
        assert_eq!(reading.figure(Figure::ClientsTotal), None);
        assert_eq!(reading.load(Load::BytesSent), [None, Some(442.32), None]);
    }

    #[test]
    fn what_is_no_number_is_not_taken_and_what_was_known_stays() {
        let words = [
            "",
            "-1",
            "+1",
            "1.5",
            "nan",
            "1e3",
            "18446744073709551616",
            "\u{661}",
            "0x1",
        ];
        for word in words {
            let mut reading = Reading::default();
            let topic = Figure::BytesSent.topic();
            reading.take(&topic, b"7");
            assert_eq!(
                reading.take(&topic, word.as_bytes()),
                Taken::Unreadable,
                "{word}"
            );
            assert_eq!(reading.figure(Figure::BytesSent), Some(7));
        }
        for word in [
            "",
            "-1",
            "nan",
            "inf",
            "1e300",
            "1..2",
            ".",
            &"9".repeat(400),
        ] {
            let (taken, reading) = taken("load/sockets/1min", word.as_bytes());
            assert_eq!(taken, Taken::Unreadable, "{word}");
            assert!(reading.is_empty());
        }
        for word in ["", "seconds", "-1 seconds", "1 hour", "1.5 seconds"] {
            let (taken, reading) = taken("uptime", word.as_bytes());
            assert_eq!(taken, Taken::Unreadable, "{word}");
            assert!(reading.is_empty());
        }
        assert_eq!(taken("clients/total", b"\xff\xfe").0, Taken::Unreadable);
        let (_, long) = taken("version", "ü".repeat(100_000).as_bytes());
        assert!(long.version().is_some_and(|version| version.len() <= 300));
    }

    fn topics() -> impl Strategy<Value = String> {
        let known: Vec<String> = Figure::all().map(Figure::topic).collect();
        prop_oneof![
            proptest::sample::select(known),
            "\\$SYS/broker/(uptime|version|load/[a-z/]{0,20}(1|5|15)min)",
            "\\$SYS/.*",
            any::<String>(),
        ]
    }

    proptest! {
        #[test]
        fn no_topic_and_no_payload_does_any_harm(
            topic in topics(),
            payload in proptest::collection::vec(any::<u8>(), 0..60),
            text in "[0-9. se+-]{0,24}",
        ) {
            let mut reading = Reading::default();
            reading.take(&topic, &payload);
            reading.take(&topic, text.as_bytes());
            for load in Load::all() {
                let fine = |mean: &f64| mean.is_finite() && *mean >= 0.0;
                prop_assert!(reading.load(load).iter().flatten().all(fine));
            }
        }

        #[test]
        fn every_number_comes_out_as_it_went_in(number in any::<u64>()) {
            for figure in Figure::all() {
                let mut reading = Reading::default();
                reading.take(&figure.topic(), number.to_string().as_bytes());
                prop_assert_eq!(reading.figure(figure), Some(number));
            }
        }
    }
}
