//! Any of the files that this program reads, told from each other.

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
            Self::Governor(config) => &config.warnings,
        }
    }
}

/// Reads a file as what it is: one that is called `.ini` is the governor's configuration, TOML with the key
/// `pipelines` a file of pipelines, and anything else a topology.
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
    } else if has_pipelines(text) {
        pipelines::parse(text).map(|file| AnyFile::Pipelines(Box::new(file)))
    } else {
        parse(text).map(|topology| AnyFile::Topology(Box::new(topology)))
    }
}

/// Also where the rest is broken: it is to be read as what it was meant to be.
fn has_pipelines(text: &str) -> bool {
    // what is too large is refused either way, unread
    let is_read = text.len() <= super::load::LARGEST;
    is_read
        && DeTable::parse_recoverable(text)
            .0
            .get_ref()
            .contains_key("pipelines")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_what_it_is() {
        let what = |text: &str, path: &str| match check_any(text, path.as_ref()) {
            Ok(AnyFile::Topology(_)) => "topology".to_owned(),
            Ok(AnyFile::Pipelines(_)) => "pipelines".to_owned(),
            Ok(AnyFile::Governor(_)) => "governor".to_owned(),
            Err(mistakes) => mistakes[0].message.clone(),
        };
        let lab = "[broker]\nurl = \"mqtt://b\"\n[things.a.resources]\nc = { kind = \"clock\" }\n";
        assert_eq!(what(lab, "lab.toml"), "topology");
        assert_eq!(
            what("[[pipelines]]\nsteps = [\"uptime\"]\n", "lab"),
            "pipelines"
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
