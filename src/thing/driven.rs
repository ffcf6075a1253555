//! An actuator that shows what its sources say, or what it is told by `set`.

use super::follow::Taken;
use super::{Channel, Context, Event, Follow, Resource, ResourceError};
use crate::board::{Board, BoardError};
use crate::model::{Message, Moment, Topic, TopicFilter, Value, ValueError, ValueKind};

/// What the author of a kind of actuator writes.
pub trait Actuator: Send {
    /// What values it takes.
    fn accepts(&self) -> ValueKind;

    /// The value that is safe: at start, at stop, and when what it follows is lost.
    fn rest(&self) -> Value;

    /// Sets the pin modes. Called at start and whenever the board may have lost them.
    ///
    /// # Errors
    /// The board did not take them.
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError>;

    /// Shows a value of the kind that it accepts.
    ///
    /// # Errors
    /// The board did not take it.
    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError>;
}

/// An [`Actuator`] as a resource.
///
/// A `set` holds until something that is followed changes or is lost.
pub struct Driven {
    actuator: Box<dyn Actuator>,
    follow: Follow,
    set: Topic,
    listens: Vec<TopicFilter>,
    channel: Channel,
    wanted: Value,
    applied: Option<Value>,
    looked: Moment,
}

impl Driven {
    /// Drives `actuator` by what `follow` and the topic `set` say, and tells its state on `channel`.
    #[must_use]
    pub fn new(
        actuator: impl Actuator + 'static,
        follow: Follow,
        set: Topic,
        channel: Channel,
    ) -> Self {
        let mut listens: Vec<TopicFilter> = follow.topics().collect();
        listens.push(set.clone().into());
        listens.sort();
        listens.dedup();
        let wanted = actuator.rest();
        Self {
            actuator: Box::new(actuator),
            follow,
            set,
            listens,
            channel,
            wanted,
            applied: None,
            looked: Moment::ZERO,
        }
    }

    fn show(&mut self, value: Value, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        self.wanted = value;
        if self.applied.as_ref() == Some(&self.wanted) {
            return Ok(());
        }
        self.apply(cx)?;
        cx.publish(self.channel.say(&self.wanted));
        Ok(())
    }

    fn apply(&mut self, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        // until the board has accepted it nobody knows what the output shows
        self.applied = None;
        self.actuator.apply(&self.wanted, cx.board)?;
        self.applied = Some(self.wanted.clone());
        Ok(())
    }

    /// Asks to be woken when a source falls silent for too long.
    fn watch_silence(&self, cx: &mut Context<'_>) {
        cx.wake_at(self.follow.next_stale(cx.now.moment));
    }

    fn follow(&mut self, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        self.looked = cx.now.moment;
        self.watch_silence(cx);
        match self.follow.wanted(&self.actuator.rest(), cx.now.moment) {
            Some(value) => self.show(value, cx),
            None => Ok(()),
        }
    }

    fn message(&mut self, message: &Message, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        match self.understand(message) {
            Ok(Some(value)) => self.show(value, cx),
            Ok(None) => match self.follow.take(message, self.actuator.accepts(), cx.now) {
                Ok(Taken::Changed) => self.follow(cx),
                Ok(Taken::Same) => {
                    self.watch_silence(cx);
                    Ok(())
                }
                Ok(Taken::Foreign) => Ok(()),
                Err(error) => {
                    cx.refuse(message, error.to_string());
                    Ok(())
                }
            },
            Err(reason) => {
                cx.refuse(message, reason);
                Ok(())
            }
        }
    }

    /// The value of a `set`; `None` if the message is something else.
    fn understand(&self, message: &Message) -> Result<Option<Value>, String> {
        if message.topic != self.set {
            return Ok(None);
        }
        if message.retain {
            return Err("a `set` was delivered with the retain flag, so it is an old one; publish it without".into());
        }
        let value = Value::decode(self.actuator.accepts(), &message.payload);
        value
            .map(Some)
            .map_err(|error: ValueError| error.to_string())
    }
}

impl Resource for Driven {
    fn listens_to(&self) -> &[TopicFilter] {
        &self.listens
    }

    fn publishes(&self) -> &[Channel] {
        std::slice::from_ref(&self.channel)
    }

    fn needs_board(&self) -> bool {
        true
    }

    fn restores_all(&self) -> bool {
        true
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        match event {
            Event::Start => {
                self.follow.begin(cx.now.moment);
                self.watch_silence(cx);
                // at rest, unless the board came late and something was wished for meanwhile
                self.actuator.prepare(cx.board)?;
                self.apply(cx)?;
                cx.publish(self.channel.say(&self.wanted));
            }
            Event::Restore => {
                let known = self.applied.is_some();
                self.actuator.prepare(cx.board)?;
                self.apply(cx)?;
                if !known {
                    cx.publish(self.channel.say(&self.wanted));
                }
            }
            Event::Back | Event::Executor(_) => {}
            Event::Connected | Event::SayAgain => {
                if matches!(event, Event::Connected) {
                    self.follow.connected(cx.now.moment);
                    self.watch_silence(cx);
                }
                if let Some(value) = &self.applied {
                    cx.publish(self.channel.say(value));
                }
            }
            Event::Tick if self.follow.fell_silent(self.looked, cx.now.moment) => {
                self.follow(cx)?;
            }
            Event::Tick => {}
            Event::Message(message) => self.message(message, cx)?,
            Event::Stop => self.show(self.actuator.rest(), cx)?,
        }
        Ok(())
    }
}
