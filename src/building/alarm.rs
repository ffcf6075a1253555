//! Who watches the readings of a building and says when something is wrong: pure, time is an argument.
//!
//! ```text
//!           beyond the limit          for `hold`
//!   calm ---------------> rising -------------------> alarm      a line, and a retained message on the alarm's topic
//!    ^ <------------------'  back by less than `hold`   |
//!    |                                                  | back by `hysteresis`
//!    `------------------------ falling <----------------'
//!           for `hold`: a line, and the retained message is cleared
//! ```
//! A sensor that was heard and falls silent is an alarm of its own, over as soon as it is heard again.

use super::place::Place;
use super::reading::{Reading, ReadingError};
use super::rule::{Limit, Rule};
use crate::model::{Message, Moment, Now, Topic, utc_text};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::fmt;
use std::time::{Duration, SystemTime};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// A value is beyond a limit.
    Raised(Limit),
    /// It is back.
    Over(Limit),
    /// A sensor has not been heard for too long.
    Silent,
    /// It is heard again.
    Heard,
}

/// A line for people: `building floor wing room sensor value`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmLine {
    /// Where.
    pub place: Place,
    /// The value; of a silent sensor, its last.
    pub value: f64,
    /// What happened.
    pub sign: Sign,
}

impl fmt::Display for AlarmLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.place, self.value)
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmEffect {
    /// Tell people.
    Line(AlarmLine),
    /// Publish this.
    Publish(Message),
    /// A reading cannot be understood: log it, within reason.
    Refused(Topic, ReadingError),
}

/// How a watch is set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watching {
    /// When something is an alarm.
    pub rules: Vec<Rule>,
    /// The course's simple behaviour: a line for each value beyond a limit, and nothing else.
    pub every: bool,
    /// After which time without a word a sensor counts as silent; never when absent.
    pub silent_after: Option<Duration>,
    /// Where the value stands in a reading, as `data.temperature`.
    pub field: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Calm,
    Rising(Moment),
    Alarm,
    Falling(Moment),
}

struct Sensor {
    place: Place,
    /// Its rules, by their places in the list, and how each stands.
    states: Vec<(usize, State)>,
    value: f64,
    heard: Moment,
    silent: bool,
    /// What stands on its alarm's topic.
    alarm_since: Option<SystemTime>,
    /// When it is to be looked at, as far as that is in the queue.
    queued: Option<Moment>,
}

/// The state machine.
pub struct AlarmWatch {
    set: Watching,
    sensors: Vec<Sensor>,
    by_place: HashMap<Place, usize>,
    queue: BinaryHeap<Reverse<(Moment, usize)>>,
    /// Alarms of an earlier life that the broker still keeps.
    inherited: HashSet<Place>,
}

impl AlarmWatch {
    /// One that has heard nothing yet.
    #[must_use]
    pub fn new(set: Watching) -> Self {
        Self {
            set,
            sensors: Vec::new(),
            by_place: HashMap::new(),
            queue: BinaryHeap::new(),
            inherited: HashSet::new(),
        }
    }

    /// How many sensors it has heard.
    #[must_use]
    pub fn sensors(&self) -> usize {
        self.sensors.len()
    }

