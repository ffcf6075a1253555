//! Reads `[[rules]]`: a place, limits, and how long something is borne.

use super::actuators::Actuators;
use super::{Defaults, seconds};
use crate::building::{
    Doubt, Field, Limit, Limits, PlaceError, Question, Rule as AlarmRule, Silence, SirenSet,
    Watching,
};
use crate::model::Mistake;
use crate::topology::findings::{Findings, Rule};
use crate::topology::section::{Item, Placed, Section, shown};
use std::str::FromStr;
use std::time::Duration;
use toml::de::DeValue;

/// The keys that a rule alone has.
pub(super) const OWN: [&str; 6] = ["sensor", "floor", "wing", "room", "above", "below"];
/// And those that `[defaults]` has as well.
pub(super) const SHARED: [&str; 5] = ["building", "hysteresis", "hold_s", "silent_s", "field"];

/// A rule as it was read, for a comparison with the others.
pub(super) struct Read {
    pub(super) scope: Question,
    pub(super) above: Option<Placed<f64>>,
    pub(super) below: Option<Placed<f64>>,
    pub(super) hysteresis: f64,
    hold: Duration,
    silent: Option<Duration>,
    /// Where the value stands, and whether the rule says so itself.
    field: Option<(String, bool)>,
    sirens: SirenSet,
}

/// All of them.
pub(super) struct Rules<'d> {
    defaults: &'d Defaults,
    /// What is on while any alarm stands.
    all: SirenSet,
    pub(super) read: Vec<Read>,
}

impl<'d> Rules<'d> {
    pub(super) const fn new(defaults: &'d Defaults, all: SirenSet) -> Self {
        Self {
            defaults,
            all,
            read: Vec::new(),
        }
    }

    pub(super) fn read(
        &mut self,
        item: &Item<'_>,
        actuators: &mut Actuators<'_>,
        findings: &mut Findings<'_>,
    ) {
        let Some(mut section) = item.section("a rule", Rule::UnknownKeyInAlarm, findings) else {
            return;
        };
        // its head [[rules]], or all of an inline table
        section.place = item.place.clone();
        let sensor_is_written = section.has("sensor");
        let scope = Question {
            building: part(&mut section, "building", findings)
                .or_else(|| self.defaults.building.clone()),
            floor: part(&mut section, "floor", findings),
            wing: part(&mut section, "wing", findings),
            room: part(&mut section, "room", findings),
            sensor: part(&mut section, "sensor", findings),
        };
        let limits = section.has("above") || section.has("below");
        let above = limit(&mut section, "above", findings);
        let below = limit(&mut section, "below", findings);
        let hysteresis = hysteresis(&mut section, findings);
        let hold = seconds(&mut section, "hold_s", findings);
        let silent = seconds(&mut section, "silent_s", findings).or(self.defaults.silent);
        let own = field(&mut section, findings).map(|name| (name, true));
        let usual = self.defaults.field.clone().map(|name| (name, false));
        let sirens = actuators.read(&mut section, findings).or(self.all);
        if limits && !sensor_is_written {
            let message = "this rule has a limit and no `sensor`";
            let mistake = Mistake::new(section.place.clone(), message)
                .help("write sensor = \"TEMP\"; there are TEMP, HUM, LUX and VIBR");
            section.missing("sensor", Rule::SensorMissing, mistake, findings);
        }
        let is_silent = silent.is_some_and(|after| !after.is_zero());
        if !limits && !is_silent {
            let message = "this rule names nothing that would be an alarm";
            let mistake = Mistake::new(section.place.clone(), message)
                .help("write above = 30, below = 20, or silent_s = 300");
            section.missing("above", Rule::AlarmOfNothing, mistake, findings);
        }
        section.finish(|_| None, findings);
        let read = Read {
            scope,
            above,
            below,
            hysteresis: hysteresis.unwrap_or(self.defaults.hysteresis),
            hold: hold.unwrap_or(self.defaults.hold),
            silent: silent.filter(|_| is_silent),
            field: own.or(usual),
            sirens,
        };
        read.check(findings);
        self.read.push(read);
    }

