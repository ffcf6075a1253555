//! What goes wrong with a transfer, on demand or at random.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::collections::VecDeque;
use std::time::Duration;

/// Something that goes wrong with one transfer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fault {
    /// Nobody acknowledges (errno 121); nothing reaches the board.
    Nak,
    /// The controller loses the transfer (errno 5) *after* it reached the board: a write was executed.
    Eio,
    /// Something holds the bus until the kernel gives up (errno 110); nothing reaches the board.
    TimedOut,
    /// Nobody drives the bus: a read returns `ff`. Reads only.
    Ones,
    /// The board lets go of the bus before the last byte of a read, which is `ff` then. Reads only.
    Torn,
    /// A read returns the answer to the command before the last. Reads only.
    Stale,
    /// A write is lost without an error. Writes only.
    LostSilently,
    /// A write is lost, and the controller says so (errno 5). Writes only.
    LostWithError,
    /// The firmware hangs for so long: the next command stays pending and those after it are lost.
    Frozen(Duration),
    /// The board resets.
    Reset,
}

/// The direction of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    Write,
    Read,
}

impl Fault {
    fn concerns(self, direction: Direction) -> bool {
        match self {
            Self::Ones | Self::Torn | Self::Stale => direction == Direction::Read,
            Self::LostSilently | Self::LostWithError => direction == Direction::Write,
            Self::Nak | Self::Eio | Self::TimedOut | Self::Frozen(_) | Self::Reset => true,
        }
    }
}

/// The faults to come.
#[derive(Debug)]
pub(super) struct Faults {
    planned: VecDeque<Fault>,
    rates: Vec<(Fault, f64)>,
    rng: SmallRng,
}

impl Faults {
    pub(super) fn none() -> Self {
        Self {
            planned: VecDeque::new(),
            rates: Vec::new(),
            rng: SmallRng::seed_from_u64(0),
        }
    }

    /// Each of the next `transfers` that `fault` can happen to meets it, after what was planned before.
    pub(super) fn plan(&mut self, fault: Fault, transfers: usize) {
        self.planned.extend(std::iter::repeat_n(fault, transfers));
    }

    /// From now on each transfer meets each fault with its probability.
    pub(super) fn at_random(&mut self, seed: u64, rates: &[(Fault, f64)]) {
        self.rng = SmallRng::seed_from_u64(seed);
        self.rates = rates.to_vec();
    }

    pub(super) fn clear(&mut self) {
        self.planned.clear();
        self.rates.clear();
    }

    /// What goes wrong with the next transfer.
    pub(super) fn next(&mut self, direction: Direction) -> Option<Fault> {
        if let Some(&planned) = self.planned.front() {
            if !planned.concerns(direction) {
                return None;
            }
            return self.planned.pop_front();
        }
        if self.rates.is_empty() {
            return None;
        }
        let mut drawn = self.rng.random::<f64>();
        for &(fault, rate) in &self.rates {
            if drawn < rate {
                return Some(fault).filter(|fault| fault.concerns(direction));
            }
            drawn -= rate;
        }
        None
    }
}
