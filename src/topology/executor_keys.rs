//! The keys of an executor, with their units and ranges, for both files that have them: the topology and the
//! governor's `config.ini`.
//!
//! Nothing here can be changed from the network, so a slip here is not noticed by those who send commands: whatever
//! is allowed but hardly meant is told.

use super::findings::{Findings, Rule};
use super::section::{Placed, shown};
use crate::fleet::advice::advice;
use crate::fleet::pattern::{Pattern, Program};
use crate::fleet::signing::LONGEST_VALID;
use crate::fleet::{ExecutorSettings, ProcessSettings};
use crate::model::{Mistake, Place};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const DAY_S: u64 = 86_400;

/// The shortest memory of the journal, in days. A signed command expires before its id is forgotten.
const LEAST_KEEP: i64 = 1;
const _: () = assert!(LEAST_KEEP as u64 * DAY_S >= LONGEST_VALID.as_secs());

/// The longest time limit of a job, in seconds: a month.
const LONGEST_S: i64 = 30 * 24 * 3600;

/// The most MiB of anything: 1 TiB.
const MOST_MIB: i64 = 1 << 20;

/// Where the keys of one executor stand. What is wrong is told by each, and is as if it were left out.
pub(super) trait ExecutorKeys<'f> {
    fn findings(&mut self) -> &mut Findings<'f>;

    /// A whole number within `range`; `about` is the advice outside of it.
    fn integer(&mut self, key: &'static str, range: (i64, i64), about: &str) -> Option<i64>;

    fn boolean(&mut self, key: &'static str) -> Option<Placed<bool>>;

    fn text(&mut self, key: &'static str) -> Option<Placed<String>>;

    /// The entries of `allow` that can be read.
    fn allow(&mut self) -> Vec<Placed<String>>;

    /// `environment`.
    fn environment(&mut self) -> BTreeMap<String, String>;
}

/// Reads the keys of an executor. What is wrong is told, and stands as if it were left out. The governor's face is
/// read by itself.
pub(super) fn read<'f>(keys: &mut impl ExecutorKeys<'f>) -> ExecutorSettings {
    let usual = ExecutorSettings::default();
    let allow = keys.allow();
    let shell = shell(keys, &allow);
    for (place, message, help) in allow.iter().filter_map(|entry| advised(entry, shell)) {
        let mistake = Mistake::new(place, message).help(help);
        keys.findings().warn(Rule::DangerousProgram, mistake);
    }
    let mut keys = Keys(keys);
    ExecutorSettings {
        allow: allow.into_iter().map(|entry| entry.value).collect(),
        shell,
        parallel: keys
            .number(
                "parallel",
                (1, 64),
                "how many jobs run at a time; 1 when left out",
            )
            .unwrap_or(usual.parallel),
        time_limit: keys
            .number(
                "timeout_s",
                (1, LONGEST_S),
                "the longest that a job may take; without it, as long as it likes",
            )
            .map(Duration::from_secs),
        kill_after: keys
            .number(
                "kill_after_s",
                (0, 3600),
                "how long a job may take to end before it is killed; 5 when left out",
            )
            .map_or(usual.kill_after, Duration::from_secs),
        queue: keys
            .number(
                "queue",
                (1, 1_000_000),
                "how many commands may wait for their turn; 10000 when left out",
            )
            .unwrap_or(usual.queue),
        spool_cap: keys
            .mib(
                "spool_mib",
                0,
                "how much of each stream of a job is kept on the disk; 64 when left out",
            )
            .unwrap_or(usual.spool_cap),
        spool_total: keys
            .mib(
                "spool_total_mib",
                0,
                "how much of all jobs is kept on the disk; 512 when left out",
            )
            .unwrap_or(usual.spool_total),
        keep: keys
            .number(
                "keep_days",
                (LEAST_KEEP, 365),
                "how long ids are remembered and answers wait; 7 when left out",
            )
            .map_or(usual.keep, |days: u64| Duration::from_secs(days * DAY_S)),
        progress: match keys.number(
            "progress_s",
            (0, 3600),
            "how often progress is said, 0 for never; 1 when left out",
        ) {
            None => usual.progress,
            Some(0) => None,
            Some(seconds) => Some(Duration::from_secs(seconds)),
        },
        native_cpufreq: keys
            .boolean("native_cpufreq")
            .unwrap_or(usual.native_cpufreq),
        system_root: keys.folder("system_root", "for trials on a made tree; / when left out"),
        journal: keys.boolean("journal").unwrap_or(usual.journal),
        trusted_keys: keys.folder(
            "trusted_keys",
            "the list of keys whose signed commands are obeyed, and no others; /etc/mqtt-thing/trusted-keys when left \
             out, if that is there",
        ),
        process: process(&mut keys),
        ..usual
    }
}

fn process<'f, K: ExecutorKeys<'f>>(keys: &mut Keys<'_, K>) -> ProcessSettings {
    ProcessSettings {
        nice: keys.number(
            "nice",
            (-20, 19),
            "the higher, the more it stands back; the thing's own when left out",
        ),
        memory: keys.mib(
            "memory_mib",
            1,
            "the most memory of a process; no limit when left out",
        ),
        cpu_s: keys.number(
            "cpu_s",
            (1, LONGEST_S),
            "the most processor time of a process; no limit when left out",
        ),
        file_size: keys.mib(
            "file_size_mib",
            0,
            "the largest file that a process may write; no limit when left out",
        ),
        open_files: keys.number(
            "open_files",
            (8, 1 << 20),
            "the most open files of a process; the system's when left out",
        ),
        processes: keys.number(
            "processes",
            (1, 1 << 20),
            "the most processes of its user; the system's when left out",
        ),
        environment: keys.0.environment(),
        inherit_environment: keys.inherits(),
        working_directory: keys.folder(
            "working_directory",
            "when left out, the executor has a folder of its own",
        ),
    }
}

/// The keys that have no look of their own.
struct Keys<'k, K>(&'k mut K);

