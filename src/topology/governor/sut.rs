//! Reads `[sut]`, which is ours: what may run on this machine, and how. The original passes it over.

use super::super::findings::{Findings, Rule};
use super::super::section::shown;
use super::sections::Sections;
use super::value::{self, Value};
use crate::fleet::pattern::Pattern;
use crate::fleet::{ExecutorSettings, ProcessSettings};
use crate::model::Mistake;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const SECTION: &str = "sut";

/// The longest time, in seconds: ten years.
const LONGEST_S: f64 = 315_360_000.0;

/// The largest amount, in bytes: 1 TiB.
const LARGEST: i64 = 1 << 40;

/// What the section says.
#[derive(Debug)]
pub(super) struct WrittenSut {
    pub(super) client_id: Option<String>,
    /// Without the governor's face.
    pub(super) settings: ExecutorSettings,
}

/// Reads it; `None` after a mistake.
pub(super) fn read(
    sections: &mut Sections<'_, '_>,
    findings: &mut Findings<'_>,
) -> Option<WrittenSut> {
    let usual = ExecutorSettings::default();
    let mut keys = Keys {
        sections,
        findings,
        wrong: false,
    };
    let client_id = keys.text("client_id");
    let settings = ExecutorSettings {
        allow: keys.allow(),
        shell: keys.boolean("shell", usual.shell),
        parallel: keys.number("parallel", (1, 1024), usual.parallel),
        time_limit: keys.seconds("timeout_s", 0.001, usual.time_limit),
        kill_after: keys
            .seconds("kill_after_s", 0.0, None)
            .unwrap_or(usual.kill_after),
        queue: keys.number("queue", (1, 10_000_000), usual.queue),
        queue_bytes: keys.number("queue_bytes", (1, LARGEST), usual.queue_bytes),
        kept: keys.number("kept_bytes", (0, 16 << 20), usual.kept),
        spool_cap: keys.number("spool_cap_bytes", (0, LARGEST), usual.spool_cap),
        spool_total: keys.number("spool_total_bytes", (0, LARGEST), usual.spool_total),
        keep: keys.seconds("keep_s", 1.0, None).unwrap_or(usual.keep),
        keep_bytes: keys.number("keep_bytes", (0, LARGEST), usual.keep_bytes),
        // nothing between 0, which switches it off, and what would only be load
        progress: match keys.seconds("progress_s", 0.0, usual.progress) {
            Some(Duration::ZERO) => None,
            other => other.map(|every| every.max(Duration::from_millis(100))),
        },
        native_cpufreq: keys.boolean("native_cpufreq", usual.native_cpufreq),
        system_root: keys.text("system_root").map(Into::into),
        journal: keys.boolean("journal", usual.journal),
        process: process(&mut keys),
        governor: None,
    };
    let wrong = keys.wrong;
    if settings.allow.is_empty() {
        tell_that_nothing_runs(sections, findings);
    }
    (!wrong).then_some(WrittenSut {
        client_id,
        settings,
    })
}

fn process(keys: &mut Keys<'_, '_, '_, '_>) -> ProcessSettings {
    ProcessSettings {
        nice: keys.optional("nice", (-20, 19)),
        memory: keys.optional("memory_bytes", (1, i64::MAX)),
        cpu_s: keys.optional("cpu_s", (1, i64::MAX)),
        file_size: keys.optional("file_size_bytes", (0, i64::MAX)),
        open_files: keys.optional("open_files", (3, i64::MAX)),
        processes: keys.optional("processes", (1, i64::MAX)),
        environment: keys.environment(),
        inherit_environment: keys.boolean("inherit_environment", false),
        working_directory: keys.folder("working_directory"),
    }
}

/// `shell = true` alone looks as if it allowed something.
fn tell_that_nothing_runs(sections: &mut Sections<'_, '_>, findings: &mut Findings<'_>) {
    let shell = sections.get(SECTION, "shell", findings);
    if let Some(shell) = shell.filter(|shell| value::boolean(&shell.text) == Some(true)) {
        let mistake = Mistake::new(shell.key_place, "`shell` without `allow` lets nothing run");
        let help = "`allow = *` beside it is what the original does: anybody on the broker may do anything here";
        findings.warn(Rule::ShellAlone, mistake.help(help));
    }
}

