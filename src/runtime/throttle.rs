//! How often something that an outsider can cause is logged.

use crate::model::Moment;
use std::time::Duration;

/// Lines at once before any is held back.
const BURST: u32 = 10;
/// After a burst, one line each.
const EVERY: Duration = Duration::from_secs(1);

/// A bucket of lines: a burst of ten, then one a second.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    spent: u32,
    since: Moment,
    held_back: u64,
}

/// What is to be done with a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Say it, and how many were held back before it.
    Say { held_back: u64 },
    /// Keep quiet; it is counted.
    Hold,
}

impl Throttle {
    pub(super) fn turn(&mut self, now: Moment) -> Turn {
        let refills = now.since(self.since).as_nanos() / EVERY.as_nanos();
        if refills > 0 {
            self.spent = self
                .spent
                .saturating_sub(u32::try_from(refills).unwrap_or(u32::MAX));
            self.since = now;
        }
        if self.spent >= BURST {
            self.held_back += 1;
            return Turn::Hold;
        }
        self.spent += 1;
        Turn::Say {
            held_back: std::mem::take(&mut self.held_back),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_becomes_a_burst_and_then_a_line_a_second_that_counts_the_rest() {
        let mut throttle = Throttle::default();
        let said = |throttle: &mut Throttle, ms: u64| {
            throttle.turn(Moment::after(Duration::from_millis(ms)))
        };
        let lines = (0..1000)
            .filter(|_| said(&mut throttle, 5) != Turn::Hold)
            .count();
        assert_eq!(lines, 10);
        assert_eq!(said(&mut throttle, 1100), Turn::Say { held_back: 990 });
        assert_eq!(said(&mut throttle, 1200), Turn::Hold);
    }
}
