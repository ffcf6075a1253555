//! What the runner is told of each executor.

use crate::fleet::{ExecutorSettings, ProcessSettings};
use crate::system::Root;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How the jobs of one executor are run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobSettings {
    /// Environment, priority, limits, working directory.
    pub process: ProcessSettings,
    /// How long a process group may take to end after TERM before it gets KILL.
    pub kill_after: Duration,
    /// How often progress is said; never when absent.
    pub progress: Option<Duration>,
    /// How many bytes of each stream of a job are spooled.
    pub spool_cap: u64,
    /// How many bytes the spool may take in all.
    pub spool_total: u64,
    /// Where outputs are spooled. Nobody else may put files there. Made when it is needed.
    pub spool: PathBuf,
    /// Where jobs start, unless `process` says otherwise. Made at the start.
    pub folder: PathBuf,
}

impl JobSettings {
    /// Those of an executor. Under `state`, its folder, lie `spool` and `work`.
    #[must_use]
    pub fn new(settings: &ExecutorSettings, state: impl Into<PathBuf>) -> Self {
        let state = state.into();
        Self {
            process: settings.process.clone(),
            kill_after: settings.kill_after,
            progress: settings.progress,
            spool_cap: settings.spool_cap,
            spool_total: settings.spool_total,
            spool: state.join("spool"),
            folder: state.join("work"),
        }
    }
}

/// What a runner is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunnerOptions {
    /// The executors by their names.
    pub executors: BTreeMap<String, JobSettings>,
    /// The state folder, where the frequency to go back to is kept; without one, frequency steps fail.
    pub state: Option<PathBuf>,
    /// Where `/proc`, `/sys` and `/etc` are found.
    pub root: Root,
}