    /// When it wants to be woken by [`AlarmWatch::wake`].
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        self.queue.peek().map(|Reverse((at, _))| *at)
    }

    /// A message of the building: a sensor's word, or an alarm that the broker kept.
    pub fn hear(&mut self, message: &Message, now: Now) -> Vec<AlarmEffect> {
        if let Some(place) = Place::of_alarm(&message.topic) {
            if message.retain && !message.payload.is_empty() && !self.by_place.contains_key(&place)
            {
                self.inherited.insert(place);
            }
            return Vec::new();
        }
        let Ok(place) = Place::of(&message.topic) else {
            return Vec::new();
        };
        if !self.set.rules.iter().any(|rule| rule.is_about(&place)) {
            return Vec::new();
        }
        match Reading::value_of(&message.payload, self.set.field.as_deref()) {
            Err(error) => vec![AlarmEffect::Refused(message.topic.clone(), error)],
            Ok(value) if self.set.every => self.each(&place, value),
            Ok(value) => self.reading(place, value, now),
        }
    }

    /// The course's simple behaviour.
    fn each(&self, place: &Place, value: f64) -> Vec<AlarmEffect> {
        let rules = self.set.rules.iter();
        let beyond = rules.filter(|rule| rule.is_about(place) && rule.limit.is_beyond(value));
        let line = |rule: &Rule| AlarmLine {
            place: place.clone(),
            value,
            sign: Sign::Raised(rule.limit),
        };
        beyond.map(|rule| AlarmEffect::Line(line(rule))).collect()
    }

    fn reading(&mut self, place: Place, value: f64, now: Now) -> Vec<AlarmEffect> {
        let index = self.index_of(place, now);
        let sensor = &mut self.sensors[index];
        sensor.value = value;
        sensor.heard = now.moment;
        let mut lines = Vec::new();
        if std::mem::take(&mut sensor.silent) {
            lines.push(Sign::Heard);
        }
        for (rule, state) in &mut sensor.states {
            let rule = &self.set.rules[*rule];
            *state = match *state {
                State::Calm if rule.limit.is_beyond(value) => State::Rising(now.moment),
                State::Rising(_) if !rule.limit.is_beyond(value) => State::Calm,
                State::Alarm if rule.limit.is_back(value, rule.hysteresis) => {
                    State::Falling(now.moment)
                }
                State::Falling(_) if !rule.limit.is_back(value, rule.hysteresis) => State::Alarm,
                state => state,
            };
        }
        self.settle(index, lines, now)
    }

    fn index_of(&mut self, place: Place, now: Now) -> usize {
        if let Some(index) = self.by_place.get(&place) {
            return *index;
        }
        let rules = self.set.rules.iter().enumerate();
        let its = rules.filter(|(_, rule)| rule.is_about(&place));
        let inherited = self.inherited.remove(&place);
        self.sensors.push(Sensor {
            states: its.map(|(index, _)| (index, State::Calm)).collect(),
            value: f64::NAN,
            heard: now.moment,
            silent: false,
            // it is said again or cleared by the first reading
            alarm_since: inherited.then_some(now.wall),
            queued: None,
            place: place.clone(),
        });
        self.by_place.insert(place, self.sensors.len() - 1);
        self.sensors.len() - 1
    }

    /// Does what time has decided.
    pub fn wake(&mut self, now: Now) -> Vec<AlarmEffect> {
        let mut effects = Vec::new();
        while let Some(Reverse((at, index))) = self.queue.peek().copied() {
            if at > now.moment {
                break;
            }
            self.queue.pop();
            let sensor = &mut self.sensors[index];
            if sensor.queued == Some(at) {
                sensor.queued = None;
                effects.extend(self.settle(index, Vec::new(), now));
            }
        }
        effects
    }

    /// Carries on what has lasted long enough, tells what changed, and sees that it is looked at again in time.
    fn settle(&mut self, index: usize, mut signs: Vec<Sign>, now: Now) -> Vec<AlarmEffect> {
        let sensor = &mut self.sensors[index];
        for (rule, state) in &mut sensor.states {
            let rule = &self.set.rules[*rule];
            match *state {
                State::Rising(since) if now.moment.since(since) >= rule.hold => {
                    *state = State::Alarm;
                    signs.push(Sign::Raised(rule.limit));
                }
                State::Falling(since) if now.moment.since(since) >= rule.hold => {
                    *state = State::Calm;
                    signs.push(Sign::Over(rule.limit));
                }
                _ => {}
            }
        }
        let patience = self.set.silent_after;
        if patience
            .is_some_and(|patience| !sensor.silent && now.moment.since(sensor.heard) >= patience)
        {
            sensor.silent = true;
            signs.push(Sign::Silent);
        }
        let line = |sign| AlarmLine {
            place: sensor.place.clone(),
            value: sensor.value,
            sign,
        };
        let mut effects: Vec<AlarmEffect> = signs
            .iter()
            .map(|sign| AlarmEffect::Line(line(*sign)))
            .collect();
        let is_alarm = sensor.is_alarm();
        if is_alarm && (!signs.is_empty() || sensor.alarm_since.is_none()) {
            let since = *sensor.alarm_since.get_or_insert(now.wall);
            let message = sensor.alarm(&self.set.rules, since);
            effects.push(AlarmEffect::Publish(message));
        } else if !is_alarm && sensor.alarm_since.take().is_some() {
            let nothing = Message::state(sensor.place.alarm_topic(), "");
            effects.push(AlarmEffect::Publish(nothing));
        }
        self.queue(index);
        effects
    }

    /// Has it looked at again when time alone may change something.
    fn queue(&mut self, index: usize) {
        let sensor = &mut self.sensors[index];
        let held = sensor
            .states
            .iter()
            .filter_map(|(rule, state)| match state {
                State::Rising(since) | State::Falling(since) => {
                    Some(*since + self.set.rules[*rule].hold)
                }
                State::Calm | State::Alarm => None,
            });
        let silent = self.set.silent_after.filter(|_| !sensor.silent);
        let silent = silent.map(|patience| sensor.heard + patience);
        let Some(next) = held.chain(silent).min() else {
            return;
        };
        // an entry that comes too early is harmless: it is queued again then
        if sensor.queued.is_none_or(|queued| next < queued) {
            sensor.queued = Some(next);
            self.queue.push(Reverse((next, index)));
        }
    }

    /// Everything that stands, to be said again to a broker that may have forgotten it.
    #[must_use]
    pub fn standing(&self) -> Vec<Message> {
        let standing = self.sensors.iter().filter(|sensor| sensor.is_alarm());
        let told =
            standing.filter_map(|sensor| Some(sensor.alarm(&self.set.rules, sensor.alarm_since?)));
        told.collect()
    }
}

impl Sensor {
    fn is_alarm(&self) -> bool {
        let stands = |state: &State| matches!(state, State::Alarm | State::Falling(_));
        self.silent || self.states.iter().any(|(_, state)| stands(state))
    }

    /// What stands on its alarm's topic: JSON with `value`, `unit`, `since`, and `above` or `below` or `silent`.
    fn alarm(&self, rules: &[Rule], since: SystemTime) -> Message {
        let mut json = serde_json::json!({
            "value": self.value,
            "unit": self.place.sensor.unit(),
            "since": utc_text(since),
        });
        for (rule, state) in &self.states {
            if matches!(state, State::Alarm | State::Falling(_)) {
                match rules[*rule].limit {
                    Limit::Above(limit) => json["above"] = limit.into(),
                    Limit::Below(limit) => json["below"] = limit.into(),
                }
            }
        }
        if self.silent {
            json["silent"] = true.into();
        }
        Message::state(self.place.alarm_topic(), json.to_string())
    }
}

#[cfg(test)]
mod tests;
