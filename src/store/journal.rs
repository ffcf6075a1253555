//! The executor's journal: what a Pi must not forget of a command, on the disk before anything else happens.
//!
//! A thread of its own owns the file. It takes all that waits, writes it as one transaction, waits for the disk once,
//! and only then tells of each entry, in order. So a thousand queued commands cost one wait or few, and the end of a
//! job and the start of the next cost one if they are written together ([`Journal::write_together`]).
//!
//! If the disk is full or fails, nothing of the transaction is written, each of its entries is told as
//! [`JournalNews::Failed`], and the thread goes on: later entries are written once there is room again.

mod batch;
mod keys;
mod ledger;
mod open;
mod prune;
mod queue;
mod schema;
mod thread;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use prune::Limits;
pub use queue::WriteError;

use super::StoreError;
use super::database::failed;
use crate::fleet::{Entry, JournalNews};
use ledger::Ledger;
use queue::Queue;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use thread::Thread;

/// How a journal is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalOptions {
    /// The executors, with what is kept of each. They are told what is there.
    pub executors: BTreeMap<String, Limits>,
    /// How many bytes of commands may wait to be written; as much again is in reserve for what running jobs lead to.
    /// Thirty thousand short commands by default.
    pub queue_bytes: usize,
    /// Whether each transaction waits until the disk has it. Otherwise a power cut may lose the last seconds; a kill
    /// never does.
    pub sync: bool,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self {
            executors: BTreeMap::new(),
            queue_bytes: 16 << 20,
            sync: true,
        }
    }
}

/// How long a dropped journal is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
/// SQLite and serde_json need little; what is not touched costs nothing.
const STACK: usize = 512 << 10;

/// The journal of a folder, open for writing. Dropping it writes what waits and closes it.
#[derive(Debug)]
pub struct Journal {
    queue: Arc<Queue>,
}

impl Journal {
    /// Opens `journal.db` in `folder`; makes what is not there, and begins anew with a warning where the file is
    /// damaged (it is moved aside). `news` is called on the journal's thread with the executor's name: it must not
    /// block for long, or nothing is written meanwhile. The first news of each executor in `options` is
    /// [`JournalNews::Opened`].
    ///
    /// A file that was not closed well is read through once, as fast as the disk gives it.
    ///
    /// # Errors
    /// Another process has it; the folder or the file cannot be made or written; the file is not a journal, or a newer
    /// program made it.
    pub fn open(
        folder: &Path,
        options: JournalOptions,
        news: impl FnMut(String, JournalNews) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let ledger = Ledger::open(folder, options.sync, SystemTime::now())?;
        let age_ms = ledger.age_ms().map_err(failed(folder))?;
        let queue = Arc::new(Queue::new(options.queue_bytes));
        let thread = Thread::new(ledger, age_ms, Arc::clone(&queue), options.executors, news);
        std::thread::Builder::new()
            .name("journal".to_owned())
            .stack_size(STACK)
            .spawn(move || thread.run())
            .map_err(|source| StoreError::Path {
                path: folder.to_owned(),
                source,
            })?;
        Ok(Self { queue })
    }

    /// Hands an entry over to be written. Never waits.
    ///
    /// # Errors
    /// The entry again: when so much waits that the disk must have stopped answering, or the journal is closed.
    pub fn write(&self, entry: Entry) -> Result<(), WriteError> {
        self.queue.put([entry]).pop().map_or(Ok(()), Err)
    }

    /// Hands entries over that are written in one transaction, as far as they fit into one: the end of a job and the
    /// start of the next, say. Never waits. Returns those that were not taken.
    #[must_use]
    pub fn write_together(&self, entries: impl IntoIterator<Item = Entry>) -> Vec<WriteError> {
        self.queue.put(entries)
    }

    /// Writes what waits, tells of it, and closes the file. Returns whether that was done within `patience`; if not,
    /// the thread goes on with it.
    #[must_use]
    pub fn close(self, patience: Duration) -> bool {
        self.queue.close();
        self.queue.wait_for_end(patience)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue.close();
        if !self.queue.wait_for_end(PATIENCE) {
            tracing::warn!("the disk does not answer; the journal is left open");
        }
    }
}
