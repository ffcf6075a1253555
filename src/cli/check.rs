//! `mqtt-thing check`: finds every mistake of a file, or tells what follows from it.

mod fleet;

use super::building;
use super::output::{columns, print};
use super::whole;
use clap::Args;
use mqtt_thing::model::{Mistake, Topic, Value, ValueKind};
use mqtt_thing::resources::Elsewhere;
use mqtt_thing::thing::{Combine, OnSourceLost};
use mqtt_thing::topology::{
    self, Address, AnyFile, Lines, LoadError, ResourcePlan, SourcePlan, ThingPlan, Topology,
    check_any, report, report_warnings,
};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Find every mistake in topology files, pipelines, rules of alarms or a config.ini, or see what follows from them
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing check lab.toml              each mistake with its line; or who follows whom\n  \
    mqtt-thing check --json *.toml         the same for a program\n  \
    mqtt-thing check slow.toml config.ini  pipelines, and the governor's configuration\n  \
    mqtt-thing check alarms.toml           what is an alarm where, and what is on then\n\n\
    Exit codes: 0 all files are right, 1 there are mistakes, 2 a file cannot be read.")]
pub(super) struct Check {
    /// The files: a topology, pipelines (TOML with [[pipelines]]), alarms (with [[rules]]), or the governor's config.ini
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,

    /// Print a list for a program: place, message and advice of each mistake, and the things, pipelines or rules
    #[arg(long)]
    json: bool,
}

/// One file, looked at.
struct Checked {
    file: String,
    text: String,
    outcome: Outcome,
}

enum Outcome {
    Right(AnyFile),
    Wrong(Vec<Mistake>),
    Unreadable(LoadError),
}

impl Check {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let checked: Vec<Checked> = self.files.iter().map(|path| check(path)).collect();
        if self.json {
            let list: Vec<Json> = checked.iter().map(as_json).collect();
            print(&format!("{:#}\n", Json::Array(list)))?;
        } else {
            for (index, one) in checked.iter().enumerate() {
                // anstream takes the colours out unless it is a terminal that wants them
                anstream::eprint!("{}", complaints(one));
                if let Outcome::Right(right) = &one.outcome {
                    let gap = if index > 0 { "\n" } else { "" };
                    print(&format!("{gap}{}", told(&one.file, right)))?;
                }
            }
        }
        let code = checked.iter().map(|one| match one.outcome {
            Outcome::Right(_) => 0,
            Outcome::Wrong(_) => 1,
            Outcome::Unreadable(_) => 2,
        });
        Ok(ExitCode::from(code.max().unwrap_or(0)))
    }
}

fn check(path: &Path) -> Checked {
    let (text, outcome) = match topology::load(path) {
        Ok(text) => {
            let outcome = match check_any(&text, path) {
                Ok(right) => Outcome::Right(right),
                Err(mistakes) => Outcome::Wrong(mistakes),
            };
            (text, outcome)
        }
        Err(error) => (String::new(), Outcome::Unreadable(error)),
    };
    Checked {
        file: path.display().to_string(),
        text,
        outcome,
    }
}

/// What goes to standard error.
fn complaints(checked: &Checked) -> String {
    let Checked { file, text, .. } = checked;
    match &checked.outcome {
        Outcome::Right(right) => report_warnings(file, text, right.warnings(), true),
        Outcome::Wrong(mistakes) => {
            let count = match mistakes.len() {
                1 => "1 mistake".to_owned(),
                many => format!("{many} mistakes"),
            };
            format!("{}{file}: {count}\n", report(file, text, mistakes, true))
        }
        Outcome::Unreadable(error) => format!("mqtt-thing: {}\n", whole(error)),
    }
}

/// A right file in few lines.
fn told(file: &str, right: &AnyFile) -> String {
    match right {
        AnyFile::Topology(topology) => summary(file, topology),
        AnyFile::Pipelines(found) => fleet::plan(file, &found.plan),
        AnyFile::Alarms(found) => building::rules(file, found),
        AnyFile::Governor(config) => fleet::governor(file, config),
    }
}

