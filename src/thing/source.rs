//! One topic that is followed: what it said, and whether it is still there.

use crate::model::{
    Color, Message, Moment, Now, Topic, Value, ValueError, ValueKind, escaped, rescale,
};
use std::time::Duration;

/// How long after our own reconnect a thing that is there may take to say so. The broker may have forgotten it, and
/// it may have gone meanwhile, so that nobody is left to say `offline`.
const CONFIRM_WITHIN: Duration = Duration::from_secs(30);

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
            && (!is_presence || is_offline(&message.payload).is_ok())
    }
}

/// What is known of one presence topic.
#[derive(Debug, Clone, Copy, Default)]
struct Presence {
    offline: bool,
    heard: bool,
    /// It was heard before our last reconnect, and is due to be heard again until then.
    confirm_by: Option<Moment>,
}

impl Presence {
    fn is_gone(self, now: Moment) -> bool {
        self.offline || self.confirm_by.is_some_and(|end| now >= end)
    }
}

/// What a message changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Change {
    /// What it counts as is not what it was.
    pub(super) changed: bool,
    /// It said something new, rather than again what it had said.
    pub(super) news: bool,
}

/// What is known of a source.
#[derive(Debug)]
pub(super) struct SourceState {
    pub(super) source: Source,
    presence: Vec<Presence>,
    pub(super) last: Option<Value>,
    /// `last` was said since the source was lost.
    fresh: bool,
    /// `last` was kept by the broker and came while the source was thought to be gone.
    kept: bool,
    /// When it was last heard; until then, since when it is waited for.
    heard: Option<Moment>,
}

impl SourceState {
    pub(super) fn new(source: Source) -> Self {
        Self {
            presence: vec![Presence::default(); source.presence.len()],
            source,
            last: None,
            fresh: false,
            kept: false,
            heard: None,
        }
    }

    /// From now on it is waited for.
    pub(super) fn begin(&mut self, now: Moment) {
        self.heard.get_or_insert(now);
    }

    /// We are connected again, to a broker that may have forgotten everything: who was there has to say so again.
    pub(super) fn connected(&mut self, now: Moment) {
        for presence in self.presence.iter_mut().filter(|presence| presence.heard) {
            presence.confirm_by = Some(now + CONFIRM_WITHIN);
        }
    }

    /// It said a value.
    pub(super) fn say(
        &mut self,
        message: &Message,
        accepts: ValueKind,
        now: Now,
    ) -> Result<Change, ValueError> {
        let decoded = Value::decode(self.source.value, &message.payload)?;
        let value = scaled(decoded, self.source.value, accepts);
        let lost_before = self.is_lost(now.moment);
        let changed = self.last.as_ref() != Some(&value) || !self.fresh;
        self.last = Some(value);
        self.heard = Some(now.moment);
        // a kept message of a source known to be gone is what it said before it went, unless it turns out
        // that we were gone when it came back
        self.kept = message.retain && self.is_offline();
        self.fresh |= !self.kept;
        // who tells its presence says everything again at each connect; others speak when they have something to say
        let news = changed || (self.source.presence.is_empty() && !message.retain);
        let recovered = lost_before != self.is_lost(now.moment);
        Ok(Change {
            changed: changed || recovered,
            news,
        })
    }

    /// Something was said about its presence. `None` if the topic is none of those.
    pub(super) fn presence(
        &mut self,
        message: &Message,
        now: Moment,
    ) -> Result<Option<bool>, ValueError> {
        let Some(index) = self
            .source
            .presence
            .iter()
            .position(|topic| *topic == message.topic)
        else {
            return Ok(None);
        };
        let offline = is_offline(&message.payload)?;
        let before = self.presence[index];
        let expired = before.is_gone(now) && !before.offline;
        // a presence that the broker kept is as new as the value that it kept; what is said now is newer than it
        self.kept &= !offline && message.retain;
        // even when it was known: a kept value that came since then is older than this
        self.fresh &= !(offline || expired);
        self.presence[index] = Presence {
            offline,
            heard: true,
            confirm_by: None,
        };
        if self.kept && !self.is_offline() {
            (self.fresh, self.kept) = (true, false);
        }
        Ok(Some(before.is_gone(now) != offline))
    }

    /// Whether nobody can be trusted to say it any more.
    pub(super) fn is_lost(&self, now: Moment) -> bool {
        self.presence.iter().any(|presence| presence.is_gone(now))
            || self.stale_at().is_some_and(|end| now >= end)
    }

    /// Whether `last` still holds.
    pub(super) fn holds(&self, now: Moment) -> bool {
        self.fresh && !self.is_lost(now)
    }

    /// The moments at which it is lost by its silence alone.
    pub(super) fn ends(&self) -> impl Iterator<Item = Moment> + '_ {
        let unconfirmed = self
            .presence
            .iter()
            .filter_map(|presence| presence.confirm_by);
        self.stale_at().into_iter().chain(unconfirmed)
    }

    fn is_offline(&self) -> bool {
        self.presence.iter().any(|presence| presence.offline)
    }

    fn stale_at(&self) -> Option<Moment> {
        Some(self.heard? + self.source.stale_after?)
    }
}

fn is_offline(payload: &[u8]) -> Result<bool, ValueError> {
    match payload {
        b"online" => Ok(false),
        b"offline" => Ok(true),
        other => Err(ValueError {
            found: escaped(other, 64),
            allowed: "online or offline".to_owned(),
        }),
    }
}

/// `value` as one of the kind `to`: numbers move from one range to the other, a colour is lit as much as a number says,
/// and text is what is said on the wire.
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
        (Value::Integer(n), ValueKind::Integer { min, max }, ValueKind::Color) => {
            let level = rescale(n, (min, max), (0, 255));
            Value::Color(Color::grey(u8::try_from(level).unwrap_or(u8::MAX)))
        }
        (Value::Bool(on), _, ValueKind::Color) => {
            Value::Color(if on { Color::WHITE } else { Color::BLACK })
        }
        (value, _, ValueKind::Text) => Value::Text(value.encode()),
        (value, ..) => value,
    }
}
