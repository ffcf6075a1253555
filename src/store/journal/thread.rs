//! The journal's thread: takes what waits, writes it together, tells of it, and lets go of what is too old.

use super::keys;
use super::ledger::Ledger;
use super::prune::Limits;
use super::queue::{Queue, Taken, weight};
use crate::fleet::{Entry, JournalNews};
use crate::store::error::in_words;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The journal is looked through for what is too old at least this often, also when nothing is written.
const BEAT: Duration = Duration::from_secs(3600);
/// And after so many entries.
const ENTRIES: usize = 2000;

/// Everything that the thread owns.
pub(super) struct Thread<N> {
    ledger: Ledger,
    queue: Arc<Queue>,
    limits: BTreeMap<String, Limits>,
    news: N,
    /// The journal's own clock, in ms, when `opened` was.
    began_ms: i64,
    opened: Instant,
    /// Since the journal was last looked through.
    looked: Instant,
    entries: usize,
    bytes: usize,
}

impl<N: FnMut(String, JournalNews)> Thread<N> {
    pub(super) fn new(
        ledger: Ledger,
        began_ms: i64,
        queue: Arc<Queue>,
        limits: BTreeMap<String, Limits>,
        news: N,
    ) -> Self {
        let opened = Instant::now();
        Self {
            ledger,
            queue,
            limits,
            news,
            began_ms,
            opened,
            looked: opened,
            entries: 0,
            bytes: 0,
        }
    }

    fn age_ms(&self) -> i64 {
        let open = i64::try_from(self.opened.elapsed().as_millis()).unwrap_or(i64::MAX);
        self.began_ms.saturating_add(open)
    }

    pub(super) fn run(self) {
        let _end = EndOnDrop(Arc::clone(&self.queue));
        // dropped before `_end`: whoever waits for the end finds the folder free
        let mut this = self;
        let dropped = this.prune();
        this.tell_what_is_there();
        this.tell_dropped(dropped);
        loop {
            match this.queue.take(this.looked + BEAT) {
                Taken::Batch(batch) => this.write(batch),
                Taken::Nothing => this.look_through(),
                Taken::Closed => break,
            }
        }
        let age_ms = this.age_ms();
        this.ledger.close(age_ms);
    }

    fn write(&mut self, batch: Vec<Entry>) {
        self.entries += batch.len();
        self.bytes += batch.iter().map(weight).sum::<usize>();
        for (executor, said) in self.ledger.write(batch, self.age_ms()) {
            let news = self.ledger.news(&executor, said);
            (self.news)(executor, news);
        }
        // an eighth of the smallest limit, so that it is not exceeded by more
        let least = self.limits.values().map(|limits| limits.keep_bytes / 8);
        let most_bytes = least.min().unwrap_or(u64::MAX);
        if self.entries >= ENTRIES || self.bytes as u64 >= most_bytes {
            self.look_through();
        }
    }

    fn look_through(&mut self) {
        let dropped = self.prune();
        self.tell_dropped(dropped);
    }

    /// Lets go of what is too old or too much, and saves the journal's own clock. What fails is tried again later.
    fn prune(&mut self) -> Vec<(String, u64)> {
        self.looked = Instant::now();
        (self.entries, self.bytes) = (0, 0);
        let age_ms = self.age_ms();
        let mut gone = Vec::new();
        let mut names = self.ledger.executors().unwrap_or_else(|error| {
            tracing::warn!(reason = %in_words(&error), "the journal cannot be looked through");
            Vec::new()
        });
        names.retain(|name| !self.limits.contains_key(name));
        let others = names.into_iter().map(|name| (name, Limits::default()));
        for (executor, limits) in self.limits.clone().into_iter().chain(others) {
            match self.ledger.prune(&executor, &limits, age_ms) {
                Ok(0) => {}
                Ok(dropped) => gone.push((executor, dropped)),
                Err(error) => {
                    tracing::warn!(executor, reason = %in_words(&error), "the journal cannot let go of what is old");
                }
            }
        }
        if let Err(error) = self.ledger.keep_state("age_ms", age_ms) {
            tracing::debug!(%error, "the journal's clock was not saved");
        }
        self.ledger.shrink();
        gone
    }

    fn tell_what_is_there(&mut self) {
        for executor in self.limits.keys() {
            let waiting = self.ledger.waiting(executor).unwrap_or_else(|error| {
                let reason = in_words(&error);
                tracing::error!(executor, %reason, "what the journal has cannot be read; commands that waited are lost");
                Vec::new()
            });
            if let Some(keys) = self.keys(executor) {
                (self.news)(executor.clone(), keys);
            }
            (self.news)(executor.clone(), JournalNews::Opened(waiting));
        }
        self.ledger.shrink();
    }

    /// What is remembered of keys. That it cannot be read lets nobody in: the journal looks again at each message.
    fn keys(&self, executor: &str) -> Option<JournalNews> {
        keys::of(&self.ledger.connection, executor).unwrap_or_else(|error| {
            let reason = in_words(&error);
            tracing::error!(executor, %reason, "what the journal has of keys cannot be read");
            None
        })
    }

    fn tell_dropped(&mut self, dropped: Vec<(String, u64)>) {
        for (executor, count) in dropped {
            tracing::warn!(
                executor,
                count,
                "answers that nobody fetched were dropped from the journal"
            );
            if self.limits.contains_key(&executor) {
                (self.news)(executor, JournalNews::Dropped(count));
            }
        }
    }
}

/// Says that the thread has ended, also when it panicked.
struct EndOnDrop(Arc<Queue>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
    }
}
