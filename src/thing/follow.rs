//! What an actuator should show, given what it follows and who of them is still there.

use crate::model::{
    Message, Moment, Now, Topic, TopicFilter, Value, ValueError, ValueKind, escaped, rescale,
};
use std::time::Duration;

/// One topic that is followed, and how its loss is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Where its values come from.
    pub topic: Topic,
    /// What its values look like; numbers are scaled from this range.
    pub value: ValueKind,
    /// Topics that say `online` or `offline` about it: the thing's `status`, the resource's `availability`.
    pub presence: Vec<Topic>,
    /// It is lost when it is silent for so long; for sources whose presence nobody tells.
    pub stale_after: Option<Duration>,
}

impl Source {
    /// Whether a message makes sense as far as this source is concerned.
    #[must_use]
    pub fn understands(&self, message: &Message) -> bool {
        let is_value = message.topic == self.topic;
        let is_presence = self.presence.contains(&message.topic);
        (!is_value || Value::decode(self.value, &message.payload).is_ok())
            && (!is_presence || presence(&message.payload).is_ok())
    }
}

/// How several sources become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combine {
    /// On when any is on; the largest number.
    #[default]
    Any,
    /// On when all are on; the smallest number.
    All,
    /// The latest message wins.
    Last,
}

/// What a lost source counts as.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum OnSourceLost {
    /// As the actuator's rest.
    #[default]
    Rest,
    /// As what it said last.
    Hold,
    /// As this value.
    Value(Value),
}

/// What a message meant to [`Follow::take`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is not about a source.
    Foreign,
    /// It changed nothing.
    Same,
    /// A source changed, was lost or came back.
    Changed,
}

#[derive(Debug)]
struct State {
    source: Source,
    /// For each presence topic: whether it said `offline`.
    offline: Vec<bool>,
    last: Option<Value>,
    /// `last` was said since the source was lost.
    fresh: bool,
    /// `last` was kept by the broker and came while the source was thought to be gone.
    kept: bool,
    heard: Option<Moment>,
    order: u64,
}

impl State {
    fn is_lost(&self, now: Moment) -> bool {
        self.offline.contains(&true) || self.stale_at().is_some_and(|end| now >= end)
    }

    fn stale_at(&self) -> Option<Moment> {
        Some(self.heard? + self.source.stale_after?)
    }
}

/// Several sources, and the rule that makes one value of them.
#[derive(Debug)]
pub struct Follow {
    states: Vec<State>,
    combine: Combine,
    on_lost: OnSourceLost,
    count: u64,
}

impl Follow {
    /// Follows `sources`; none means that only `set` moves the actuator.
    #[must_use]
    pub fn new(sources: Vec<Source>, combine: Combine, on_lost: OnSourceLost) -> Self {
        let states = sources
            .into_iter()
            .map(|source| State {
                offline: vec![false; source.presence.len()],
                source,
                last: None,
                fresh: false,
                kept: false,
                heard: None,
                order: 0,
            })
            .collect();
        Self {
            states,
            combine,
            on_lost,
            count: 0,
        }
    }

