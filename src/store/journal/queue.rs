//! What waits to be written. Putting never blocks; the thread takes all that fits into one transaction.

use crate::fleet::{Captured, Entry, Request, Run};
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;

/// An entry that was not taken.
#[derive(Debug, Error)]
pub enum WriteError {
    /// So much waits that the disk must have stopped answering. A command is to be refused, anything else to be
    /// tried again.
    #[error("the journal's queue is full: the disk is too slow or does not answer")]
    Full(Box<Entry>),
    /// The journal was closed, or its thread panicked.
    #[error("the journal is closed")]
    Closed(Box<Entry>),
}

/// The most entries of a transaction.
const BATCH: usize = 4096;
/// The most bytes of a transaction, save that one entry always goes.
const BATCH_BYTES: usize = 4 << 20;

#[derive(Debug, Default)]
struct State {
    entries: VecDeque<Entry>,
    bytes: usize,
    /// No more is taken; what waits is still written.
    closed: bool,
    /// The thread has ended.
    ended: bool,
}

/// The queue between those who write and the thread.
#[derive(Debug)]
pub(super) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
    /// How many bytes of entries may wait.
    most: usize,
}

/// What the thread finds.
#[derive(Debug, PartialEq)]
pub(super) enum Taken {
    /// To be written together.
    Batch(Vec<Entry>),
    /// Nothing came in that time.
    Nothing,
    /// Nothing waits and nothing will come.
    Closed,
}

impl Queue {
    pub(super) fn new(most: usize) -> Self {
        Self {
            state: Mutex::default(),
            changed: Condvar::new(),
            most,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // nothing is left half-done under the lock
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the entries, to be written together if they fit; returns those that it does not take.
    pub(super) fn put(&self, entries: impl IntoIterator<Item = Entry>) -> Vec<WriteError> {
        let mut state = self.state();
        let mut refused = Vec::new();
        for entry in entries {
            let bytes = weight(&entry);
            let most = match is_for_running(&entry) {
                true => self.most.saturating_mul(2),
                false => self.most,
            };
            let fits = state.bytes.saturating_add(bytes) <= most || state.entries.is_empty();
            if state.closed || state.ended {
                refused.push(WriteError::Closed(Box::new(entry)));
            } else if !fits {
                refused.push(WriteError::Full(Box::new(entry)));
            } else {
                state.bytes += bytes;
                state.entries.push_back(entry);
            }
        }
        drop(state);
        self.changed.notify_all();
        refused
    }

    /// Waits for entries, at most until `until`.
    pub(super) fn take(&self, until: Instant) -> Taken {
        let mut state = self.state();
        while state.entries.is_empty() {
            if state.closed {
                return Taken::Closed;
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Taken::Nothing;
            }
            state = self
                .changed
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        let mut batch = Vec::with_capacity(state.entries.len().min(BATCH));
        let mut bytes = 0;
        while batch.len() < BATCH {
            let Some(next) = state.entries.front().map(weight) else {
                break;
            };
            if bytes + next > BATCH_BYTES && !batch.is_empty() {
                break;
            }
            bytes += next;
            batch.extend(state.entries.pop_front());
        }
        state.bytes -= bytes;
        if state.entries.is_empty() {
            // a burst's memory is not kept
            state.entries.shrink_to(16);
        }
        Taken::Batch(batch)
    }

    /// Takes no more entries; those that wait are still written.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_all();
    }

    /// The thread has ended, in whatever way.
    pub(super) fn end(&self) {
        self.state().ended = true;
        self.changed.notify_all();
    }

    /// Waits until the thread has ended; whether it did in that time.
    pub(super) fn wait_for_end(&self, patience: Duration) -> bool {
        let state = self.state();
        let waited = self
            .changed
            .wait_timeout_while(state, patience, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }
}

/// What a running job leads to has as much again in reserve: commands cannot crowd it out.
const fn is_for_running(entry: &Entry) -> bool {
    matches!(
        entry,
        Entry::Start(..) | Entry::End(..) | Entry::Deliver(..)
    )
}

/// How many bytes of memory an entry takes, about.
pub(super) fn weight(entry: &Entry) -> usize {
    let captured = |captured: &Captured| captured.head.len() + captured.tail.len();
    let more = match entry {
        Entry::Accept { request, .. }
        | Entry::Begin { request, .. }
        | Entry::Revoke { request, .. } => request_weight(request),
        Entry::Signed(_, entry) => weight(entry),
        Entry::End(_, _, record) => {
            size_of_val(&**record)
                + record.command.len()
                + captured(&record.stdout)
                + captured(&record.stderr)
        }
        Entry::Start(..) | Entry::Deliver(..) | Entry::Recall(..) => 0,
        Entry::Look(_, id) => id.len(),
    };
    size_of::<Entry>() + 32 + more
}

fn request_weight(request: &Request) -> usize {
    let run = match &request.run {
        Run::Program { argv, .. } => argv
            .iter()
            .map(|word| word.len() + size_of::<String>())
            .sum(),
        Run::Shell(text) => text.len(),
        Run::CpuFrequency(_) | Run::CpuFrequencyRestore => 0,
    };
    run + request.command.len() + request.id.as_ref().map_or(0, String::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::JobNumber;
    use crate::store::journal::samples::accept;

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(30)
    }

    #[test]
    fn ten_thousand_waiting_commands_fit_by_default() {
        let queue = Queue::new(crate::store::JournalOptions::default().queue_bytes);
        let refused = queue.put((0..10_000).map(|n| accept("e", Some(&format!("id-{n}")))));
        assert!(refused.is_empty());
        let mut seen = 0;
        while let Taken::Batch(batch) = queue.take(Instant::now()) {
            assert!(batch.len() <= BATCH);
            seen += batch.len();
        }
        assert_eq!(seen, 10_000);
    }

    #[test]
    fn commands_cannot_crowd_out_what_a_running_job_leads_to() {
        let queue = Queue::new(4 * weight(&accept("e", None)));
        let refused = queue.put((0..9).map(|_| accept("e", None)));
        assert_eq!(refused.len(), 5);
        assert!(refused.iter().all(|e| matches!(e, WriteError::Full(_))));
        let refused = queue.put([
            Entry::Start("e".into(), JobNumber(1)),
            Entry::Recall("e".into(), JobNumber(1)),
        ]);
        assert!(
            matches!(&refused[..], [WriteError::Full(entry)] if matches!(**entry, Entry::Recall(..)))
        );
        assert!(matches!(queue.take(later()), Taken::Batch(batch) if batch.len() == 5));
        assert!(queue.put([accept("e", None)]).is_empty());
    }

    #[test]
    fn an_entry_larger_than_the_queue_goes_alone() {
        let queue = Queue::new(10);
        assert!(queue.put([accept("e", None)]).is_empty());
        assert_eq!(queue.put([accept("e", None)]).len(), 1);
    }

    #[test]
    fn what_waits_at_the_close_is_still_handed_out() {
        let queue = Queue::new(1 << 20);
        queue.put([accept("e", None)]);
        queue.close();
        assert!(matches!(
            &queue.put([accept("e", None)])[..],
            [WriteError::Closed(_)]
        ));
        assert!(matches!(queue.take(later()), Taken::Batch(_)));
        assert_eq!(queue.take(later()), Taken::Closed);
        assert!(!queue.wait_for_end(Duration::ZERO));
        queue.end();
        assert!(queue.wait_for_end(Duration::ZERO));
    }
}
