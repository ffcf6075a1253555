//! The session's lines in the log: the same thing again and again is said once, then ever more rarely.

/// Whether the `count`th of the same is worth a line: the first, the tenth, the hundredth and so on.
pub(super) fn worth_a_line(count: u64) -> bool {
    count
        .checked_ilog10()
        .is_some_and(|digits| 10u64.pow(digits) == count)
}

/// So many different complaints are told apart; more begin anew.
const MOST: usize = 8;

/// What went wrong since the last success, and how often.
#[derive(Debug, Default)]
pub(super) struct Complaints(Vec<(String, u64)>);

impl Complaints {
    /// Takes note of one. Returns how often it came if that is worth a line.
    pub(super) fn again(&mut self, text: &str) -> Option<u64> {
        let known = self.0.iter().position(|(known, _)| known == text);
        let index = known.unwrap_or_else(|| {
            if self.0.len() >= MOST {
                self.0.clear();
            }
            self.0.push((text.to_owned(), 0));
            self.0.len() - 1
        });
        let count = &mut self.0[index].1;
        *count += 1;
        worth_a_line(*count).then_some(*count)
    }

    /// Forgets all. Returns how many there were.
    pub(super) fn over(&mut self) -> u64 {
        std::mem::take(&mut self.0)
            .iter()
            .map(|(_, count)| count)
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_complaint_is_said_at_the_first_the_tenth_and_the_hundredth_time() {
        let mut complaints = Complaints::default();
        let said: Vec<u64> = (0..150)
            .filter_map(|_| complaints.again("refused"))
            .collect();
        assert_eq!(said, [1, 10, 100]);
        assert_eq!(complaints.over(), 150);
        assert_eq!(complaints.again("refused"), Some(1));
    }

    #[test]
    fn complaints_that_take_turns_are_counted_each_by_itself() {
        let mut complaints = Complaints::default();
        let texts = ["refused", "no such host"].into_iter().cycle().take(40);
        let said = texts
            .filter(|text| complaints.again(text).is_some())
            .count();
        assert_eq!(said, 4, "each at its first and its tenth time");
    }
}
