//! How often a refusal is answered: whoever floods an executor must not make it flood the broker, nor its own memory
//! with answers that repeat large commands. All are counted.

use crate::model::Moment;
use std::time::Duration;

/// Answers at once before any is held back. A pipeline that is not allowed at all still gets all of its answers.
const BURST: u32 = 1000;
/// After that, one each.
const EVERY: Duration = Duration::from_millis(20);
/// An answer that repeats so many bytes counts as one more: the burst is some 4 MiB, then 200 KiB a second.
const PIECE: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Refusals {
    spent: u32,
    since: Moment,
}

impl Refusals {
    /// Whether this one is answered, which repeats a command of so many bytes.
    pub(super) fn turn(&mut self, now: Moment, bytes: usize) -> bool {
        let refills = now.since(self.since).as_nanos() / EVERY.as_nanos();
        if refills > 0 {
            let refills = u32::try_from(refills).unwrap_or(u32::MAX);
            self.spent = self.spent.saturating_sub(refills);
            self.since = now;
        }
        let answered = self.spent < BURST;
        if answered {
            let cost = u32::try_from(1 + bytes / PIECE).unwrap_or(u32::MAX);
            self.spent = self.spent.saturating_add(cost);
        }
        answered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_gets_a_burst_of_answers_and_then_fifty_a_second() {
        let mut refusals = Refusals::default();
        let at = |ms| Moment::after(Duration::from_millis(ms));
        let answered = (0..5000).filter(|_| refusals.turn(at(1), 10)).count();
        assert_eq!(answered, 1000);
        let later = (0..5000).filter(|_| refusals.turn(at(1001), 10)).count();
        assert_eq!(later, 50);
    }

    #[test]
    fn large_commands_spend_more_of_the_burst_and_one_is_always_answered() {
        let mut refusals = Refusals::default();
        let at = |s| Moment::after(Duration::from_secs(s));
        let answered = (0..100).filter(|_| refusals.turn(at(1), 1 << 20)).count();
        assert_eq!(answered, 4, "4 MiB of 100");
        assert!(refusals.turn(at(60), 100 << 20));
        assert!(!refusals.turn(at(60), 0));
    }
}
