//! `mqtt-thing building alarm`.

pub(super) mod rules;
pub(super) mod told;

use super::{PATIENCE, WhereArgs, block_on, connect, not_reached};
use crate::cli::connection::ConnectionArgs;
use crate::cli::output::{print, print_on, reader_gone, tinted};
use crate::cli::seconds::seconds;
use crate::cli::serving::Stop;
use crate::cli::{EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::building::{Limit, Question, Sign, Siren, Threshold, Watching};
use mqtt_thing::model::{TopicFilter, harmless};
use mqtt_thing::runtime::building::{Guard, Seen, WatchOptions, watch};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Watch a building: a line when a value crosses a threshold, and when it is over
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing building alarm --above TEMP=30 --below HUM=20\n  \
    mqtt-thing building alarm --above TEMP=30 --hysteresis 1 --hold 10 --silent 60\n  \
    mqtt-thing building alarm --above TEMP=30 --every\n  \
    mqtt-thing building alarm --above TEMP=30 --floor 7 --field data.celsius\n  \
    mqtt-thing building alarm --rules alarms.toml\n  \
    mqtt-thing building alarm --above TEMP=30 --actuator 10.0.0.2/buzzer0\n\n\
    A line is: building floor wing room sensor value. While an alarm lasts, the broker keeps it on \
    BUILDING/alarms/P_FLOOR/WING/ROOM/SENSOR, and each --actuator is on. At the end of this command actuators are put \
    off; alarms stay on the broker, and go on when it is started again: what is kept there is told with its time and \
    judged by the rules of today, and nothing is on for what they do not explain. Only one alarm should drive an \
    actuator: the first to end would put it off.\n\n\
    Exit codes: 0 it was stopped, --for is over, --count lines are printed, or nobody reads any more; 1 the broker was \
    not reached; 2 the rules cannot be used.")]
pub(super) struct Alarm {
    /// What is larger is an alarm, as TEMP=30
    #[arg(long, value_name = "SENSOR=VALUE")]
    above: Vec<Threshold>,

    /// What is smaller is an alarm, as HUM=20
    #[arg(long, value_name = "SENSOR=VALUE")]
    below: Vec<Threshold>,

    /// By how much a value must come back until an alarm is over
    #[arg(long, value_name = "VALUE", default_value_t = 0.0, value_parser = not_negative, allow_hyphen_values = true)]
    hysteresis: f64,

    /// For how many seconds a value must be beyond, or back
    #[arg(long, value_name = "SECONDS", default_value = "0", value_parser = seconds)]
    hold: Duration,

    /// Give alarm for a sensor that has said nothing for so many seconds
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "every")]
    silent: Option<Duration>,

    /// The course's simple behaviour: a line for each value beyond a threshold, nothing is kept
    #[arg(long, conflicts_with_all = ["hysteresis", "hold"])]
    every: bool,

    /// Where the value stands in other people's JSON or CBOR, as data.temperature; or of one sensor, as
    /// TEMP=temperature
    #[arg(long, value_name = "[SENSOR=]NAME")]
    field: Vec<rules::FieldOf>,

    /// Watch by the rules of this file, too: TOML by floor, wing and room, as resources/building/alarms.toml. They hold where the
    /// file says: --floor and the like, --hysteresis and --hold are about the thresholds of the command line
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,

    /// Only check the rules, and tell what is watched for
    #[arg(long)]
    check: bool,

    /// What is on while any alarm stands, as 10.0.0.2/buzzer0; a thing's name with --topology; or a topic that takes
    /// True and False
    #[arg(long, value_name = "THING/RESOURCE", conflicts_with = "every")]
    actuator: Vec<String>,

    /// The lab that knows the things' names, and the broker
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,

    #[command(flatten)]
    place: WhereArgs,

    /// End after so many lines
    #[arg(long, value_name = "N", help_heading = "Output", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// End after so many seconds
    #[arg(long = "for", value_name = "SECONDS", help_heading = "Output", value_parser = seconds)]
    long: Option<Duration>,

    /// Print JSON lines
    #[arg(long, help_heading = "Output")]
    json: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

fn not_negative(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| (0.0..=Limit::LARGEST).contains(value))
        .ok_or_else(|| format!("`{text}` is no number from 0 to {}", Limit::LARGEST))
}

impl Alarm {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(plan) = rules::plan(&self) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        if self.check {
            print(&told::plan("", &plan.watching, &plan.sirens))?;
            return Ok(ExitCode::from(EXIT_OK));
        }
        let filters = filters(&plan.watching);
        let options = WatchOptions {
            session: connect(&self.connection, plan.broker, &plan.access, "building")?,
            patience: PATIENCE,
            filters: filters.clone(),
        };
        let broker = options.session.broker.url.to_string();
        let guard = Guard::new(plan.watching, plan.sirens.iter().cloned());
        let (mut lines, mut printed, mut reached) = (0, Ok(true), false);
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
                    Seen::Connected => {
                        reached = true;
                        subscribed(&filters, &plan.sirens);
                    }
                    // it is none of ours, and nothing comes of it
                    Seen::Alarm(line) if line.sign == Sign::Unexplained => {
                        eprintln!("mqtt-thing: {}", told::unexplained(line));
                    }
                    Seen::Alarm(line) => {
                        lines += 1;
                        let text = match self.json {
                            true => told::line_json(line),
                            false => tinted(&told::line(line, self.every)),
                        };
                        printed = print_on(&format!("{text}\n"));
                    }
                    Seen::Siren(siren, word) => {
                        eprintln!("mqtt-thing: {}", told::siren(siren, word));
                    }
                    Seen::Trouble(text) => eprintln!("mqtt-thing: {}", harmless(text)),
                    Seen::Back => eprintln!("mqtt-thing: connected again"),
                    Seen::Message(_) => {}
                }
                matches!(printed, Ok(true)) && self.count.is_none_or(|count| lines < count)
            };
            Ok(watch(options, Some(guard), stopped, show).await?)
        })?;
        printed?;
        Ok(match self.long.filter(|_| !reached) {
            Some(long) => not_reached(&broker, long),
            None => ExitCode::from(EXIT_OK),
        })
    }
}

fn subscribed(filters: &[TopicFilter], sirens: &[Siren]) {
    for filter in filters {
        eprintln!("subscribed to {}", harmless(filter.as_str()));
    }
    for siren in sirens {
        let note = match siren.state() {
            Some(_) => "",
            None => ", which is no actuator of a thing: nobody tells whether it follows",
        };
        eprintln!("while an alarm stands, {siren} is on{note}");
    }
}

/// What the rules are about, and the alarms that the broker keeps of an earlier life; each once.
fn filters(watching: &Watching) -> Vec<TopicFilter> {
    let rules = watching.rules.iter().map(|rule| &rule.scope);
    let silences = watching.silences.iter().map(|silence| &silence.scope);
    let scopes: Vec<&Question> = rules.chain(silences).collect();
    let mut filters: Vec<TopicFilter> = Vec::new();
    for scope in scopes {
        let kept = (!watching.every).then(|| scope.alarm_filter());
        for filter in std::iter::once(scope.filter()).chain(kept) {
            if !filters.contains(&filter) {
                filters.push(filter);
            }
        }
    }
    filters
}
