//! Checks what the governor's face lets run although nobody signs it: `unsigned = true` with a list of its own.

use super::findings::{Findings, Rule};
use super::section::Placed;
use crate::fleet::unsigned::too_wide;
use crate::model::{Mistake, Place};

/// What a file says of it.
pub(super) struct Written {
    /// `unsigned`, where it is given.
    pub(super) unsigned: Option<Placed<bool>>,
    /// The list, where it is given: the place of its key, and the entries that can be read.
    pub(super) allow: Option<(Place, Vec<Placed<String>>)>,
    /// What the list is called.
    pub(super) key: &'static str,
}

impl Written {
    /// Whether more than `unsigned = false` is said; then what is wrong about that is told by itself.
    pub(super) fn is_said(&self) -> bool {
        let said = |unsigned: &Placed<bool>| unsigned.value;
        self.unsigned.as_ref().is_some_and(said) || self.allow.is_some()
    }

    /// The list that counts. It does with `unsigned = true` only: a word that nobody writes by mistake.
    pub(super) fn read(&self, findings: &mut Findings<'_>) -> Option<Vec<String>> {
        let Self {
            unsigned,
            allow,
            key,
        } = self;
        let said = unsigned.as_ref().filter(|unsigned| unsigned.value);
        match (said, allow) {
            (None, None) => None,
            (Some(said), None) => {
                let message = format!("`unsigned = true` without `{key}`");
                let help = format!(
                    "say in `{key}` what may run although nobody signs it, narrower than the executor's own `allow`"
                );
                let mistake = Mistake::new(said.place.clone(), message).help(help);
                findings.refuse(Rule::UnsignedAlone, mistake);
                None
            }
            (None, Some((place, _))) => {
                let message = format!(
                    "`{key}` is what may run although nobody signs it, and `unsigned = true` is missing"
                );
                let mistake = Mistake::new(place.clone(), message);
                let help = "write that beside it, or leave it out";
                findings.refuse(Rule::UnsignedUnsaid, mistake.help(help));
                None
            }
            (Some(_), Some((_, entries))) => {
                Some(entries.iter().map(|entry| entry.value.clone()).collect())
            }
        }
    }

    /// Whether the list is narrower than the executor's own. An entry that could not be read is told already.
    pub(super) fn compare(&self, own: &[String], findings: &mut Findings<'_>) {
        let (Some(Placed { value: true, .. }), Some((place, entries))) =
            (&self.unsigned, &self.allow)
        else {
            return;
        };
        let list: Vec<String> = entries.iter().map(|entry| entry.value.clone()).collect();
        for wide in too_wide(&list, own) {
            let entry = wide.entry.and_then(|index| entries.get(index));
            let place = entry.map_or(place, |entry| &entry.place);
            let mistake = Mistake::new(place.clone(), wide.message).help(wide.help);
            findings.refuse(Rule::UnsignedWide, mistake);
        }
    }
}

/// A face that needs no signature makes the signatures of the other one worth nothing.
pub(super) fn refuse_without(face: &Place, findings: &mut Findings<'_>) {
    let message = "keys are trusted, and commands on the governor's topics cannot be signed";
    let help = "leave `governor` out, or say what may run unsigned: governor = { unsigned = true, allow = [\"cpufreq-set -r -f *\"] }";
    findings.refuse(
        Rule::UnsignedGovernor,
        Mistake::new(face.clone(), message).help(help),
    );
}
