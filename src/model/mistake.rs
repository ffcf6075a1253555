//! A mistake in a file that a person wrote: where it is, what was found, what is allowed.

use std::ops::Range;

/// Where in a file a mistake stands: a range of bytes of its text.
pub type Place = Range<usize>;

/// One mistake. The file's name and the line are added by who prints it, since it has the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The bytes of the file that are wrong; empty when something is missing there.
    pub place: Place,
    /// What was found: one sentence, lower case, no full stop.
    pub message: String,
    /// What is allowed, or what to do.
    pub help: Option<String>,
}

impl Mistake {
    /// A mistake without advice.
    #[must_use]
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self {
            place,
            message: message.into(),
            help: None,
        }
    }

    /// The same mistake with what is allowed or what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// The known name that `found` was most likely meant to be, if one is near enough.
///
/// Near is an edit distance (swaps of neighbours count once) of at most a third of the longer word.
#[must_use]
pub fn nearest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let found = found.to_lowercase();
    known
        .into_iter()
        .map(|name| (distance(&found, &name.to_lowercase()), name))
        .filter(|(far, name)| *far <= (found.chars().count().max(name.chars().count()) / 3).max(1))
        .min_by_key(|(far, _)| *far)
        .map(|(_, name)| name)
}

/// Optimal string alignment distance.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    let mut rows = vec![vec![0; right.len() + 1]; left.len() + 1];
    for i in 0..=left.len() {
        for j in 0..=right.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let swap =
                    i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
                let change = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
                let plain = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                if swap {
                    plain.min(rows[i - 2][j - 2] + 1)
                } else {
                    plain
                }
            };
        }
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_finds_its_name_and_nonsense_finds_none() {
        let known = ["button", "led", "rotary", "clock"];
        assert_eq!(nearest("buton", known), Some("button"));
        assert_eq!(nearest("LDE", known), Some("led"));
        assert_eq!(nearest("rotray", known), Some("rotary"));
        assert_eq!(nearest("thermometer", known), None);
        assert_eq!(
            nearest("pin", ["kind", "port"]),
            None,
            "two of four letters are not near"
        );
    }
}
