//! Names and patterns by which clients are chosen.

use crate::fleet::pipeline::Choice;

/// Whether a name matches a pattern: `*` stands for any characters, `?` for one.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (mut rest, mut name) = (pattern.chars(), name.chars());
    // where to go on after the last `*` has swallowed one character more
    let mut retry = None;
    loop {
        let mut wanted = rest.clone();
        let mut found = name.clone();
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                rest = wanted;
                retry = Some((rest.clone(), name.clone()));
                continue;
            }
            (Some(want), Some(is)) if want == '?' || want == is => {
                (rest, name) = (wanted, found);
                continue;
            }
            _ => {}
        }
        let Some((from, swallowed)) = &mut retry else {
            return false;
        };
        if swallowed.next().is_none() {
            return false;
        }
        (rest, name) = (from.clone(), swallowed.clone());
    }
}

impl Choice {
    /// Whether a client is chosen.
    #[must_use]
    pub fn takes(&self, client: &str) -> bool {
        match self {
            Self::All => true,
            Self::Matching(patterns) => patterns.iter().any(|pattern| matches(pattern, client)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_characters_and_a_question_mark_for_one() {
        for (pattern, name) in [
            ("pi-1", "pi-1"),
            ("pi-?", "pi-1"),
            ("*", ""),
            ("pi*", "pi"),
            ("*-1", "pi-1-1"),
            ("a*b*c", "aXbXbc"),
            ("**", "é"),
            ("?", "é"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("pi-1", "pi-11"),
            ("pi-?", "pi-"),
            ("", "a"),
            ("*-1", "pi-2"),
            ("a*b*c", "aXcXb"),
            ("PI", "pi"),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn a_hostile_name_does_not_take_long() {
        assert!(!matches(&"*a".repeat(60), &"a".repeat(59)));
        assert!(!matches(&"a*".repeat(100), &"a".repeat(20).repeat(4)));
    }
}
