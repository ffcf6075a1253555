//! `mqtt-thing building alarm`.

use super::{PATIENCE, WhereArgs, block_on, connect};
use crate::cli::connection::ConnectionArgs;
use crate::cli::output::{print, tinted};
use crate::cli::seconds::seconds;
use crate::cli::serving::Stop;
use crate::cli::{EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::building::{
    AlarmEffect, AlarmLine, AlarmWatch, Limit, Rule, Sign, Threshold, Watching,
};
use mqtt_thing::model::{TopicFilter, harmless_json};
use mqtt_thing::runtime::building::{Seen, WatchOptions, watch};
use owo_colors::OwoColorize;
use std::process::ExitCode;
use std::time::Duration;

/// Watch a building: a line when a value crosses a threshold, and when it is over
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing building alarm --above TEMP=30 --below HUM=20\n  \
    mqtt-thing building alarm --above TEMP=30 --hysteresis 1 --hold 10 --silent 60\n  \
    mqtt-thing building alarm --above TEMP=30 --every            the course's: a line for each value beyond\n  \
    mqtt-thing building alarm --above TEMP=30 --floor 7 --field data.celsius\n\n\
    A line is: building floor wing room sensor value. While an alarm lasts, the broker keeps it on\n\
    BUILDING/alarms/P_FLOOR/WING/ROOM/SENSOR.")]
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

    /// Where the value stands in other people's JSON, as data.temperature
    #[arg(long, value_name = "NAME")]
    field: Option<String>,

    #[command(flatten)]
    place: WhereArgs,

    /// End after so many lines
    #[arg(long, value_name = "N")]
    count: Option<u64>,

    /// Print JSON lines
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

fn not_negative(text: &str) -> Result<f64, String> {
    let value: Option<f64> = text.parse().ok();
    value
        .filter(|value| value.is_finite() && *value >= 0.0)
        .ok_or_else(|| format!("`{text}` is no number from 0 on"))
}

impl Alarm {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let rules = self.rules();
        if rules.is_empty() {
            eprintln!(
                "mqtt-thing: there is nothing to watch for; give --above TEMP=30, or --below HUM=20"
            );
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        let options = WatchOptions {
            session: connect(&self.connection, "building")?,
            patience: PATIENCE,
            filters: filters(&rules),
        };
        for filter in &options.filters {
            eprintln!("subscribed to {filter}");
        }
        let alarm = AlarmWatch::new(Watching {
            rules,
            every: self.every,
            silent_after: self.silent,
            field: self.field.clone(),
        });
        let (mut lines, mut printed) = (0, Ok(()));
        block_on(async {
            let mut stop = Stop::new()?;
            let show = |sight: Seen<'_>| {
                match sight {
                    Seen::Alarm(AlarmEffect::Line(line)) => {
                        lines += 1;
                        let text = match self.json {
                            true => json(line),
                            false => tinted(&told(line, self.every)),
                        };
                        printed = print(&format!("{text}\n"));
                    }
                    Seen::Alarm(AlarmEffect::Refused(topic, error)) => {
                        eprintln!("mqtt-thing: {topic}: {error}");
                    }
                    Seen::Trouble(text) => eprintln!("mqtt-thing: {text}"),
                    Seen::Back => eprintln!("mqtt-thing: connected again"),
                    Seen::Alarm(AlarmEffect::Publish(_)) | Seen::Message(_) => {}
                }
                printed.is_ok() && self.count.is_none_or(|count| lines < count)
            };
            Ok(watch(options, Some(alarm), stop.told(), show).await?)
        })?;
        printed?;
        Ok(ExitCode::from(EXIT_OK))
    }

    fn rules(&self) -> Vec<Rule> {
        let rule = |threshold: &Threshold, limit: fn(f64) -> Limit| Rule {
            scope: self.place.question(Some(threshold.sensor)),
            limit: limit(threshold.value),
            hysteresis: self.hysteresis,
            hold: self.hold,
        };
        let above = self.above.iter().map(|its| rule(its, Limit::Above));
        let below = self.below.iter().map(|its| rule(its, Limit::Below));
        above.chain(below).collect()
    }
}

/// What the rules are about, and the alarms that the broker keeps of an earlier life; each once.
fn filters(rules: &[Rule]) -> Vec<TopicFilter> {
    let mut filters: Vec<TopicFilter> = Vec::new();
    for filter in rules
        .iter()
        .flat_map(|rule| [rule.scope.filter(), rule.scope.alarm_filter()])
    {
        if !filters.contains(&filter) {
            filters.push(filter);
        }
    }
    filters
}

fn told(line: &AlarmLine, every: bool) -> String {
    if every {
        return line.to_string();
    }
    match line.sign {
        Sign::Raised(limit) => format!("{line} {}", limit.red().bold()),
        Sign::Over(_) => format!("{line} {}", "over".green()),
        Sign::Silent => format!("{line} {}", "silent".yellow().bold()),
        Sign::Heard => format!("{line} {}", "heard again".green()),
    }
}

fn json(line: &AlarmLine) -> String {
    let place = &line.place;
    let mut json = serde_json::json!({
        "building": place.building.as_str(),
        "floor": place.floor.number(),
        "wing": place.wing.to_string(),
        "room": place.room.number(),
        "sensor": place.sensor.to_string(),
        "value": line.value,
        "unit": place.sensor.unit(),
    });
    let (sign, limit) = match line.sign {
        Sign::Raised(limit) => ("raised", Some(limit)),
        Sign::Over(limit) => ("over", Some(limit)),
        Sign::Silent => ("silent", None),
        Sign::Heard => ("heard", None),
    };
    json["alarm"] = sign.into();
    match limit {
        Some(Limit::Above(limit)) => json["above"] = limit.into(),
        Some(Limit::Below(limit)) => json["below"] = limit.into(),
        None => {}
    }
    harmless_json(json.to_string())
}
