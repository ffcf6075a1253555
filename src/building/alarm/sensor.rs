//! One sensor of a watch: how each rule about it stands, and what is kept on its alarm's topic.

use super::{AlarmLine, Sign, Watching};
use crate::building::{Limit, Place, Reading, SirenSet};
use crate::model::{Message, Moment, Now};
use serde_json::Value;
use std::borrow::Cow;

/// How a rule stands.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum State {
    Calm,
    Rising(Moment),
    Alarm,
    Falling(Moment),
}

impl State {
    pub(super) const fn is_alarm(self) -> bool {
        matches!(self, Self::Alarm | Self::Falling(_))
    }
}

/// A larger alarm is none of ours, and is not looked into.
const LARGEST: usize = 1024;
/// A time is shorter.
const LONGEST_TIME: usize = 40;

/// Whether it looks like a time of RFC 3339, as far as no harm is done by showing it.
fn is_time(text: &str) -> bool {
    let year = text.split('-').next().unwrap_or_default();
    text.len() <= LONGEST_TIME
        && year.len() == 4
        && text.contains('T')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || b"-:.TZ+".contains(&byte))
}

/// An alarm that the broker kept, as far as it says what it is.
#[derive(Debug, Default)]
pub(super) struct Kept {
    above: bool,
    below: bool,
    silent: bool,
    value: Option<f64>,
    pub(super) since: Option<Box<str>>,
}

impl Kept {
    pub(super) fn read(payload: &[u8]) -> Self {
        let json: Value = match payload.len() <= LARGEST {
            true => serde_json::from_slice(payload).unwrap_or_default(),
            false => Value::Null,
        };
        let since = json["since"].as_str();
        Self {
            above: json["above"].is_number(),
            below: json["below"].is_number(),
            silent: json["silent"] == true,
            value: json["value"].as_f64(),
            since: since.filter(|text| is_time(text)).map(Into::into),
        }
    }

    const fn names(&self, limit: Limit) -> bool {
        match limit {
            Limit::Above(_) => self.above,
            Limit::Below(_) => self.below,
        }
    }
}

pub(super) struct Sensor {
    pub(super) place: Place,
    /// The rules about it, by their places in the list, and how each stands.
    pub(super) states: Vec<(usize, State)>,
    /// The silences about it, likewise, and whether it has been silent for so long.
    pub(super) silences: Vec<(usize, bool)>,
    /// Where its value stands in a reading, by the place in the list of fields.
    pub(super) field: Option<usize>,
    /// Its last value; none before it was heard.
    pub(super) value: f64,
    /// The unit that its first reading told.
    unit: Option<Cow<'static, str>>,
    /// When it was heard last; else since when it is waited for.
    pub(super) heard: Moment,
    /// Its alarm is one of an earlier life that no reading has confirmed or ended yet.
    pub(super) kept: bool,
    /// Since when the alarm on its topic stands, if one does.
    pub(super) since: Option<Box<str>>,
    /// What is on for its sake.
    pub(super) sirens: SirenSet,
    /// When it is to be looked at, as far as that is in the queue.
    pub(super) queued: Option<Moment>,
}

impl Sensor {
    /// One that is waited for; none if nothing watches over it.
    pub(super) fn new(place: &Place, set: &Watching, now: Moment) -> Option<Self> {
        let rules = set.rules.iter().enumerate();
        let rules = rules.filter(|(_, rule)| rule.is_about(place));
        let silences = set.silences.iter().enumerate();
        let silences = silences.filter(|(_, silence)| silence.scope.means(place));
        let sensor = Self {
            states: rules.map(|(index, _)| (index, State::Calm)).collect(),
            silences: silences.map(|(index, _)| (index, false)).collect(),
            field: set.field_of(place),
            value: f64::NAN,
            unit: None,
            heard: now,
            kept: false,
            since: None,
            sirens: SirenSet::default(),
            queued: None,
            place: place.clone(),
        };
        let watched = !sensor.states.is_empty() || !sensor.silences.is_empty();
        watched.then_some(sensor)
    }

    /// It said something.
    pub(super) fn heard(&mut self, value: f64, message: &Message, now: Now) {
        let usual = self.place.sensor;
        self.unit
            .get_or_insert_with(|| Reading::unit_or_usual(&message.payload, usual));
        self.value = value;
        self.heard = now.moment;
    }

