//! Rules of a building's alarms as TOML: when what is an alarm where, and which actuators are on while one stands.
//!
//! ```text
//! text -> syntax (TOML with places) -> here (what all rules share) -> rule -> Watching
//!                                                                  -> actuators -> Siren
//! ```
//! `resources/building/alarms.toml` shows every key.

mod actuators;
mod beside;
mod rule;
#[cfg(test)]
mod tests;

pub use actuators::{ActuatorError, siren};

use super::findings::{Findings, Rule};
use super::section::{Item, Section};
use super::{Topology, access, governor, load, syntax};
use crate::building::{Building, Siren, Watching};
use crate::model::Mistake;
use crate::mqtt::{Access, BrokerUrl};
use actuators::Actuators;
use std::time::Duration;
use toml::de::DeValue;

/// A file of rules.
#[derive(Debug, Clone)]
pub struct AlarmsFile {
    /// When something is an alarm. Its sirens are places in the list below.
    pub watching: Watching,
    /// The actuators that are on while an alarm stands.
    pub sirens: Vec<Siren>,
    /// The broker, if the file names it.
    pub broker: Option<BrokerUrl>,
    /// What lets us in there.
    pub access: Access,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// Reads a file of rules. Actuators of a `lab` may be called by the names that it gives them.
///
/// # Errors
/// All mistakes of the text, in its order.
///
/// ```
/// use mqtt_thing::topology::alarms;
/// let text = r#"
///     actuators = ["10.0.0.2/buzzer0"]
///     [[rules]]
///     sensor = "TEMP"
///     above = 30
///     floor = 7
/// "#;
/// let file = alarms::parse(text, None).unwrap();
/// assert_eq!(file.watching.rules[0].scope.filter().as_str(), "+/P_7/+/+/TEMP");
/// assert_eq!(file.sirens[0].set().as_str(), "10.0.0.2/actuators/buzzer0/set");
/// ```
pub fn parse(text: &str, lab: Option<&Topology>) -> Result<AlarmsFile, Vec<Mistake>> {
    let mut findings = Findings::new(text);
    let file = read(text, lab, &mut findings);
    let (mistakes, warnings) = findings.sorted();
    match file {
        Some(file) if mistakes.is_empty() => Ok(AlarmsFile { warnings, ..file }),
        _ => Err(mistakes),
    }
}

const HELP: &str = "begin one with [[rules]], and sensor = \"TEMP\" and above = 30 below it";

/// What a rule takes that does not say it itself.
#[derive(Debug, Default)]
struct Defaults {
    building: Option<Building>,
    hysteresis: f64,
    hold: Duration,
    silent: Option<Duration>,
    field: Option<String>,
}

fn read<'t>(
    text: &'t str,
    lab: Option<&Topology>,
    findings: &mut Findings<'t>,
) -> Option<AlarmsFile> {
    if text.len() > load::LARGEST {
        findings.refuse(Rule::TooLarge, load::too_large(text));
        return None;
    }
    let table = syntax::read(text, findings)?;
    let mut top = Section::new("the file", 0..0, Rule::UnknownKeyInAlarms, table.get_ref());
    let broker = top.take("broker");
    let broker = broker.and_then(|item| super::pipelines::broker(&item, findings));
    let access = access::read(&mut top, broker.as_ref(), findings);
    let mut actuators = Actuators::new(lab);
    let all = actuators.read(&mut top, findings);
    let defaults = defaults(&mut top, findings);
    let mut rules = rule::Rules::new(&defaults, all);
    for item in elements(&mut top, findings) {
        rules.read(&item, &mut actuators, findings);
    }
    top.finish(misplaced, findings);
    beside::compare(&rules.read, findings);
    Some(AlarmsFile {
        watching: rules.watching(),
        sirens: actuators.sirens,
        broker,
        access,
        warnings: Vec::new(),
    })
}

/// A key of a rule that stands above all of them is a frequent slip.
fn misplaced(key: &str) -> Option<String> {
    let below = match key {
        _ if rule::OWN.contains(&key) => "[[rules]]",
        _ if rule::SHARED.contains(&key) => "[defaults], or below one of [[rules]]",
        _ => return None,
    };
    Some(format!("`{key}` belongs below {below}"))
}

fn elements<'e>(top: &mut Section<'e>, findings: &mut Findings<'_>) -> Vec<Item<'e>> {
    let Some(item) = top.take("rules") else {
        let mistake = Mistake::new(0..0, "there are no rules").help(HELP);
        top.missing("rules", Rule::NoRules, mistake, findings);
        return Vec::new();
    };
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`rules` is {}; it takes a list of tables", item.is());
        let mistake = Mistake::new(item.key.place.clone(), message).help(HELP);
        findings.refuse(Rule::RulesNoList, mistake);
        return Vec::new();
    };
    let elements = elements.iter();
    elements.map(|element| item.element(element)).collect()
}

fn defaults(top: &mut Section<'_>, findings: &mut Findings<'_>) -> Defaults {
    let section = top.take("defaults");
    let section =
        section.and_then(|item| item.section("[defaults]", Rule::UnknownKeyInDefaults, findings));
    let Some(mut section) = section else {
        return Defaults::default();
    };
    let defaults = Defaults {
        building: rule::part(&mut section, "building", findings),
        hysteresis: rule::hysteresis(&mut section, findings).unwrap_or_default(),
        hold: seconds(&mut section, "hold_s", findings).unwrap_or_default(),
        silent: seconds(&mut section, "silent_s", findings),
        field: rule::field(&mut section, findings),
    };
    let better = |key: &str| match key {
        "actuators" => Some("`actuators` belongs above [defaults], or to a rule".to_owned()),
        _ if rule::OWN.contains(&key) => Some(format!("`{key}` belongs below [[rules]]")),
        _ => None,
    };
    section.finish(better, findings);
    defaults
}

/// Seconds up to a year, with or without a point.
fn seconds(
    section: &mut Section<'_>,
    key: &'static str,
    findings: &mut Findings<'_>,
) -> Option<Duration> {
    let range = (0.0, governor::LONGEST_WAIT_S);
    section
        .take(key)?
        .seconds(range, Rule::SecondsRange, findings)
}
