//! Reads what is an executor's own: what may run, how it is run, and what is kept of it.
//!
//! Nothing here can be changed from the network, so a slip here is not noticed by those who send commands: whatever
//! is allowed but hardly meant is told.

use super::environment;
use super::findings::{Findings, Rule};
use super::section::{Item, Placed, Section, shown};
use crate::fleet::advice::advice;
use crate::fleet::pattern::{Pattern, Program};
use crate::fleet::{ExecutorSettings, ProcessSettings};
use crate::model::Mistake;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

const DAY_S: u64 = 86_400;

/// The longest time limit of a job, in seconds: a month.
const LONGEST_S: i64 = 30 * 24 * 3600;

/// The most MiB of anything: 1 TiB.
const MOST_MIB: i64 = 1 << 20;

/// Reads the keys of an executor. What is wrong is told, and stands as if it were left out. The governor's face is
/// read by itself.
pub(super) fn read(section: &mut Section<'_>, findings: &mut Findings<'_>) -> ExecutorSettings {
    let usual = ExecutorSettings::default();
    let allow = allow(section, findings);
    let shell = shell(section, &allow, findings);
    for (entry, warning) in allow.iter().flat_map(|entry| advised(entry, shell)) {
        findings.warn(
            Rule::DangerousProgram,
            Mistake::new(entry, warning.0).help(warning.1),
        );
    }
    let mut keys = Keys { section, findings };
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
                (1, 365),
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
        process: process(&mut keys),
        ..usual
    }
}

fn process(keys: &mut Keys<'_, '_, '_>) -> ProcessSettings {
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
        environment: environment::read(keys.section, keys.findings),
        inherit_environment: inherits(keys),
        working_directory: keys.folder(
            "working_directory",
            "when left out, the executor has a folder of its own",
        ),
    }
}

/// The keys of the table that have no look of their own.
struct Keys<'k, 't, 'f> {
    section: &'k mut Section<'t>,
    findings: &'k mut Findings<'f>,
}

impl Keys<'_, '_, '_> {
    fn number<T: TryFrom<i64>>(
        &mut self,
        key: &'static str,
        range: (i64, i64),
        about: &str,
    ) -> Option<T> {
        let item = self.section.take(key)?;
        let number = item.integer(range, Rule::SettingRange, about, self.findings)?;
        number.try_into().ok()
    }

    /// A number of MiB, in bytes.
    fn mib(&mut self, key: &'static str, least: i64, about: &str) -> Option<u64> {
        let mib: u64 = self.number(key, (least, MOST_MIB), about)?;
        Some(mib << 20)
    }

    fn boolean(&mut self, key: &'static str) -> Option<bool> {
        self.section.take(key)?.boolean(self.findings)
    }

    /// An absolute path: a relative one would lead elsewhere when the service is started from elsewhere.
    fn folder(&mut self, key: &'static str, about: &str) -> Option<PathBuf> {
        let item = self.section.take(key)?;
        let text = item.text(self.findings)?;
        if !text.starts_with('/') || text.chars().any(char::is_control) {
            let message = format!("`{key}` is `{}`; it takes an absolute path", shown(text));
            self.findings
                .refuse(Rule::FolderRelative, item.mistake(message).help(about));
            return None;
        }
        Some(PathBuf::from(text))
    }
}

