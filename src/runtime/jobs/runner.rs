//! Takes jobs, a thread each, and says what becomes of them.

use super::conduct::{Executor, nothing};
use super::course::Order;
use super::environment::Environment;
use super::failure::whole;
use super::orders::Orders;
use super::orphans;
use super::process::{Recipe, make_folder};
use super::settings::{JobSettings, RunnerOptions};
use super::spool::Spool;
use crate::fleet::{Job, JobEnd, JobKey, JobNumber, JobOutcome, JobProgress};
use crate::system::Root;
use crate::system::cpufreq::{CpuFreqError, Keeper, Restored};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// News of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum JobNews {
    /// It is running.
    Progress(JobProgress),
    /// It is over. Said exactly once for each job that was handed in.
    Done(Box<JobOutcome>),
    /// Nobody knows what became of a job of an earlier life, after which was asked.
    Lost(JobKey),
}

/// What a dropped runner waits for killed groups.
const LAST_PATIENCE: Duration = Duration::from_millis(500);

/// Runs jobs. Dropped, it kills those that run.
pub struct Runner {
    shared: Arc<Shared>,
}

struct Shared {
    executors: BTreeMap<String, Arc<Executor>>,
    keeper: Option<Arc<Keeper>>,
    news: Box<dyn Fn(JobNews) + Send + Sync>,
    running: Mutex<Running>,
    /// Rung when a job has gone.
    gone: Condvar,
}

#[derive(Default)]
struct Running {
    jobs: BTreeMap<JobKey, Arc<Orders>>,
    stopping: bool,
}

impl Runner {
    /// Starts it. `news` is called on the jobs' threads and, for a job that cannot be taken, within [`Runner::run`]; it
    /// must not block, because the job's output is not read meanwhile.
    #[must_use]
    pub fn start(options: RunnerOptions, news: impl Fn(JobNews) + Send + Sync + 'static) -> Self {
        let root = options.root;
        let keeper = options
            .state
            .map(|state| Arc::new(Keeper::new(root.clone(), state)));
        if let Some(keeper) = &keeper {
            let done = "a crash left the processor's frequency changed; it is as before again";
            said(done, keeper.restore_left_over());
        }
        let executors = options
            .executors
            .into_iter()
            .map(|(name, settings)| {
                let executor = executor(&name, settings, &root, &keeper);
                (name, Arc::new(executor))
            })
            .collect();
        Self {
            shared: Arc::new(Shared {
                executors,
                keeper,
                news: Box::new(news),
                running: Mutex::default(),
                gone: Condvar::new(),
            }),
        }
    }

    /// Runs a job, at once, beside all others that run. Whatever becomes of it is said as news.
    pub fn run(&self, job: Job) {
        let taken = self.take(&job);
        let started = taken.and_then(|(executor, orders)| {
            let shared = Arc::clone(&self.shared);
            let (name, its_job) = (format!("job {}", job.number), job.clone());
            thread::Builder::new()
                .name(name)
                .stack_size(256 * 1024)
                .spawn(move || shared.conduct(&its_job, &executor, &orders))
                .map_err(|error| {
                    self.shared.let_go(&job);
                    refused(&format!("there is no thread for it: {error}"))
                })
        });
        if let Err(end) = started {
            self.shared
                .say(JobNews::Done(Box::new(nothing(job.key(), end))));
        }
    }

    fn take(&self, job: &Job) -> Result<(Arc<Executor>, Arc<Orders>), JobEnd> {
        let name = &job.executor;
        let executor = self.shared.executors.get(name);
        let executor = executor.ok_or_else(|| {
            let known: Vec<&str> = self.shared.executors.keys().map(String::as_str).collect();
            let known = known.join(", ");
            refused(&format!(
                "there is no executor `{name}`; there are: {known}"
            ))
        })?;
        let orders =
            Orders::new().map_err(|error| refused(&format!("it cannot be watched: {error}")))?;
        let orders = Arc::new(orders);
        let mut running = self.shared.running();
        if running.stopping {
            return Err(JobEnd::Interrupted);
        }
        let key = job.key();
        if running.jobs.contains_key(&key) {
            let number = job.number;
            return Err(refused(&format!("job {number} is running already")));
        }
        running.jobs.insert(key, Arc::clone(&orders));
        Ok((Arc::clone(executor), orders))
    }

    /// Ends a job: TERM to its group, after `kill_after` KILL; one that has not started does not start. False if no such
    /// job runs. How it ended is said as its news, which may still be that it ended by itself.
    pub fn cancel(&self, executor: &str, number: JobNumber) -> bool {
        let running = self.shared.running();
        let orders = running.jobs.get(&JobKey::new(executor, number));
        orders
            .inspect(|orders| orders.leave(Order::Cancel))
            .is_some()
    }