/// A lab in few lines: the things, what is plugged in where, the topics, and who follows whom.
fn summary(file: &str, topology: &Topology) -> String {
    let broker = &topology.broker;
    let mut text = format!(
        "{file}: ok\nbroker {}, keep-alive {} s\n",
        broker.url,
        broker.keep_alive.as_secs()
    );
    for thing in &topology.things {
        text.push_str(&format!("\n{}, {}", thing.name, thing.address));
        if thing.bus != 1 {
            text.push_str(&format!(", I2C bus {}", thing.bus));
        }
        if let Some(gpio) = thing.reset_gpio {
            text.push_str(&format!(", reset by GPIO {gpio}"));
        }
        text.push('\n');
        let id = id(thing);
        let rows: Vec<Vec<String>> = thing
            .resources
            .iter()
            .map(|resource| row(resource, id.as_ref()))
            .collect();
        text.push_str(&columns("  ", &rows));
    }
    text
}

/// The id of a thing, if the file says it.
fn id(thing: &ThingPlan) -> Option<Topic> {
    match &thing.address {
        Address::Fixed(id) => Some(id.clone()),
        _ => None,
    }
}

fn row(resource: &ResourcePlan, id: Option<&Topic>) -> Vec<String> {
    let mut topic = topic(resource, id.map_or("<id>", Topic::as_str));
    let several: Vec<&str> = resource.kind.channels.iter().map(|sub| sub.name).collect();
    if !several.is_empty() {
        topic = format!("{topic}/{{{}}}", several.join(","));
    }
    vec![
        resource.name.clone(),
        resource.kind.name.to_owned(),
        resource.port.map_or("-", |port| port.name()).to_owned(),
        topic,
        value(resource).to_string(),
        [follows(resource), in_room(resource)].concat(),
    ]
}

/// Where its value is said, or its several ones below that. `id` may be a stand-in.
fn topic(resource: &ResourcePlan, id: &str) -> String {
    let own = format!("{id}/{}/{}", resource.kind.class, resource.name);
    match resource.kind.elsewhere.and_then(Elsewhere::shared) {
        Some(shared) => shared.to_owned(),
        None => own,
    }
}

/// The topics in its room, if it is in one.
fn room_topics(resource: &ResourcePlan) -> Vec<String> {
    let anywhere = Topic::new("id").expect("a word is a topic");
    let channels = resource.spec(&anywhere).room_channels();
    channels.iter().map(|it| it.topic.to_string()).collect()
}

/// `-> house/P_7/S/4/TEMP, house/P_7/S/4/HUM`.
fn in_room(resource: &ResourcePlan) -> String {
    match room_topics(resource).as_slice() {
        [] => String::new(),
        topics => format!("-> {}", topics.join(", ")),
    }
}

fn value(resource: &ResourcePlan) -> ValueKind {
    let anywhere = Topic::new("id").expect("a word is a topic");
    resource.spec(&anywhere).value()
}

/// `<- all of a, b, hold when lost`.
fn follows(resource: &ResourcePlan) -> String {
    let named = |source: &SourcePlan| match stale_after(source) {
        None => source.name.clone(),
        Some(patience) => format!("{} (lost after {} s)", source.name, patience.as_secs()),
    };
    let names: Vec<String> = resource.sources.iter().map(named).collect();
    let lost = match &resource.on_source_lost {
        OnSourceLost::Rest => String::new(),
        OnSourceLost::Hold => ", hold when lost".to_owned(),
        OnSourceLost::Value(value) => format!(", {} when lost", value.encode()),
    };
    match names.as_slice() {
        [] => String::new(),
        [name] => format!("<- {name}{lost}"),
        _ => {
            let combine = combine(resource.combine);
            format!("<- {combine} of {}{lost}", names.join(", "))
        }
    }
}

/// After how long without a word a source counts as lost, if the file says so.
fn stale_after(source: &SourcePlan) -> Option<Duration> {
    let anywhere = Topic::new("id").expect("a word is a topic");
    source.source(&anywhere).stale_after
}

fn combine(combine: Combine) -> &'static str {
    match combine {
        Combine::Any => "any",
        Combine::All => "all",
        Combine::Last => "last",
    }
}