/// `allow`: a list of entries.
fn allow(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Placed<String>> {
    let nothing = "without an entry every command is refused; as in allow = [\"stress-ng --cpu * --timeout *s\"]";
    let Some(item) = section.take("allow") else {
        let mistake = Mistake::new(
            section.place.clone(),
            "this executor has no `allow`, so it runs nothing",
        );
        findings.warn(Rule::AllowNothing, mistake.help(nothing));
        return Vec::new();
    };
    let DeValue::Array(list) = item.value() else {
        let message = format!("`allow` is {}; it takes a list of texts", item.is());
        let help = "write allow = [\"stress-ng --cpu * --timeout *s\"]";
        findings.refuse(Rule::AllowNoList, item.mistake(message).help(help));
        return Vec::new();
    };
    if list.is_empty() {
        let mistake = item.mistake("`allow` is empty, so this executor runs nothing");
        findings.warn(Rule::AllowNothing, mistake.help(nothing));
    }
    let entries = list
        .iter()
        .filter_map(|value| entry(&item.element(value), findings));
    entries.collect()
}

fn entry(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Placed<String>> {
    let text = item.text(findings)?;
    if let Err(error) = Pattern::parse(text) {
        let part = findings.part(&item.place, text, error.place.start, error.place.len());
        let mistake = Mistake::new(part, error.message).help(error.help);
        findings.refuse(Rule::AllowEntry, mistake);
        return None;
    }
    Some(Placed {
        value: text.to_owned(),
        place: item.place.clone(),
    })
}

fn is_any(entry: &Placed<String>) -> bool {
    Pattern::parse(&entry.value).is_ok_and(|pattern| *pattern.program() == Program::Any)
}

/// `shell`: with `*` it lets anybody do anything, without `*` it lets nobody do anything more.
fn shell(section: &mut Section<'_>, allow: &[Placed<String>], findings: &mut Findings<'_>) -> bool {
    let Some(item) = section.take("shell") else {
        return false;
    };
    let shell = item.boolean(findings).unwrap_or(false);
    if shell && allow.iter().any(is_any) {
        let message =
            "with `shell = true` and `*`, whoever reaches the broker may do anything as this user";
        let help = "as the original does; a list of programs without `shell` is safer";
        findings.warn(Rule::ShellOpen, item.mistake(message).help(help));
    } else if shell && !allow.is_empty() {
        let message = "`shell = true` changes nothing without an entry `*`";
        let help = "a list means nothing behind a shell, so what it allows runs without one; leave `shell` out";
        findings.warn(Rule::ShellIdle, item.mistake(message).help(help));
    }
    shell
}

/// What an entry could do that it may not be meant for, with its place.
fn advised(entry: &Placed<String>, shell: bool) -> Option<(crate::model::Place, (String, String))> {
    // that has been told, louder
    if shell && is_any(entry) {
        return None;
    }
    let warning = advice(std::slice::from_ref(&entry.value)).pop()?;
    Some((entry.place.clone(), (warning.message, warning.help)))
}

fn inherits(keys: &mut Keys<'_, '_, '_>) -> bool {
    let Some(item) = keys.section.take("inherit_environment") else {
        return false;
    };
    let inherits = item.boolean(keys.findings).unwrap_or(false);
    if inherits {
        let message = "commands see the thing's whole environment, and what is secret in it";
        let help = "name what they need: environment = { LAB = \"3\" }";
        keys.findings
            .warn(Rule::EnvironmentInherited, item.mistake(message).help(help));
    }
    inherits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::GovernorFace;
    use crate::model::Topic;
    use crate::topology::parse;

    /// The settings of the executor that these keys make, for a thing with the id `10.0.0.1`.
    fn read(keys: &str) -> ExecutorSettings {
        let file = format!(
            "[broker]\nurl = \"mqtt://b\"\n[things.a.resources.e]\nkind = \"executor\"\n{keys}"
        );
        let topology = parse(&file).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
        let specs = topology.things[0].specs(&Topic::new("10.0.0.1").unwrap());
        ExecutorSettings::clone(specs[0].executor.as_ref().unwrap())
    }

    #[test]
    fn what_the_file_leaves_out_is_as_everywhere() {
        let expected = ExecutorSettings {
            allow: vec!["true".into()],
            ..ExecutorSettings::default()
        };
        assert_eq!(read("allow = [\"true\"]"), expected);
        assert_eq!(read("allow = [\"true\"]\ngovernor = false"), expected);
        assert_eq!(read(""), ExecutorSettings::default());
    }

    #[test]
    fn every_key_means_what_it_says() {
        let found = read(
            r#"allow = ["true", "*"]
shell = true
parallel = 2
timeout_s = 3
kill_after_s = 0
queue = 5
spool_mib = 6
spool_total_mib = 7
keep_days = 8
progress_s = 0
nice = -9
memory_mib = 10
cpu_s = 11
file_size_mib = 12
open_files = 13
processes = 14
environment = { LAB = "15", PATH = "/usr/bin:/opt/lab" }
inherit_environment = true
working_directory = "/opt/lab"
native_cpufreq = false
system_root = "/tmp/tree"
journal = false
governor = { client_id = "c|1", commands = "lab/commands" }
"#,
        );
        let topics = crate::fleet::GovernorTopics {
            commands: Topic::new("lab/commands").unwrap(),
            ..crate::fleet::GovernorTopics::default()
        };
        let environment = [("LAB", "15"), ("PATH", "/usr/bin:/opt/lab")];
        let expected = ExecutorSettings {
            allow: vec!["true".into(), "*".into()],
            shell: true,
            parallel: 2,
            time_limit: Some(Duration::from_secs(3)),
            kill_after: Duration::ZERO,
            queue: 5,
            spool_cap: 6 << 20,
            spool_total: 7 << 20,
            keep: Duration::from_secs(8 * 86_400),
            progress: None,
            process: ProcessSettings {
                nice: Some(-9),
                memory: Some(10 << 20),
                cpu_s: Some(11),
                file_size: Some(12 << 20),
                open_files: Some(13),
                processes: Some(14),
                environment: environment
                    .map(|(name, value)| (name.to_owned(), value.to_owned()))
                    .into(),
                inherit_environment: true,
                working_directory: Some("/opt/lab".into()),
            },
            governor: Some(GovernorFace {
                topics,
                client_id: "c|1".into(),
            }),
            native_cpufreq: false,
            system_root: Some("/tmp/tree".into()),
            journal: false,
            ..ExecutorSettings::default()
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn without_a_name_of_its_own_it_registers_by_the_id_that_the_thing_has_now() {
        let face = read("allow = [\"true\"]\ngovernor = true")
            .governor
            .unwrap();
        assert_eq!(face.client_id, "10.0.0.1");
        assert_eq!(face.topics, crate::fleet::GovernorTopics::default());
    }
}
