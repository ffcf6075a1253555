//! What the runner has of the thing's jobs: those that run, and those that have ended and are not journalled yet.

use super::super::link::Link;
use super::super::runner::JobNews;
use crate::fleet::runner_wire::{ToThing, done, frame};
use crate::fleet::{JobEnd, JobKey, JobOutcome};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many outcomes of an executor are kept beyond those that its parallel jobs may come to: the journal of a thing may
/// be behind.
const SPARE: usize = 16;

/// The board, and the way to the thing that looks at it.
#[derive(Default)]
pub(super) struct Board {
    table: Mutex<Table>,
    /// Rung when something has been journalled, or the thing has gone.
    less: Condvar,
}

#[derive(Default)]
struct Table {
    jobs: BTreeMap<JobKey, Stand>,
    link: Option<Arc<Link>>,
    /// The runner ends.
    ending: bool,
}

enum Stand {
    Runs,
    /// It is being ended, and nobody wants to know how.
    Unwanted,
    Ended(Box<JobOutcome>),
}

impl Board {
    /// What the processes tell.
    pub(super) fn told(&self, news: JobNews) {
        match news {
            JobNews::Progress(progress) => {
                let table = self.table();
                if let (Some(link), Some(Stand::Runs)) = (
                    &table.link,
                    table
                        .jobs
                        .get(&JobKey::new(&progress.executor, progress.number)),
                ) {
                    send(link, &ToThing::Progress(progress));
                }
            }
            JobNews::Done(outcome) => self.done(outcome),
            JobNews::Lost(_) => {}
        }
    }

    /// A job has ended, or will never run.
    fn done(&self, mut outcome: Box<JobOutcome>) {
        let key = JobKey::new(&outcome.executor, outcome.number);
        let mut table = self.table();
        if matches!(table.jobs.get(&key), Some(Stand::Unwanted)) {
            table.jobs.remove(&key);
            delete(&outcome);
            return;
        }
        if table.ending && outcome.end == JobEnd::Interrupted {
            outcome.end = JobEnd::RunnerEnded;
        }
        if let Some(link) = &table.link {
            tell(link, &outcome);
        }
        table.jobs.insert(key, Stand::Ended(outcome));
    }

    /// A job is about to run. `most` is how many of its executor may.
    ///
    /// # Errors
    /// It may not: there are too many.
    pub(super) fn begin(&self, key: &JobKey, most: usize) -> Result<(), Refused> {
        let mut table = self.table();
        if table.ending {
            return Err(Refused::NotNow);
        }
        if table.jobs.contains_key(key) {
            return Err(Refused::Twice);
        }
        let its = |(other, _): &(&JobKey, &Stand)| other.executor == key.executor;
        let its = || table.jobs.iter().filter(its);
        let runs = its().filter(|(_, stand)| !matches!(stand, Stand::Ended(_)));
        if runs.count() >= most {
            return Err(Refused::TooMany);
        }
        let mut ended = its().filter(|(_, stand)| matches!(stand, Stand::Ended(_)));
        let oldest = ended.next().map(|(key, _)| key.clone());
        if let Some(oldest) = oldest.filter(|_| ended.count() >= most + SPARE) {
            tracing::warn!(number = %oldest.number, "an outcome that was never journalled is forgotten");
            table.forget(&oldest);
        }
        table.jobs.insert(key.clone(), Stand::Runs);
        Ok(())
    }

    /// Leaves only the jobs that a thing knows. Returns the others that run; they are unwanted from now on.
    pub(super) fn keep(&self, known: &BTreeSet<JobKey>) -> BTreeSet<JobKey> {
        let mut table = self.table();
        let others = table.jobs.keys().filter(|key| !known.contains(key));
        let others: Vec<JobKey> = others.cloned().collect();
        let mut run = BTreeSet::new();
        for key in others {
            match table.jobs.get_mut(&key) {
                Some(Stand::Ended(_)) | None => table.forget(&key),
                Some(stand) => {
                    *stand = Stand::Unwanted;
                    run.insert(key);
                }
            }
        }
        run
    }

    /// Tells a thing how its jobs are doing, and everything that happens from now on.
    pub(super) fn welcome(&self, link: &Arc<Link>, version: u32, known: BTreeSet<JobKey>) {
        let mut table = self.table();
        let (mut running, mut unknown, mut ended) = (Vec::new(), Vec::new(), Vec::new());
        for key in known {
            match table.jobs.get(&key) {
                Some(Stand::Runs) => running.push(key),
                Some(Stand::Ended(outcome)) => ended.push(outcome),
                Some(Stand::Unwanted) | None => unknown.push(key),
            }
        }
        let welcome = ToThing::Welcome {
            version,
            running,
            unknown,
        };
        send(link, &welcome);
        ended.into_iter().for_each(|outcome| tell(link, outcome));
        table.link = Some(Arc::clone(link));
    }

    /// The thing has gone.
    pub(super) fn farewell(&self) {
        self.table().link = None;
        self.less.notify_all();
    }

    /// Whether anything runs.
    pub(super) fn is_idle(&self) -> bool {
        let table = self.table();
        let mut stands = table.jobs.values();
        stands.all(|stand| matches!(stand, Stand::Ended(_)))
    }

    /// The outcome of a job that has ended.
    pub(super) fn with_outcome<T>(
        &self,
        key: &JobKey,
        of: impl FnOnce(&JobOutcome) -> T,
    ) -> Option<T> {
        match self.table().jobs.get(key) {
            Some(Stand::Ended(outcome)) => Some(of(outcome)),
            _ => None,
        }
    }

    /// The thing has the outcome in its journal.
    pub(super) fn journalled(&self, key: &JobKey) {
        let mut table = self.table();
        if matches!(table.jobs.get(key), Some(Stand::Ended(_))) {
            table.forget(key);
        }
        self.less.notify_all();
    }

    /// The runner ends: it begins nothing more.
    pub(super) fn ending(&self) {
        self.table().ending = true;
    }

    /// Waits until the thing, if one is there, has journalled everything, or the patience is over.
    pub(super) fn until_journalled(&self, patience: Duration) {
        let waits = |table: &mut Table| table.link.is_some() && !table.jobs.is_empty();
        let waited = self.less.wait_timeout_while(self.table(), patience, waits);
        drop(waited);
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a job does not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    NotNow,
    Twice,
    TooMany,
}

impl Table {
    fn forget(&mut self, key: &JobKey) {
        if let Some(Stand::Ended(outcome)) = self.jobs.remove(key) {
            delete(&outcome);
        }
    }
}

/// Deletes what was spooled: the thing has its own by now, or does not want it.
fn delete(outcome: &JobOutcome) {
    let spooled = [&outcome.stdout, &outcome.stderr].map(|captured| captured.spooled.as_ref());
    for spooled in spooled.into_iter().flatten() {
        if let Err(error) = std::fs::remove_file(&spooled.path) {
            tracing::warn!(
                "cannot delete the spooled {}: {error}",
                spooled.path.display()
            );
        }
    }
}

pub(super) fn send(link: &Link, message: &impl Serialize) {
    match frame(message, &[]) {
        Ok(frame) => link.send(&frame),
        Err(error) => tracing::error!("a message to the thing was not sent: {error}"),
    }
}

pub(super) fn tell(link: &Link, outcome: &JobOutcome) {
    match done(outcome) {
        Ok(frame) => link.send(&frame),
        Err(error) => {
            tracing::error!(number = %outcome.number, "an outcome was not sent: {error}");
            link.close();
        }
    }
}
