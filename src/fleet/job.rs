//! What an executor wants run, and what became of it. These messages cross to whoever runs processes and back; they
//! hold no handle, so that a process of its own can do that.

use super::record::Request;
use crate::system::HostState;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// The number of a job in its executor's journal. Never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct JobNumber(pub u64);

impl fmt::Display for JobNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What is executed. The policy has allowed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Run {
    /// A program with its arguments, without a shell.
    Program {
        /// The absolute path.
        path: PathBuf,
        /// What it is called by, and its arguments: `argv`, at least one.
        argv: Vec<String>,
    },
    /// Text for `/bin/sh -c`, verbatim.
    Shell(String),
    /// The built-in frequency step: set governor and frequency of every processor through sysfs.
    CpuFrequency(crate::system::cpufreq::Wish),
    /// The way back from it: what governor and frequency were before the first such step.
    CpuFrequencyRestore,
}

/// One job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The executor's name.
    pub executor: String,
    /// Its number.
    pub number: JobNumber,
    /// What is executed.
    pub run: Run,
    /// After this time its process group is ended.
    pub time_limit: Option<Duration>,
    /// How many bytes of the head and of the tail of each stream the outcome holds.
    pub kept: usize,
    /// The command that asked for it, where `run` does not tell: a frequency step loses its words. So whoever runs it
    /// can ask a policy of his own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<String>,
}

impl Job {
    /// What a request that was accepted under that number has run.
    #[must_use]
    pub fn of(request: &Request, executor: &str, number: JobNumber, kept: usize) -> Self {
        let loses_its_words = matches!(request.run, Run::CpuFrequency(_));
        Self {
            executor: executor.to_owned(),
            number,
            run: request.run.clone(),
            time_limit: request.time_limit,
            kept,
            asked: loses_its_words.then(|| request.command.clone()),
        }
    }

    /// Which one it is.
    #[must_use]
    pub fn key(&self) -> JobKey {
        JobKey::new(&self.executor, self.number)
    }
}

/// Which job: its executor, and its number there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct JobKey {
    /// The executor's name.
    pub executor: String,
    /// Its number.
    pub number: JobNumber,
}

impl JobKey {
    /// The job of that number of that executor.
    #[must_use]
    pub fn new(executor: &str, number: JobNumber) -> Self {
        let executor = executor.to_owned();
        Self { executor, number }
    }
}

/// Which stream of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output.
    Output,
    /// Standard error.
    Error,
}

impl fmt::Display for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Output => "standard output",
            Self::Error => "standard error",
        })
    }
}

/// What a job is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobProgress {
    /// The executor's name.
    pub executor: String,
    /// Its number.
    pub number: JobNumber,
    /// For how long it has been running.
    pub elapsed: Duration,
    /// The last lines that it wrote, of both streams, at most a few hundred bytes.
    pub last: String,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobEnd {
    /// The program did not start.
    NotStarted {
        /// Why, in the system's words.
        reason: String,
        /// The program is not there.
        not_found: bool,
    },
    /// It ended by itself.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
    /// Its time limit ended it.
    TimedOut {
        /// The signal that was needed: TERM or KILL; none when it ended by itself on TERM.
        signal: Option<i32>,
    },
    /// It was cancelled.
    Cancelled {
        /// As above; none also when it had not started yet.
        signal: Option<i32>,
    },
    /// The thing ended while it ran; nothing more is known.
    Interrupted,
    /// The runner, where that is a process of its own, ended while it ran; nothing more is known.
    RunnerEnded,
}

/// One stream of a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// Its first bytes; all of it when `total` is no more than that.
    pub head: Vec<u8>,
    /// Its last bytes, none of which are in `head`. Between the two lie `total - head - tail` bytes.
    pub tail: Vec<u8>,
    /// How many bytes were written.
    pub total: u64,
    /// The file with the beginning of the stream, all of it unless a cap or the disk's end cut it.
    pub spooled: Option<Spooled>,
}

impl Captured {
    /// Whether head and tail are all of it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.total == (self.head.len() + self.tail.len()) as u64
    }
}

/// A file of the spool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spooled {
    /// Where it lies.
    pub path: PathBuf,
    /// How many bytes of the stream it has, from the first on.
    pub bytes: u64,
    /// Why it has not all.
    pub cut: Option<String>,
}

/// What the processes of a job used. Source: wait4(2), getrusage(2): the process and those of its descendants that
/// were waited for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Time in user mode.
    pub user: Duration,
    /// Time in the kernel.
    pub system: Duration,
    /// Peak resident memory of the largest process, in KiB.
    pub max_rss_kib: u64,
}

/// What became of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobOutcome {
    /// The executor's name.
    pub executor: String,
    /// Its number.
    pub number: JobNumber,
    /// When it was started, by the wall clock.
    pub started: SystemTime,
    /// When it had ended, by the wall clock.
    pub ended: SystemTime,
    /// How long it took, by the monotonic clock.
    pub duration: Duration,
    /// How it ended.
    pub end: JobEnd,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
    /// What it used; none when it did not start.
    pub usage: Option<Usage>,
    /// The host around it.
    pub host: HostState,
    /// Whether the clock by which `started` and `ended` were read was synchronised, if that can be told.
    pub clock_synchronised: Option<bool>,
    /// What else is to be known: pipes that a child kept open, a spool that was full.
    pub notes: Vec<String>,
}
