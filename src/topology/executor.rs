//! Reads the keys of an executor in a topology.

use super::environment;
use super::executor_keys::{self, ExecutorKeys, is_entry};
use super::findings::{Findings, Rule};
use super::section::{Item, Placed, Section};
use crate::fleet::ExecutorSettings;
use crate::model::Mistake;
use std::collections::BTreeMap;
use toml::de::DeValue;

/// Reads the keys of an executor. What is wrong is told, and stands as if it were left out. The governor's face is
/// read by itself.
pub(super) fn read(section: &mut Section<'_>, findings: &mut Findings<'_>) -> ExecutorSettings {
    let mut settings = executor_keys::read(&mut Table { section, findings });
    // not for a governor's `config.ini`: a SUT runs its jobs itself
    let outlives = section.take("outlive_thing");
    if let Some(outlives) = outlives.and_then(|item| item.boolean(findings)) {
        settings.outlive_thing = outlives;
    }
    settings
}

struct Table<'k, 't, 'f> {
    section: &'k mut Section<'t>,
    findings: &'k mut Findings<'f>,
}

impl<'f> ExecutorKeys<'f> for Table<'_, '_, 'f> {
    fn findings(&mut self) -> &mut Findings<'f> {
        self.findings
    }

    fn integer(&mut self, key: &'static str, range: (i64, i64), about: &str) -> Option<i64> {
        let item = self.section.take(key)?;
        item.integer(range, Rule::SettingRange, about, self.findings)
    }

    fn boolean(&mut self, key: &'static str) -> Option<Placed<bool>> {
        let item = self.section.take(key)?;
        let value = item.boolean(self.findings)?;
        let place = item.place;
        Some(Placed { value, place })
    }

    fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        let item = self.section.take(key)?;
        let value = item.text(self.findings)?.to_owned();
        let place = item.place;
        Some(Placed { value, place })
    }

    fn allow(&mut self) -> Vec<Placed<String>> {
        allow(self.section, self.findings)
    }

    fn environment(&mut self) -> BTreeMap<String, String> {
        environment::read(self.section, self.findings)
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
    if item.value().as_array().is_some_and(|list| list.is_empty()) {
        let mistake = item.mistake("`allow` is empty, so this executor runs nothing");
        findings.warn(Rule::AllowNothing, mistake.help(nothing));
    }
    entries(&item, findings)
}

/// A list of entries; those that can be read.
pub(super) fn entries(item: &Item<'_>, findings: &mut Findings<'_>) -> Vec<Placed<String>> {
    let DeValue::Array(list) = item.value() else {
        let message = format!("`allow` is {}; it takes a list of texts", item.is());
        let help = "write allow = [\"stress-ng --cpu * --timeout *s\"]";
        findings.refuse(Rule::AllowNoList, item.mistake(message).help(help));
        return Vec::new();
    };
    let entries = list
        .iter()
        .filter_map(|value| entry(&item.element(value), findings));
    entries.collect()
}

fn entry(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Placed<String>> {
    let text = item.text(findings)?;
    let part = |start, len, findings: &Findings<'_>| findings.part(&item.place, text, start, len);
    is_entry(text, part, findings).then(|| Placed {
        value: text.to_owned(),
        place: item.place.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{GovernorFace, ProcessSettings};
    use crate::model::Topic;
    use crate::topology::parse;
    use std::time::Duration;

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
trusted_keys = "/etc/lab/keys"
outlive_thing = false
governor = { client_id = "c|1", commands = "lab/commands", unsigned = true, allow = ["true"] }
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
                unsigned: Some(vec!["true".into()]),
                ..GovernorFace::new(topics, "c|1".into())
            }),
            native_cpufreq: false,
            system_root: Some("/tmp/tree".into()),
            journal: false,
            trusted_keys: Some("/etc/lab/keys".into()),
            outlive_thing: false,
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
