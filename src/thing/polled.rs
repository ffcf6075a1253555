//! A sensor that is asked on a beat and says what changed.

use super::gate::in_time;
use super::{Channel, Context, Event, Gate, Resource, ResourceError};
use crate::board::{Board, BoardError};
use crate::model::{Now, Value};
use std::time::Duration;

/// What one look at a sensor found: a value for each of its channels, or nothing that is worth saying.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading([Option<Value>; Self::MOST]);

impl Reading {
    /// The most channels that a sensor can have.
    pub const MOST: usize = 2;

    /// Nothing to say: no echo came, or what was read is not sure yet. What was said before stays.
    pub const NOTHING: Self = Self([None, None]);

    /// The values of a sensor with two channels, in their order.
    #[must_use]
    pub const fn two(first: Value, second: Value) -> Self {
        Self([Some(first), Some(second)])
    }
}

impl From<Value> for Reading {
    fn from(value: Value) -> Self {
        Self([Some(value), None])
    }
}

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
    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError>;

    /// Whether it must be read on its beat only, because a reading holds the whole board or spoils the next one.
    fn only_on_beat(&self) -> bool {
        false
    }
}

/// A [`Sensor`] as a resource: polled, gated, said on change and again at every connect.
pub struct Polled {
    sensor: Box<dyn Sensor>,
    every: Duration,
    /// One for each of its own channels.
    gates: Vec<Gate>,
    /// Its own, and as many in its room if it is in one.
    channels: Vec<Channel>,
    said: [Option<(Value, Now)>; Reading::MOST],
    said_in_room: [Option<(Value, Now)>; Reading::MOST],
}

/// A value that does not change is measured anew and said in its room at least so often, as often as it is read: there
/// silence means that a sensor is gone, and nobody tells otherwise.
const IN_ROOM_EVERY: Duration = Duration::from_secs(30);

impl Polled {
    /// Asks `sensor` each `every` and says on `channel` what passes `gate`.
    #[must_use]
    pub fn new(
        sensor: impl Sensor + 'static,
        every: Duration,
        gate: Gate,
        channel: Channel,
    ) -> Self {
        Self::several(sensor, every, vec![gate], vec![channel])
    }

    /// The same for a sensor with several channels, each with its gate.
    #[must_use]
    pub fn several(
        sensor: impl Sensor + 'static,
        every: Duration,
        gates: Vec<Gate>,
        channels: Vec<Channel>,
    ) -> Self {
        Self {
            sensor: Box::new(sensor),
            every,
            gates,
            channels,
            said: [None, None],
            said_in_room: [None, None],
        }
    }

    /// Also says each value in a building's room, on these channels, in the order of its own.
    #[must_use]
    pub fn in_room(mut self, channels: Vec<Channel>) -> Self {
        self.channels.extend(channels);
        self
    }

    /// Says of a new reading what passes, or, where `anyway` is true, all of it.
    fn look(&mut self, anyway: bool, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        let Reading(values) = self.sensor.sample(cx.board)?;
        let (own, in_room) = self.channels.split_at(self.gates.len());
        for (index, (value, gate)) in values.into_iter().zip(&self.gates).enumerate() {
            let Some(value) = value else { continue };
            let said = &mut self.said[index];
            let last = said.as_ref().map(|(value, at)| (value, at.moment));
            let passes = anyway || gate.passes(last, &value, cx.now.moment);
            if passes {
                cx.publish(own[index].say(&value));
                *said = Some((value.clone(), cx.now));
            }
            let said = &mut self.said_in_room[index];
            let is_old = |at: &Now| cx.now.moment.since(at.moment) >= in_time(IN_ROOM_EVERY);
            let due = passes || said.as_ref().is_none_or(|(_, at)| is_old(at));
            if let Some(channel) = in_room.get(index).filter(|_| due) {
                channel
                    .report(&value, cx.now.wall)
                    .into_iter()
                    .for_each(|message| cx.publish(message));
                *said = Some((value, cx.now));
            }
        }
        Ok(())
    }

    /// Says what was said last, so that a bouncing contact is not read anew in the middle of its lock-out.
    fn repeat(&self, cx: &mut Context<'_>) -> bool {
        let mut any = false;
        let (own, in_room) = self.channels.split_at(self.gates.len());
        for (channel, said) in own.iter().zip(&self.said) {
            if let Some((value, _)) = said {
                cx.publish(channel.say(value));
                any = true;
            }
        }
        // with the time when it was measured
        for (channel, said) in in_room.iter().zip(&self.said_in_room) {
            let said = said.as_ref();
            let message = said.and_then(|(value, at)| channel.report(value, at.wall));
            message.into_iter().for_each(|message| cx.publish(message));
        }
        any
    }
}

impl Resource for Polled {
    fn period(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn publishes(&self) -> &[Channel] {
        &self.channels
    }

    fn needs_board(&self) -> bool {
        true
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        match event {
            Event::Start => {
                self.sensor.prepare(cx.board)?;
                self.look(true, cx)
            }
            Event::Restore => Ok(self.sensor.prepare(cx.board)?),
            Event::Back if self.sensor.only_on_beat() => Ok(()),
            Event::Back => self.look(true, cx),
            Event::Connected | Event::SayAgain => {
                if self.repeat(cx) || self.sensor.only_on_beat() {
                    return Ok(());
                }
                self.look(true, cx)
            }
            Event::Tick => self.look(false, cx),
            Event::Message(_) | Event::Executor(_) | Event::Stop => Ok(()),
        }
    }
}
