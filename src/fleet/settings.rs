//! What a Pi's own file says about an executor. Nothing of it can be changed from the network.

use super::governor::GovernorTopics;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// The settings of one executor.
#[derive(Debug, Clone, PartialEq)]
pub struct ExecutorSettings {
    /// What may run: a program's name or path with a pattern for its arguments. Nothing, when empty.
    pub allow: Vec<String>,
    /// Whether what `*` allows goes to `/bin/sh -c` as text.
    pub shell: bool,
    /// How many jobs run at a time.
    pub parallel: usize,
    /// The time limit of a command that brings none, and the longest that one may bring.
    pub time_limit: Option<Duration>,
    /// How long a process group may take to end after TERM before it gets KILL.
    pub kill_after: Duration,
    /// How many commands may wait for their turn.
    pub queue: usize,
    /// How many bytes of commands may wait for their turn. No key of a file sets it: 8 MiB.
    pub queue_bytes: usize,
    /// How many bytes of the head and of the tail of each stream an answer on our own topics holds. No key
    /// of a file sets it: 64 KiB each.
    pub kept: usize,
    /// How many bytes of each stream of a job are spooled to disk.
    pub spool_cap: u64,
    /// How many bytes the spool of this executor may take in all: the oldest files go first.
    pub spool_total: u64,
    /// How long the journal remembers ids, and undelivered answers wait.
    pub keep: Duration,
    /// How many bytes of undelivered answers the journal keeps: the oldest go first, and that is reported.
    /// No key of a file sets it: 64 MiB.
    pub keep_bytes: u64,
    /// Whether progress is said while a job runs, and how often.
    pub progress: Option<Duration>,
    /// How processes are run.
    pub process: ProcessSettings,
    /// The governor's face, where it is switched on.
    pub governor: Option<GovernorFace>,
    /// Whether `cpufreq-set -r -f N` (with or without `sudo`), where `allow` permits it, is carried out through sysfs
    /// instead of by that program.
    pub native_cpufreq: bool,
    /// Where `/sys` and `/proc` are found for frequency steps and the host's state: for trials on a made tree.
    pub system_root: Option<PathBuf>,
    /// Whether the journal is synced to the disk before a job starts and after it ended.
    pub journal: bool,
    /// The list of trusted keys. With it, commands on our own topics are obeyed only if one of these keys signed them.
    /// None stands for [`TRUSTED_KEYS`], if that is there when the thing starts.
    pub trusted_keys: Option<PathBuf>,
    /// Whether a job goes on when the thing is killed, where jobs run in a process of their own; the thing's next life
    /// then gets its result.
    pub outlive_thing: bool,
}

/// Where the list of trusted keys is looked for when the file names none.
pub const TRUSTED_KEYS: &str = "/etc/mqtt-thing/trusted-keys";

/// How processes are run. Source of the limits: setrlimit(2), setpriority(2).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProcessSettings {
    /// Niceness, -20 to 19; that of the thing itself when absent.
    pub nice: Option<i32>,
    /// Most memory of a process, in bytes of its address space (`RLIMIT_AS`).
    pub memory: Option<u64>,
    /// Most processor time of a process, in seconds (`RLIMIT_CPU`).
    pub cpu_s: Option<u64>,
    /// Largest file that a process may write, in bytes (`RLIMIT_FSIZE`).
    pub file_size: Option<u64>,
    /// Most open files of a process (`RLIMIT_NOFILE`).
    pub open_files: Option<u64>,
    /// Most processes of its user (`RLIMIT_NPROC`).
    pub processes: Option<u64>,
    /// What is set in the environment, beside `PATH`, `HOME`, `LANG` and `USER`.
    pub environment: BTreeMap<String, String>,
    /// Whether the thing's own environment is passed on, secrets and all.
    pub inherit_environment: bool,
    /// Where processes start; the executor's own folder when absent.
    pub working_directory: Option<PathBuf>,
}

/// The governor's face of an executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernorFace {
    /// The topics, which all clients share.
    pub topics: GovernorTopics,
    /// The client id by which it registers, any text. In a plan, empty stands for the thing's id.
    pub client_id: String,
    /// What its commands may have run although nobody signs them, as entries of `allow`; the executor's own holds as
    /// well. Without it they may all that the executor allows, and nothing once keys are trusted.
    pub unsigned: Option<Vec<String>>,
}

impl GovernorFace {
    /// A face whose commands are judged as all others are.
    #[must_use]
    pub const fn new(topics: GovernorTopics, client_id: String) -> Self {
        Self {
            topics,
            client_id,
            unsigned: None,
        }
    }
}

impl Default for ExecutorSettings {
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            shell: false,
            parallel: 1,
            time_limit: None,
            kill_after: Duration::from_secs(5),
            queue: 10_000,
            queue_bytes: 8 << 20,
            kept: 64 << 10,
            spool_cap: 64 << 20,
            spool_total: 512 << 20,
            keep: Duration::from_secs(7 * 86_400),
            keep_bytes: 64 << 20,
            progress: Some(Duration::from_secs(1)),
            process: ProcessSettings::default(),
            governor: None,
            native_cpufreq: true,
            system_root: None,
            journal: true,
            trusted_keys: None,
            outlive_thing: true,
        }
    }
}
