//! What is kept on disk: most of it in SQLite, which is known here alone; the audit log and the sequences of keys are plain
//! files.
//! What is kept on disk: in SQLite, which is known here alone, and in files of lines.
//! What is kept on disk: in SQLite, which is known here alone; and the audit log and the numbers of signed messages, which
//! are lines.
//! What is kept on disk: in SQLite, which is known here alone, and in files of lines.
//!
//! | file | what it is |
//! |---|---|
//! | `journal` | an executor's commands, from acceptance to the delivery of the answer; a thread of its own, synced |
//! | `audit` | what was accepted, refused and run: a log that is only appended to, for people |
//! | `runs` | the operator's runs, with every response |
//! | `file_lock` | who may change a file that several may change |
//! | `sequence` | the numbers of signed messages; a plain file a key |
//! | `export` | a run as CSV or JSON lines |
//! | `database` | opening a file: whose it is, which version, whether it is whole |
//!
//! The journal gives news of an entry only once it is on the disk (write-ahead log, `synchronous = FULL`). The runs
//! survive a kill at any moment; a power cut may cost the last responses (`synchronous = NORMAL`).

mod audit;
mod database;
mod error;
pub mod export;
mod file_lock;
mod journal;
mod lock;
mod runs;
mod sequence;

pub use audit::{
    Audit, AuditCheck, AuditOptions, AuditPart, AuditState, audit_parts, verify_audit,
};
pub use error::StoreError;
pub use file_lock::FileLock;
pub use journal::{Journal, JournalOptions, Limits, WriteError};
pub use runs::{
    ClientSummary, Responses, RunClient, RunId, RunOutput, RunResponse, RunSummary, Runs,
};
pub use sequence::SequenceFile;
