//! `mqtt-thing kinds`: what can be plugged in, and how to write it.

use super::check::value_json;
use super::output::{columns, print};
use clap::Args;
use mqtt_thing::board::Port;
use mqtt_thing::model::{Topic, ValueKind, nearest};
use mqtt_thing::resources::{Elsewhere, KINDS, Kind, PortUse, Spec, kind};
use mqtt_thing::thing::Class;
use serde_json::{Value as Json, json};
use std::process::ExitCode;

/// See what can be plugged in: sockets, values, settings, an example of each
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing kinds                       all of them\n  \
    mqtt-thing kinds led                   one\n  \
    mqtt-thing kinds --json                the same for a program")]
pub(super) struct Kinds {
    /// One kind; all when left out
    #[arg(value_name = "NAME")]
    name: Option<String>,

    /// Print a list for a program
    #[arg(long)]
    json: bool,
}

impl Kinds {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let chosen: Vec<&'static Kind> = match &self.name {
            None => KINDS.iter().collect(),
            Some(name) => match kind(name) {
                Some(kind) => vec![kind],
                None => {
                    eprintln!("mqtt-thing: {}", unknown(name));
                    return Ok(ExitCode::from(2));
                }
            },
        };
        if self.json {
            let list: Vec<Json> = chosen.into_iter().map(as_json).collect();
            print(&format!("{:#}\n", Json::Array(list)))?;
        } else {
            let told: Vec<String> = chosen.into_iter().map(told).collect();
            print(&told.join("\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn unknown(name: &str) -> String {
    let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
    let advice = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are {}", names.join(", ")),
    };
    // what was typed goes back to a terminal
    format!("there is no kind `{}`; {advice}", name.escape_debug())
}

/// One kind for a person.
fn told(kind: &'static Kind) -> String {
    let mut rows: Vec<[String; 2]> = vec![["ports".into(), ports(kind)]];
    let shared = kind.elsewhere.and_then(Elsewhere::shared);
    let topic = shared.map_or_else(|| format!("<id>/{}/<name>", kind.class), str::to_owned);
    if kind.channels.is_empty() {
        rows.push(["topic".into(), topic]);
        rows.push(["values".into(), values(kind)]);
    } else {
        rows.extend(kind.channels.iter().map(|sub| {
            let told = format!("{topic}/{}: {} in {}", sub.name, sub.value, sub.unit);
            ["topic".into(), told]
        }));
    }
    match kind.elsewhere {
        Some(Elsewhere::Answers(_)) => rows.push(["asked".into(), "on <client id>".into()]),
        Some(Elsewhere::Room(quantities)) => {
            let named = quantities
                .iter()
                .map(|quantity| format!("<room>/{quantity}"));
            let named = named.collect::<Vec<_>>().join(", ");
            rows.push([
                "in room".into(),
                format!("{named}: JSON, value, unit, time"),
            ]);
        }
        Some(Elsewhere::Shared(_)) | None => {}
    }
    if let Some(holds) = kind.holds_board {
        let told = format!("the whole board for {} ms a reading", holds.as_millis());
        rows.push(["holds".into(), told]);
    }
    let settings = settings(kind);
    let settings = settings.lines();
    rows.extend(settings.enumerate().map(|(index, line)| {
        let head = if index == 0 { "settings" } else { "" };
        [head.to_owned(), line.to_owned()]
    }));
    rows.push(["example".into(), kind.example.to_owned()]);
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    format!("{}: {}\n{}", kind.name, kind.summary, columns("  ", &rows))
}

fn ports(kind: &Kind) -> String {
    let names: Vec<&str> = kind.port.ports().map(Port::name).collect();
    match names[..] {
        [] if kind.needs_board() => "none: it goes into any I2C socket".to_owned(),
        [] => "none".to_owned(),
        _ if kind.port == PortUse::Pair => {
            format!("{}, and the next one's pin", names.join(" "))
        }
        _ => names.join(" "),
    }
}

fn value(kind: &'static Kind) -> ValueKind {
    let anywhere = Topic::new("id").expect("a word is a topic");
    (kind.value)(&Spec::new(anywhere, String::new(), kind, None))
}

fn values(kind: &'static Kind) -> String {
    let plain = match kind.unit {
        Some(unit) => format!("{} in {unit}", value(kind)),
        None => value(kind).to_string(),
    };
    match dimmable(kind)[..] {
        [] => plain,
        ref ports => format!(
            "{plain}; on {} also the range of a number that it follows",
            ports.join(" ")
        ),
    }
}

/// The ports on which a kind can show a number.
fn dimmable(kind: &Kind) -> Vec<&'static str> {
    let number = ValueKind::Integer { min: 0, max: 1023 };
    let Some(can_follow) = kind.can_follow else {
        return Vec::new();
    };
    kind.port
        .ports()
        .filter(|port| can_follow(Some(*port), number).is_ok())
        .map(Port::name)
        .collect()
}

