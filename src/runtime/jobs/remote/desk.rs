//! The jobs that a runner in another process has, or is to have, and how far each is.
//!
//! ```text
//!            run                connected             Done             Journalled
//!  (nothing) ---> Waits ----------------------> Given ----> Told ----------------> (nothing)
//!                   |  ^------ NotNow ----------/   ^ |
//!                   |                               | | connection lost
//!          half a minute without a runner   it runs | v
//!                   v                               Unclear --unknown there, or half a minute--> interrupted
//!              not started                             ^
//!                                        resume -------/
//! ```

use super::super::conduct::nothing;
use super::super::link::Link;
use super::super::runner::{JobNews, refused};
use super::{PATIENCE, send};
use crate::fleet::runner_wire::{ToRunner, frame};
use crate::fleet::{Job, JobEnd, JobKey, JobOutcome};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Instant, SystemTime};

/// All jobs that are not over, or not journalled.
#[derive(Default)]
pub(super) struct Desk {
    /// Executors that have not said what an earlier life had running.
    silent: BTreeSet<String>,
    jobs: BTreeMap<JobKey, Known>,
}

struct Known {
    stage: Stage,
    /// What is to be run; not known of what an earlier life had running.
    job: Option<Job>,
    since: (SystemTime, Instant),
    cancelled: bool,
    /// An earlier life had it running, and no runner has said yet that it knows of it.
    earlier: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Until then, for a runner.
    Waits(Instant),
    /// A runner has it.
    Given,
    /// A runner had it, and is asked; until then.
    Unclear(Instant),
    /// Its outcome is told.
    Told,
}

pub(super) fn interrupted(key: JobKey) -> JobNews {
    done(nothing(key, JobEnd::Interrupted))
}

fn done(outcome: JobOutcome) -> JobNews {
    JobNews::Done(Box::new(outcome))
}

impl Desk {
    pub(super) fn new(executors: impl Iterator<Item = String>) -> Self {
        let silent = executors.collect();
        let jobs = BTreeMap::new();
        Self { silent, jobs }
    }

    /// Whether it is known what an earlier life had running.
    pub(super) fn is_settled(&self) -> bool {
        self.silent.is_empty()
    }

    pub(super) fn resume(&mut self, executor: &str, keys: impl Iterator<Item = JobKey>) {
        self.silent.remove(executor);
        let now = Instant::now();
        for key in keys {
            let known = Known {
                stage: Stage::Unclear(now + PATIENCE),
                job: None,
                since: (SystemTime::now(), now),
                cancelled: false,
                earlier: true,
            };
            self.jobs.insert(key, known);
        }
    }

    /// Takes a job, and gives it to the runner if that is there.
    pub(super) fn take(&mut self, job: Job, link: Option<&Link>, now: Instant) -> Option<JobNews> {
        let key = job.key();
        let mut known = Known {
            stage: Stage::Waits(now + PATIENCE),
            job: Some(job),
            since: (SystemTime::now(), now),
            cancelled: false,
            earlier: false,
        };
        let given = link.map_or(Ok(()), |link| known.give(link));
        self.settle(key, known, given)
    }

    fn settle(&mut self, key: JobKey, known: Known, given: Result<(), String>) -> Option<JobNews> {
        match given {
            Ok(()) => {
                self.jobs.insert(key, known);
                None
            }
            Err(reason) => Some(done(nothing(key, refused(&reason)))),
        }
    }

    /// Whether there is such a job that is not over; and what it comes to if it has not been given to a runner.
    pub(super) fn cancel(&mut self, key: &JobKey, link: Option<&Link>) -> (bool, Option<JobNews>) {
        let Some(known) = self.jobs.get_mut(key) else {
            return (false, None);
        };
        known.cancelled = true;
        match (known.stage, link) {
            (Stage::Told, _) => (false, None),
            (Stage::Waits(_), _) => {
                self.jobs.remove(key);
                let end = JobEnd::Cancelled { signal: None };
                (true, Some(done(nothing(key.clone(), end))))
            }
            (Stage::Given, Some(link)) => {
                send(link, &ToRunner::Cancel(key.clone()));
                (true, None)
            }
            // it is said once the runner is there again
            (Stage::Given | Stage::Unclear(_), _) => (true, None),
        }
    }

    /// Whether the runner had that job.
    pub(super) fn journalled(&mut self, key: &JobKey) -> bool {
        let told = self
            .jobs
            .get(key)
            .is_some_and(|known| known.stage == Stage::Told);
        if told {
            self.jobs.remove(key);
        }
        told
    }

    /// No runner will have them any more.
    pub(super) fn let_go_of_those_that_wait(&mut self) -> Vec<JobNews> {
        let waits = |_: &JobKey, known: &Known| matches!(known.stage, Stage::Waits(_));
        self.remove(waits)
            .map(|(key, _)| interrupted(key))
            .collect()
    }

