//! `mqtt-thing building query`.

use super::alarm::rules::FieldOf;
use super::{PATIENCE, WhereArgs, block_on, connect, not_reached, shown};
use crate::cli::connection::ConnectionArgs;
use crate::cli::output::{columns, print, print_on, reader_gone};
use crate::cli::seconds::seconds;
use crate::cli::serving::Stop;
use crate::cli::{EXIT_FAILED, EXIT_OK};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::building::{Place, Quantity, plain};
use mqtt_thing::model::harmless;
use mqtt_thing::mqtt::Access;
use mqtt_thing::runtime::building::{Refusals, Seen, WatchOptions, watch};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

/// Ask for some sensors: builds the wildcard, shows it, and prints what arrives
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing building query --floor 7 --wing S --room 4     +/P_7/S/4/+\n  \
    mqtt-thing building query --sensor TEMP --for 30 --table   +/+/+/+/TEMP\n  \
    mqtt-thing building query --floor 2 --wing O --sensor VIBR --count 1\n\n\
    What is no reading is told on standard error, and does not count.\n\n\
    Exit codes: 0 a reading arrived, 1 none did.")]
pub(super) struct Query {
    #[command(flatten)]
    place: WhereArgs,

    /// What is measured: TEMP, HUM, LUX or VIBR; all when absent
    #[arg(long, value_name = "SENSOR")]
    sensor: Option<Quantity>,

    /// End after so many readings
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    long: Option<Duration>,

    /// Print a table at the end, a sensor a line with least, most and last value
    #[arg(long)]
    table: bool,

    /// Print JSON lines
    #[arg(long, conflicts_with = "table")]
    json: bool,

    /// Where the value stands in other people's JSON or CBOR, as data.temperature; or of one sensor, as
    /// TEMP=temperature
    #[arg(long, value_name = "[SENSOR=]NAME")]
    field: Vec<FieldOf>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

/// So many sensors find room in a table; who invents more of them fills no memory.
const MOST_ROWS: usize = 100_000;

/// What a sensor said in all.
#[derive(Debug, Default)]
struct Row {
    readings: u64,
    least: f64,
    most: f64,
    last: f64,
    /// Of the last one.
    unit: String,
}

impl Row {
    fn add(&mut self, value: f64, unit: String) {
        self.unit = unit;
        let first = self.readings == 0;
        self.least = if first { value } else { self.least.min(value) };
        self.most = if first { value } else { self.most.max(value) };
        self.last = value;
        self.readings += 1;
    }
}

impl Query {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let filter = self.place.question(self.sensor).filter();
        let asked = harmless(filter.as_str());
        let options = WatchOptions {
            session: connect(&self.connection, None, &Access::default(), "building")?,
            patience: PATIENCE,
            filters: vec![filter],
        };
        let fields = shown::Fields::new(&self.field);
        let (mut seen, mut rows, mut full) = (0, BTreeMap::<Place, Row>::new(), false);
        let (mut printed, mut refused, mut reached) = (Ok(true), Refusals::default(), false);
        let broker = options.session.broker.url.to_string();
        block_on(async {
            let mut stop = Stop::new()?;
            let stopped = async {
                tokio::select! {
                    () = stop.told_or_after(self.long) => {}
                    () = reader_gone() => {}
                }
            };
            let show = |sight: Seen<'_>| {
                match sight {
                    Seen::Message(message) => match fields.read(message) {
                        Ok((place, value)) => {
                            seen += 1;
                            let unit = shown::unit(&place, message);
                            if self.table {
                                if rows.len() < MOST_ROWS || rows.contains_key(&place) {
                                    rows.entry(place).or_default().add(value, unit);
                                } else if !std::mem::replace(&mut full, true) {
                                    eprintln!(
                                        "mqtt-thing: there are more sensors than {MOST_ROWS}; the table has these only"
                                    );
                                }
                            } else {
                                let line = match self.json {
                                    true => shown::json(&place, value, &unit),
                                    false => shown::line(&place, value, &unit),
                                };
                                printed = print_on(&format!("{line}\n"));
                            }
                        }
                        Err(error) => {
                            if let Some(text) = refused.told(&message.topic, &error) {
                                eprintln!("mqtt-thing: {}", harmless(&text));
                            }
                        }
                    },
                    Seen::Connected => {
                        reached = true;
                        eprintln!("subscribed to {asked}");
                    }
                    Seen::Trouble(text) => eprintln!("mqtt-thing: {}", harmless(text)),
                    Seen::Back => eprintln!("mqtt-thing: connected again"),
                    Seen::Alarm(_) | Seen::Siren(..) => {}
                }
                matches!(printed, Ok(true)) && self.count.is_none_or(|count| seen < count)
            };
            Ok(watch(options, None, stopped, show).await?)
        })?;
        printed?;
        if let Some(long) = self.long.filter(|_| !reached) {
            return Ok(not_reached(&broker, long));
        }
        if self.table {
            print(&table(&rows))?;
        }
        Ok(ExitCode::from(if seen > 0 { EXIT_OK } else { EXIT_FAILED }))
    }
}

fn table(rows: &BTreeMap<Place, Row>) -> String {
    let head = [
        "building", "floor", "wing", "room", "sensor", "last", "least", "most", "readings",
    ];
    let mut cells = vec![head.map(str::to_owned).to_vec()];
    for (place, row) in rows {
        // from the network, to a terminal
        let unit = harmless(&row.unit);
        cells.push(vec![
            place.building.to_string(),
            place.floor.to_string(),
            place.wing.to_string(),
            place.room.to_string(),
            place.sensor.to_string(),
            format!("{} {unit}", plain(row.last)),
            plain(row.least),
            plain(row.most),
            row.readings.to_string(),
        ]);
    }
    columns("", &cells)
}
