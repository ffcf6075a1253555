//! Why a frequency step failed.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a frequency step failed. Unless it is `NotPutBack`, nothing is changed.
#[derive(Debug, Error)]
pub enum CpuFreqError {
    /// This machine's frequency cannot be set: a virtual machine, or a kernel without a driver for it.
    #[error("no frequency can be set on this machine: there is neither {0}")]
    NoCpuFreq(String),
    /// The wish is empty.
    #[error("neither a governor nor a frequency was asked for")]
    NothingAsked,
    /// A governor that is not available.
    #[error(
        "{policy}: the governor `{asked}` is not available; available are {}",
        words(available)
    )]
    NoGovernor {
        /// The policy that lacks it.
        policy: String,
        /// What was asked for.
        asked: String,
        /// What is available.
        available: Vec<String>,
    },
    /// A frequency that is not available.
    #[error("{policy}: {asked} kHz is not available; {available}")]
    NoFrequency {
        /// The policy that lacks it.
        policy: String,
        /// What was asked for.
        asked: u64,
        /// What is available.
        available: String,
    },
    /// This user may not write a file.
    #[error(
        "may not write {}: {source}; run as root, or give the file to the service's group with a line in \
         /etc/tmpfiles.d, `z {}/scaling_[gsm]* 0664 root GROUP`, or a udev rule",
        path.display(), parent(path)
    )]
    Permission {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// `/sys` is mounted read-only.
    #[error(
        "may not write {}: {source}; in a systemd unit `ProtectKernelTunables=no` lets it write, in a container \
         /sys must be mounted read-write",
        path.display()
    )]
    ReadOnly {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The kernel did not take a value.
    #[error("the kernel refused `{value}` for {}: {source}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What was written.
        value: String,
        /// The system's words.
        source: io::Error,
    },
    /// The kernel took a value and has another.
    #[error("`{wrote}` was written to {}, which then says `{says}`", path.display())]
    NotTaken {
        /// The file.
        path: PathBuf,
        /// What was written.
        wrote: String,
        /// What it says.
        says: String,
    },
    /// A file that every policy has is not there, or has nonsense in it.
    #[error("{} has not {what} in it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// The step failed, and what it had changed could not be put back.
    #[error("{cause}; and what was changed before could not be put back: {then}")]
    NotPutBack {
        /// Why the step failed.
        #[source]
        cause: Box<CpuFreqError>,
        /// Why it could not be put back.
        then: Box<CpuFreqError>,
    },
    /// The state before could not be put back for some policies; the others have theirs.
    #[error("the state before was not put back: {}", errors(.0))]
    NotRestored(Vec<CpuFreqError>),
    /// The file that keeps the state before cannot be written, read or removed.
    #[error("cannot {what} {}, where the state before is kept: {source}", path.display())]
    Keep {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// The file that keeps the state before has something else in it.
    #[error(
        "{} keeps no state to go back to ({reason}); it was put aside as {}, the next start of the machine brings \
         its own state",
        path.display(), aside.display()
    )]
    Kept {
        /// The file.
        path: PathBuf,
        /// What it is called now.
        aside: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl CpuFreqError {
    /// What the system's word on a write means.
    pub(super) fn of_write(path: &Path, value: &str, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied => Self::Permission { path, source },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path, source },
            _ => Self::Refused {
                path,
                value: value.to_owned(),
                source,
            },
        }
    }
}

fn words(list: &[String]) -> String {
    if list.is_empty() {
        "none".to_owned()
    } else {
        list.join(", ")
    }
}

fn parent(path: &Path) -> String {
    let parent = path.parent().unwrap_or(path);
    parent.display().to_string()
}

fn errors(list: &[CpuFreqError]) -> String {
    let list: Vec<String> = list.iter().map(ToString::to_string).collect();
    list.join("; ")
}