    pub(super) fn unit(&self) -> Cow<'static, str> {
        let usual = || Cow::Borrowed(self.place.sensor.unit());
        self.unit.clone().unwrap_or_else(usual)
    }

    pub(super) fn is_silent(&self) -> bool {
        self.silences.iter().any(|(_, silent)| *silent)
    }

    /// Whether a rule or a silence says that it is an alarm.
    pub(super) fn is_explained(&self) -> bool {
        self.is_silent() || self.states.iter().any(|(_, state)| state.is_alarm())
    }

    pub(super) fn is_alarm(&self) -> bool {
        self.kept || self.is_explained()
    }

    /// Takes over an alarm that the broker kept: what it names goes on from there, as far as its value has not come back
    /// by the rules of this life. Who has been heard knows the value better.
    pub(super) fn take_over(&mut self, kept: Kept, set: &Watching) -> Vec<Sign> {
        let (heard, mut signs) = (!self.value.is_nan(), Vec::new());
        if !heard {
            self.value = kept.value.unwrap_or(f64::NAN);
        }
        for (rule, state) in &mut self.states {
            let rule = &set.rules[*rule];
            // of an unknown value nobody knows that it is beyond
            let known = !self.value.is_nan();
            let still = known && !rule.limit.is_back(self.value, rule.hysteresis);
            if kept.names(rule.limit) && still && !state.is_alarm() {
                *state = State::Alarm;
                signs.extend(heard.then_some(Sign::Raised(rule.limit)));
            }
        }
        if !heard {
            self.kept = true;
            for (_, silent) in &mut self.silences {
                *silent = kept.silent;
            }
        }
        self.since = kept.since;
        signs
    }

    /// What is to be told of an alarm of an earlier life that it took over.
    pub(super) fn inherited(&self, set: &Watching) -> Vec<AlarmLine> {
        if !self.kept {
            return Vec::new();
        }
        let states = self.states.iter();
        let states = states.filter(|(_, state)| state.is_alarm());
        let raised = states.map(|(rule, _)| Sign::Kept(set.rules[*rule].limit));
        let silent = self.is_silent().then_some(Sign::KeptSilent);
        let nothing = (!self.is_explained()).then_some(Sign::Unexplained);
        let signs = raised.chain(silent).chain(nothing);
        signs
            .map(|sign| AlarmLine {
                place: self.place.clone(),
                value: self.value,
                unit: self.unit(),
                sign,
                since: self.since.clone(),
            })
            .collect()
    }

    /// The alarm of an earlier life was taken away by somebody.
    pub(super) fn give_up(&mut self) {
        self.kept = false;
        self.since = None;
        self.value = f64::NAN;
        for (_, state) in &mut self.states {
            *state = State::Calm;
        }
        for (_, silent) in &mut self.silences {
            *silent = false;
        }
    }

    /// What is to be on for its sake; nothing for an alarm of an earlier life that no rule here explains.
    pub(super) fn wanted(&self, set: &Watching) -> SirenSet {
        let rules = self.states.iter();
        let rules = rules.filter(|(_, state)| state.is_alarm());
        let rules = rules.map(|(rule, _)| set.rules[*rule].sirens);
        let silences = self.silences.iter().filter(|(_, silent)| *silent);
        let silences = silences.map(|(silence, _)| set.silences[*silence].sirens);
        rules
            .chain(silences)
            .fold(SirenSet::default(), SirenSet::or)
    }

    /// When time alone may change something. Who is deaf does not wait for a word.
    pub(super) fn next(&self, set: &Watching, deaf: bool) -> Option<Moment> {
        let held = self.states.iter().filter_map(|(rule, state)| match state {
            State::Rising(since) | State::Falling(since) => Some(*since + set.rules[*rule].hold),
            State::Calm | State::Alarm => None,
        });
        let silences = self.silences.iter();
        let silences = silences.filter(|(_, silent)| !silent && !deaf);
        let silent = silences.map(|(silence, _)| self.heard + set.silences[*silence].after);
        held.chain(silent).min()
    }

    /// What stands on its alarm's topic: JSON with `value`, `unit`, `since`, and `above` or `below` or `silent`.
    pub(super) fn alarm(&self, set: &Watching, since: &str) -> Message {
        let mut json = serde_json::json!({
            "value": self.value,
            "unit": self.unit(),
            "since": since,
        });
        for (rule, state) in &self.states {
            if state.is_alarm() {
                match set.rules[*rule].limit {
                    Limit::Above(limit) => json["above"] = limit.into(),
                    Limit::Below(limit) => json["below"] = limit.into(),
                }
            }
        }
        if self.is_silent() {
            json["silent"] = true.into();
        }
        Message::state(self.place.alarm_topic(), json.to_string())
    }
}
