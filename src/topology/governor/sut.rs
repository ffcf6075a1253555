//! Reads `[sut]`, which is ours: what may run on this machine, and how. The original passes it over.
//!
//! Its keys are those of an executor in a topology, but that lists have an entry a line.

use super::super::environment::{is_fit_name, is_fit_value};
use super::super::executor_keys::{self, ExecutorKeys, is_entry};
use super::super::findings::{Findings, Rule};
use super::super::section::{Placed, shown};
use super::super::unsigned;
use super::sections::Sections;
use super::value::{self, Value};
use crate::fleet::ExecutorSettings;
use crate::model::Mistake;
use std::collections::BTreeMap;

const SECTION: &str = "sut";

/// What the section says.
#[derive(Debug)]
pub(super) struct WrittenSut {
    pub(super) client_id: Option<String>,
    /// Without the governor's face.
    pub(super) settings: ExecutorSettings,
    /// What the governor's face may have run although nobody signs it.
    pub(super) unsigned: Option<Vec<String>>,
}

/// Reads it. What is wrong is told, and stands as if it were left out.
pub(super) fn read(sections: &mut Sections<'_, '_>, findings: &mut Findings<'_>) -> WrittenSut {
    let mut keys = Keys { sections, findings };
    let client_id = keys.get("client_id").map(|value| value.text);
    let settings = executor_keys::read(&mut keys);
    let written = unsigned::Written {
        unsigned: keys.boolean("unsigned"),
        allow: keys.get("governor_allow").map(|value| {
            let entries = keys.entries(&value);
            (value.key_place, entries)
        }),
        key: "governor_allow",
    };
    let unsigned = written.read(keys.findings);
    // the command line may allow more
    if !settings.allow.is_empty() {
        written.compare(&settings.allow, keys.findings);
    }
    if settings.allow.is_empty() {
        tell_that_nothing_runs(sections, findings);
    }
    WrittenSut {
        client_id: client_id.filter(|text| !text.is_empty()),
        settings,
        unsigned,
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

/// The keys of the section.
struct Keys<'k, 'f, 'i, 't> {
    sections: &'k mut Sections<'i, 't>,
    findings: &'k mut Findings<'f>,
}

impl<'i> Keys<'_, '_, 'i, '_> {
    fn get(&mut self, key: &'static str) -> Option<Value<'i>> {
        self.sections.get(SECTION, key, self.findings)
    }

    /// A pattern a line; those that can be read.
    fn entries(&mut self, value: &Value<'_>) -> Vec<Placed<String>> {
        let entry = |(start, line): (usize, &str)| {
            let part = |from, len, _: &Findings<'_>| value.part(start + from, len);
            is_entry(line, part, self.findings).then(|| Placed {
                value: line.to_owned(),
                place: value.part(start, line.len()),
            })
        };
        value.lines().filter_map(entry).collect()
    }
}

impl<'f> ExecutorKeys<'f> for Keys<'_, 'f, '_, '_> {
    fn findings(&mut self) -> &mut Findings<'f> {
        self.findings
    }

    fn integer(&mut self, key: &'static str, range: (i64, i64), about: &str) -> Option<i64> {
        self.get(key)?.integer(range, about, self.findings)
    }

    fn boolean(&mut self, key: &'static str) -> Option<Placed<bool>> {
        let found = self.get(key)?;
        let value = found.boolean(self.findings)?;
        let place = found.place;
        Some(Placed { value, place })
    }

    fn text(&mut self, key: &'static str) -> Option<Placed<String>> {
        let Value { text, place, .. } = self.get(key)?;
        Some(Placed { value: text, place })
    }

    fn allow(&mut self) -> Vec<Placed<String>> {
        let value = self.get("allow");
        value.map_or_else(Vec::new, |value| self.entries(&value))
    }

    /// A variable a line, as `NAME=value`.
    fn environment(&mut self) -> BTreeMap<String, String> {
        let mut set = BTreeMap::new();
        let Some(value) = self.get("environment") else {
            return set;
        };
        for (start, line) in value.lines() {
            let Some((name, text)) = line.split_once('=') else {
                let message = format!("`{}` is no NAME=value", shown(line));
                let mistake = Mistake::new(value.part(start, line.len()), message);
                let help = "a variable a line, as in LAB=3";
                self.findings
                    .refuse(Rule::EnvironmentLine, mistake.help(help));
                continue;
            };
            let place = value.part(start, name.len());
            let text_place = value.part(start + name.len() + 1, text.len());
            if !is_fit_name(name, &place, self.findings)
                || !is_fit_value(name, text, &text_place, self.findings)
            {
                continue;
            }
            if set.insert(name.to_owned(), text.to_owned()).is_some() {
                let message = format!("`{}` stands here a second time", shown(name));
                let mistake = Mistake::new(place, message).help("keep one of the two");
                self.findings.refuse(Rule::KeyTwice, mistake);
            }
        }
        set
    }
}
