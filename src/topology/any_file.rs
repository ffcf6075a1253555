//! Any of the files that this program reads, told from each other.

use super::alarms::{self, AlarmsFile};
use super::governor::{self, GovernorConfig};
use super::pipelines::{self, PipelinesFile};
use super::{Topology, parse};
use crate::model::Mistake;
use std::path::Path;
use toml::de::DeTable;

/// A checked file.
#[derive(Debug, Clone)]
pub enum AnyFile {
    /// A lab.
    Topology(Box<Topology>),
    /// What an operator is to have done.
    Pipelines(Box<PipelinesFile>),
    /// When something in a building is an alarm.
    Alarms(Box<AlarmsFile>),
    /// The governor's `config.ini`.
    Governor(Box<GovernorConfig>),
}

impl AnyFile {
    /// What is allowed but hardly meant, in the order of the file.
    #[must_use]
    pub fn warnings(&self) -> &[Mistake] {
        match self {
            Self::Topology(topology) => &topology.warnings,
            Self::Pipelines(file) => &file.warnings,
            Self::Alarms(file) => &file.warnings,
            Self::Governor(config) => &config.warnings,
        }
    }
}

/// Reads a file as what it is: one that is called `.ini` is the governor's configuration, TOML with the key
/// `pipelines` a file of pipelines, with the key `rules` one of alarms, and anything else a topology.
///
/// # Errors
/// All its mistakes, in the order of the text.
///
/// ```
/// use mqtt_thing::topology::{AnyFile, check_any};
/// let file = check_any("[[pipelines]]\nsteps = [\"uptime\"]\n", "slow.toml".as_ref());
/// assert!(matches!(file, Ok(AnyFile::Pipelines(_))));
/// ```
pub fn check_any(text: &str, path: &Path) -> Result<AnyFile, Vec<Mistake>> {
    let is_ini = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("ini"));
    if is_ini {
        let config = governor::check(text)?;
        Ok(AnyFile::Governor(Box::new(config)))
    } else if has(text, &["pipelines"]) {
        pipelines::parse(text).map(|file| AnyFile::Pipelines(Box::new(file)))
    } else if has(text, &["rules", "rule"]) {
        alarms::parse(text, None).map(|file| AnyFile::Alarms(Box::new(file)))
    } else {
        parse(text).map(|topology| AnyFile::Topology(Box::new(topology)))
    }
}

/// Whether one of these keys stands at the top. Also where the rest is broken: it is to be read as what it was meant to
/// be.
fn has(text: &str, keys: &[&str]) -> bool {
    // what is too large is refused either way, unread
    let is_read = text.len() <= super::load::LARGEST;
    let holds = || {
        let (table, _) = DeTable::parse_recoverable(text);
        keys.iter().any(|key| table.get_ref().contains_key(*key))
    };
    is_read && holds()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_what_it_is() {
        let what = |text: &str, path: &str| match check_any(text, path.as_ref()) {
            Ok(AnyFile::Topology(_)) => "topology".to_owned(),
            Ok(AnyFile::Pipelines(_)) => "pipelines".to_owned(),
            Ok(AnyFile::Alarms(_)) => "alarms".to_owned(),
            Ok(AnyFile::Governor(_)) => "governor".to_owned(),
            Err(mistakes) => mistakes[0].message.clone(),
        };
        let lab = "[broker]\nurl = \"mqtt://b\"\n[things.a.resources]\nc = { kind = \"clock\" }\n";
        assert_eq!(what(lab, "lab.toml"), "topology");
        assert_eq!(
            what("[[pipelines]]\nsteps = [\"uptime\"]\n", "lab"),
            "pipelines"
        );
        let rules = "[[rules]]\nsensor = \"TEMP\"\nabove = 30\n";
        assert_eq!(what(rules, "alarms.toml"), "alarms");
        assert_eq!(
            what(&rules.replace("rules", "rule"), "alarms.toml"),
            "the file has no key `rule`"
        );
        assert_eq!(what("[mqtt]\nbroker = b\n", "CONFIG.INI"), "governor");
        assert_eq!(
            what("[[pipelines]]\nsteps = uptime\n", "x.toml"),
            "`uptime` is text without quotes"
        );
        assert_eq!(
            what("x = 1\n[[pipelines]]\n", "x.toml"),
            "the file has no key `x`"
        );
        assert_eq!(what("", "x.toml"), "there is no [broker]");
    }
}
