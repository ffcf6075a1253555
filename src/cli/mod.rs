//! The command line: a file a subcommand. Parses, prints, and gives exit codes; decides nothing else.

mod audit;
#[cfg(feature = "broker-tools")]
mod broker;
mod building;
mod check;
mod commander;
mod connection;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod exchange;
mod feedback;
mod governor;
mod health;
mod home_assistant;
mod key;
mod kinds;
mod logging;
#[cfg(feature = "manual")]
mod manual;
mod mosquitto;
mod new_file;
mod operator;
mod output;
mod painter;
mod policy;
mod probe;
mod prompt;
mod publish;
mod run;
mod runner;
mod runs;
mod screen;
mod seconds;
mod send;
mod serving;
mod signing;
mod sim_fleet;
mod status;
mod subscribe;
mod sut;
mod text;
mod topics;

use anstream::{eprint, eprintln};
use clap::builder::Resettable;
use clap::{Arg, Command, CommandFactory, FromArgMatches, Parser, Subcommand};
use mqtt_thing::mqtt::AccessError;
use mqtt_thing::runtime::TrustError;
use mqtt_thing::topology::{self, Topology};
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// Everything is well.
const EXIT_OK: u8 = 0;
/// Something failed while it ran.
const EXIT_FAILED: u8 = 1;
/// The command line or the file cannot be used; trying again will not help.
const EXIT_USAGE: u8 = 2;

/// Turns a Raspberry Pi with a GrovePi board into a thing on an MQTT network.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = examples()
)]
struct Cli {
    /// Say more: -v what happens, -vv every message, -vvv every transfer. RUST_LOG is finer
    #[arg(short, long, action = clap::ArgAction::Count, global = true)]
    verbose: u8,

    /// Say only what is wrong
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    #[command(subcommand)]
    command: Subcommands,
}

fn examples() -> String {
    let demo = match cfg!(feature = "demo") {
        true => {
            "mqtt-thing demo                      see it work, without a Pi and without a broker\n  "
        }
        false => "",
    };
    format!(
        "Examples:\n  {demo}\
        mqtt-thing check lab.toml            find every mistake in a topology file\n  \
        mqtt-thing probe                     is a board there, and what does each port read?\n  \
        mqtt-thing run lab.toml              be the thing that has this machine's address\n  \
        mqtt-thing doctor                    what is wrong with this machine, and what mends it?\n  \
        mqtt-thing runs list                 what an operator's runs came to\n\n\
        Exit codes: 0 well, 1 something failed, 2 the command line or the file cannot be used."
    )
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Run(run::Run),
    Runner(runner::Runner),
    Sut(sut::Sut),
    Operator(Box<operator::OperatorArgs>),
    Commander(commander::CommanderArgs),
    Send(send::Send),
    SimFleet(Box<sim_fleet::SimFleetArgs>),
    #[cfg(feature = "demo")]
    Demo(demo::Demo),
    Doctor(doctor::Doctor),
    #[command(name = "pub")]
    Publish(Box<publish::Publish>),
    #[command(name = "sub")]
    Subscribe(Box<subscribe::Subscribe>),
    Building(building::BuildingCommand),
    Check(check::Check),
    Feedback(feedback::ReadFeedback),
    Health(health::HealthCommand),
    HomeAssistant(home_assistant::HomeAssistantCommand),
    Key(key::KeyCommand),
    Kinds(kinds::Kinds),
    Probe(probe::Probe),
    Status(Box<status::StatusCommand>),
    Topics(topics::TopicsCommand),
    Policy(policy::PolicyCommand),
    Runs(runs::Runs),
    Audit(audit::AuditCommand),
    #[cfg(feature = "broker-tools")]
    Broker(broker::BrokerCommand),
    #[cfg(feature = "manual")]
    Manual(manual::Manual),
}

impl Subcommands {
    /// What it shows is its own; the log would stand in between.
    fn is_calm(&self) -> bool {
        match self {
            #[cfg(feature = "demo")]
            Self::Demo(_) => true,
            #[cfg(feature = "broker-tools")]
            Self::Broker(_) => true,
            Self::Operator(_)
            | Self::Commander(_)
            | Self::Send(_)
            | Self::Key(_)
            | Self::SimFleet(_)
            | Self::Publish(_)
            | Self::Subscribe(_)
            | Self::Building(_)
            | Self::HomeAssistant(_)
            | Self::Status(_)
            | Self::Topics(_) => true,
            _ => false,
        }
    }

    /// Whether it has failed attempts on purpose, which are no news.
    fn tries(&self) -> bool {
        match self {
            #[cfg(feature = "broker-tools")]
            Self::Broker(broker) => broker.tries(),
            Self::HomeAssistant(_) | Self::Status(_) | Self::Topics(_) => true,
            _ => false,
        }
    }
}

