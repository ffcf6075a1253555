//! A resource: something with a name that publishes, listens, or both.

use super::{Effect, Event, Refusal};
use crate::board::{Board, BoardError};
use crate::building::{Encoding, Reading};
use crate::fleet::{ExecutorCounts, Order};
use crate::model::{Message, Moment, Now, QoS, Topic, TopicFilter, Value, ValueKind};
use std::fmt;
use std::time::{Duration, SystemTime};
use thiserror::Error;

/// The level of a topic that says what sort of resource stands below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Reads the world through the board.
    Sensors,
    /// Makes values by itself, such as a clock.
    Stuff,
    /// Changes the world through the board.
    Actuators,
    /// Runs commands.
    Executors,
}

impl Class {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sensors => "sensors",
            Self::Stuff => "stuff",
            Self::Actuators => "actuators",
            Self::Executors => "executors",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One topic that a resource publishes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// The topic.
    pub topic: Topic,
    /// What its values look like.
    pub value: ValueKind,
    /// The unit, by its symbol; `None` for levels and counts.
    pub unit: Option<&'static str>,
    /// Quality of service.
    pub qos: QoS,
    /// Whether the broker keeps the last value.
    pub retain: bool,
}

impl Channel {
    /// The message that says `value` on this channel.
    #[must_use]
    pub fn say(&self, value: &Value) -> Message {
        Message {
            topic: self.topic.clone(),
            payload: value.encode().into_bytes(),
            qos: self.qos,
            retain: self.retain,
        }
    }

    /// The message that says it as a building's sensors do, with unit and time; none for what is no number.
    #[must_use]
    pub fn report(&self, value: &Value, time: SystemTime) -> Option<Message> {
        let value = match value {
            Value::Decimal(number) => *number,
            Value::Integer(number) => f64::from(i32::try_from(*number).ok()?),
            _ => return None,
        };
        let unit = self.unit.unwrap_or_default();
        let reading = Reading { value, unit, time };
        Some(Message {
            topic: self.topic.clone(),
            payload: reading.encode(Encoding::Json),
            qos: self.qos,
            retain: self.retain,
        })
    }
}

/// Why a resource could not do what it was told. The thing goes on.
#[derive(Debug, Clone, Error)]
pub enum ResourceError {
    /// The board, or the way to it.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// An executor's journal.
    #[error("the journal cannot be written, so no job is started: {0}")]
    Journal(String),
    /// An executor's audit log.
    #[error("the audit log cannot be written, so no command is accepted: {0}")]
    Audit(String),
}

impl ResourceError {
    /// Whether it says that the board as a whole does not answer, rather than that one port misbehaves.
    #[must_use]
    pub const fn is_about_the_board(&self) -> bool {
        matches!(
            self,
            Self::Board(
                BoardError::Bus { .. }
                    | BoardError::NotReady { .. }
                    | BoardError::Echo { .. }
                    | BoardError::Away
            )
        )
    }
}

/// What a resource may use while it handles an event.
pub struct Context<'a> {
    /// Both clocks.
    pub now: Now,
    /// The board. While it is away every call fails at once with [`BoardError::Away`].
    pub board: &'a mut dyn Board,
    pub(super) name: &'a str,
    pub(super) effects: &'a mut Vec<Effect>,
    pub(super) refused: &'a mut u64,
    pub(super) wake: &'a mut Option<Moment>,
}

impl Context<'_> {
    /// Sends a message.
    pub fn publish(&mut self, message: Message) {
        self.effects.push(Effect::Publish(message));
    }

    /// Has something done for an executor.
    pub fn order(&mut self, order: Order) {
        self.effects
            .push(Effect::Executor(self.name.to_owned(), order));
    }

    /// Asks for an extra [`Event::Tick`] at `moment`, in place of one asked for before.
    pub fn wake_at(&mut self, moment: Option<Moment>) {
        *self.wake = moment;
    }

    /// Says that a message is not obeyed, and why. It is counted and logged.
    pub fn refuse(&mut self, message: &Message, reason: impl Into<String>) {
        *self.refused += 1;
        self.effects.push(Effect::Refused(Refusal {
            topic: message.topic.clone(),
            reason: reason.into(),
        }));
    }
}

/// Something with a name that publishes, listens, or both.
///
/// Most kinds are a [`super::Sensor`] in a [`super::Polled`] or an [`super::Actuator`] in a [`super::Driven`].
pub trait Resource: Send {
    /// How often it wants an [`Event::Tick`].
    fn period(&self) -> Option<Duration> {
        None
    }

    /// What it subscribes to.
    fn listens_to(&self) -> &[TopicFilter] {
        &[]
    }

    /// At which quality of service it subscribes to one of these.
    fn listens_at(&self, _filter: &TopicFilter) -> QoS {
        QoS::AtLeastOnce
    }

    /// For executors: how it is doing.
    fn executing(&self) -> ExecutorCounts {
        ExecutorCounts::default()
    }

    /// What it publishes to, all of it: access lists and clean-up derive from this.
    fn publishes(&self) -> &[Channel] {
        &[]
    }

    /// Whether it is of no use while the board is away.
    fn needs_board(&self) -> bool {
        false
    }

    /// Whether an [`Event::Restore`] that went well shows that it works, because its output was set anew.
    fn restores_all(&self) -> bool {
        false
    }

    /// Takes one event.
    ///
    /// # Errors
    /// What could not be done. The engine tells it to the network and to the log, and goes on.
    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError>;
}