    /// How many jobs run.
    #[must_use]
    pub fn running(&self) -> usize {
        self.shared.running().jobs.len()
    }

    /// Takes no more jobs, and ends those that run as [`Runner::end`] does.
    pub fn stop(&self, patience: Duration) -> bool {
        self.shared.running().stopping = true;
        self.end(patience)
    }

    /// Ends all jobs that run: TERM to all groups; KILL after `kill_after`, or half the patience if that is shorter. Then
    /// the processor's frequency is put back, if a job changed it. Blocks until they have gone and their news are said,
    /// or the patience is over. True if they have.
    pub fn end(&self, patience: Duration) -> bool {
        let ended = self.end_those(|_| true, patience / 2, patience);
        if ended {
            self.restore_frequency();
        }
        ended
    }

    /// The same for some of the jobs, with KILL at the latest after `kill_within`; the frequency stays as it is.
    pub(super) fn end_those(
        &self,
        which: impl Fn(&JobKey) -> bool,
        kill_within: Duration,
        patience: Duration,
    ) -> bool {
        let now = Instant::now();
        let over = now.checked_add(patience);
        let kill_at = now.checked_add(kill_within).unwrap_or(now);
        let mut running = self.shared.running();
        for (_, orders) in running.jobs.iter().filter(|(key, _)| which(key)) {
            orders.leave(Order::Stop(kill_at));
        }
        while running.jobs.keys().any(&which) {
            let left = over.map_or(Duration::MAX, |over| {
                over.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                return false;
            }
            let waited = self.shared.gone.wait_timeout(running, left);
            running = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Puts the processor's frequency back, if a job changed it.
    pub(super) fn restore_frequency(&self) {
        if let Some(keeper) = &self.shared.keeper {
            said(
                "the processor's frequency is as it was before",
                keeper.restore(),
            );
        }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let mut running = self.shared.running();
        running.stopping = true;
        let now = Instant::now();
        for orders in running.jobs.values() {
            orders.leave(Order::Stop(now));
        }
        let gone = &self.shared.gone;
        let waited =
            gone.wait_timeout_while(running, LAST_PATIENCE, |running| !running.jobs.is_empty());
        drop(waited);
    }
}

impl Shared {
    fn conduct(&self, job: &Job, executor: &Executor, orders: &Orders) {
        // also when the news panics: a stop must not wait for it
        let _departure = Departure { shared: self, job };
        let progress = |progress| self.say(JobNews::Progress(progress));
        let outcome = executor.conduct(job, orders, &progress);
        self.say(JobNews::Done(Box::new(outcome)));
    }

    fn say(&self, news: JobNews) {
        (self.news)(news);
    }

    fn let_go(&self, job: &Job) {
        self.running().jobs.remove(&job.key());
        self.gone.notify_all();
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Departure<'a> {
    shared: &'a Shared,
    job: &'a Job,
}

impl Drop for Departure<'_> {
    fn drop(&mut self) {
        self.shared.let_go(self.job);
    }
}

pub(super) fn refused(reason: &str) -> JobEnd {
    JobEnd::NotStarted {
        reason: reason.to_owned(),
        not_found: false,
    }
}

/// Logs what became of going back to the frequency before.
fn said(done: &str, restored: Result<Restored, CpuFreqError>) {
    match restored {
        Ok(Restored::Nothing) => {}
        Ok(Restored::Done(lines)) => tracing::info!("{done}: {}", lines.join("; ")),
        Ok(other) => tracing::info!("the frequency: {other}"),
        Err(error) => tracing::warn!(
            error = whole(&error),
            "the processor's frequency was not put back"
        ),
    }
}

fn executor(
    name: &str,
    settings: JobSettings,
    root: &Root,
    keeper: &Option<Arc<Keeper>>,
) -> Executor {
    let process = settings.process;
    let directory = process.working_directory.clone().unwrap_or_else(|| {
        if let Err(error) = make_folder(&settings.folder) {
            // each job will say that its directory is not there
            let folder = settings.folder.display();
            tracing::warn!("executor `{name}`: cannot make the folder {folder}: {error}");
        }
        settings.folder
    });
    let left = orphans::end(&settings.spool);
    if left > 0 {
        tracing::warn!(
            executor = name,
            processes = left,
            "jobs of an earlier life still ran; they were ended"
        );
    }
    let (cap, total) = (settings.spool_cap, settings.spool_total);
    Executor {
        recipe: Recipe {
            environment: Environment::new(&process, root, orphans::mark(&settings.spool)),
            settings: process,
            directory,
        },
        spool: Arc::new(Spool::new(settings.spool, cap, total)),
        kill_after: settings.kill_after,
        progress: settings.progress,
        root: root.clone(),
        keeper: keeper.clone(),
    }
}
