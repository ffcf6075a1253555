//! What is written down while a fleet walks, and going on from it after the operator was killed.
//!
//! One line of JSON each: the run (token and a hash of the pipelines), each client that begins, each step that is sent
//! (before it is) and that has ended, and an interrupt. So nothing is written twice, and little each time. On going on:
//!
//! - A step in flight on our own topics is sent again under the same id with the same bytes: the client's journal
//!   answers with what became of it.
//! - A step in flight at an old peer failed: its answer may have come while nobody listened, and a command is sent to an
//!   old peer only once. Should the peer still be at it, that answer is reported as one that nobody asked for; only
//!   when the next step has the same command it cannot be told from that step's.
//! - Old peers of the run are spoken to without registering again, since they know that they were acknowledged.
//! - A run that was interrupted goes on with its `finally` steps only.
//! - Typed lines and the loader's commands are not taken up again.

use super::Operator;
use super::client::Walk;
use super::stages::lost_answer;
use super::task::{End, Outcome, Way};
use super::{Effect, Stage};
use crate::fleet::pipeline::OperatorPlan;
use crate::model::{Now, escaped};
use serde::{Deserialize, Serialize};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use thiserror::Error;

/// Why a run cannot be gone on with.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ResumeError {
    /// There is no run.
    #[error("the progress does not begin with a run; nothing was begun")]
    NoRun,
    /// The pipelines are others now.
    #[error("the pipelines are not those of the run; go on with the same file, or begin a new run")]
    OtherPlan,
    /// A line cannot be.
    #[error("line {line} of the progress, \"{found}\", {why}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// Its beginning, escaped.
        found: String,
        /// What is wrong with it.
        why: String,
    },
}

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Run {
        token: String,
        plan: String,
    },
    Client {
        number: usize,
        name: String,
        way: Way,
    },
    Sent {
        client: usize,
        step: usize,
        attempt: u32,
        way: Way,
        /// Unix time in nanoseconds, so that the command has the same bytes again.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        expires_ns: Option<u64>,
    },
    Ended {
        client: usize,
        step: usize,
        end: End,
        attempts: u32,
        #[serde(skip_serializing_if = "Option::is_none", default)]
        why: Option<Box<str>>,
    },
    Interrupted {},
}

/// A step that was in flight when the operator was killed.
#[derive(Debug, Clone, Copy)]
pub(super) struct InFlight {
    pub(super) entry: usize,
    attempt: u32,
    way: Way,
    expires: Option<SystemTime>,
}

/// A token that can begin an id.
pub(super) fn usable_token(token: &str) -> String {
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let token: String = token.chars().filter(allowed).take(16).collect();
    if token.is_empty() {
        "run".into()
    } else {
        token
    }
}

