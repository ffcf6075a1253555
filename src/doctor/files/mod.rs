//! The files: the topology and what it names, who may read and write them, what has grown.

mod policy;
mod secrets;
mod state;
mod topology;
mod trusted;

pub(super) use topology::{this_thing, topology};

use super::Findings;
use super::case::Case;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Looks at all but the topology itself, which the case needs first.
pub(super) fn examine(case: &Case<'_>, findings: &mut Findings) {
    secrets::examine(case, findings);
    trusted::examine(case, findings);
    policy::examine(case, findings);
    state::examine(case, findings);
}

/// A file or a folder, as far as permissions go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    path: PathBuf,
    owner: u32,
    group: u32,
    mode: u32,
}

impl Seen {
    fn of(path: &Path) -> io::Result<Self> {
        fs::metadata(path).map(|its| Self::from(path, &its))
    }

    fn from(path: &Path, its: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            owner: its.uid(),
            group: its.gid(),
            mode: its.mode() & 0o7777,
        }
    }

    /// For [`Account::may`](super::unit::Account::may).
    const fn access(&self) -> (u32, u32, u32) {
        (self.owner, self.group, self.mode)
    }
}
