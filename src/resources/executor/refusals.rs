//! How often a refusal is answered: whoever floods an executor must not make it flood the broker. All are counted.

use crate::model::Moment;
use std::time::Duration;

/// Answers at once before any is held back. A pipeline that is not allowed at all still gets all of its answers.
const BURST: u32 = 1000;
/// After that, one each.
const EVERY: Duration = Duration::from_millis(20);

#[derive(Debug, Default)]
pub(super) struct Refusals {
    spent: u32,
    since: Moment,
}

impl Refusals {
    /// Whether this one is answered.
    pub(super) fn turn(&mut self, now: Moment) -> bool {
        let refills = now.since(self.since).as_nanos() / EVERY.as_nanos();
        if refills > 0 {
            let refills = u32::try_from(refills).unwrap_or(u32::MAX);
            self.spent = self.spent.saturating_sub(refills);
            self.since = now;
        }
        let answered = self.spent < BURST;
        self.spent += u32::from(answered);
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
        let answered = (0..5000).filter(|_| refusals.turn(at(1))).count();
        assert_eq!(answered, 1000);
        let later = (0..5000).filter(|_| refusals.turn(at(1001))).count();
        assert_eq!(later, 50);
    }
}
