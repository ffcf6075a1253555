//! When which client is to be looked after.

use crate::model::Moment;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// The moments, the earliest first. A client has one that counts; entries that do not are dropped when they are due.
#[derive(Debug, Default)]
pub(super) struct Wakes(BinaryHeap<Reverse<(Moment, usize)>>);

impl Wakes {
    pub(super) fn add(&mut self, at: Moment, client: usize) {
        self.0.push(Reverse((at, client)));
    }

    pub(super) fn next(&self) -> Option<Moment> {
        self.0.peek().map(|Reverse((at, _))| *at)
    }

    pub(super) fn due(&mut self, now: Moment) -> Option<(Moment, usize)> {
        let Reverse((at, _)) = self.0.peek()?;
        if *at > now {
            return None;
        }
        self.0.pop().map(|Reverse(entry)| entry)
    }
}
