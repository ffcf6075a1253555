//! The sections of a file while a role takes what it needs.

use super::super::findings::{Findings, Rule, listed};
use super::super::section::shown;
use super::DEFAULT;
use super::ini::{Entry, IniSection};
use super::value::{self, Known, Value};
use crate::model::{Mistake, Topic};
use std::collections::{HashMap, HashSet};
use std::time::Duration;

/// The sections that mean something here.
const SECTIONS: [&str; 4] = ["mqtt", "operator", "commander", "sut"];

/// So many unknown names are compared with those that may have been meant.
const WITH_NEAREST: usize = 100;

#[derive(Debug)]
pub(super) struct Sections<'i, 't> {
    ini: &'i [IniSection<'t>],
    /// What may be referred to in each section: its own keys, and the defaults.
    known: HashMap<&'i str, Known<'i, 't>>,
    /// Which keys of which section were asked for.
    asked: Vec<(&'static str, &'static str)>,
    /// Where values stand whose oddities were told.
    told: HashSet<usize>,
}

impl<'i, 't> Sections<'i, 't> {
    pub(super) fn new(ini: &'i [IniSection<'t>], findings: &mut Findings<'_>) -> Self {
        let named = |name: &str| ini.iter().find(|section| section.name.value == name);
        let with_defaults = |name: &'static str| {
            // of two that have one name, the section's own is the later here
            let both = [DEFAULT, name].into_iter().filter_map(named);
            let entries = both.flat_map(|section| &section.entries);
            let known = entries.map(|entry| (entry.key.value.as_str(), entry));
            (name, known.collect())
        };
        if SECTIONS.iter().all(|name| named(name).is_none()) {
            let message = "none of the governor's sections is there";
            let mistake = Mistake::new(0..0, message)
                .help(format!("{}; is this the right file?", brackets()));
            findings.refuse(Rule::IniNothing, mistake);
        }
        Self {
            ini,
            known: SECTIONS.into_iter().map(with_defaults).collect(),
            asked: Vec::new(),
            told: HashSet::new(),
        }
    }

    /// The entries of a section in the order in which Python gives them: its own, then the defaults that it has not.
    pub(super) fn entries(&self, section: &str) -> Vec<&'i Entry<'t>> {
        let named = |name: &str| self.ini.iter().find(move |one| one.name.value == name);
        let own = named(section).into_iter().flat_map(|one| &one.entries);
        let defaults = named(DEFAULT).into_iter().flat_map(|one| &one.entries);
        let is_own = |entry: &&Entry<'t>| {
            let known = self
                .known
                .get(section)
                .and_then(|known| known.get(entry.key.value.as_str()));
            known.is_some_and(|known| std::ptr::eq(*known, *entry))
        };
        match named(section) {
            None => Vec::new(),
            Some(_) => own.chain(defaults.filter(is_own)).collect(),
        }
    }

    /// The value of an entry of a section. What is odd about it is told once.
    pub(super) fn value(
        &mut self,
        section: &str,
        entry: &'i Entry<'t>,
        findings: &mut Findings<'_>,
    ) -> Value<'i> {
        let known = &self.known[section];
        match self.told.insert(entry.key.place.start) {
            true => value::read(entry, known, findings),
            false => value::read(entry, known, &mut Findings::new("")),
        }
    }

    /// What stands at a key, if it is there.
    pub(super) fn get(
        &mut self,
        section: &'static str,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Value<'i>> {
        if !self.asked.contains(&(section, key)) {
            self.asked.push((section, key));
        }
        // without the section, Python does not fall back on the defaults either
        self.ini.iter().find(|one| one.name.value == section)?;
        let entry = self.known.get(section)?.get(key).copied()?;
        Some(self.value(section, entry, findings))
    }

    /// A boolean: `None` after a mistake, `Some(None)` if it is not there.
    pub(super) fn boolean(
        &mut self,
        section: &'static str,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Option<bool>> {
        match self.get(section, key, findings) {
            None => Some(None),
            Some(value) => value.boolean(findings).map(Some),
        }
    }

    /// A whole number, as [`boolean`](Self::boolean).
    pub(super) fn integer(
        &mut self,
        section: &'static str,
        key: &'static str,
        range: (i64, i64),
        findings: &mut Findings<'_>,
    ) -> Option<Option<i64>> {
        match self.get(section, key, findings) {
            None => Some(None),
            Some(value) => value.integer(range, "", findings).map(Some),
        }
    }

    /// Seconds, with or without a point, as [`boolean`](Self::boolean).
    pub(super) fn seconds(
        &mut self,
        section: &'static str,
        key: &'static str,
        range: (f64, f64),
        findings: &mut Findings<'_>,
    ) -> Option<Option<Duration>> {
        match self.get(section, key, findings) {
            None => Some(None),
            Some(value) => {
                let seconds = value.decimal(range, findings)?;
                Some(Some(Duration::from_secs_f64(seconds)))
            }
        }
    }

    /// A topic, as [`boolean`](Self::boolean).
    pub(super) fn topic(
        &mut self,
        section: &'static str,
        key: &'static str,
        findings: &mut Findings<'_>,
    ) -> Option<Option<Topic>> {
        let Some(value) = self.get(section, key, findings) else {
            return Some(None);
        };
        match Topic::new(value.text.as_str()) {
            Ok(topic) => Some(Some(topic)),
            Err(error) => {
                let message = format!("`{}` is no topic: {error}", shown(value.key));
                findings.refuse(Rule::IniTopic, value.mistake(message));
                None
            }
        }
    }

    /// Looks for names that were most likely meant to be others.
    pub(super) fn finish(self, findings: &mut Findings<'_>) {
        let mut others = 0;
        for section in self.ini {
            let name = section.name.value;
            if SECTIONS.contains(&name) {
                self.finish_keys(section, findings);
            } else if name != DEFAULT && others < WITH_NEAREST {
                others += 1;
                let near = findings.nearest(name.trim(), SECTIONS.into_iter().chain([DEFAULT]));
                if let Some(near) = near {
                    let message = format!("nobody reads [{}]", shown(name));
                    let mistake = Mistake::new(section.name.place.clone(), message)
                        .help(format!("did you mean [{near}]?"));
                    findings.warn(Rule::IniSectionOdd, mistake);
                }
            }
        }
    }

    fn finish_keys(&self, section: &IniSection<'t>, findings: &mut Findings<'_>) {
        let name = section.name.value;
        let here = self.asked.iter().filter(|(section, _)| *section == name);
        let asked: Vec<&str> = here.map(|(_, key)| *key).collect();
        if asked.len() < 2 {
            // another role's section, of which one key at most was of use
            return;
        }
        let is_known =
            |key: &str| asked.contains(&key) || (name == "operator" && of_the_operator(key));
        let unknown = section
            .entries
            .iter()
            .filter(|entry| !is_known(&entry.key.value));
        // of the section that is ours, all
        let most = if name == "sut" {
            usize::MAX
        } else {
            WITH_NEAREST
        };
        for entry in unknown.take(most) {
            let key = entry.key.value.as_str();
            let near = findings
                .nearest(key, asked.iter().copied())
                .map(str::to_owned);
            let mistake = |message: String| Mistake::new(entry.key.place.clone(), message);
            let named = shown(key);
            if name == "sut" {
                let help = near.map_or_else(
                    || format!("its keys: {}", listed(asked.iter().copied())),
                    |near| format!("did you mean `{near}`?"),
                );
                let message = format!("[sut] has no key `{named}`");
                findings.refuse(Rule::UnknownKeyInSut, mistake(message).help(help));
            } else if let Some(near) = near {
                let message = format!("nobody reads `{named}`");
                let help = format!("did you mean `{near}`?");
                findings.warn(Rule::IniKeyOdd, mistake(message).help(help));
            }
        }
    }
}

/// Keys that the original's operator has and ours has no use for, and pipelines.
fn of_the_operator(key: &str) -> bool {
    key == "colorlog" || key.starts_with("pipeline")
}

fn brackets() -> String {
    let names = SECTIONS.map(|name| format!("[{name}]"));
    listed(names.iter().map(String::as_str))
}
