//! What is no reading is told within reason: anybody may send as much of it as they like.

use crate::model::{Moment, Topic};
use crate::runtime::Clock;
use crate::runtime::throttle::{Throttle, Turn};
use std::fmt::Display;

/// Tells of what is not understood, and where: a burst of ten, then a line a second that counts the rest.
#[derive(Default)]
pub struct Refusals {
    throttle: Throttle,
    clock: Clock,
}

impl Refusals {
    /// What is to be told of a message now, if anything. From the network: not safe for a terminal.
    pub fn told(&mut self, topic: &Topic, error: &dyn Display) -> Option<String> {
        let now = self.clock.now().moment;
        self.told_at(topic, error, now)
    }

    pub(super) fn told_at(
        &mut self,
        topic: &Topic,
        error: &dyn Display,
        now: Moment,
    ) -> Option<String> {
        match self.throttle.turn(now) {
            Turn::Say { held_back: 0 } => Some(format!("{topic}: {error}")),
            Turn::Say { held_back } => Some(format!("{topic}: {error}; and {held_back} before it")),
            Turn::Hold => None,
        }
    }
}
