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
mod tests {
    use super::*;
    use std::time::SystemTime;

    fn topic(text: &str) -> Topic {
        Topic::new(text).unwrap()
    }

    fn now(s: u64) -> Now {
        Now::new(
            Moment::after(Duration::from_secs(s)),
            SystemTime::UNIX_EPOCH,
        )
    }

    fn source(name: &str) -> Source {
        Source {
            topic: topic(&format!("{name}/sensors/button0")),
            value: ValueKind::Bool,
            presence: vec![topic(&format!("{name}/status"))],
            stale_after: None,
        }
    }

    fn hear(follow: &mut Follow, topic_text: &str, payload: &str, retain: bool, s: u64) -> Taken {
        let message = Message {
            retain,
            ..Message::event(topic(topic_text), payload)
        };
        follow.take(&message, ValueKind::Bool, now(s)).unwrap()
    }

    fn wanted(follow: &Follow, s: u64) -> Option<bool> {
        follow
            .wanted(&Value::Bool(false), now(s).moment)
            .map(|value| value == Value::Bool(true))
    }

    #[test]
    fn any_all_and_last_combine_two_buttons() {
        for (combine, expected) in [
            (Combine::Any, true),
            (Combine::All, false),
            (Combine::Last, false),
        ] {
            let mut follow =
                Follow::new(vec![source("a"), source("b")], combine, OnSourceLost::Rest);
            assert_eq!(wanted(&follow, 0), None);
            hear(&mut follow, "a/sensors/button0", "True", false, 0);
            hear(&mut follow, "b/sensors/button0", "False", false, 0);
            assert_eq!(wanted(&follow, 0), Some(expected), "{combine:?}");
        }
    }

    #[test]
    fn a_lost_source_counts_as_the_file_says() {
        let cases = [
            (OnSourceLost::Rest, false),
            (OnSourceLost::Hold, true),
            (OnSourceLost::Value(Value::Bool(true)), true),
        ];
        for (on_lost, expected) in cases {
            let mut follow = Follow::new(vec![source("a")], Combine::Any, on_lost);
            hear(&mut follow, "a/sensors/button0", "True", false, 0);
            assert_eq!(
                hear(&mut follow, "a/status", "offline", false, 1),
                Taken::Changed
            );
            assert_eq!(wanted(&follow, 1), Some(expected));
        }
    }

    #[test]
    fn a_source_that_came_back_counts_only_from_what_it_says_then() {
        let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
        hear(&mut follow, "a/sensors/button0", "True", false, 0);
        hear(&mut follow, "a/status", "offline", false, 1);
        // what the broker kept is older than the loss
        hear(&mut follow, "a/sensors/button0", "True", true, 2);
        hear(&mut follow, "a/status", "online", false, 2);
        assert_eq!(wanted(&follow, 2), Some(false));
        hear(&mut follow, "a/sensors/button0", "True", false, 3);
        assert_eq!(wanted(&follow, 3), Some(true));
    }

    #[test]
    fn a_source_that_came_back_while_we_were_away_counts_in_whichever_order_the_broker_tells_it() {
        let told = [("a/sensors/button0", "True"), ("a/status", "online")];
        for order in [[0, 1], [1, 0]] {
            let mut follow = Follow::new(vec![source("a")], Combine::Any, OnSourceLost::Rest);
            hear(&mut follow, "a/sensors/button0", "False", false, 0);
            hear(&mut follow, "a/status", "offline", false, 1);
            for index in order {
                hear(&mut follow, told[index].0, told[index].1, true, 2);
            }
            assert_eq!(wanted(&follow, 2), Some(true), "{order:?}");
        }
    }

    #[test]
    fn a_silent_source_is_lost_when_its_patience_ends_and_not_before() {
        let patient = Source {
            presence: vec![],
            stale_after: Some(Duration::from_secs(60)),
            ..source("a")
        };
        let mut follow = Follow::new(vec![patient], Combine::Any, OnSourceLost::Rest);
        hear(&mut follow, "a/sensors/button0", "True", false, 0);
        assert_eq!(wanted(&follow, 59), Some(true));
        assert_eq!(follow.next_stale(now(59).moment), Some(now(60).moment));
        assert_eq!(wanted(&follow, 60), Some(false));
        assert!(follow.fell_silent(now(59).moment, now(60).moment));
    }
}
