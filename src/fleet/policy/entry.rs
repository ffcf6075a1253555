//! One entry of a policy: its pattern, and the program that was found for it.

use crate::fleet::cpufreq_set;
use crate::fleet::pattern::{Pattern, Program};
use crate::fleet::words::NotWords;
use crate::model::escaped;
use crate::system::ProgramError;
use std::path::{Path, PathBuf};

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    /// What was found when the policy was made; nothing for `*`.
    pub(super) program: Option<Result<PathBuf, No>>,
}

/// A refusal in the making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct No {
    pub(super) rule: &'static str,
    pub(super) reason: String,
}

impl From<NotWords> for No {
    fn from(error: NotWords) -> Self {
        Self {
            rule: error.rule.name(),
            reason: error.to_string(),
        }
    }
}

impl From<ProgramError> for No {
    fn from(error: ProgramError) -> Self {
        Self {
            rule: error.name(),
            reason: shown(&error.to_string(), 1024),
        }
    }
}

pub(super) const SUDO: &str = "sudo";

/// Whether an entry is about the program that a command names.
pub(super) enum IsOf {
    This,
    /// About one of that name, but elsewhere.
    OtherPath,
    Another,
}

impl Entry {
    pub(super) fn is_of(&self, program: &str) -> IsOf {
        match self.pattern.program() {
            Program::Any => IsOf::This,
            Program::Named(name) if name == program => IsOf::This,
            Program::At(path) if path == program => IsOf::This,
            Program::Named(name) => match &self.program {
                Some(Ok(path)) if path == Path::new(program) => IsOf::This,
                _ if is_called(program, name) => IsOf::OtherPath,
                _ => IsOf::Another,
            },
            Program::At(path) if is_called(path, program) => IsOf::OtherPath,
            Program::At(_) => IsOf::Another,
        }
    }

    /// The refusal of a program that only has the name of the entry's.
    pub(super) fn other_path(&self, program: &str) -> Option<No> {
        let allowed = match (self.pattern.program(), &self.program) {
            (Program::At(path), _) => path.clone(),
            (Program::Named(_), Some(Ok(path))) => path.display().to_string(),
            _ => return None,
        };
        Some(No {
            rule: "program-path",
            reason: format!(
                "the program `{}` is not the one of the entry `{}`; that is {}",
                shown(program, 64),
                shown(self.pattern.as_str(), 128),
                shown(&allowed, 128)
            ),
        })
    }

    /// Whether it allows this argv by the program's name, be that installed or not.
    pub(super) fn names(&self, argv: &[String]) -> bool {
        let is_of = match self.pattern.program() {
            Program::Any => true,
            Program::Named(name) => *name == argv[0],
            Program::At(_) => false,
        };
        is_of && self.pattern.fits(&argv[1..]).is_ok()
    }

    /// Whether it allows a frequency step of any kind, and so the way back.
    pub(super) fn may_set_frequency(&self) -> bool {
        *self.pattern.program() == Program::Any || self.is_about_frequency()
    }

    pub(super) fn is_about_frequency(&self) -> bool {
        match self.pattern.program() {
            Program::Named(name) if name == SUDO => {
                self.pattern.first_argument() == Some(cpufreq_set::PROGRAM)
            }
            Program::Named(name) => name == cpufreq_set::PROGRAM,
            Program::Any | Program::At(_) => false,
        }
    }
}

/// Whether a path ends in that name.
fn is_called(path: &str, name: &str) -> bool {
    path.rsplit_once('/').is_some_and(|(_, last)| last == name)
}

/// A part of a command or an entry for a sentence: so many characters, safe for a terminal.
pub(super) fn shown(text: &str, most: usize) -> String {
    // escaped quotes and backslashes would not be what is to be written
    let cut = text.chars().take(most);
    let mut shown: String = cut
        .map(|c| match c {
            '"' | '\\' => c.to_string(),
            c => escaped(c.encode_utf8(&mut [0; 4]).as_bytes(), 4),
        })
        .collect();
    if text.chars().nth(most).is_some() {
        shown.push_str("...");
    }
    shown
}
