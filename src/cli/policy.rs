//! `mqtt-thing policy explain`: says beforehand what would happen to a command, and why. Nothing is run.

mod told;

use super::output::print;
use super::{EXIT_OK, EXIT_USAGE, governor, load};
use anstream::eprintln;
use clap::{Args, Subcommand};
use mqtt_thing::fleet::policy::{Command, Policy};
use mqtt_thing::fleet::{ExecutorSettings, Verdict};
use mqtt_thing::system::{Programs, Root, User};
use mqtt_thing::topology::{self, Topology};
use std::path::PathBuf;
use std::process::ExitCode;

/// As a shell says that a program may not be run.
const EXIT_REFUSED: u8 = 126;

/// See what this machine's own file allows to be run
#[derive(Debug, Args)]
pub(super) struct PolicyCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Explain(Explain),
}

impl PolicyCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Explain(explain) => explain.run(),
        }
    }
}

/// Say what would happen to a command, by which rule, and why; nothing is run
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing policy explain --allow 'stress-ng --cpu *' -- 'stress-ng --cpu 4; reboot'\n  \
    mqtt-thing policy explain -- stress-ng --cpu 4             by config.ini of this folder, as `sut`\n  \
    mqtt-thing policy explain --topology lab.toml --thing inner -- 'cpufreq-set -r -f 800MHz'\n\n\
    One COMMAND is text and is split as if it came from the network; several are a program and its arguments.\n\
    Which programs could be replaced depends on the user: run this as the user that the service has.\n\
    Exit codes: 0 it would run, 126 it would be refused, 2 the command line or the file cannot be used.")]
struct Explain {
    /// By an executor of this topology
    #[arg(long, value_name = "FILE", conflicts_with_all = ["config", "allow", "shell"])]
    topology: Option<PathBuf>,

    /// Of this thing; not needed if only one has executors
    #[arg(long, value_name = "NAME", requires = "topology")]
    thing: Option<String>,

    /// This executor; not needed if there is only one
    #[arg(long, value_name = "NAME", requires = "topology")]
    executor: Option<String>,

    /// By this configuration of a governor; else config.ini of this folder, as `sut`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Allow this program with arguments of this pattern, as `sut --allow`; may be given again
    #[arg(long, value_name = "PATTERN")]
    allow: Vec<String>,

    /// Give what `*` allows to /bin/sh, as `sut --shell`
    #[arg(long)]
    shell: bool,

    /// Print an object for a program
    #[arg(long)]
    json: bool,

    /// The command: one word is text, several are a program and its arguments
    #[arg(value_name = "COMMAND", required = true, last = true)]
    command: Vec<String>,
}

impl Explain {
    fn run(self) -> anyhow::Result<ExitCode> {
        let Some(settings) = self.settings()? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let user = User::effective();
        let uid = user.uid;
        let programs = Programs::new(Root::default(), user);
        let policy = Policy::new(&settings, move |name| programs.find(name));
        let command = match self.command.as_slice() {
            [text] => Command::Text(text),
            argv => Command::Argv(argv),
        };
        let verdict = policy.decide(&command);
        if self.json {
            let object = told::as_json(&verdict, &policy.problems(), uid);
            print(&format!("{object:#}\n"))?;
        } else {
            for problem in policy.problems() {
                eprintln!("mqtt-thing: {}", told::harmless(&problem.to_string()));
            }
            print(&told::as_text(&verdict, uid))?;
        }
        Ok(ExitCode::from(match verdict {
            Verdict::Allowed { .. } => EXIT_OK,
            Verdict::Refused { .. } => EXIT_REFUSED,
        }))
    }

    /// What the executor is told by its file; `None` after a word about why that is not known.
    fn settings(&self) -> anyhow::Result<Option<ExecutorSettings>> {
        if let Some(path) = &self.topology {
            let Some(topology) = load(path) else {
                return Ok(None);
            };
            return Ok(match self.chosen(&topology) {
                Ok(settings) => Some(settings),
                Err(why) => {
                    eprintln!("mqtt-thing: {}", told::harmless(&why));
                    None
                }
            });
        }
        let config = governor::load(self.config.as_deref(), topology::governor::sut)?;
        Ok(config.map(|read| {
            let mut settings = read.config.settings;
            settings.allow.extend(self.allow.iter().cloned());
            settings.shell |= self.shell;
            settings
        }))
    }

    /// The executor that is meant.
    fn chosen(&self, topology: &Topology) -> Result<ExecutorSettings, String> {
        let all = topology.things.iter().flat_map(|thing| {
            thing.resources.iter().filter_map(|resource| {
                let settings = resource.executor.as_ref()?;
                Some((thing.name.as_str(), resource.name.as_str(), settings))
            })
        });
        let is_meant =
            |asked: &Option<String>, name: &str| asked.as_deref().is_none_or(|asked| asked == name);
        let all: Vec<_> = all.collect();
        let mut meant = all.iter().filter(|(thing, name, _)| {
            is_meant(&self.thing, thing) && is_meant(&self.executor, name)
        });
        match (meant.next(), meant.next()) {
            (Some((_, _, settings)), None) => Ok(ExecutorSettings::clone(settings)),
            (Some(_), Some(_)) => Err(format!(
                "which executor is meant? say --thing and --executor; there are {}",
                listed(&all)
            )),
            (None, _) if all.is_empty() => Err(
                "there is no executor in this file; a resource with kind = \"executor\" is one"
                    .to_owned(),
            ),
            (None, _) => Err(format!(
                "there is no such executor; there are {}",
                listed(&all)
            )),
        }
    }
}

fn listed<T>(executors: &[(&str, &str, T)]) -> String {
    let names = executors
        .iter()
        .map(|(thing, name, _)| format!("{thing}/{name}"));
    names.collect::<Vec<_>>().join(", ")
}
