//! How long transfers take, and on which clock.

use crate::board::SleepDelay;
use embedded_hal::delay::DelayNs;
use rand::Rng;
use rand::rngs::SmallRng;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Whether a simulated board takes real time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// Nothing waits. Time is only counted, by transfers and by [`SimDelay`], so a million transfers take a second
    /// and the firmware is still "not ready" when it is asked too early.
    None,
    /// Each transfer sleeps for as long as it takes at 100 kHz, as the kernel blocks its caller on a Pi.
    Bus,
}

/// From the stop of a write to the output changing.
const EXECUTION: Duration = Duration::from_micros(43);
/// From the start of a read to the firmware answering its address byte.
const ADDRESSED: Duration = Duration::from_micros(95);
/// What the kernel's timer adds to each sleep.
const SLACK: Duration = Duration::from_micros(40);

/// The clock of one simulated board: the time since it was made.
#[derive(Debug)]
pub(super) struct Clock {
    timing: Timing,
    made: Instant,
    counted_ns: AtomicU64,
}

impl Clock {
    pub(super) fn new(timing: Timing) -> Self {
        Self {
            timing,
            made: Instant::now(),
            counted_ns: AtomicU64::new(0),
        }
    }

    /// Time on the bus since the board was made.
    pub(super) fn now(&self) -> Duration {
        match self.timing {
            Timing::Bus => self.made.elapsed(),
            Timing::None => Duration::from_nanos(self.counted_ns.load(Ordering::Relaxed)),
        }
    }

    /// Returns when `moment` has come.
    pub(super) fn wait_until(&self, moment: Duration) {
        match self.timing {
            Timing::Bus => {
                let left = moment.saturating_sub(self.made.elapsed());
                if left > SLACK {
                    std::thread::sleep(left - SLACK);
                }
            }
            Timing::None => {
                let moment_ns = u64::try_from(moment.as_nanos()).unwrap_or(u64::MAX);
                self.counted_ns.fetch_max(moment_ns, Ordering::Relaxed);
            }
        }
    }
}

/// The delay that belongs to a simulated board: it sleeps, or it counts, as the board's [`Timing`] says.
#[derive(Debug, Clone)]
pub struct SimDelay(pub(super) Arc<Clock>);

impl DelayNs for SimDelay {
    fn delay_ns(&mut self, ns: u32) {
        match self.0.timing {
            Timing::Bus => SleepDelay.delay_ns(ns),
            Timing::None => {
                self.0.counted_ns.fetch_add(ns.into(), Ordering::Relaxed);
            }
        }
    }

    fn delay_us(&mut self, us: u32) {
        match self.0.timing {
            Timing::Bus => SleepDelay.delay_us(us),
            Timing::None => {
                let ns = u64::from(us) * 1_000;
                self.0.counted_ns.fetch_add(ns, Ordering::Relaxed);
            }
        }
    }
}

/// A write of so many bytes, from start to stop: 470 us of bits for four, 5 us of clock stretching a byte, and in
/// one of twenty up to 60.
pub(super) fn write_takes(bytes: usize, rng: &mut SmallRng) -> Duration {
    let stretch = if rng.random_ratio(1, 20) {
        rng.random_range(0..60)
    } else {
        0
    };
    Duration::from_micros(115 + 94 * bytes as u64 + stretch)
}

/// A read of so many bytes, from start to stop.
pub(super) fn read_takes(bytes: usize) -> Duration {
    Duration::from_micros(129 + 95 * bytes as u64)
}

/// A transfer that nobody acknowledges ends after its address.
pub(super) const UNACKNOWLEDGED: Duration = Duration::from_micros(110);

/// When a write that stops at `stop` has changed its output.
pub(super) fn executed(stop: Duration) -> Duration {
    stop + EXECUTION
}

/// When a read that starts at `start` asks the firmware for its reply.
pub(super) fn asked(start: Duration) -> Duration {
    start + ADDRESSED
}

/// From the stop of a command's write to its reply being ready.
///
/// A read that starts 5 us after the stop meets "not ready" after 2 % of the digital commands and after all analog
/// ones; from 20 and 150 us on after none.
pub(super) fn ready_after(command: u8, rng: &mut SmallRng) -> Duration {
    let us = match command {
        3 if rng.random_ratio(1, 20) => rng.random_range(195..240),
        3 => rng.random_range(150..195),
        _ if rng.random_ratio(1, 50) => rng.random_range(101..112),
        _ => 43,
    };
    Duration::from_micros(us)
}