fn as_json(checked: &Checked) -> Json {
    let lines = Lines::new(&checked.text);
    let list = |mistakes: &[Mistake]| -> Vec<Json> {
        let told = mistakes.iter().map(|mistake| mistake_json(&lines, mistake));
        told.collect()
    };
    let (mut mistakes, mut warnings, mut things) = (vec![], vec![], vec![]);
    let (mut error, mut plan, mut sut, mut rules) = (Json::Null, None, None, None);
    match &checked.outcome {
        Outcome::Right(right) => {
            warnings = list(right.warnings());
            match right {
                AnyFile::Topology(topology) => {
                    things = topology.things.iter().map(thing_json).collect();
                }
                AnyFile::Pipelines(found) => plan = Some(fleet::plan_json(&found.plan)),
                AnyFile::Alarms(found) => rules = Some(building::rules_json(found)),
                AnyFile::Governor(config) => {
                    plan = Some(fleet::plan_json(&config.operator));
                    sut = Some(fleet::executor_json(&config.executor));
                }
            }
        }
        Outcome::Wrong(found) => mistakes = list(found),
        Outcome::Unreadable(reason) => error = whole(reason).into(),
    }
    let mut told = json!({
        "file": checked.file,
        "ok": matches!(checked.outcome, Outcome::Right(_)),
        "error": error,
        "mistakes": mistakes,
        "warnings": warnings,
        "things": things,
    });
    for (key, found) in [("operator", plan), ("sut", sut), ("rules", rules)] {
        if let (Some(found), Some(object)) = (found, told.as_object_mut()) {
            object.insert(key.to_owned(), found);
        }
    }
    told
}

fn mistake_json(lines: &Lines<'_>, mistake: &Mistake) -> Json {
    let (line, column) = lines.position(mistake.place.start);
    let (end_line, end_column) = lines.position(mistake.place.end);
    json!({
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "message": mistake.message,
        "help": mistake.help,
    })
}

fn thing_json(thing: &ThingPlan) -> Json {
    let id = id(thing);
    let interface = match &thing.address {
        Address::Interface(name) => Some(name),
        _ => None,
    };
    let resources: Vec<Json> = thing
        .resources
        .iter()
        .map(|resource| resource_json(resource, id.as_ref()))
        .collect();
    json!({
        "name": thing.name,
        "address": id.as_ref().map(Topic::as_str),
        "interface": interface,
        "bus": thing.bus,
        "reset_gpio": thing.reset_gpio,
        "resources": resources,
    })
}

fn resource_json(resource: &ResourcePlan, id: Option<&Topic>) -> Json {
    let shared = resource.kind.elsewhere.and_then(Elsewhere::shared);
    let topic = match (shared, id) {
        (Some(shared), _) => Some(shared.to_owned()),
        (None, id) => id.map(|id| topic(resource, id.as_str())),
    };
    let follows: Vec<&str> = resource.sources.iter().map(|s| s.name.as_str()).collect();
    let lost = match &resource.on_source_lost {
        OnSourceLost::Rest => json!("rest"),
        OnSourceLost::Hold => json!("hold"),
        OnSourceLost::Value(Value::Bool(on)) => json!(on),
        OnSourceLost::Value(Value::Integer(n)) => json!(n),
        OnSourceLost::Value(other) => json!(other.encode()),
    };
    let mut told = json!({
        "name": resource.name,
        "kind": resource.kind.name,
        "port": resource.port,
        "topic": topic,
        "value": value_json(value(resource)),
        "settings": resource.settings,
    });
    let in_room = room_topics(resource);
    if let (false, Some(object)) = (in_room.is_empty(), told.as_object_mut()) {
        object.insert("room".to_owned(), json!(in_room));
    }
    let channels: Vec<&str> = resource.kind.channels.iter().map(|sub| sub.name).collect();
    if let (false, Some(object)) = (channels.is_empty(), told.as_object_mut()) {
        object.insert("channels".to_owned(), json!(channels));
    }
    if let (false, Some(object)) = (follows.is_empty(), told.as_object_mut()) {
        object.insert("follows".to_owned(), json!(follows));
        object.insert("combine".to_owned(), json!(combine(resource.combine)));
        object.insert("on_source_lost".to_owned(), lost);
        let patience = |source: &SourcePlan| Some((source.name.clone(), stale_after(source)?));
        let stale: serde_json::Map<String, Json> = resource
            .sources
            .iter()
            .filter_map(patience)
            .map(|(name, patience)| (name, json!(patience.as_secs())))
            .collect();
        if !stale.is_empty() {
            object.insert("stale_after_s".to_owned(), Json::Object(stale));
        }
    }
    told
}

/// A kind of value for a program.
pub(super) fn value_json(value: ValueKind) -> Json {
    match value {
        ValueKind::Bool => json!({ "type": "boolean" }),
        ValueKind::Integer { min, max } => json!({ "type": "integer", "min": min, "max": max }),
        ValueKind::Decimal => json!({ "type": "decimal" }),
        ValueKind::Color => json!({ "type": "color" }),
        ValueKind::Text => json!({ "type": "text" }),
    }
}
