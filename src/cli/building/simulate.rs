//! `mqtt-thing building simulate`.

use super::{PATIENCE, block_on, connect};
use crate::cli::connection::ConnectionArgs;
use crate::cli::new_file::NewFile;
use crate::cli::seconds::seconds;
use crate::cli::serving::Stop;
use crate::cli::{EXIT_FAILED, EXIT_OK, EXIT_USAGE};
use anstream::{eprint, eprintln};
use clap::{Args, ValueEnum};
use mqtt_thing::building::{Building, Encoding, Quantity, Shape, Wing};
use mqtt_thing::model::{QoS, utc_text};
use mqtt_thing::mqtt::Access;
use mqtt_thing::runtime::building::{SimulateOptions, Tally, simulate};
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// A building whose sensors speak at random times, the same from the same seed
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing building simulate\n  \
    mqtt-thing building simulate --floors 10 --rooms 25 --every 5..60\n  \
    mqtt-thing building simulate --format cbor --count 1000 --record said.jsonl\n  \
    mqtt-thing building simulate --floors 25 --rooms 25 --every 0\n\n\
    While the broker is away, time stands still in the building.")]
pub(super) struct Simulate {
    /// The building's name
    #[arg(long, value_name = "NAME", default_value = "building")]
    building: Building,

    /// How many floors, from 0 on
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1000))]
    floors: u16,

    /// The wings
    #[arg(
        long,
        value_name = "WING,..",
        value_delimiter = ',',
        default_value = "N,S,E,O"
    )]
    wings: Vec<Wing>,

    /// How many rooms a wing has on each floor, from 0 on
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    rooms: u16,

    /// The sensors of a room
    #[arg(
        long,
        value_name = "SENSOR,..",
        value_delimiter = ',',
        default_value = "TEMP,HUM,LUX,VIBR"
    )]
    sensors: Vec<Quantity>,

    /// Each sensor speaks again after a random time between these, in seconds; 0: as fast as it can
    #[arg(long, value_name = "SECONDS..SECONDS", default_value = "2..20", value_parser = range)]
    every: (Duration, Duration),

    /// The same seed says the same
    #[arg(long, default_value_t = 1)]
    seed: u64,

    /// How readings are written
    #[arg(long, value_enum, default_value_t = Format::Json)]
    format: Format,

    /// Quality of service
    #[arg(long, value_name = "0|1", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=1))]
    qos: u8,

    /// Let the broker keep each sensor's last word
    #[arg(long)]
    retain: bool,

    /// End after so many readings
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    long: Option<Duration>,

    /// Write each reading to this new file, too: JSON lines with topic, value and time
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Cbor,
}

fn range(text: &str) -> Result<(Duration, Duration), String> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let (least, most) = (seconds(least)?, seconds(most)?);
    match least <= most {
        true => Ok((least, most)),
        false => Err(format!("`{text}` is no range of times, as 2..20")),
    }
}

impl Simulate {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let shape = Shape {
            building: self.building.clone(),
            floors: self.floors,
            wings: self.wings.clone(),
            rooms: self.rooms,
            sensors: self.sensors.clone(),
            every: self.every,
        };
        let twice = again(&self.wings).map(ToString::to_string);
        let twice = twice.or_else(|| again(&self.sensors).map(ToString::to_string));
        if let Some(twice) = twice {
            eprintln!("mqtt-thing: {twice} is there twice; name each once");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        if let Some(record) = self.record.as_deref().filter(|record| record.is_file()) {
            let record = record.display();
            eprintln!("mqtt-thing: there is a file {record} already; nothing is written over");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        if shape.sensors() > 1_000_000 {
            let sensors = shape.sensors();
            eprintln!(
                "mqtt-thing: that are {sensors} sensors; at most 1000000 fit into one process"
            );
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        let mut record = self.record.as_deref().map(NewFile::create).transpose()?;
        let options = SimulateOptions {
            session: connect(&self.connection, None, &Access::default(), "building")?,
            patience: PATIENCE,
            shape,
            seed: self.seed,
            encoding: match self.format {
                Format::Json => Encoding::Json,
                Format::Cbor => Encoding::Cbor,
            },
            qos: match self.qos {
                0 => QoS::AtMostOnce,
                _ => QoS::AtLeastOnce,
            },
            retain: self.retain,
            count: self.count,
        };
        let sensors = options.shape.sensors();
        announce(&options.shape);
        let mut trouble = None;
        let mut progress = Progress::new();
        let tally = block_on(async {
            let mut stop = Stop::new()?;
            let began = Instant::now();
            let stopped = stop.told_or_after(self.long);
            let tally = simulate(options, stopped, |said, tally| {
                progress.show(tally.said);
                if let (Some(record), None) = (&mut record, &trouble) {
                    let (topic, value) = (said.place.topic(), said.reading.value);
                    let line = serde_json::json!({ "topic": topic.as_str(), "value": value, "time": utc_text(said.reading.time) });
                    trouble = writeln!(record, "{line}").err();
                }
            });
            let tally = tally.await;
            progress.wipe();
            let tally = tally?;
            told(sensors, &tally, began.elapsed());
            Ok(tally)
        })?;
        if let Some(error) = trouble {
            return Err(anyhow::Error::from(error).context("the record cannot be written"));
        }
        record.map(NewFile::finish).transpose()?;
        Ok(ExitCode::from(match tally.all_delivered {
            true => EXIT_OK,
            false => EXIT_FAILED,
        }))
    }
}

/// The first that is there twice.
fn again<T: PartialEq>(list: &[T]) -> Option<&T> {
    let mut places = (0..list.len()).filter(|place| list[..*place].contains(&list[*place]));
    places.next().map(|place| &list[place])
}

/// What follows from the command line.
fn announce(shape: &Shape) {
    let (least, most) = shape.every;
    let (least, most) = (least.as_secs_f64(), most.as_secs_f64());
    let sensors = shape.sensors();
    match shape.rate() {
        rate if rate.is_finite() => eprintln!(
            "{sensors} sensors, each every {least} to {most} s: about {rate:.0} readings a second"
        ),
        _ => eprintln!("{sensors} sensors, as fast as they can"),
    }
}

/// A line on a terminal that is written anew every second.
struct Progress {
    is_shown: bool,
    said: u64,
    last: Instant,
}

impl Progress {
    fn new() -> Self {
        Self {
            is_shown: std::io::stderr().is_terminal(),
            said: 0,
            last: Instant::now(),
        }
    }

    fn show(&mut self, said: u64) {
        if !self.is_shown || self.last.elapsed() < Duration::from_secs(1) {
            return;
        }
        let rate = per_second(said - self.said, self.last.elapsed());
        eprint!("\r{said} readings, {rate:.0} a second\x1b[K");
        (self.said, self.last) = (said, Instant::now());
    }

    fn wipe(&self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }
}

// readings lie far below 2^53
#[allow(clippy::cast_precision_loss)]
fn per_second(readings: u64, took: Duration) -> f64 {
    readings as f64 / took.as_secs_f64().max(1e-3)
}

fn told(sensors: usize, tally: &Tally, took: Duration) {
    let rate = per_second(tally.said, took);
    eprintln!(
        "{sensors} sensors said {} readings in {:.1} s, {rate:.0} a second",
        tally.said,
        took.as_secs_f64()
    );
    if !tally.all_delivered {
        eprintln!("mqtt-thing: the broker does not have all of them");
    }
}
