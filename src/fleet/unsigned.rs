//! What may run without a signature where keys are trusted: the `allow` of its own that the governor's face needs then.
//!
//! The governor's protocol has no place for a signature, so whoever reaches the broker can use that face. A command
//! there needs both lists, its own and the executor's, so its own can never allow more. That it allows *less* is checked
//! here as far as it can be decided, and so that it is not a way round the signatures: nothing on it can start or
//! overwrite anything.

use super::advice::advice;
use super::pattern::{Pattern, Program};

/// Why a list is not narrower than the executor's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooWide {
    /// The entry, from 0; none if it is the whole.
    pub entry: Option<usize>,
    /// What was found.
    pub message: String,
    /// What is allowed.
    pub help: String,
}

/// What is wrong with a list, beside the executor's own `allow`; entries that cannot be read are passed over.
#[must_use]
pub fn too_wide(unsigned: &[String], allow: &[String]) -> Vec<TooWide> {
    if unsigned.is_empty() {
        return vec![TooWide {
            entry: None,
            message: "nothing is named that may run unsigned".to_owned(),
            help: "name it, narrower than the executor's own `allow`; or leave the governor's face out"
                .to_owned(),
        }];
    }
    let mut found: Vec<TooWide> = advice(unsigned)
        .into_iter()
        .map(|warning| TooWide {
            entry: Some(warning.entry),
            message: format!("unsigned, {}", warning.message),
            help: warning.help,
        })
        .collect();
    for (index, entry) in unsigned.iter().enumerate() {
        if !allow.iter().any(|own| may_meet(entry, own)) {
            found.push(TooWide {
                entry: Some(index),
                message: "the executor's own `allow` does not have this program, so it never runs"
                    .to_owned(),
                help: "both lists must allow a command; this one picks from the other".to_owned(),
            });
        }
    }
    // what is wrong with an entry is said first
    if found.is_empty() && allow.iter().all(|own| unsigned.contains(own)) {
        found.push(TooWide {
            entry: None,
            message: "everything that the executor allows may run unsigned, so the signatures protect nothing"
                .to_owned(),
            help: "leave out what is worth a signature".to_owned(),
        });
    }
    found.sort_by_key(|wide| wide.entry);
    found
}

/// Whether a command could fit to both entries, by their programs.
fn may_meet(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (Pattern::parse(one), Pattern::parse(other)) else {
        // that is told elsewhere
        return true;
    };
    match (last_name(&one), last_name(&other)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    }
}

fn last_name(pattern: &Pattern) -> Option<&str> {
    match pattern.program() {
        Program::Any => None,
        Program::Named(name) | Program::At(name) => name.rsplit('/').next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(unsigned: &[&str], allow: &[&str]) -> Vec<(Option<usize>, String)> {
        let owned = |list: &[&str]| {
            list.iter()
                .map(|text| (*text).to_owned())
                .collect::<Vec<_>>()
        };
        let found = too_wide(&owned(unsigned), &owned(allow));
        let words = |text: &str| text.split(' ').take(4).collect::<Vec<_>>().join(" ");
        found
            .iter()
            .map(|wide| (wide.entry, words(&wide.message)))
            .collect()
    }

    #[test]
    fn a_narrower_list_is_let_through() {
        let steps = "cpufreq-set -r -f *";
        assert_eq!(told(&[steps], &[steps, "stress-ng --cpu *"]), []);
        assert_eq!(told(&["stress-ng --cpu 1 --timeout 5s"], &["*"]), []);
        assert_eq!(told(&["/usr/bin/seq 3"], &["seq *"]), []);
    }

    #[test]
    fn a_list_that_is_not_narrower_is_refused_with_the_entry_that_is_to_blame() {
        type Case = (
            &'static [&'static str],
            &'static [&'static str],
            Option<usize>,
            &'static str,
        );
        let cases: [Case; 5] = [
            (&[], &["*"], None, "nothing is named that"),
            (
                &["seq 1", "*"],
                &["seq *", "*"],
                Some(1),
                "unsigned, `*` allows every",
            ),
            (&["bash *"], &["*"], Some(0), "unsigned, `bash` is a"),
            (
                &["seq 1", "date"],
                &["seq *"],
                Some(1),
                "the executor's own `allow`",
            ),
            (&["seq *"], &["seq *"], None, "everything that the executor"),
        ];
        for (unsigned, allow, entry, message) in cases {
            let found = told(unsigned, allow);
            assert_eq!(found.len(), 1, "{unsigned:?}: {found:?}");
            assert_eq!(found[0].0, entry, "{unsigned:?}");
            assert!(found[0].1.starts_with(message), "{found:?}");
        }
    }
}