/// FNV-1a, 64 bit: a change of the file is to be noticed, not an attack.
fn fingerprint(plan: &OperatorPlan) -> String {
    let text = format!("{:?}", plan.pipelines);
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

impl Operator {
    fn save(&mut self, line: &Line) {
        let line = serde_json::to_string(line).expect("names, numbers and texts are JSON");
        self.effects.push(Effect::Save(line));
    }

    pub(super) fn save_run(&mut self) {
        let token = self.token.clone();
        let plan = fingerprint(&self.plan);
        self.save(&Line::Run { token, plan });
    }

    /// A client that walks, and how it is spoken to.
    pub(super) fn save_client(&mut self, index: usize) {
        let client = &self.clients[index];
        if let Some(number) = client.number {
            let (name, way) = (client.name.to_string(), client.way);
            self.save(&Line::Client { number, name, way });
        }
    }

    /// Only steps are taken up again.
    pub(super) fn save_sent(&mut self, index: usize) {
        let client = &self.clients[index];
        let (Some(number), Some(flight)) = (client.number, &client.flight) else {
            return;
        };
        let Some(step) = flight.entry else { return };
        let since = flight.expires.map(|at| at.duration_since(UNIX_EPOCH));
        let line = Line::Sent {
            client: number,
            step,
            attempt: flight.attempt,
            way: flight.way,
            expires_ns: since
                .and_then(Result::ok)
                .and_then(|since| since.as_nanos().try_into().ok()),
        };
        self.save(&line);
    }

    pub(super) fn save_ended(&mut self, index: usize, step: usize, outcome: &Outcome) {
        if let Some(client) = self.clients[index].number {
            let Outcome { end, attempts, why } = outcome.clone();
            self.save(&Line::Ended {
                client,
                step,
                end,
                attempts,
                why,
            });
        }
    }

    pub(super) fn save_interrupted(&mut self) {
        if self.stage == Stage::Walking {
            self.save(&Line::Interrupted {});
        }
    }

    /// Goes on with a run: `lines` are those of `Effect::Save`, in their order. A last line that was torn is dropped.
    ///
    /// # Errors
    /// Nothing was begun, the pipelines have changed, or a line cannot be.
    pub fn resume<L: AsRef<str>>(
        plan: OperatorPlan,
        lines: &[L],
        now: Now,
    ) -> Result<Self, ResumeError> {
        let mut operator = None;
        for (index, text) in lines.iter().enumerate() {
            let text = text.as_ref();
            let wrong = |why: String| ResumeError::Line {
                line: index + 1,
                found: escaped(text.as_bytes(), 64),
                why,
            };
            let line = match serde_json::from_str(text) {
                Ok(line) => line,
                Err(_) if index > 0 && index + 1 == lines.len() => break,
                Err(why) => return Err(wrong(why.to_string())),
            };
            match (&mut operator, line) {
                (None, Line::Run { token, plan: of }) => {
                    if of != fingerprint(&plan) {
                        return Err(ResumeError::OtherPlan);
                    }
                    let mut begun = Self::new(plan.clone(), &token, now);
                    begun.stage = Stage::Walking;
                    begun.anyone = true;
                    operator = Some(begun);
                }
                (None, _) => return Err(ResumeError::NoRun),
                (Some(operator), line) => operator
                    .replay(line)
                    .ok_or_else(|| wrong("does not follow from those before".into()))?,
            }
        }
        operator.ok_or(ResumeError::NoRun)
    }

    fn replay(&mut self, line: Line) -> Option<()> {
        let entry_of = |operator: &Self, client: usize| match operator.clients.get(client)?.walk {
            Walk::At { entry, .. } => Some(entry),
            _ => None,
        };
        match line {
            Line::Run { .. } => return None,
            Line::Client { number, name, way } if number < self.clients.len() => {
                let client = &mut self.clients[number];
                (*client.name == *name).then_some(())?;
                client.way = way;
            }
            Line::Client { number, name, way } => {
                (number == self.clients.len()).then_some(())?;
                let index = self.add(name.into(), way);
                self.clients[index].takes_part = true;
                self.clients[index].registered = (way == Way::Governor).then_some(self.now.moment);
                self.place(index);
            }
            Line::Sent {
                client,
                step,
                attempt,
                way,
                expires_ns,
            } => {
                (entry_of(self, client)? == step).then_some(())?;
                let since = expires_ns.map(Duration::from_nanos);
                let expires = since.and_then(|since| UNIX_EPOCH.checked_add(since));
                let client = &mut self.clients[client];
                client.walk = Walk::At {
                    entry: step,
                    attempt,
                };
                client.in_flight = Some(InFlight {
                    entry: step,
                    attempt,
                    way,
                    expires,
                });
            }
            Line::Ended {
                client,
                step,
                end,
                attempts,
                why,
            } => {
                (entry_of(self, client)? == step).then_some(())?;
                self.clients[client].in_flight = None;
                self.advance(client, step, Outcome { end, attempts, why });
            }
            Line::Interrupted {} => {
                self.interrupted = true;
                for index in 0..self.clients.len() {
                    self.leave_pipelines(index);
                }
            }
        }
        Some(())
    }

    /// Decides what became of steps that were in flight and will not be asked for again.
    pub(super) fn after_absence(&mut self) {
        for index in 0..self.clients.len() {
            let Some(flight) = self.clients[index].in_flight else {
                continue;
            };
            let finally = self.script.entries[flight.entry].at.finally;
            let outcome = if flight.way == Way::Governor {
                Outcome {
                    end: End::Failed,
                    attempts: flight.attempt,
                    why: Some("lost while the operator was away".into()),
                }
            } else if self.interrupted && !finally {
                lost_answer(flight.attempt)
            } else {
                continue;
            };
            self.clients[index].in_flight = None;
            self.step_ended(index, flight.entry, outcome);
        }
    }

    /// When a step that was in flight expires, as it said when it was sent.
    pub(super) fn resumed_expiry(
        &mut self,
        index: usize,
        entry: Option<usize>,
        attempt: u32,
    ) -> Option<SystemTime> {
        let flight = self.clients[index].in_flight.take()?;
        let same = Some(flight.entry) == entry && flight.attempt == attempt;
        flight.expires.filter(|_| same)
    }
}