    /// What is to be watched for.
    pub(super) fn watching(self) -> Watching {
        let mut watching = Watching::default();
        let fields = |own: bool| {
            let read = self.read.iter();
            read.filter_map(move |read| {
                let (name, its_own) = read.field.clone()?;
                let scope = read.scope.clone();
                (its_own == own).then_some(Field { scope, name })
            })
        };
        // who says it himself knows better than who takes the usual one
        watching.fields = fields(true).chain(fields(false)).collect();
        for read in self.read {
            let limits = [
                read.above.as_ref().map(|above| Limit::Above(above.value)),
                read.below.as_ref().map(|below| Limit::Below(below.value)),
            ];
            for limit in limits.into_iter().flatten() {
                watching.rules.push(AlarmRule {
                    scope: read.scope.clone(),
                    limit,
                    hysteresis: read.hysteresis,
                    hold: read.hold,
                    sirens: read.sirens,
                });
            }
            watching.silences.extend(read.silent.map(|after| Silence {
                scope: read.scope,
                after,
                sirens: read.sirens,
            }));
        }
        watching
    }
}

impl Read {
    /// Whether its limits leave room for a value that is none.
    fn check(&self, findings: &mut Findings<'_>) {
        let value = |limit: &Option<Placed<f64>>| limit.as_ref().map(|limit| limit.value);
        let limits = Limits {
            sensor: self.scope.sensor,
            above: value(&self.above),
            below: value(&self.below),
            hysteresis: self.hysteresis,
        };
        for doubt in limits.doubts() {
            let limit = match doubt.is_above {
                true => &self.above,
                false => &self.below,
            };
            let place = limit.as_ref().map_or(0..0, |limit| limit.place.clone());
            let mistake = Mistake::new(place, doubt.message).help(doubt.help);
            match doubt.kind {
                Doubt::Cross => findings.refuse(Rule::LimitsCross, mistake),
                Doubt::Wide => findings.refuse(Rule::HysteresisWide, mistake),
                Doubt::Odd => findings.warn(Rule::LimitOdd, mistake),
            }
        }
    }
}

/// A part of a place: text, or a number where one is usual.
pub(super) fn part<T: FromStr<Err = PlaceError>>(
    section: &mut Section<'_>,
    key: &'static str,
    findings: &mut Findings<'_>,
) -> Option<T> {
    let item = section.take(key)?;
    let text = match item.value() {
        DeValue::String(text) => text.as_ref(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        _ => {
            let message = format!("`{key}` is {}; it takes text or a number", item.is());
            findings.refuse(Rule::PlacePart, item.mistake(message));
            return None;
        }
    };
    text.parse()
        .map_err(|error: PlaceError| {
            findings.refuse(Rule::PlacePart, item.mistake(error.to_string()));
        })
        .ok()
}

/// A number in a sensor's unit, with or without a point.
fn number(item: &Item<'_>, least: f64, rule: Rule, findings: &mut Findings<'_>) -> Option<f64> {
    let written = match item.value() {
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        DeValue::Float(number) => Some(number.as_str()),
        _ => None,
    };
    let number = written.and_then(|text| text.parse::<f64>().ok());
    let fits = number.filter(|number| (least..=Limit::LARGEST).contains(number));
    if fits.is_none() {
        let found = written.map_or_else(|| item.is().to_owned(), shown);
        let key = item.key.value;
        let message = format!(
            "`{key}` is {found}; it takes a number, {least} to {}",
            Limit::LARGEST
        );
        findings.refuse(rule, item.mistake(message));
    }
    fits
}

fn limit(
    section: &mut Section<'_>,
    key: &'static str,
    findings: &mut Findings<'_>,
) -> Option<Placed<f64>> {
    let item = section.take(key)?;
    let value = number(&item, -Limit::LARGEST, Rule::LimitRange, findings)?;
    let place = item.place;
    Some(Placed { value, place })
}

pub(super) fn hysteresis(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<f64> {
    let item = section.take("hysteresis")?;
    number(&item, 0.0, Rule::HysteresisRange, findings)
}

/// Where the value stands: names with dots between.
pub(super) fn field(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let item = section.take("field")?;
    let text = item.text(findings)?;
    if text.split('.').any(str::is_empty) {
        let message = format!("`field` is `{}`, where a name is missing", shown(text));
        let help = "write field = \"temperature\", or field = \"data.temperature\"";
        findings.refuse(Rule::FieldEmpty, item.mistake(message).help(help));
    }
    Some(text.to_owned())
}
