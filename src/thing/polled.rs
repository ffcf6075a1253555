//! A sensor that is asked on a beat and says what changed.

use super::{Channel, Context, Event, Gate, Resource, ResourceError};
use crate::board::{Board, BoardError};
use crate::model::{Moment, Value};
use std::time::Duration;

/// What the author of a kind of sensor writes.
pub trait Sensor: Send {
    /// Sets the pin modes. Called at start and whenever the board may have lost them.
    ///
    /// # Errors
    /// The board did not take them.
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError>;

    /// Takes one reading.
    ///
    /// # Errors
    /// The board did not answer, or what it answered cannot be true. Nothing is published then.
    fn sample(&mut self, board: &mut dyn Board) -> Result<Value, BoardError>;
}

/// A [`Sensor`] as a resource: polled, gated, said on change and again at every connect.
pub struct Polled<S> {
    sensor: S,
    every: Duration,
    gate: Gate,
    channel: Channel,
    said: Option<(Value, Moment)>,
}

impl<S: Sensor> Polled<S> {
    /// Asks `sensor` each `every` and says on `channel` what passes `gate`.
    pub const fn new(sensor: S, every: Duration, gate: Gate, channel: Channel) -> Self {
        Self {
            sensor,
            every,
            gate,
            channel,
            said: None,
        }
    }

    fn say(&mut self, value: Value, cx: &mut Context<'_>) {
        cx.publish(self.channel.say(&value));
        self.said = Some((value, cx.now.moment));
    }

    /// Says the value that holds now, whatever was said before.
    fn say_again(&mut self, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        let value = self.sensor.sample(cx.board)?;
        self.say(value, cx);
        Ok(())
    }
}

impl<S: Sensor> Resource for Polled<S> {
    fn period(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn publishes(&self) -> &[Channel] {
        std::slice::from_ref(&self.channel)
    }

    fn needs_board(&self) -> bool {
        true
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        match event {
            Event::Start => {
                self.sensor.prepare(cx.board)?;
                self.say_again(cx)?;
            }
            Event::Restore => self.sensor.prepare(cx.board)?,
            Event::Back => self.say_again(cx)?,
            Event::Connected | Event::SayAgain => match self.said.clone() {
                // what was said last, so that a bouncing contact is not read anew in the middle of its lock-out
                Some((value, _)) => cx.publish(self.channel.say(&value)),
                None => self.say_again(cx)?,
            },
            Event::Tick => {
                let value = self.sensor.sample(cx.board)?;
                let said = self.said.as_ref().map(|(value, since)| (value, *since));
                if self.gate.passes(said, &value, cx.now.moment) {
                    self.say(value, cx);
                }
            }
            Event::Message(_) | Event::Executor(_) | Event::Stop => {}
        }
        Ok(())
    }
}