/// The keys of the section, each with what it is when it is left out or wrong.
struct Keys<'k, 'f, 'i, 't> {
    sections: &'k mut Sections<'i, 't>,
    findings: &'k mut Findings<'f>,
    wrong: bool,
}

impl Keys<'_, '_, '_, '_> {
    fn noted<T>(&mut self, found: Option<Option<T>>) -> Option<T> {
        self.wrong |= found.is_none();
        found.flatten()
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        let value = self.sections.get(SECTION, key, self.findings)?;
        Some(value.text).filter(|text| !text.is_empty())
    }

    /// A pattern a line.
    fn allow(&mut self) -> Vec<String> {
        let value = self.sections.get(SECTION, "allow", self.findings);
        let mut allow = Vec::new();
        for (value, start, line) in lines(value.as_ref()) {
            if let Err(error) = Pattern::parse(line) {
                let place = value.part(start + error.place.start, error.place.len());
                let mistake = Mistake::new(place, error.message).help(error.help);
                self.findings.refuse(Rule::AllowBad, mistake);
                self.wrong = true;
            }
            allow.push(line.to_owned());
        }
        allow
    }

    fn boolean(&mut self, key: &'static str, usual: bool) -> bool {
        let found = self.sections.boolean(SECTION, key, self.findings);
        self.noted(found).unwrap_or(usual)
    }

    fn optional<T: TryFrom<i64>>(&mut self, key: &'static str, range: (i64, i64)) -> Option<T> {
        let found = self.sections.integer(SECTION, key, range, self.findings);
        self.noted(found).and_then(|number| number.try_into().ok())
    }

    fn number<T: TryFrom<i64>>(&mut self, key: &'static str, range: (i64, i64), usual: T) -> T {
        self.optional(key, range).unwrap_or(usual)
    }

    fn seconds(
        &mut self,
        key: &'static str,
        least: f64,
        usual: Option<Duration>,
    ) -> Option<Duration> {
        let range = (least, LONGEST_S);
        let found = self.sections.seconds(SECTION, key, range, self.findings);
        self.noted(found).or(usual)
    }

    /// An absolute path: a relative one would lead elsewhere when the service is started from elsewhere.
    fn folder(&mut self, key: &'static str) -> Option<PathBuf> {
        let value = self.sections.get(SECTION, key, self.findings)?;
        if !value.text.starts_with('/') {
            let message = format!(
                "`{key}` is `{}`; it takes an absolute path",
                shown(&value.text)
            );
            self.findings
                .refuse(Rule::FolderRelative, value.mistake(message));
            self.wrong = true;
        }
        Some(value.text.into())
    }

    /// Lines of the form `NAME=value`.
    fn environment(&mut self) -> BTreeMap<String, String> {
        let mut set = BTreeMap::new();
        let value = self.sections.get(SECTION, "environment", self.findings);
        for (value, start, line) in lines(value.as_ref()) {
            match line.split_once('=').filter(|(name, _)| is_name(name)) {
                Some((name, text)) => {
                    set.insert(name.to_owned(), text.to_owned());
                }
                None => {
                    let message = format!("`{}` is no NAME=value", shown(line));
                    let help = "a variable a line; a name has letters, digits and _";
                    let mistake = Mistake::new(value.part(start, line.len()), message).help(help);
                    self.findings.refuse(Rule::EnvironmentLine, mistake);
                    self.wrong = true;
                }
            }
        }
        set
    }
}

/// The name of a variable (POSIX.1-2017, section 8.1), in any case.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn lines<'v>(
    value: Option<&'v Value<'_>>,
) -> impl Iterator<Item = (&'v Value<'v>, usize, &'v str)> {
    value
        .into_iter()
        .flat_map(|value| value.lines().map(move |(start, line)| (value, start, line)))
}
