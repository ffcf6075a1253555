//! Actuators that are on while an alarm stands: a buzzer, a red LED. Pure; time is an argument.
//!
//! ```text
//!                  wanted on                       its state says so
//!   off, at rest ------------> said, not confirmed ------------------> on
//!                                |        ^    |                        |
//!                                '--------'    | not even after         | its thing was away and is back, or
//!                                 said again   v  some times            v our connection was: said again
//!                                          no answer: told once
//! ```
//! What is wished for is never retained: a thing refuses a `set` that the broker kept. So whoever comes back is told
//! again. Who is put off or on by somebody else is left like that until something changes.

mod place;
#[cfg(test)]
mod tests;

pub use place::{Siren, SirenError};

use super::rule::SirenSet;
use crate::model::{Color, Message, Moment, Topic, TopicFilter, Value, ValueKind};
use std::time::Duration;

/// How long an actuator may take until its state is as it was told.
const ANSWER: Duration = Duration::from_secs(3);
/// So often it is told before it counts as not answering.
const TRIES: u8 = 3;
/// How long after the start alarms of an earlier life may come, before what is still on is put off.
const SETTLE: Duration = Duration::from_secs(3);

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum SirenEffect {
    /// Publish this.
    Publish(Message),
    /// Tell people about the siren of that place in the list.
    Tell(usize, SirenWord),
}

/// What people are told of a siren.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SirenWord {
    /// It is told to be on, or off.
    Said(bool),
    /// It was still on from an earlier life, no alarm stands, and it is told to be off.
    LeftOn,
    /// It was told several times to be on, or off, and is not.
    NoAnswer(bool),
    /// It does what it was told after all.
    Answers,
    /// Its thing is not there while it should be on.
    Away,
    /// Its thing is there again, and it is told to be on.
    Back,
    /// Somebody else put it on, or off, while it should be otherwise.
    ByOthers(bool),
}

#[derive(Debug, Default)]
struct Standing {
    wanted: bool,
    /// Whether it was told anything in this life.
    said: bool,
    /// What it says of itself, as far as it was heard since the connection stands.
    state: Option<bool>,
    /// Whether its thing is there, likewise.
    there: Option<bool>,
    /// Since when an answer is waited for, and how often it was told.
    waits: Option<(Moment, u8)>,
    /// Since when it is otherwise than it was told and had done.
    doubt: Option<Moment>,
    /// It was told that it does not answer.
    complained: bool,
}

/// The state machine over all of them.
#[derive(Debug)]
pub struct Sirens {
    sirens: Vec<(Siren, Standing)>,
    start: Start,
}

/// What is left on from an earlier life is put off once in a life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    Unconnected,
    /// From then on nothing more is expected of the earlier life.
    Until(Moment),
    Over,
}

impl Sirens {
    /// At most [`SirenSet::MOST`] of them, each once; the rest is dropped.
    #[must_use]
    pub fn new(sirens: impl IntoIterator<Item = Siren>) -> Self {
        let sirens = sirens.into_iter().take(SirenSet::MOST);
        Self {
            sirens: sirens.map(|siren| (siren, Standing::default())).collect(),
            start: Start::Unconnected,
        }
    }

    /// The siren of a place in the list.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<&Siren> {
        self.sirens.get(place).map(|(siren, _)| siren)
    }

    /// What it wants to hear.
    pub fn filters(&self) -> impl Iterator<Item = TopicFilter> + '_ {
        let topics = self.sirens.iter().flat_map(|(siren, _)| siren.hears());
        topics.cloned().map(TopicFilter::from)
    }

    /// The broker hears us, for the first time or again.
    pub fn connected(&mut self, now: Moment) -> Vec<SirenEffect> {
        if self.start == Start::Unconnected {
            self.start = Start::Until(now + SETTLE);
        }
        let mut effects = Vec::new();
        for (siren, its) in &mut self.sirens {
            // the broker tells what it kept of both
            (its.state, its.there, its.doubt) = (None, None, None);
            if its.said {
                effects.push(its.say(siren, now));
            }
        }
        effects
    }

    /// An alarm wants one to be on, or off.
    pub fn want(&mut self, place: usize, on: bool, now: Moment) -> Vec<SirenEffect> {
        let Some((siren, its)) = self.sirens.get_mut(place) else {
            return Vec::new();
        };
        if its.wanted == on {
            return Vec::new();
        }
        its.wanted = on;
        its.complained = false;
        let mut effects = vec![
            its.say(siren, now),
            SirenEffect::Tell(place, SirenWord::Said(on)),
        ];
        if on && its.there == Some(false) {
            effects.push(SirenEffect::Tell(place, SirenWord::Away));
        }
        effects
    }

    /// Any message; what is of none of them is passed over.
    pub fn hear(&mut self, message: &Message, now: Moment) -> Vec<SirenEffect> {
        let mut effects = Vec::new();
        for (place, (siren, its)) in self.sirens.iter_mut().enumerate() {
            if siren.status() == Some(&message.topic) {
                its.presence(siren, place, message, now, &mut effects);
            } else if siren.state() == Some(&message.topic) {
                its.answer(place, message, now, &mut effects);
            }
        }
        effects
    }

    /// When it wants to be woken by [`Sirens::wake`].
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        let all = self.sirens.iter();
        let answers = all.filter_map(|(_, its)| its.waits.map(|(since, _)| since + ANSWER));
        let doubts = self.sirens.iter().filter_map(|(_, its)| its.doubt);
        let doubts = doubts.map(|since| since + ANSWER);
        let start = match self.start {
            Start::Until(at) if !self.sirens.is_empty() => Some(at),
            _ => None,
        };
        answers.chain(doubts).chain(start).min()
    }

    /// Does what time has decided.
    pub fn wake(&mut self, now: Moment) -> Vec<SirenEffect> {
        let mut effects = Vec::new();
        let settles = matches!(self.start, Start::Until(at) if at <= now);
        if settles {
            self.start = Start::Over;
        }
        for (place, (siren, its)) in self.sirens.iter_mut().enumerate() {
            // of who says nothing of himself nobody knows
            let may_be_on = its.state == Some(true) || siren.state().is_none();
            if settles && !its.wanted && !its.said && may_be_on {
                effects.push(its.say(siren, now));
                if its.state == Some(true) {
                    effects.push(SirenEffect::Tell(place, SirenWord::LeftOn));
                }
            }
            its.doubted(place, now, &mut effects);
            effects.extend(its.unanswered(siren, place, now));
        }
        effects
    }

    /// Nobody watches any more: what is on is put off.
    pub fn stop(&mut self, now: Moment) -> Vec<SirenEffect> {
        (0..self.sirens.len())
            .flat_map(|place| self.want(place, false, now))
            .collect()
    }
}

