//! Why a store cannot be used, in words that a person can act on.

use rusqlite::ErrorCode;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// A store that cannot be opened, read or written.
#[derive(Debug, Error)]
pub enum StoreError {
    /// Another process has the journal of this folder.
    #[error("{} is in use by another mqtt-thing{}; one at a time may write it", .folder.display(), holder(*.process))]
    InUse {
        /// The folder.
        folder: PathBuf,
        /// Its process, if it said so.
        process: Option<u32>,
    },
    /// A folder or a file cannot be made or opened.
    #[error("{} cannot be used: {source}", .path.display())]
    Path {
        /// The folder or file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The last number of a key's signed messages is not readable.
    #[error("{} holds \"{found}\" instead of the last number that was signed; if this machine's clock is right, remove it", .path.display())]
    BrokenSequence {
        /// The file.
        path: PathBuf,
        /// Its beginning, escaped.
        found: String,
    },
    /// A database that something else made.
    #[error("{} is a database, but not of this kind; choose another file", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A database that a newer version made.
    #[error("{} was written by a newer mqtt-thing (format {found}; this one knows {known}); install that one", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that is known here.
        known: i64,
    },
    /// Reading or writing failed.
    #[error("{}: {reason}", .path.display())]
    Database {
        /// The file.
        path: PathBuf,
        /// Why, in words.
        reason: String,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// What is stored cannot be written as JSON, or read from it.
    #[error("{what} cannot be stored as JSON: {source}")]
    Json {
        /// What it is.
        what: &'static str,
        /// Why not.
        source: serde_json::Error,
    },
    /// There is no such run.
    #[error("there is no run `{name}`; {known}")]
    NoRun {
        /// What was asked for, escaped.
        name: String,
        /// What there is, in words.
        known: String,
    },
    /// A part of an id that several runs begin with.
    #[error("`{name}` may be any of {}; give more of it", .runs.join(", "))]
    Ambiguous {
        /// What was asked for, escaped.
        name: String,
        /// The first of those that it may be.
        runs: Vec<String>,
    },
}

fn holder(id: Option<u32>) -> String {
    id.map_or_else(String::new, |id| format!(" (process {id})"))
}

/// Why SQLite failed, in words for a person.
pub(super) fn in_words(error: &rusqlite::Error) -> String {
    let cause = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "the disk is full",
        Some(ErrorCode::ReadOnly) => "the disk or the file is read-only",
        Some(ErrorCode::SystemIoFailure) => "the disk failed or is full",
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => "the file is damaged",
        Some(ErrorCode::CannotOpen) => "the file cannot be opened",
        Some(ErrorCode::PermissionDenied) => "permission denied",
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            "another process is writing it"
        }
        Some(ErrorCode::OutOfMemory) => "out of memory",
        Some(ErrorCode::TooBig) => "it is too big",
        _ => return error.to_string(),
    };
    format!("{cause}: {error}")
}

/// Whether the whole batch fails with this error, not only the statement: the next one would fail as well.
pub(super) fn is_fatal(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
    )
}

/// Whether this says that the file is damaged.
pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
    )
}
