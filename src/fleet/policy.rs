//! Nothing runs that the Pi's own file does not allow.
//!
//! ```text
//!  text --split--> argv --an entry of `allow` fits--> its program's absolute path --> Run::Program
//!    |               |
//!    |               +-- `cpufreq-set -r -f N`, carried out without it ---------------> Run::CpuFrequency
//!    +-- `shell = true` and an entry `*`: verbatim ----------------------------------> Run::Shell
//! ```
//! An allow list means nothing behind `sh -c`, so text goes to a shell only where everything is allowed anyway. All
//! else is an argv from here on, and what is allowed is exactly the argv that is run.

mod entry;
mod permits;

use entry::{Entry, IsOf, No, SUDO, shown};

use super::characters::stranger;
use super::cpufreq_set::{PROGRAM, RESTORE, is_restore, wish};
use super::job::Run;
use super::pattern::{Pattern, Program, Unfit, is_absolute, is_name};
use super::pipeline::StepCommand;
use super::settings::ExecutorSettings;
use super::words::{self, NotWords, WordRule};
use crate::system::ProgramError;
use std::borrow::Cow;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// Finds the program of a name or of an absolute path, as [`Programs::find`](crate::system::Programs::find) does.
pub type Find = dyn Fn(&str) -> Result<PathBuf, ProgramError> + Send + Sync;

/// A command as it came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'a> {
    /// Text, as the governor sends it.
    Text(&'a str),
    /// A program and its arguments.
    Argv(&'a [String]),
}

impl<'a> From<&'a StepCommand> for Command<'a> {
    fn from(command: &'a StepCommand) -> Self {
        match command {
            StepCommand::Text(text) => Self::Text(text),
            StepCommand::Argv(argv) => Self::Argv(argv),
        }
    }
}

/// What becomes of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It may run.
    Allowed {
        /// What is run.
        run: Run,
        /// The entry of `allow` that permits it, as it is written.
        rule: String,
    },
    /// It may not.
    Refused {
        /// A short name that does not change, in words with `-` between.
        rule: &'static str,
        /// What was found and what is allowed. Safe for a terminal, and at most a few kilobytes.
        reason: String,
    },
}

/// The policy of one executor.
#[derive(Clone)]
pub struct Policy {
    entries: Vec<Entry>,
    /// Entries that are none, and why.
    mistakes: Vec<Problem>,
    shell: bool,
    native_cpufreq: bool,
    find: Arc<Find>,
}

/// Something about a policy that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The entry of `allow`, as it is written.
    pub entry: String,
    /// A short name that does not change, as [`Verdict::Refused`] has.
    pub rule: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", shown(&self.entry, 64), self.reason)
    }
}

impl Policy {
    /// The policy that settings ask for. Programs are looked for now: one that comes later, or is replaced by one
    /// elsewhere, is not run before the next start. A program that is not there makes its entries refuse, no more.
    #[must_use]
    pub fn new(
        settings: &ExecutorSettings,
        find: impl Fn(&str) -> Result<PathBuf, ProgramError> + Send + Sync + 'static,
    ) -> Self {
        let (mut entries, mut mistakes) = (Vec::new(), Vec::new());
        for text in &settings.allow {
            match Pattern::parse(text) {
                Ok(pattern) => {
                    let program = match pattern.program() {
                        Program::Any => None,
                        Program::Named(name) | Program::At(name) => {
                            Some(find(name).map_err(No::from))
                        }
                    };
                    entries.push(Entry { pattern, program });
                }
                Err(error) => mistakes.push(Problem {
                    entry: text.clone(),
                    rule: "pattern",
                    reason: error.to_string(),
                }),
            }
        }
        Self {
            entries,
            mistakes,
            shell: settings.shell,
            native_cpufreq: settings.native_cpufreq,
            find: Arc::new(find),
        }
    }

