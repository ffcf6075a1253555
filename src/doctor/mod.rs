//! What is wrong with this machine as a thing, and what mends it.
//!
//! ```text
//!  machine, board, files, service, broker     each looks at its own part and tells findings
//!          |
//!  Findings::sorted                           what to mend first comes first; what follows from it is left out
//!          |
//!  the command line                           a finding with its cause and its cure, or JSON
//! ```
//!
//! Looking changes nothing. A thing that runs is not disturbed: neither its bus nor its account at the broker is touched,
//! its own report is read instead.
//!
//! | file | what it is |
//! |---|---|
//! | `finding` | one thing that is wrong: its rule, its cause, its cures |
//! | `rules` | every rule in the order of mending, and what each makes pointless to tell |
//! | `case` | what all parts go by: the thing of the file that this machine is, and whether it runs |
//! | `by_hand` | whether somebody runs the thing by hand |
//! | `unit` | what this machine's files say about the service |
//! | `program` | a program of the system's is asked, for a few seconds at most |
//! | `files`, `machine`, `board`, `service`, `broker` | a part each: it looks, and then judges what it saw |

mod board;
mod broker;
mod by_hand;
mod case;
mod files;
mod finding;
mod machine;
mod program;
mod rules;
mod service;
mod unit;

pub use finding::{Cure, Finding, Findings, NotLookedAt, Severity};
pub use rules::{RULES, Rule, rule};

use crate::runtime::Report;
use crate::system::Root;
use case::Case;
use serde::Serialize;
use std::path::PathBuf;

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Patient {
    /// Where `/proc`, `/sys`, `/dev`, `/etc`, `/run` and `/var` are found.
    pub root: Root,
    /// The topology file: where it lies, whatever the root is.
    pub file: PathBuf,
    /// Which thing of the file it is; else its address decides.
    pub thing: Option<String>,
}

impl Patient {
    /// The report of a thing that runs on this machine, if one does.
    #[must_use]
    pub fn running(&self) -> Option<Report> {
        let folder = self.root.path(crate::runtime::REPORTS);
        let reports = Report::all(&folder).unwrap_or_default();
        reports.into_iter().find(|report| {
            let its = self.thing.as_ref().is_none_or(|name| *name == report.name);
            its && report.runs(&self.root)
        })
    }
}

/// What a doctor has to say.
#[derive(Debug, Clone, Serialize)]
pub struct Diagnosis {
    /// The thing that was looked at, if it is known which this machine is.
    pub thing: Option<String>,
    /// Whether it runs.
    pub running: bool,
    /// The number of its process, if it runs.
    pub pid: Option<u32>,
    /// What is wrong, what to mend first at the front.
    pub findings: Vec<Finding>,
    /// What could not be looked at, so that nothing can be said about it.
    pub not_looked_at: Vec<NotLookedAt>,
}

/// Looks at everything.
#[must_use]
pub fn examine(patient: &Patient) -> Diagnosis {
    let mut findings = Findings::default();
    let case = Case::of(patient, &mut findings);
    files::examine(&case, &mut findings);
    machine::examine(&case, &mut findings);
    board::examine(&case, &mut findings);
    broker::examine(&case, &mut findings);
    service::examine(&case, &mut findings);
    Diagnosis {
        thing: case.name(),
        running: case.pid().is_some(),
        pid: case.pid(),
        not_looked_at: findings.not_looked_at().to_vec(),
        findings: findings.sorted(),
    }
}

#[cfg(test)]
mod tests {
    use super::unit::Account;
    use super::*;

    /// The service's user, with this number and no more groups.
    pub(super) fn account(uid: u32) -> Account {
        Account {
            name: Some("mqtt-thing".to_owned()),
            uid,
            groups: vec![uid],
            home: None,
        }
    }

    /// What a part finds: rules only.
    pub(super) fn rules(part: impl FnOnce(&mut Findings)) -> Vec<&'static str> {
        let mut findings = Findings::default();
        part(&mut findings);
        let found = findings.sorted();
        for finding in &found {
            assert!(!finding.cures.is_empty(), "{finding:?}");
        }
        found.iter().map(|finding| finding.rule).collect()
    }
}
