//! Why there is no set-up.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Why a set-up is not made, changed or read. What stood on the disk before still does.
#[derive(Debug, Error)]
pub enum SetUpError {
    /// There is something already.
    #[error(
        "{} is there already; --again keeps its CA, passwords and keys and adds what is new, another folder begins anew",
        .0.display()
    )]
    There(PathBuf),
    /// There is something else already.
    #[error("{} is there already and is no empty folder; a new folder or an empty one is allowed", .0.display())]
    Occupied(PathBuf),
    /// There is no set-up.
    #[error("{} holds no set-up: there is no set-up.json in it; `mqtt-thing broker init --topology FILE {}` makes one",
        .0.display(), .0.display())]
    None(PathBuf),
    /// Something stands in the folder that has no place there.
    #[error("{} has no place in a set-up: files of at most 4 MiB are allowed, and folders; take it out first", .0.display())]
    Foreign(PathBuf),
    /// A file is not what was written.
    #[error("the set-up is damaged: {file}: {message}")]
    Damaged {
        /// The file, below the set-up's folder.
        file: String,
        /// What is wrong.
        message: String,
    },
    /// The disk.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried: read, write, remove.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers")]
    Random,
    /// A certificate cannot be made.
    #[error("a certificate cannot be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A certificate of somebody else's cannot be used.
    #[error("{}: {message}", path.display())]
    Own {
        /// Its file.
        path: PathBuf,
        /// What was found, and what is allowed.
        message: String,
    },
    /// Something of the topology has the prover's name.
    #[error(
        "the topology already has an account `prover`; leave --prover out, or name that one otherwise"
    )]
    Prover,
    /// Both listeners on one port.
    #[error("things and people cannot share port {0}; each listener needs one of its own")]
    OnePort(u16),
    /// The path stands in a configuration whose values end at the line.
    #[error("`{}` cannot be where it is installed; an absolute path without control characters is allowed", .0.escape_debug())]
    InstalledAt(String),
    /// A name for the server's certificate is none.
    #[error("`{0}` is no name or address of a host")]
    Name(String),
    /// Nobody has that user name.
    #[error("there is no account `{found}`; there are {known}")]
    NoAccount {
        /// What was asked for.
        found: String,
        /// Who there is.
        known: String,
    },
}

impl SetUpError {
    pub(super) fn damaged(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Damaged {
            file: file.into(),
            message: message.into(),
        }
    }
}
