//! What is watched for: the thresholds of the command line and the rules of a file, together.

use super::Alarm;
use crate::cli::whole;
use anstream::{eprint, eprintln};
use mqtt_thing::building::{
    Doubt, Field, Limit, LimitDoubt, Limits, Quantity, Question, Rule, Silence, Siren, SirenSet,
    Threshold, Watching,
};
use mqtt_thing::mqtt::{Access, BrokerUrl};
use mqtt_thing::topology::alarms::{self, AlarmsFile};
use mqtt_thing::topology::{self, Topology, report, report_warnings};
use std::path::Path;
use std::str::FromStr;

/// `data.temperature`, or `TEMP=temperature`.
#[derive(Debug, Clone)]
pub(in crate::cli::building) struct FieldOf {
    pub(in crate::cli::building) sensor: Option<Quantity>,
    pub(in crate::cli::building) name: String,
}

impl FromStr for FieldOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (sensor, name) = match text.split_once('=') {
            None => (None, text),
            Some((sensor, name)) => {
                let sensor = sensor.trim().parse();
                (Some(sensor.map_err(|error| format!("{error}"))?), name)
            }
        };
        match name.split('.').any(str::is_empty) {
            true => Err("a field is a name, or several with dots between".to_owned()),
            false => Ok(Self {
                sensor,
                name: name.to_owned(),
            }),
        }
    }
}

/// What is watched for, and where.
pub(super) struct Plan {
    pub(super) watching: Watching,
    pub(super) sirens: Vec<Siren>,
    pub(super) broker: Option<BrokerUrl>,
    pub(super) access: Access,
}

/// Makes it of the command line and its files. What is wrong is shown on standard error; `None` if that is anything.
pub(super) fn plan(args: &Alarm) -> Option<Plan> {
    let lab = match &args.topology {
        None => None,
        Some(path) => Some(crate::cli::load(path)?),
    };
    let mut plan = match &args.rules {
        None => Plan {
            watching: Watching::default(),
            sirens: Vec::new(),
            broker: None,
            access: Access::default(),
        },
        Some(path) => from_file(path, lab.as_ref())?,
    };
    if let Some(wrong) = args
        .rules
        .as_ref()
        .and_then(|file| beside(args, file, &plan.watching))
    {
        eprintln!("mqtt-thing: {wrong}");
        return None;
    }
    if !is_possible(args) {
        return None;
    }
    plan.watching.every = args.every;
    let all = actuators(args, &mut plan.sirens, lab.as_ref())?;
    for rule in &mut plan.watching.rules {
        rule.sirens = rule.sirens.or(all);
    }
    for silence in &mut plan.watching.silences {
        silence.sirens = silence.sirens.or(all);
    }
    typed(args, all, &mut plan.watching);
    if let (None, Some(lab)) = (&plan.broker, &lab) {
        plan.broker = lab.broker.url.parse().ok();
        // what lets the lab's things in does not let us in; whom they trust, we do
        plan.access.ca_file = lab.broker.access.clone().below(folder(args)).ca_file;
    }
    if plan.watching.rules.is_empty() && plan.watching.silences.is_empty() {
        eprintln!(
            "mqtt-thing: there is nothing to watch for; give --above TEMP=30, --below HUM=20, --silent 60, or --rules FILE"
        );
        return None;
    }
    Some(plan)
}

/// What the command line says beside a file, and is about nothing in it.
fn beside(args: &Alarm, file: &Path, found: &Watching) -> Option<String> {
    let file = file.display();
    let place = &args.place;
    let alone = args.above.is_empty() && args.below.is_empty() && args.silent.is_none();
    let given = [
        ("--building", place.building.is_some()),
        ("--floor", place.floor.is_some()),
        ("--wing", place.wing.is_some()),
        ("--room", place.room.is_some()),
        ("--hysteresis", args.hysteresis > 0.0),
        ("--hold", !args.hold.is_zero()),
    ];
    if let Some((option, _)) = given.iter().find(|(_, is_given)| alone && *is_given) {
        return Some(format!(
            "{option} is about thresholds of the command line, and there are none; the rules of {file} say themselves \
             where they hold, and how"
        ));
    }
    let rules = &found.rules;
    let has = [
        ("hysteresis", rules.iter().any(|rule| rule.hysteresis > 0.0)),
        ("hold_s", rules.iter().any(|rule| !rule.hold.is_zero())),
        ("silent_s", !found.silences.is_empty()),
        (
            "actuators",
            rules.iter().any(|rule| !rule.sirens.is_empty()),
        ),
    ];
    let (key, _) = has.iter().find(|(_, has)| args.every && *has)?;
    Some(format!(
        "--every is a line for each value beyond a threshold and nothing else, and {file} has `{key}`; leave out one of the two"
    ))
}

