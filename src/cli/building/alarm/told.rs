//! Alarms, and what is watched for, as people and programs read it. Safe for a terminal.

use crate::cli::output::columns;
use mqtt_thing::building::{AlarmLine, Limit, Sign, Siren, SirenSet, SirenWord, Watching};
use mqtt_thing::model::{harmless, harmless_json};
use mqtt_thing::topology::alarms::AlarmsFile;
use owo_colors::OwoColorize;
use serde_json::{Value as Json, json};

pub(super) fn line(line: &AlarmLine, every: bool) -> String {
    let text = harmless(&line.to_string());
    let since = || format!("kept since {}", harmless(since(line)));
    if every {
        return text;
    }
    match line.sign {
        Sign::Raised(limit) => format!("{text} {}", limit.red().bold()),
        Sign::Over(_) => format!("{text} {}", "over".green()),
        Sign::Silent => format!("{text} {}", "silent".yellow().bold()),
        Sign::Heard => format!("{text} {}", "heard again".green()),
        Sign::Kept(limit) => format!("{text} {}, {}", limit.red().bold(), since()),
        Sign::KeptSilent => format!("{text} {}, {}", "silent".yellow().bold(), since()),
        Sign::Unexplained => format!("{text} {}", since()),
    }
}

/// Since when an alarm of an earlier life stands; from the network, so not safe for a terminal.
fn since(line: &AlarmLine) -> &str {
    line.since.as_deref().unwrap_or("nobody knows when")
}

/// An alarm on the broker that no rule here explains.
pub(super) fn unexplained(line: &AlarmLine) -> String {
    format!(
        "{}, is no alarm by the rules here; no actuator is on for it, and it stays on the broker until its sensor is heard",
        self::line(line, false)
    )
}

pub(super) fn line_json(line: &AlarmLine) -> String {
    let place = &line.place;
    let mut json = json!({
        "building": place.building.as_str(),
        "floor": place.floor.number(),
        "wing": place.wing.to_string(),
        "room": place.room.number(),
        "sensor": place.sensor.to_string(),
        "value": line.value,
        "unit": line.unit,
    });
    let (sign, limit) = match line.sign {
        Sign::Raised(limit) => ("raised", Some(limit)),
        Sign::Over(limit) => ("over", Some(limit)),
        Sign::Silent => ("silent", None),
        Sign::Heard => ("heard", None),
        Sign::Kept(limit) => ("kept", Some(limit)),
        Sign::KeptSilent => ("kept", None),
        Sign::Unexplained => ("unexplained", None),
    };
    json["alarm"] = sign.into();
    match limit {
        Some(Limit::Above(limit)) => json["above"] = limit.into(),
        Some(Limit::Below(limit)) => json["below"] = limit.into(),
        None => {}
    }
    if line.sign == Sign::KeptSilent {
        json["silent"] = true.into();
    }
    if let Some(since) = &line.since {
        json["since"] = since.as_ref().into();
    }
    harmless_json(json.to_string())
}

const fn on(on: bool) -> &'static str {
    match on {
        true => "on",
        false => "off",
    }
}

/// What became of an actuator.
pub(super) fn siren(siren: &Siren, word: SirenWord) -> String {
    match word {
        SirenWord::Said(wish) => format!("{siren} is told to be {}", on(wish)),
        SirenWord::LeftOn => {
            format!("{siren} is on and no alarm stands; it is told to be off")
        }
        SirenWord::NoAnswer(wish) => format!(
            "{siren} was told to be {} and does not say that it is; is its thing running, has it that actuator, and may \
             this account write {}?",
            on(wish),
            siren.set()
        ),
        SirenWord::Answers => format!("{siren} does what it is told after all"),
        SirenWord::Away => format!("{siren} should be on, and its thing is offline"),
        SirenWord::Back => format!("the thing of {siren} is back; it is told to be on"),
        SirenWord::ByOthers(now) => format!(
            "{siren} was put {} by somebody else; it stays so until alarms change",
            on(now)
        ),
    }
}

/// A right file of rules in few lines.
pub(in crate::cli) fn rules(file: &str, found: &AlarmsFile) -> String {
    let mut text = format!("{file}: ok\n");
    if let Some(broker) = &found.broker {
        text.push_str(&format!("broker {broker}\n"));
    }
    text + &plan("  ", &found.watching, &found.sirens)
}

/// What is watched for, for a program.
pub(in crate::cli) fn rules_json(found: &AlarmsFile) -> Json {
    let driven = |set: SirenSet| -> Vec<String> {
        let sirens = set.places().filter_map(|place| found.sirens.get(place));
        sirens.map(Siren::to_string).collect()
    };
    let rules = found.watching.rules.iter().map(|rule| {
        let (key, value) = match rule.limit {
            Limit::Above(limit) => ("above", limit),
            Limit::Below(limit) => ("below", limit),
        };
        json!({
            "topics": rule.scope.filter().as_str(),
            key: value,
            "hysteresis": rule.hysteresis,
            "hold_s": rule.hold.as_secs_f64(),
            "actuators": driven(rule.sirens),
        })
    });
    let silences = found.watching.silences.iter().map(|silence| {
        json!({
            "topics": silence.scope.filter().as_str(),
            "silent_s": silence.after.as_secs_f64(),
            "actuators": driven(silence.sirens),
        })
    });
    rules.chain(silences).collect()
}

/// What is watched for, a rule a line, after `indent`.
pub(super) fn plan(indent: &str, watching: &Watching, sirens: &[Siren]) -> String {
    let mut rows = Vec::new();
    for rule in &watching.rules {
        let mut notes = Vec::new();
        if rule.hysteresis > 0.0 {
            notes.push(format!("hysteresis {}", rule.hysteresis));
        }
        if !rule.hold.is_zero() {
            notes.push(format!("for {} s", rule.hold.as_secs_f64()));
        }
        rows.push(vec![
            harmless(rule.scope.filter().as_str()),
            rule.limit.to_string(),
            notes.join(", "),
            driven(rule.sirens, sirens),
        ]);
    }
    for silence in &watching.silences {
        rows.push(vec![
            harmless(silence.scope.filter().as_str()),
            format!("silent for {} s", silence.after.as_secs_f64()),
            String::new(),
            driven(silence.sirens, sirens),
        ]);
    }
    columns(indent, &rows)
}

/// `-> 10.0.0.2/buzzer0, 10.0.0.2/led0`.
fn driven(set: SirenSet, sirens: &[Siren]) -> String {
    let names = set.places().filter_map(|place| sirens.get(place));
    let names: Vec<String> = names.map(Siren::to_string).collect();
    match names.is_empty() {
        true => String::new(),
        false => format!("-> {}", names.join(", ")),
    }
}