impl<'f, K: ExecutorKeys<'f>> Keys<'_, K> {
    fn number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        range: (i64, i64),
        about: &str,
    ) -> Option<T> {
        let number = self.0.integer(key, range, about)?;
        number.try_into().ok()
    }

    /// A number of MiB, in bytes.
    fn mib(&mut self, key: &'static str, least: i64, about: &str) -> Option<u64> {
        let mib: u64 = self.number(key, (least, MOST_MIB), about)?;
        Some(mib << 20)
    }

    fn boolean(&mut self, key: &'static str) -> Option<bool> {
        self.0.boolean(key).map(|found| found.value)
    }

    /// An absolute path: a relative one would lead elsewhere when the service is started from elsewhere.
    fn folder(&mut self, key: &'static str, about: &str) -> Option<PathBuf> {
        let Placed { value: text, place } = self.0.text(key)?;
        if !text.starts_with('/') || text.chars().any(char::is_control) {
            let message = format!("`{key}` is `{}`; it takes an absolute path", shown(&text));
            let mistake = Mistake::new(place, message).help(about);
            self.0.findings().refuse(Rule::FolderRelative, mistake);
            return None;
        }
        Some(text.into())
    }

    fn inherits(&mut self) -> bool {
        let Some(inherits) = self.0.boolean("inherit_environment") else {
            return false;
        };
        if inherits.value {
            let message = "commands see the thing's whole environment, and what is secret in it";
            let mistake =
                Mistake::new(inherits.place, message).help("name what they need in `environment`");
            self.0.findings().warn(Rule::EnvironmentInherited, mistake);
        }
        inherits.value
    }
}

/// Whether an entry of `allow` can be read; `part` gives the place of a part of it.
pub(super) fn is_entry(
    text: &str,
    part: impl Fn(usize, usize, &Findings<'_>) -> Place,
    findings: &mut Findings<'_>,
) -> bool {
    let Err(error) = Pattern::parse(text) else {
        return true;
    };
    let place = part(error.place.start, error.place.len(), findings);
    let mistake = Mistake::new(place, error.message).help(error.help);
    findings.refuse(Rule::AllowEntry, mistake);
    false
}

fn is_any(entry: &Placed<String>) -> bool {
    Pattern::parse(&entry.value).is_ok_and(|pattern| *pattern.program() == Program::Any)
}

/// `shell`: with `*` it lets anybody do anything, without `*` it lets nobody do anything more.
fn shell<'f>(keys: &mut impl ExecutorKeys<'f>, allow: &[Placed<String>]) -> bool {
    let Some(shell) = keys.boolean("shell") else {
        return false;
    };
    if shell.value && allow.iter().any(is_any) {
        let message =
            "with `shell = true` and `*`, whoever reaches the broker may do anything as this user";
        let help = "as the original does; a list of programs without `shell` is safer";
        let mistake = Mistake::new(shell.place, message).help(help);
        keys.findings().warn(Rule::ShellOpen, mistake);
    } else if shell.value && !allow.is_empty() {
        let message = "`shell = true` changes nothing without an entry `*`";
        let help = "a list means nothing behind a shell, so what it allows runs without one; leave `shell` out";
        let mistake = Mistake::new(shell.place, message).help(help);
        keys.findings().warn(Rule::ShellIdle, mistake);
    }
    shell.value
}

/// What an entry could do that it may not be meant for, with its place, and what to do about it.
fn advised(entry: &Placed<String>, shell: bool) -> Option<(Place, String, String)> {
    // that has been told, louder
    if shell && is_any(entry) {
        return None;
    }
    let warning = advice(std::slice::from_ref(&entry.value)).pop()?;
    Some((entry.place.clone(), warning.message, warning.help))
}
