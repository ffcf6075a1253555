//! `mqtt-thing sim-fleet`: many clients in one process that answer and run nothing, for trials and figures.

mod delay;
mod told;

use super::connection::ConnectionArgs;
use super::serving::Stop;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, governor, whole};
use anstream::{eprint, eprintln};
use clap::Args;
use delay::Delay;
use mqtt_thing::fleet::GovernorTopics;
use mqtt_thing::fleet::simulated::{Faces, Manner, Script};
use mqtt_thing::runtime::sim_fleet::{SimFleet, SimFleetOptions};
use mqtt_thing::topology::{self, answers, report};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use told::Told;

/// How long a clean close may take: a thousand clients say goodbye.
const CLOSE_WITHIN: Duration = Duration::from_secs(10);
/// How often it is looked how they are doing.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Be many clients that answer every command and run nothing: for trials and figures
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing sim-fleet --clients 20 --broker mqtt://10.0.0.1        sim-01 to sim-20 register and answer\n  \
    mqtt-thing sim-fleet --clients 1000 --own --delay 5ms..20ms       on their own topics, in 5 to 20 ms\n  \
    mqtt-thing sim-fleet --clients 50 --fail 0.01 --silent 0.001      one in a hundred fails, one in a thousand is mute\n  \
    mqtt-thing sim-fleet --clients 50 --script resources/sim-fleet/answers.toml other answers for other commands\n\n\
    Each client has a connection of its own, as a real one; `ulimit -n` must allow for them, here and at the broker.\n\
    Ctrl-C ends it, and clears what the broker keeps of the clients.")]
pub(super) struct SimFleetArgs {
    /// How many clients
    #[arg(long, value_name = "N")]
    clients: usize,

    /// What their ids begin with
    #[arg(long, value_name = "PREFIX", default_value = "sim")]
    prefix: String,

    /// As old clients: on the governor's topics only
    #[arg(long, conflicts_with_all = ["own", "both"])]
    old: bool,

    /// On our own topics only
    #[arg(long, conflicts_with = "both")]
    own: bool,

    /// On both, as `mqtt-thing sut`; this is what happens without --old and --own, too
    #[arg(long)]
    both: bool,

    /// The governor's configuration, for its topics and its broker
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// How commands are answered, as in resources/sim-fleet/answers.toml
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,

    /// How long a command takes, as 20ms or 5ms..20ms
    #[arg(long, value_name = "TIME", default_value = "0")]
    delay: Delay,

    /// How probable it is that a command fails, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = probability)]
    fail: f64,

    /// How probable it is that a command is never answered, 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = probability)]
    silent: f64,

    /// What is drawn follows from this number: the same one repeats a trial
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// All clients share one connection: cheaper, but not what a real fleet does, and without a last will
    #[arg(long)]
    shared_connection: bool,

    /// Print an event a line for a program
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

fn probability(text: &str) -> Result<f64, String> {
    let number = text.parse().ok();
    number
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or_else(|| "a probability is 0 to 1".to_owned())
}

impl SimFleetArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.as_deref();
        let Some(read) = governor::load(config, topology::governor::commander)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let Some(broker) = governor::broker(&self.connection, &read, None)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let Some(script) = self.script() else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let options = SimFleetOptions {
            broker,
            clients: self.clients,
            prefix: self.prefix.clone(),
            faces: self.faces(read.config.topics),
            script,
            seed: self.seed,
            shared_connection: self.shared_connection,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(self.serve(options));
        runtime.shutdown_background();
        outcome
    }

    async fn serve(&self, options: SimFleetOptions) -> anyhow::Result<ExitCode> {
        let mut stop = Stop::new()?;
        let began = Instant::now();
        let broker = options.broker.to_string();
        let fleet = match SimFleet::start(options) {
            Ok(fleet) => fleet,
            Err(error) => {
                eprintln!("mqtt-thing: {}", whole(&error));
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let mut told = Told::new(self.json, broker);
        while !stop.within(LOOK_EVERY).await {
            told.look(&fleet.counts(), began.elapsed())?;
        }
        let counts = fleet.counts();
        let clean = fleet.stop(CLOSE_WITHIN).await;
        told.end(&counts, clean)?;
        match clean == counts.clients {
            true => Ok(ExitCode::from(EXIT_OK)),
            false => Ok(ExitCode::from(EXIT_FAILED)),
        }
    }

    fn faces(&self, topics: GovernorTopics) -> Faces {
        Faces {
            own: !self.old,
            governor: (!self.own).then_some(topics),
        }
    }

    /// What the command line says of the usual manner, and the script of all. What is wrong with it is shown.
    fn script(&self) -> Option<Script> {
        let usual = Manner {
            takes: self.delay.0,
            fails: self.fail,
            silent: self.silent,
            ..Manner::default()
        };
        match &self.script {
            None => Some(Script {
                usual,
                commands: Vec::new(),
            }),
            Some(path) => read(path, usual),
        }
    }
}

fn read(path: &Path, usual: Manner) -> Option<Script> {
    let text = match topology::load(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("mqtt-thing: {}", whole(&error));
            return None;
        }
    };
    match answers::parse(&text, usual) {
        Ok(script) => Some(script),
        Err(mistakes) => {
            let file = path.display().to_string();
            eprint!("{}", report(&file, &text, &mistakes, true));
            None
        }
    }
}