    /// Whether text goes to a shell as it is.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.shell && self.any().is_some()
    }

    /// Entries that allow nothing, and why: mistakes, and programs that cannot be run.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let entries = self.entries.iter().filter_map(|entry| {
            let missing = entry.program.as_ref()?.as_ref().err()?;
            // not needed for what is carried out without it
            let native = self.native_cpufreq && entry.is_about_frequency();
            (!native).then(|| Problem {
                entry: entry.pattern.as_str().to_owned(),
                rule: missing.rule,
                reason: missing.reason.clone(),
            })
        });
        self.mistakes.iter().cloned().chain(entries).collect()
    }

    /// What becomes of a command.
    #[must_use]
    pub fn decide(&self, command: &Command<'_>) -> Verdict {
        self.permit(command).map_or_else(
            |No { rule, reason }| Verdict::Refused { rule, reason },
            |(run, rule)| {
                let rule = rule.to_owned();
                Verdict::Allowed { run, rule }
            },
        )
    }

    fn any(&self) -> Option<&Entry> {
        let mut entries = self.entries.iter();
        entries.find(|entry| *entry.pattern.program() == Program::Any)
    }

    fn permit(&self, command: &Command<'_>) -> Result<(Run, &str), No> {
        if self.entries.is_empty() {
            return Err(self.nothing_allowed());
        }
        if let Some(permitted) = self.way_back(command) {
            return permitted;
        }
        let argv: Cow<'_, [String]> = match *command {
            Command::Text(text) => match self.any() {
                Some(entry) if self.shell => return verbatim(text, entry),
                _ => Cow::Owned(words::split(text).map_err(|error| self.no_words(&error))?),
            },
            Command::Argv(argv) => {
                words::check(argv)?;
                Cow::Borrowed(argv)
            }
        };
        is_a_program(&argv[0])?;
        if let Some(permitted) = self.frequency(&argv) {
            return permitted;
        }
        self.program(argv)
    }

    /// The way back from frequency steps, allowed where a step of any kind is. No program has that option, so neither a
    /// shell nor `cpufreq-set` itself is asked.
    fn way_back(&self, command: &Command<'_>) -> Option<Result<(Run, &str), No>> {
        let argv: Cow<'_, [String]> = match *command {
            Command::Text(text) => Cow::Owned(words::split(text).ok()?),
            Command::Argv(argv) => Cow::Borrowed(argv),
        };
        if !is_restore(without_sudo(&argv)) {
            return None;
        }
        if !self.native_cpufreq {
            return Some(Err(No {
                rule: "no-native-cpufreq",
                reason: "the way back is that of the built-in frequency step, which is switched off here"
                    .to_owned(),
            }));
        }
        let entry = self
            .entries
            .iter()
            .find(|entry| entry.may_set_frequency())?;
        Some(Ok((Run::CpuFrequencyRestore, entry.pattern.as_str())))
    }

    /// The frequency step, if the command is one and an entry allows it, with or without `sudo`.
    fn frequency(&self, argv: &[String]) -> Option<Result<(Run, &str), No>> {
        if !self.native_cpufreq {
            return None;
        }
        let bare = without_sudo(argv);
        let wish = wish(bare)?;
        let mut with_sudo = vec![SUDO.to_owned()];
        with_sudo.extend_from_slice(bare);
        let allows = |entry: &&Entry| entry.names(bare) || entry.names(&with_sudo);
        let entry = self.entries.iter().find(allows)?;
        let permitted = wish.map_err(|error| No {
            rule: "frequency",
            reason: error.to_string(),
        });
        Some(permitted.map(|wish| (Run::CpuFrequency(wish), entry.pattern.as_str())))
    }

    /// A program without a shell.
    fn program(&self, argv: Cow<'_, [String]>) -> Result<(Run, &str), No> {
        let mut unfit: Option<(&Entry, Unfit)> = None;
        let (mut missing, mut elsewhere) = (None, None);
        for entry in &self.entries {
            match entry.is_of(&argv[0]) {
                IsOf::Another => continue,
                IsOf::OtherPath => {
                    elsewhere = elsewhere.or_else(|| entry.other_path(&argv[0]));
                    continue;
                }
                IsOf::This => {}
            }
            if let Err(why) = entry.pattern.fits(&argv[1..]) {
                // the entry that fits furthest tells best what was wrong
                if unfit
                    .as_ref()
                    .is_none_or(|(_, other)| other.argument < why.argument)
                {
                    unfit = Some((entry, why));
                }
                continue;
            }
            let found = match &entry.program {
                Some(found) => found.clone(),
                None => (self.find)(&argv[0]).map_err(No::from),
            };
            match found {
                Ok(path) => {
                    let argv = argv.into_owned();
                    return Ok((Run::Program { path, argv }, entry.pattern.as_str()));
                }
                Err(no) => missing = Some(no),
            }
        }
        Err(match (missing, unfit, elsewhere) {
            (Some(no), _, _) | (None, None, Some(no)) => no,
            (None, Some((entry, why)), _) => No {
                rule: "argument",
                reason: format!(
                    "{why} (by the entry `{}`)",
                    shown(entry.pattern.as_str(), 128)
                ),
            },
            (None, None, None) => self.not_in_allow(&argv[0]),
        })
    }

    fn nothing_allowed(&self) -> No {
        let why = match self.mistakes.first() {
            None => "there is no `allow`".to_owned(),
            Some(first) => format!("no entry of `allow` can be used, the first because {first}"),
        };
        No {
            rule: "no-policy",
            reason: format!(
                "nothing is allowed here: {why}; what may run is a line `allow = ...` under [sut] of config.ini, or `allow = [..]` of the executor in the topology"
            ),
        }
    }

    fn no_words(&self, error: &NotWords) -> No {
        let mut no = No::from(*error);
        if self.shell && error.rule != WordRule::Empty {
            no.reason
                .push_str("; `shell = true` counts together with an entry `*` only");
        }
        no
    }

    fn not_in_allow(&self, program: &str) -> No {
        const MOST: usize = 8;
        let entries = self.entries.iter().take(MOST);
        let allowed: Vec<String> = entries
            .map(|entry| format!("`{}`", shown(entry.pattern.as_str(), 64)))
            .collect();
        let more = match self.entries.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let odd = stranger(program).map_or_else(String::new, |c| {
            format!(" (with U+{:04X}, which is no ASCII)", c as u32)
        });
        No {
            rule: "not-in-allow",
            reason: format!(
                "the program `{}`{odd} is not allowed; allowed are {}{more}",
                shown(program, 64),
                allowed.join(", ")
            ),
        }
    }
}

/// Text for a shell, where everything is allowed.
fn verbatim<'e>(text: &str, entry: &'e Entry) -> Result<(Run, &'e str), No> {
    match text.find('\0') {
        None => Ok((Run::Shell(text.to_owned()), entry.pattern.as_str())),
        Some(at) => Err(No::from(NotWords {
            rule: WordRule::Nul,
            at: words::At::Byte(at),
            found: Some('\0'),
        })),
    }
}

fn without_sudo(argv: &[String]) -> &[String] {
    match argv {
        [first, rest @ ..] if first == SUDO => rest,
        argv => argv,
    }
}

/// A program is named plainly, or it is not looked at.
fn is_a_program(program: &str) -> Result<(), No> {
    if is_name(program) || is_absolute(program) {
        return Ok(());
    }
    Err(No {
        rule: "program-path",
        reason: format!(
            "`{}` is no program; it takes a name without `/`, or an absolute path without `.`, `..` and empty parts",
            shown(program, 64)
        ),
    })
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("entries", &self.entries)
            .field("mistakes", &self.mistakes)
            .field("shell", &self.shell)
            .field("native_cpufreq", &self.native_cpufreq)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