impl Standing {
    /// Tells it what is wanted, and waits for its answer if it gives one and its thing is not known to be away.
    fn say(&mut self, siren: &Siren, now: Moment) -> SirenEffect {
        self.said = true;
        self.doubt = None;
        let answers = siren.state().is_some() && self.state != Some(self.wanted);
        self.waits = (answers && self.there != Some(false)).then_some((now, 1));
        SirenEffect::Publish(siren.say(self.wanted))
    }

    /// Tells it again when it did not answer, and people when it never does.
    fn unanswered(&mut self, siren: &Siren, place: usize, now: Moment) -> Option<SirenEffect> {
        let (since, tries) = self.waits?;
        if now.since(since) < ANSWER {
            return None;
        }
        if tries < TRIES {
            let again = self.say(siren, now);
            self.waits = self.waits.map(|(since, _)| (since, tries + 1));
            return Some(again);
        }
        self.waits = None;
        let first = !std::mem::replace(&mut self.complained, true);
        first.then_some(SirenEffect::Tell(place, SirenWord::NoAnswer(self.wanted)))
    }

    /// It has been otherwise for a while: a thing that only rests before it goes says so meanwhile.
    fn doubted(&mut self, place: usize, now: Moment, effects: &mut Vec<SirenEffect>) {
        if self.doubt.is_some_and(|since| now.since(since) >= ANSWER) {
            self.doubt = None;
            let word = SirenWord::ByOthers(!self.wanted);
            effects.push(SirenEffect::Tell(place, word));
        }
    }

    /// What it says of itself.
    fn answer(
        &mut self,
        place: usize,
        message: &Message,
        now: Moment,
        effects: &mut Vec<SirenEffect>,
    ) {
        let Some(on) = is_on(&message.payload) else {
            return;
        };
        let before = self.state.replace(on);
        if on == self.wanted {
            (self.waits, self.doubt) = (None, None);
            if std::mem::take(&mut self.complained) {
                effects.push(SirenEffect::Tell(place, SirenWord::Answers));
            }
        } else if self.said && before == Some(self.wanted) && self.there != Some(false) {
            self.doubt = Some(now);
        }
    }

    /// Whether its thing is there.
    fn presence(
        &mut self,
        siren: &Siren,
        place: usize,
        message: &Message,
        now: Moment,
        effects: &mut Vec<SirenEffect>,
    ) {
        let there = match message.payload.as_slice() {
            b"online" => true,
            b"offline" => false,
            _ => return,
        };
        let before = self.there.replace(there);
        if !there {
            // what it does now is no answer, and what it did is past
            (self.waits, self.doubt, self.state) = (None, None, None);
            if self.wanted && before != Some(false) {
                effects.push(SirenEffect::Tell(place, SirenWord::Away));
            }
        } else if self.said && before != Some(true) {
            effects.push(self.say(siren, now));
            if self.wanted && before == Some(false) {
                effects.push(SirenEffect::Tell(place, SirenWord::Back));
            }
        }
    }
}

/// What an actuator says of itself, as on or off; a dimmed or coloured one is on unless it is dark.
fn is_on(payload: &[u8]) -> Option<bool> {
    const WHOLE: ValueKind = ValueKind::Integer {
        min: 0,
        max: i64::MAX,
    };
    let kinds = [ValueKind::Bool, WHOLE, ValueKind::Color];
    let mut values = kinds.into_iter().map(|kind| Value::decode(kind, payload));
    match values.find_map(Result::ok)? {
        Value::Bool(on) => Some(on),
        Value::Integer(number) => Some(number != 0),
        Value::Color(color) => Some(color != Color::BLACK),
        Value::Decimal(_) | Value::Text(_) => None,
    }
}

/// A topic below others, of which it is known that it is one.
fn below(topic: &str, levels: &str) -> Option<Topic> {
    Topic::new(format!("{topic}{levels}")).ok()
}
