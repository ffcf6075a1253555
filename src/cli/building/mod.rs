//! `mqtt-thing building`: a smart building, as the courses have it.

mod alarm;
mod query;
mod shown;
mod simulate;

pub(super) use alarm::told::{rules, rules_json};

use super::EXIT_FAILED;
use super::connection::ConnectionArgs;
use super::governor::session;
use anstream::eprintln;
use anyhow::Context;
use clap::{Args, Subcommand};
use mqtt_thing::building::{Building, Floor, Quantity, Question, Room, Wing};
use mqtt_thing::mqtt::{Access, BrokerUrl, Options};
use std::process::ExitCode;
use std::time::Duration;

/// The broker of this machine, if none is named.
const USUAL: &str = "mqtt://localhost";
/// How long a broker is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// A smart building: simulate one, ask it, and watch it for alarms
#[derive(Debug, Args)]
#[command(
    after_help = "Topics: BUILDING/P_FLOOR/WING/ROOM/SENSOR, with sensor TEMP, HUM, LUX or VIBR and wing N, S, E, or O for the \
    west, which the command line understands as W, too.\n\n\
    Examples:\n  \
    mqtt-thing building simulate --floors 10 --rooms 25   1000 rooms\n  \
    mqtt-thing building query --floor 7 --wing S --room 4\n  \
    mqtt-thing building alarm --above TEMP=30 --below HUM=20"
)]
pub(super) struct BuildingCommand {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    Simulate(simulate::Simulate),
    Query(query::Query),
    Alarm(Box<alarm::Alarm>),
}

impl BuildingCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Commands::Simulate(simulate) => simulate.run(),
            Commands::Query(query) => query.run(),
            Commands::Alarm(alarm) => alarm.run(),
        }
    }
}

/// Where the sensors are
#[derive(Debug, Args)]
#[command(next_help_heading = "Where")]
struct WhereArgs {
    /// The building; all when absent
    #[arg(long, value_name = "NAME")]
    building: Option<Building>,

    /// The floor: 7 or P_7
    #[arg(long, value_name = "FLOOR")]
    floor: Option<Floor>,

    /// The wing: N, S, E, or O (also W) for the west
    #[arg(long, value_name = "WING")]
    wing: Option<Wing>,

    /// The room
    #[arg(long, value_name = "ROOM")]
    room: Option<Room>,
}

impl WhereArgs {
    fn question(&self, sensor: Option<Quantity>) -> Question {
        Question {
            building: self.building.clone(),
            floor: self.floor,
            wing: self.wing,
            room: self.room,
            sensor,
        }
    }
}

/// The way to the broker, as a client of its own name. What the command line does not say is as in a file, `written`
/// and `access`.
fn connect(
    connection: &ConnectionArgs,
    written: Option<BrokerUrl>,
    access: &Access,
    subcommand: &str,
) -> anyhow::Result<Options> {
    let url = match connection.broker.clone().or(written) {
        Some(url) => url,
        None => USUAL.parse::<BrokerUrl>().context("the usual broker")?,
    };
    let endpoint = connection.endpoint(url, access, None, None)?;
    Ok(session(endpoint, subcommand))
}

/// Runs something that waits for the network.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

/// Time was over before the broker was there.
fn not_reached(broker: &str, long: Duration) -> ExitCode {
    eprintln!("mqtt-thing: the broker {broker} was not reached within {long:?}");
    ExitCode::from(EXIT_FAILED)
}