/// Parses the command line and carries it out.
pub(crate) fn main() -> ExitCode {
    if let Some(words) = mosquitto::habit(std::env::args_os().skip(1)) {
        eprintln!("mqtt-thing: {words}");
        return ExitCode::from(EXIT_USAGE);
    }
    let matches = without_empty_variables(Cli::command()).get_matches();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let (calm, tries) = (cli.command.is_calm(), cli.command.tries());
    logging::start(cli.verbose, cli.quiet, calm, tries);
    let outcome = match cli.command {
        Subcommands::Run(run) => run.run(),
        Subcommands::Runner(runner) => runner.run(),
        Subcommands::Sut(sut) => sut.run(),
        Subcommands::Operator(operator) => operator.run(),
        Subcommands::Commander(commander) => commander.run(),
        Subcommands::Send(send) => send.run(),
        Subcommands::SimFleet(fleet) => fleet.run(),
        #[cfg(feature = "demo")]
        Subcommands::Demo(demo) => demo.run(),
        Subcommands::Doctor(doctor) => doctor.run(),
        Subcommands::Publish(publish) => publish.run(),
        Subcommands::Subscribe(subscribe) => subscribe.run(),
        Subcommands::Building(building) => building.run(),
        Subcommands::Check(check) => check.run(),
        Subcommands::Feedback(feedback) => feedback.run(),
        Subcommands::Health(health) => health.run(),
        Subcommands::HomeAssistant(home) => home.run(),
        Subcommands::Key(key) => key.run(),
        Subcommands::Kinds(kinds) => kinds.run(),
        Subcommands::Probe(probe) => probe.run(),
        Subcommands::Status(status) => status.run(),
        Subcommands::Topics(topics) => topics.run(),
        Subcommands::Policy(policy) => policy.run(),
        Subcommands::Runs(runs) => runs.run(),
        Subcommands::Audit(audit) => audit.run(),
        #[cfg(feature = "broker-tools")]
        Subcommands::Broker(broker) => broker.run(),
        #[cfg(feature = "manual")]
        Subcommands::Manual(manual) => manual.run(Cli::command()),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("mqtt-thing: {}", whole(error.as_ref()));
        ExitCode::from(match is_unusable(&error) {
            true => EXIT_USAGE,
            false => EXIT_FAILED,
        })
    })
}

/// Whether it is what the command line or a file says, so that trying again does not help.
fn is_unusable(error: &anyhow::Error) -> bool {
    let mut causes = error.chain();
    causes.any(|cause| cause.is::<AccessError>() || cause.is::<TrustError>())
}

/// Lets an environment variable that is set to nothing count as not set, as in `MQTT_THING_BROKER= mqtt-thing run`
/// or an `EnvironmentFile` that is not filled in.
fn without_empty_variables(command: Command) -> Command {
    let is_empty = |arg: &Arg| {
        let value = arg.get_env().and_then(std::env::var_os);
        value.is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| match is_empty(&arg) {
            true => arg.env(Resettable::Reset),
            false => arg,
        })
        .mut_subcommands(without_empty_variables)
}

/// An error with its causes, but for those that it tells itself.
fn whole(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if !told.contains(&text) {
            told.push_str(": ");
            told.push_str(&text);
        }
        next = cause.source();
    }
    told
}

/// Reads and checks a topology file. What is wrong with it is shown on standard error; `None` if that is anything.
fn load(path: &Path) -> Option<Topology> {
    let text = match topology::load(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("mqtt-thing: {}", whole(&error));
            return None;
        }
    };
    let file = path.display().to_string();
    match topology::parse(&text) {
        Ok(topology) => {
            eprint!(
                "{}",
                topology::report_warnings(&file, &text, &topology.warnings, true)
            );
            Some(topology)
        }
        Err(mistakes) => {
            eprint!("{}", topology::report(&file, &text, &mistakes, true));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Outer {
        #[error("the bus cannot be used: {0}")]
        Telling(#[source] std::io::Error),
        #[error("the bus cannot be used")]
        Silent(#[source] std::io::Error),
    }

    #[test]
    fn each_cause_is_told_once() {
        let cause = || std::io::Error::other("it burns");
        for error in [Outer::Telling(cause()), Outer::Silent(cause())] {
            assert_eq!(whole(&error), "the bus cannot be used: it burns");
            let above = anyhow::Error::from(error).context("no board");
            assert_eq!(
                whole(above.as_ref()),
                "no board: the bus cannot be used: it burns"
            );
        }
    }
}
