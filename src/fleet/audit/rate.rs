//! How many refusals are written. Whoever floods an executor must neither wear out its SD card nor push out of the log,
//! which is bounded, what really ran: at one line in ten seconds, the longest there are, its 8 MiB last eleven hours,
//! usual ones two days.

use crate::model::Moment;
use std::time::Duration;

/// Lines at once before any is left out.
const BURST: u32 = 100;
/// After that, one each.
const EVERY: Duration = Duration::from_secs(10);
/// How often it is written how many were left out.
const TELL: Duration = Duration::from_secs(60);

/// A bucket of lines, and the count of those that did not fit.
#[derive(Debug, Default)]
pub struct RefusalRate {
    spent: u32,
    since: Moment,
    left_out: u64,
    tell_at: Option<Moment>,
}

impl RefusalRate {
    /// Whether this one is written; if not, it is counted.
    pub fn turn(&mut self, now: Moment) -> bool {
        let refills = now.since(self.since).as_nanos() / EVERY.as_nanos();
        if refills > 0 {
            let refills = u32::try_from(refills).unwrap_or(u32::MAX);
            self.spent = self.spent.saturating_sub(refills);
            self.since = now;
        }
        let written = self.spent < BURST;
        if written {
            self.spent += 1;
        } else {
            self.left_out += 1;
            self.tell_at.get_or_insert(now + TELL);
        }
        written
    }

    /// When it is to be written how many were left out.
    #[must_use]
    pub const fn due(&self) -> Option<Moment> {
        self.tell_at
    }

    /// How many were left out since that was last written, if it is to be written now.
    pub fn take_due(&mut self, now: Moment) -> Option<u64> {
        self.tell_at.filter(|at| *at <= now)?;
        self.take()
    }

    /// How many were left out since that was last written, if any.
    pub fn take(&mut self) -> Option<u64> {
        self.tell_at = None;
        Some(std::mem::take(&mut self.left_out)).filter(|count| *count > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: u64) -> Moment {
        Moment::after(Duration::from_secs(s))
    }

    #[test]
    fn a_flood_is_a_burst_of_lines_then_one_in_ten_seconds_and_all_others_are_counted() {
        let mut rate = RefusalRate::default();
        let written = (0..100_000).filter(|_| rate.turn(at(5))).count();
        assert_eq!(written, 100);
        assert_eq!(rate.take_due(at(64)), None);
        assert_eq!(rate.due(), Some(at(65)));
        assert_eq!(rate.take_due(at(65)), Some(99_900));
        assert_eq!((rate.due(), rate.take_due(at(65))), (None, None));
        // a day of it, a hundred a second
        let (mut lines, mut counts, mut counted) = (0, 0, 0);
        for s in 65..65 + 86_400 {
            lines += (0..100).filter(|_| rate.turn(at(s))).count();
            if let Some(count) = rate.take_due(at(s)) {
                (counts, counted) = (counts + 1, counted + count);
            }
        }
        counted += rate.take().unwrap();
        assert_eq!(lines as u64 + counted, 8_640_000);
        assert!(
            lines <= 8_650 && counts <= 1440,
            "{lines} lines, {counts} counts"
        );
    }
}