    /// All topics that matter to it.
    pub fn topics(&self) -> impl Iterator<Item = TopicFilter> + '_ {
        self.states.iter().flat_map(|state| {
            let own = std::iter::once(&state.source.topic);
            own.chain(&state.source.presence)
                .map(|topic| TopicFilter::from(topic.clone()))
        })
    }

    /// Takes a message, understood as values of `accepts`.
    pub(super) fn take(
        &mut self,
        message: &Message,
        accepts: ValueKind,
        now: Now,
    ) -> Result<Taken, ValueError> {
        let mut taken = Taken::Foreign;
        for state in &mut self.states {
            if state.source.topic == message.topic {
                let value = scaled(
                    Value::decode(state.source.value, &message.payload)?,
                    state.source.value,
                    accepts,
                );
                let lost_before = state.is_lost(now.moment);
                let changed = state.last.as_ref() != Some(&value) || !state.fresh;
                state.last = Some(value);
                state.heard = Some(now.moment);
                // a kept message of a source known to be gone is what it said before it went, unless it turns out
                // that we were gone when it came back
                state.kept = message.retain && state.offline.contains(&true);
                state.fresh |= !state.kept;
                self.count += 1;
                state.order = self.count;
                let recovered = lost_before != state.is_lost(now.moment);
                taken = if changed || recovered || self.combine == Combine::Last {
                    Taken::Changed
                } else {
                    Taken::Same
                };
            }
            for (topic, offline) in state.source.presence.iter().zip(&mut state.offline) {
                if *topic == message.topic {
                    let gone = presence(&message.payload)?;
                    // a presence that the broker kept is as new as the value that it kept; what is said now is
                    // newer than it
                    state.kept &= !gone && message.retain;
                    // even when it was known: a kept value that came since then is older than this
                    state.fresh &= !gone;
                    taken = if *offline != gone || taken == Taken::Changed {
                        Taken::Changed
                    } else {
                        Taken::Same
                    };
                    *offline = gone;
                }
            }
            if state.kept && !state.offline.contains(&true) {
                (state.fresh, state.kept) = (true, false);
            }
        }
        Ok(taken)
    }

    /// What the actuator should show; `None` as long as no source has spoken.
    pub(super) fn wanted(&self, rest: &Value, now: Moment) -> Option<Value> {
        let value = |state: &State| match &state.last {
            None => rest.clone(),
            Some(last) if state.fresh && !state.is_lost(now) => last.clone(),
            Some(last) => match &self.on_lost {
                OnSourceLost::Rest => rest.clone(),
                OnSourceLost::Hold => last.clone(),
                OnSourceLost::Value(value) => value.clone(),
            },
        };
        let spoken = self.states.iter().any(|s| s.last.is_some());
        match self.combine {
            _ if !spoken => None,
            Combine::Last => self
                .states
                .iter()
                .max_by_key(|state| state.order)
                .map(value),
            Combine::Any => self
                .states
                .iter()
                .map(value)
                .max_by(|a, b| rank(a).total_cmp(&rank(b))),
            Combine::All => self
                .states
                .iter()
                .map(value)
                .min_by(|a, b| rank(a).total_cmp(&rank(b))),
        }
    }

    /// When the next source falls silent for too long.
    pub(super) fn next_stale(&self, now: Moment) -> Option<Moment> {
        self.states
            .iter()
            .filter_map(State::stale_at)
            .filter(|end| *end > now)
            .min()
    }

    /// Whether a source has fallen silent between the two moments.
    pub(super) fn fell_silent(&self, from: Moment, to: Moment) -> bool {
        self.states
            .iter()
            .filter_map(State::stale_at)
            .any(|end| from < end && end <= to)
    }
}

fn presence(payload: &[u8]) -> Result<bool, ValueError> {
    match payload {
        b"online" => Ok(false),
        // an empty retained message clears a topic: who cleared it has gone
        b"offline" | b"" => Ok(true),
        other => Err(ValueError {
            found: escaped(other, 64),
            allowed: "online or offline".to_owned(),
        }),
    }
}

/// `value` moved from one range to another.
fn scaled(value: Value, from: ValueKind, to: ValueKind) -> Value {
    match (value, from, to) {
        (
            Value::Integer(n),
            ValueKind::Integer { min, max },
            ValueKind::Integer {
                min: low,
                max: high,
            },
        ) => Value::Integer(rescale(n, (min, max), (low, high))),
        (Value::Bool(on), _, ValueKind::Integer { min, max }) => {
            Value::Integer(if on { max } else { min })
        }
        (value, ..) => value,
    }
}

fn rank(value: &Value) -> f64 {
    match value {
        Value::Bool(on) => f64::from(u8::from(*on)),
        // ranges of ports and converters lie far below 2^53
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(n) => *n as f64,
        Value::Decimal(n) => *n,
        Value::Text(_) => 0.0,
    }
}

#[cfg(test)]
mod tests;