/// A setting that many kinds have.
struct Common {
    name: &'static str,
    /// As a file writes it.
    default: Option<&'static str>,
    allowed: &'static str,
    summary: &'static str,
    has: fn(&Kind) -> bool,
}

const SENSOR: fn(&Kind) -> bool = |kind| matches!(kind.class, Class::Sensors);
const FOLLOWER: fn(&Kind) -> bool = |kind| kind.can_follow.is_some();

const BOUND: fn(&Kind) -> bool = |kind| matches!(kind.elsewhere, Some(Elsewhere::Room(_)));

const COMMON: [Common; 6] = [
    Common {
        name: "retain",
        default: Some("true"),
        allowed: "true, false",
        summary: "whether the broker keeps the last value",
        has: SENSOR,
    },
    Common {
        name: "qos",
        default: Some("1"),
        allowed: "0, 1",
        summary: "0 and retain = false are what the original app does",
        has: SENSOR,
    },
    Common {
        name: "room",
        default: None,
        allowed: "\"house/P_7/S/4\"",
        summary: "the room of a building where its values are said as well",
        has: BOUND,
    },
    Common {
        name: "follows",
        default: None,
        allowed: "\"thing/resource\"",
        summary: "what it shows; a list for several; { topic = \"..\", stale_after_s = 60 } for others",
        has: FOLLOWER,
    },
    Common {
        name: "combine",
        default: Some("\"any\""),
        allowed: "any, all, last",
        summary: "how several sources become one value",
        has: FOLLOWER,
    },
    Common {
        name: "on_source_lost",
        default: Some("\"rest\""),
        allowed: "rest, hold, a value",
        summary: "what a source counts as that went away",
        has: FOLLOWER,
    },
];

/// Those that this kind has.
fn common(kind: &Kind) -> impl Iterator<Item = &'static Common> {
    COMMON.iter().filter(move |setting| (setting.has)(kind))
}

/// The keys beside `kind` and `port`, a line each: with the default, the range, and what it is.
fn settings(kind: &Kind) -> String {
    let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
    let mut rows: Vec<Vec<String>> = kind
        .keys
        .iter()
        .map(|key| {
            let default = format!("{} = {}", key.name, key.default);
            let range = key.allowed();
            row([&default, &range, key.summary])
        })
        .collect();
    rows.extend(common(kind).map(|setting| {
        let default = match setting.default {
            None => setting.name.to_owned(),
            Some(default) => format!("{} = {default}", setting.name),
        };
        row([&default, setting.allowed, setting.summary])
    }));
    columns("", &rows)
}

fn as_json(kind: &'static Kind) -> Json {
    let ports: Vec<Port> = kind.port.ports().collect();
    let common = common(kind).map(|setting| {
        // a default is written alike in TOML and in JSON
        let default = setting.default.and_then(|text| text.parse().ok());
        json!({
            "name": setting.name,
            "allowed": setting.allowed,
            "default": default.unwrap_or(Json::Null),
            "summary": setting.summary,
        })
    });
    let settings: Vec<Json> = kind
        .keys
        .iter()
        .map(|key| {
            json!({
                "name": key.name,
                "min": key.min,
                "max": key.max,
                "one_of": key.one_of,
                "default": key.default,
                "summary": key.summary,
            })
        })
        .chain(common)
        .collect();
    let channels = kind.channels.iter().map(|sub| {
        let value = value_json(sub.value);
        json!({ "name": sub.name, "value": value, "unit": sub.unit })
    });
    let room: Vec<String> = match kind.elsewhere {
        Some(Elsewhere::Room(quantities)) => quantities.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    json!({
        "name": kind.name,
        "room": room,
        "channels": channels.collect::<Vec<Json>>(),
        "holds_board_ms": kind.holds_board.map(|holds| holds.as_secs_f64() * 1000.0),
        "summary": kind.summary,
        "class": kind.class.as_str(),
        "ports": ports,
        "value": value_json(value(kind)),
        "unit": kind.unit,
        "shared_topic": kind.elsewhere.and_then(Elsewhere::shared),
        "settings": settings,
        "follows": kind.can_follow.is_some(),
        "dimmable_ports": dimmable(kind),
        "example": kind.example,
    })
}
