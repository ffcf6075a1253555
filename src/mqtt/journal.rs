//! The session's lines in the log: the same thing again and again is said once, then ever more rarely.

/// Whether the `count`th of the same is worth a line: the first, the tenth, the hundredth and so on.
pub(super) fn worth_a_line(count: u64) -> bool {
    count
        .checked_ilog10()
        .is_some_and(|digits| 10u64.pow(digits) == count)
}

/// One complaint and how often it came in a row.
#[derive(Debug, Default)]
pub(super) struct Complaint {
    text: String,
    count: u64,
}

impl Complaint {
    /// Takes note of a complaint. Returns how often it came in a row if that is worth a line.
    pub(super) fn again(&mut self, text: &str) -> Option<u64> {
        if self.text != text {
            text.clone_into(&mut self.text);
            self.count = 0;
        }
        self.count += 1;
        worth_a_line(self.count).then_some(self.count)
    }

    /// Forgets it. Returns how often it came.
    pub(super) fn over(&mut self) -> u64 {
        std::mem::take(self).count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_complaint_is_said_at_the_first_the_tenth_and_the_hundredth_time() {
        let mut complaint = Complaint::default();
        let said: Vec<u64> = (0..150)
            .filter_map(|_| complaint.again("refused"))
            .collect();
        assert_eq!(said, [1, 10, 100]);
        assert_eq!(complaint.again("another"), Some(1));
        assert_eq!(complaint.again("refused"), Some(1));
        assert_eq!(complaint.over(), 1);
        assert_eq!(complaint.again("refused"), Some(1));
    }
}