    fn remove(
        &mut self,
        which: impl Fn(&JobKey, &Known) -> bool,
    ) -> impl Iterator<Item = (JobKey, Known)> {
        let all = std::mem::take(&mut self.jobs);
        let (gone, left): (BTreeMap<_, _>, BTreeMap<_, _>) =
            all.into_iter().partition(|(key, known)| which(key, known));
        self.jobs = left;
        gone.into_iter()
    }

    /// Whether anything is to be heard of any job still.
    pub(super) fn any_is_open(&self) -> bool {
        self.jobs.values().any(|known| known.stage != Stage::Told)
    }

    /// What a runner is asked about.
    pub(super) fn known(&self) -> Vec<JobKey> {
        let given = |known: &Known| !matches!(known.stage, Stage::Waits(_));
        let known = self.jobs.iter().filter(|(_, known)| given(known));
        known.map(|(key, _)| key.clone()).collect()
    }

    /// The runner knows nothing of these.
    pub(super) fn unknown(&mut self, unknown: &BTreeSet<JobKey>) -> Vec<JobNews> {
        let gone = self.remove(|key, known| {
            let asked = !matches!(known.stage, Stage::Waits(_));
            asked && unknown.contains(key)
        });
        let told = gone.filter(|(_, known)| known.stage != Stage::Told);
        told.map(|(key, known)| known.lost(key)).collect()
    }

    /// A runner is there: it has what it was asked about and knows, and gets what waits.
    pub(super) fn connected(&mut self, link: &Link) -> Vec<JobNews> {
        let mut news = Vec::new();
        for (key, mut known) in std::mem::take(&mut self.jobs) {
            let mut given = Ok(());
            match known.stage {
                Stage::Unclear(_) => {
                    known.stage = Stage::Given;
                    known.earlier = false;
                    if known.cancelled {
                        send(link, &ToRunner::Cancel(key.clone()));
                    }
                }
                Stage::Waits(_) => given = known.give(link),
                Stage::Given | Stage::Told => {}
            }
            news.extend(self.settle(key, known, given));
        }
        news
    }

    /// The runner has gone.
    pub(super) fn disconnected(&mut self, now: Instant) {
        for known in self.jobs.values_mut() {
            if known.stage == Stage::Given {
                known.stage = Stage::Unclear(now + PATIENCE);
            }
        }
    }

    /// The runner did not start it: another one may.
    pub(super) fn not_now(&mut self, key: &JobKey, now: Instant) {
        if let Some(known) = self.jobs.get_mut(key) {
            if known.stage == Stage::Given && known.job.is_some() {
                known.stage = Stage::Waits(now + PATIENCE);
            }
        }
    }

    /// Those that have waited for the runner for too long.
    pub(super) fn over(&mut self, now: Instant, socket: &Path) -> Vec<JobNews> {
        let over = self.remove(|_, known| match known.stage {
            Stage::Waits(until) | Stage::Unclear(until) => until <= now,
            Stage::Given | Stage::Told => false,
        });
        over.map(|(key, known)| match known.stage {
            Stage::Waits(_) => {
                let reason = format!(
                    "the runner, who runs jobs here, was not there for {} s; it listens on {}, and `systemctl status mqtt-thing-runner` tells why it does not",
                    PATIENCE.as_secs(),
                    socket.display()
                );
                done(nothing(key, refused(&reason)))
            }
            _ => known.lost(key),
        })
        .collect()
    }

    /// Whether somebody waits for the outcome of that job; nothing if there is no such job.
    pub(super) fn is_awaited(&self, key: &JobKey) -> Option<bool> {
        let known = self.jobs.get(key)?;
        Some(known.stage == Stage::Given)
    }

    /// Its outcome is about to be told. False if nobody waits for it: it was told before, say.
    pub(super) fn tell(&mut self, key: &JobKey) -> bool {
        let given = self
            .jobs
            .get_mut(key)
            .filter(|known| known.stage == Stage::Given);
        given
            .map(|known| {
                known.stage = Stage::Told;
                // it is not run again
                known.job = None;
            })
            .is_some()
    }
}

impl Known {
    fn give(&mut self, link: &Link) -> Result<(), String> {
        let Some(job) = self.job.take() else {
            return Ok(());
        };
        let message = ToRunner::Run(job);
        let frame = frame(&message, &[]).map_err(|error| format!("the runner takes no {error}"));
        if let ToRunner::Run(job) = message {
            self.job = Some(job);
        }
        link.send(&frame?);
        self.stage = Stage::Given;
        self.since = (SystemTime::now(), Instant::now());
        Ok(())
    }

    /// Nobody knows what became of it.
    fn lost(self, key: JobKey) -> JobNews {
        if self.earlier {
            return JobNews::Lost(key);
        }
        let (started, since) = self.since;
        done(JobOutcome {
            started,
            duration: since.elapsed(),
            ..nothing(key, JobEnd::RunnerEnded)
        })
    }
}

#[cfg(test)]
mod tests;
