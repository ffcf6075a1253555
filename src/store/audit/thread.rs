//! The log's thread: takes what comes, appends it, waits for the disk now and then.

use super::Shared;
use super::file::LogFile;
use crate::fleet::audit::{Entry, Event};
use crate::system::{Root, clock_synchronised};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant, SystemTime};

/// The disk is waited for so soon after a line that matters: once for those that come together.
const SOON: Duration = Duration::from_secs(1);
/// And so soon after one that an outsider can cause at will.
const LATER: Duration = Duration::from_secs(30);
/// How soon it is tried again where it could not be written.
const AGAIN: Duration = Duration::from_millis(500);
/// The most lines that wait for a disk that takes none.
const MOST: usize = 1024;

pub(super) struct Thread<T> {
    log: LogFile,
    pending: VecDeque<Entry>,
    shared: Arc<Shared>,
    root: Root,
    told: T,
    /// Lines that were not taken and of which no line tells yet.
    lost: u64,
    /// When the disk is to be waited for, if it is.
    sync_by: Option<Instant>,
    /// When it is tried again, if it could not be written.
    again: Option<Instant>,
}

impl<T: FnMut(Option<String>)> Thread<T> {
    pub(super) fn new(
        log: LogFile,
        first: Vec<Entry>,
        shared: Arc<Shared>,
        root: Root,
        told: T,
    ) -> Self {
        Self {
            log,
            pending: first.into(),
            shared,
            root,
            told,
            lost: 0,
            sync_by: None,
            again: None,
        }
    }

    /// Until nothing can come any more.
    pub(super) fn run(mut self, entries: &Receiver<Entry>) {
        self.write();
        // the start is on the disk before anything is told of it
        self.sync();
        loop {
            let due = [self.sync_by, self.again].into_iter().flatten().min();
            let came = match due {
                Some(due) => entries.recv_timeout(due.saturating_duration_since(Instant::now())),
                None => entries.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match came {
                Ok(entry) => {
                    self.take(entry);
                    entries.try_iter().for_each(|entry| self.take(entry));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            let now = Instant::now();
            if self.again.is_none_or(|at| at <= now) {
                self.write();
            }
            if self.sync_by.is_some_and(|by| by <= now) {
                self.sync();
            }
        }
        self.pending
            .push_back(Entry::new(SystemTime::now(), Event::Closed));
        self.write();
        self.sync();
    }

    fn take(&mut self, entry: Entry) {
        if let Event::RefusalsLeftOut { count } = entry.event {
            self.shared.left_out.fetch_add(count, Ordering::Relaxed);
        }
        if self.pending.len() < MOST {
            self.pending.push_back(entry);
        } else {
            self.shared.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write(&mut self) {
        self.tell_of_lost();
        if self.pending.is_empty() && self.again.is_none() {
            return;
        }
        let soon = !self.pending.iter().all(|entry| entry.event.can_wait());
        let clock = clock_synchronised(&self.root);
        let mut outcome = self.log.append(&mut self.pending, clock);
        if outcome.is_ok() && self.again.is_some() {
            // it works again only if the disk has it
            outcome = self.wait_for_disk();
        } else if outcome.is_ok() {
            let by = Instant::now() + if soon { SOON } else { LATER };
            self.sync_by = Some(self.sync_by.map_or(by, |before| before.min(by)));
        }
        self.went(outcome);
    }

    /// Lines that found no room are told of where they would have stood, about.
    fn tell_of_lost(&mut self) {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        if lost > self.lost && self.pending.len() < MOST {
            let count = lost - std::mem::replace(&mut self.lost, lost);
            self.pending
                .push_back(Entry::new(SystemTime::now(), Event::Lost { count }));
        }
    }

    fn sync(&mut self) {
        self.sync_by = None;
        if self.again.is_some() {
            // it comes after the next line that is written
            return;
        }
        let outcome = self.wait_for_disk();
        self.went(outcome);
    }

    fn wait_for_disk(&self) -> io::Result<()> {
        self.log.wait_for_disk()?;
        self.shared.head().0 = Some(self.log.head());
        Ok(())
    }

    /// Says so when it begins to fail, and when it works again.
    fn went(&mut self, outcome: io::Result<()>) {
        let trouble = outcome.err().map(|error| in_words(&error));
        self.again = trouble.as_ref().map(|_| Instant::now() + AGAIN);
        let before = std::mem::replace(&mut self.shared.head().1, trouble.clone());
        if before == trouble {
            return;
        }
        match &trouble {
            Some(reason) => tracing::error!(%reason, "the audit log cannot be written"),
            None => tracing::warn!("the audit log can be written again"),
        }
        (self.told)(trouble);
    }
}

fn in_words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => format!("the disk is full: {error}"),
        io::ErrorKind::ReadOnlyFilesystem => format!("the disk is read-only: {error}"),
        _ => error.to_string(),
    }
}
