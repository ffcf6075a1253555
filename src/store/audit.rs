//! The audit log's files: `audit.log` in a thing's state folder, and `audit.log.1` before it. What a line is, and what a
//! chain of them can tell, is in [`crate::fleet::audit`].
//!
//! A thread of its own appends. Whoever hands it a line never waits; so many may wait, and those beyond are counted and
//! told by a `lost` line. The disk is waited for within a second after a line that matters, within half a minute after
//! a refusal, and not for each line: the journal is what a Pi relies on. A file that would grow beyond 4 MiB becomes
//! `audit.log.1`, in the place of the one before; the chain goes on in the next.
//!
//! If the disk is full or fails, the lines wait in memory, up to a bound, and are tried again every half second; `told`
//! hears of it, and the executors refuse commands meanwhile. A line that a power cut tore is cut off when the log is
//! opened, and a line says so. A last line that is not torn and still wrong stays as it is, for `audit verify` to find.

mod file;
mod reader;
mod thread;

#[cfg(test)]
mod tests;

pub use reader::{AuditCheck, AuditPart, audit_parts, verify_audit};

use super::StoreError;
use super::lock::FolderLock;
use crate::fleet::audit::{Entry, Event, Head};
use crate::system::Root;
use file::LogFile;
use serde::Serialize;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};
use thread::Thread;

/// The name of the file in its folder.
const NAME: &str = "audit.log";
/// And of the one before it.
const OLDER: &str = "audit.log.1";
/// Whoever holds it writes the log. Of its own: the journal has another.
const LOCK: &str = "audit.lock";

/// Lines that wait for the thread. They are a few hundred bytes each.
const WAITING: usize = 1024;
/// How long a dropped log is waited for.
const PATIENCE: Duration = Duration::from_secs(5);
const STACK: usize = 256 << 10;

/// How an audit log is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditOptions {
    /// The version that is written down when the log is opened.
    pub version: String,
    /// The most bytes of a file; there are two.
    pub file_bytes: u64,
    /// Whether the disk is waited for. Otherwise a power cut may lose the last half minute; a kill loses next to nothing.
    pub sync: bool,
    /// Where it is seen whether the clock is right.
    pub root: Root,
}

impl Default for AuditOptions {
    fn default() -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            file_bytes: 4 << 20,
            sync: true,
            root: Root::default(),
        }
    }
}

/// How an audit log is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AuditState {
    /// The number of the last line that the disk has.
    pub number: u64,
    /// Its hash.
    pub head: String,
    /// How many lines were left out or lost since the thing's start.
    pub left_out: u64,
    /// Why it cannot be written now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

#[derive(Debug)]
struct Shared {
    /// None until the disk has a line of this life.
    head: Mutex<(Option<Head>, Option<String>)>,
    /// Refusals that were left out, as the log says.
    left_out: AtomicU64,
    /// Lines that found no room.
    lost: AtomicU64,
}

impl Shared {
    fn head(&self) -> MutexGuard<'_, (Option<Head>, Option<String>)> {
        self.head.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The audit log of a folder, open for writing. Dropping it writes what waits, says that it was closed, and closes it.
#[derive(Debug)]
pub struct Audit {
    /// None when it is being dropped.
    lines: Option<SyncSender<Entry>>,
    ended: Mutex<Receiver<()>>,
    shared: Arc<Shared>,
}

impl Audit {
    /// Opens the log in `folder`, which is there; makes the file if it is not. `told` is called on the log's thread when
    /// it cannot be written, with why, and with `None` once it can again.
    ///
    /// # Errors
    /// Another process writes it, or it cannot be read. That it cannot be written is told.
    pub fn open(
        folder: &Path,
        options: AuditOptions,
        told: impl FnMut(Option<String>) + Send + 'static,
    ) -> Result<Self, StoreError> {
        let lock = FolderLock::take(folder, LOCK)?;
        let (log, found) = LogFile::open(folder, options.file_bytes, options.sync)?;
        let mut first: Vec<Entry> = found
            .into_iter()
            .map(|found| {
                tracing::warn!("{}: {found}", folder.join(NAME).display());
                Entry::new(SystemTime::now(), Event::Repaired).because(&found)
            })
            .collect();
        let version = options.version;
        first.push(Entry::new(SystemTime::now(), Event::Opened { version }));
        let shared = Arc::new(Shared {
            head: Mutex::default(),
            left_out: AtomicU64::new(0),
            lost: AtomicU64::new(0),
        });
        let (lines, taken) = sync_channel(WAITING);
        let (end, ended) = sync_channel(0);
        let thread = Thread::new(log, first, Arc::clone(&shared), options.root, told);
        std::thread::Builder::new()
            .name("audit".to_owned())
            .stack_size(STACK)
            .spawn(move || {
                thread.run(&taken);
                // in this order: whoever waits for the end finds the folder free
                drop(lock);
                drop(end);
            })
            .map_err(|source| StoreError::Path {
                path: folder.to_owned(),
                source,
            })?;
        Ok(Self {
            lines: Some(lines),
            ended: Mutex::new(ended),
            shared,
        })
    }

    /// Hands lines over to be written. Never waits: those that find no room are counted, and a line tells of them.
    pub fn write(&self, entries: impl IntoIterator<Item = Entry>) {
        for entry in entries {
            let lines = self.lines.as_ref();
            if lines.is_none_or(|lines| lines.try_send(entry).is_err()) {
                self.shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// How it is doing; none until the disk has its first line, unless it cannot be written at all.
    #[must_use]
    pub fn state(&self) -> Option<AuditState> {
        let (head, fault) = self.shared.head().clone();
        if head.is_none() && fault.is_none() {
            return None;
        }
        let head = head.unwrap_or(Head::NONE);
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        Some(AuditState {
            number: head.number,
            head: head.hash.to_string(),
            left_out: count(&self.shared.left_out) + count(&self.shared.lost),
            fault,
        })
    }
}

impl Drop for Audit {
    fn drop(&mut self) {
        drop(self.lines.take());
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if ended.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the disk does not answer; the audit log is left open");
        }
    }
}