/// Whether the thresholds of the command line may stand together, as those of a rule in a file may. What is wrong or odd
/// is told.
fn is_possible(args: &Alarm) -> bool {
    let mut told: Vec<LimitDoubt> = Vec::new();
    for sensor in Quantity::ALL {
        let of = |all: &[Threshold]| -> Vec<Option<f64>> {
            let its = all.iter().filter(|its| its.sensor == sensor);
            let mut values: Vec<_> = its.map(|its| Some(its.value)).collect();
            if values.is_empty() {
                values.push(None);
            }
            values
        };
        for above in of(&args.above) {
            for below in of(&args.below) {
                let limits = Limits {
                    sensor: Some(sensor),
                    above,
                    below,
                    hysteresis: args.hysteresis,
                };
                let new = limits.doubts().into_iter();
                let new: Vec<_> = new.filter(|doubt| !told.contains(doubt)).collect();
                told.extend(new);
            }
        }
    }
    for LimitDoubt { message, help, .. } in &told {
        eprintln!("mqtt-thing: {message}; {help}");
    }
    told.iter().all(|doubt| doubt.kind == Doubt::Odd)
}

fn folder(args: &Alarm) -> &Path {
    let folder = args.topology.as_deref().and_then(Path::parent);
    folder.unwrap_or(Path::new(""))
}

fn from_file(path: &Path, lab: Option<&Topology>) -> Option<Plan> {
    let text = match topology::load(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("mqtt-thing: {}", whole(&error));
            return None;
        }
    };
    let file = path.display().to_string();
    match alarms::parse(&text, lab) {
        Ok(read) => {
            eprint!("{}", report_warnings(&file, &text, &read.warnings, true));
            let AlarmsFile {
                watching,
                sirens,
                broker,
                access,
                ..
            } = read;
            Some(Plan {
                watching,
                sirens,
                broker,
                access: access.below(path.parent().unwrap_or(Path::new(""))),
            })
        }
        Err(mistakes) => {
            eprint!("{}", report(&file, &text, &mistakes, true));
            None
        }
    }
}

/// The actuators of the command line, added to the list unless they are in it.
fn actuators(args: &Alarm, sirens: &mut Vec<Siren>, lab: Option<&Topology>) -> Option<SirenSet> {
    let mut set = SirenSet::default();
    for text in &args.actuator {
        let siren = match alarms::siren(text, lab) {
            Ok(siren) => siren,
            Err(error) => {
                let help = error.help().map(|help| format!("; {help}"));
                eprintln!(
                    "mqtt-thing: --actuator: {error}{}",
                    help.unwrap_or_default()
                );
                return None;
            }
        };
        let known = sirens.iter().position(|known| known.set() == siren.set());
        let place = known.unwrap_or(sirens.len());
        if place == SirenSet::MOST {
            eprintln!("mqtt-thing: there are more than {place} actuators");
            return None;
        }
        if known.is_none() {
            sirens.push(siren);
        }
        set = set.with(place);
    }
    Some(set)
}

/// Adds what the command line says itself.
fn typed(args: &Alarm, all: SirenSet, watching: &mut Watching) {
    let rule = |threshold: &Threshold, limit: fn(f64) -> Limit| Rule {
        scope: args.place.question(Some(threshold.sensor)),
        limit: limit(threshold.value),
        hysteresis: args.hysteresis,
        hold: args.hold,
        sirens: all,
    };
    let above = args.above.iter().map(|its| rule(its, Limit::Above));
    let below = args.below.iter().map(|its| rule(its, Limit::Below));
    let rules: Vec<Rule> = above.chain(below).collect();
    if let Some(after) = args.silent.filter(|after| !after.is_zero()) {
        let mut scopes: Vec<_> = rules.iter().map(|rule| rule.scope.clone()).collect();
        scopes.dedup();
        if scopes.is_empty() {
            // of whatever is there
            scopes.push(args.place.question(None));
        }
        let silences = scopes.into_iter().map(|scope| Silence {
            scope,
            after,
            sirens: all,
        });
        watching.silences.extend(silences);
    }
    watching.rules.extend(rules);
    // what a file says of its own sensors goes before
    watching.fields.extend(fields(&args.field));
}

/// Where values stand, as the command line says it: of one sensor before of all.
pub(in crate::cli::building) fn fields(fields: &[FieldOf]) -> impl Iterator<Item = Field> + '_ {
    let of = |one: bool| {
        let fields = fields.iter();
        fields.filter(move |field| field.sensor.is_some() == one)
    };
    of(true).chain(of(false)).map(|field| Field {
        scope: Question {
            sensor: field.sensor,
            ..Question::default()
        },
        name: field.name.clone(),
    })
}
