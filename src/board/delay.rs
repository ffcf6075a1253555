//! Waiting between a command and its reply.

use embedded_hal::delay::DelayNs;
use std::time::Duration;

/// A delay that sleeps and leaves the processor to others.
///
/// The kernel adds some 60 microseconds to each sleep. For the gap before a read that is harmless, while a delay that
/// spins, as rppal's does below 125 microseconds, costs a percent of a core at the default polling of one button.
#[derive(Debug, Clone, Copy, Default)]
pub struct SleepDelay;

impl DelayNs for SleepDelay {
    fn delay_ns(&mut self, ns: u32) {
        std::thread::sleep(Duration::from_nanos(ns.into()));
    }

    fn delay_us(&mut self, us: u32) {
        std::thread::sleep(Duration::from_micros(us.into()));
    }

    fn delay_ms(&mut self, ms: u32) {
        std::thread::sleep(Duration::from_millis(ms.into()));
    }
}
