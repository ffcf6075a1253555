//! Whoever runs the jobs of a thing: a runner in its own process, or one in another.

use super::jobs::{JobNews, RemoteRunner, Runner, RunnerOptions, RunnerPlace};
use crate::fleet::{Job, JobKey, JobNumber};
use std::io;
use std::sync::Arc;
use std::time::Duration;

type Tell = Arc<dyn Fn(JobNews) + Send + Sync>;

/// A runner, wherever it is.
pub(super) enum AnyRunner {
    /// In this process. The news are for jobs of an earlier life, which ended with that.
    Here(Runner, Tell),
    /// In another process.
    There(RemoteRunner),
}

impl AnyRunner {
    /// Starts one here, or finds the one that is elsewhere.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub(super) fn start(
        place: Option<RunnerPlace>,
        options: RunnerOptions,
        news: impl Fn(JobNews) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        match place {
            Some(place) => RemoteRunner::start(place, options.executors, news).map(Self::There),
            None => {
                let tell: Tell = Arc::new(news);
                let told = Arc::clone(&tell);
                let runner = Runner::start(options, move |news| told(news));
                Ok(Self::Here(runner, tell))
            }
        }
    }

    /// Asks about the jobs that an earlier life had running.
    pub(super) fn resume(&self, executor: &str, numbers: &[JobNumber]) {
        match self {
            Self::Here(_, tell) => {
                let keys = numbers.iter().map(|number| JobKey::new(executor, *number));
                keys.for_each(|key| tell(JobNews::Lost(key)));
            }
            Self::There(runner) => runner.resume(executor, numbers),
        }
    }

    /// Has a job run.
    pub(super) fn run(&self, job: Job) {
        match self {
            Self::Here(runner, _) => runner.run(job),
            Self::There(runner) => runner.run(job),
        }
    }

    /// Ends a job; false if there is none such.
    pub(super) fn cancel(&self, executor: &str, number: JobNumber) -> bool {
        match self {
            Self::Here(runner, _) => runner.cancel(executor, number),
            Self::There(runner) => runner.cancel(executor, number),
        }
    }

    /// The journal has the end of a job.
    pub(super) fn journalled(&self, executor: &str, number: JobNumber) {
        match self {
            Self::Here(..) => {}
            Self::There(runner) => runner.journalled(executor, number),
        }
    }

    /// Ends all. Blocks; true if all has ended.
    pub(super) fn stop(&self, patience: Duration) -> bool {
        match self {
            Self::Here(runner, _) => runner.stop(patience),
            Self::There(runner) => runner.stop(patience),
        }
    }
}
