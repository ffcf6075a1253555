//! What an actuator should show, given what it follows and who of them is still there.

use super::source::{Source, SourceState};
use crate::model::{Message, Moment, Now, TopicFilter, Value, ValueError, ValueKind};

/// How several sources become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Combine {
    /// On when any is on; the largest number, the lightest colour.
    #[default]
    Any,
    /// On when all are on; the smallest number, the darkest colour.
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

/// Several sources, and the rule that makes one value of them.
#[derive(Debug)]
pub struct Follow {
    states: Vec<SourceState>,
    /// Which of them had news last.
    latest: Option<usize>,
    combine: Combine,
    on_lost: OnSourceLost,
}

impl Follow {
    /// Follows `sources`; none means that only `set` moves the actuator.
    #[must_use]
    pub fn new(sources: Vec<Source>, combine: Combine, on_lost: OnSourceLost) -> Self {
        Self {
            states: sources.into_iter().map(SourceState::new).collect(),
            latest: None,
            combine,
            on_lost,
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

    /// From now on its sources are waited for.
    pub(super) fn begin(&mut self, now: Moment) {
        self.states.iter_mut().for_each(|state| state.begin(now));
    }

    /// We are connected again, to a broker that may have forgotten everything.
    pub(super) fn connected(&mut self, now: Moment) {
        self.states
            .iter_mut()
            .for_each(|state| state.connected(now));
    }

    /// Takes a message, understood as values of `accepts`.
    pub(super) fn take(
        &mut self,
        message: &Message,
        accepts: ValueKind,
        now: Now,
    ) -> Result<Taken, ValueError> {
        let mut taken = Taken::Foreign;
        let mut note = |changed: bool| match taken {
            Taken::Foreign | Taken::Same if changed => taken = Taken::Changed,
            Taken::Foreign => taken = Taken::Same,
            Taken::Same | Taken::Changed => {}
        };
        for (index, state) in self.states.iter_mut().enumerate() {
            if state.source.topic == message.topic {
                let change = state.say(message, accepts, now)?;
                if change.news {
                    self.latest = Some(index);
                }
                note(change.changed || (change.news && self.combine == Combine::Last));
            }
            if let Some(changed) = state.presence(message, now.moment)? {
                note(changed);
            }
        }
        Ok(taken)
    }

    /// What the actuator should show; `None` as long as nothing is known of any source.
    pub(super) fn wanted(&self, rest: &Value, now: Moment) -> Option<Value> {
        let value = |state: &SourceState| match (&state.last, &self.on_lost) {
            (Some(last), _) if state.holds(now) => last.clone(),
            (None, _) if !state.is_lost(now) => rest.clone(),
            (_, OnSourceLost::Value(value)) => value.clone(),
            (Some(last), OnSourceLost::Hold) => last.clone(),
            (_, OnSourceLost::Rest) | (None, OnSourceLost::Hold) => rest.clone(),
        };
        let values = || self.states.iter().map(value);
        let known = |state: &SourceState| state.last.is_some() || state.is_lost(now);
        if !self.states.iter().any(known) {
            return None;
        }
        match self.combine {
            // before anybody has spoken they are all lost, and count the same
            Combine::Last => values().nth(self.latest.unwrap_or(0)),
            Combine::Any => values().max_by(|a, b| rank(a).total_cmp(&rank(b))),
            Combine::All => values().min_by(|a, b| rank(a).total_cmp(&rank(b))),
        }
    }

    /// When the next source falls silent for too long.
    pub(super) fn next_stale(&self, now: Moment) -> Option<Moment> {
        let ends = self.states.iter().flat_map(SourceState::ends);
        ends.filter(|end| *end > now).min()
    }

    /// Whether a source has fallen silent between the two moments.
    pub(super) fn fell_silent(&self, from: Moment, to: Moment) -> bool {
        let mut ends = self.states.iter().flat_map(SourceState::ends);
        ends.any(|end| from < end && end <= to)
    }
}

fn rank(value: &Value) -> f64 {
    match value {
        Value::Bool(on) => f64::from(u8::from(*on)),
        // ranges of ports and converters lie far below 2^53
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(n) => *n as f64,
        Value::Decimal(n) => *n,
        Value::Color(color) => color.light().into(),
        // nothing is less than any number: so a display is dark only when nobody has a number to show
        Value::Text(_) => f64::NEG_INFINITY,
    }
}

#[cfg(test)]
mod tests;
