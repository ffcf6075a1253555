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
//! A sensor that was heard and falls silent is an alarm of its own, over as soon as it is heard again. An alarm that the
//! broker keeps from an earlier life is told, and stands until a reading confirms or ends it. What it says is judged by the
//! rules of this life: where its value is no alarm by any of them, no siren is on for it.

mod effect;
mod sensor;
#[cfg(test)]
mod tests;

pub use effect::{AlarmEffect, AlarmLine, Sign};

use super::parts::PlaceError;
use super::place::Place;
use super::reading::Reading;
use super::rule::{Field, Rule, Silence, SirenSet};
use crate::model::{Message, Moment, Now, utc_text};
use sensor::{Kept, Sensor, State};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// So many sensors are watched; who invents more of them fills no memory.
const MOST_SENSORS: usize = 250_000;

/// How a watch is set.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Watching {
    /// When something is an alarm. Each stands for itself, also where several are about the same sensor.
    pub rules: Vec<Rule>,
    /// After which time without a word a sensor counts as silent.
    pub silences: Vec<Silence>,
    /// The course's simple behaviour: a line for each value beyond a limit, and nothing else.
    pub every: bool,
    /// Where the value stands in a reading; of several about a sensor the first.
    pub fields: Vec<Field>,
}

impl Watching {
    /// Whether anything is about a sensor.
    fn is_about(&self, place: &Place) -> bool {
        let mut silences = self.silences.iter();
        self.rules.iter().any(|rule| rule.is_about(place))
            || silences.any(|silence| silence.scope.means(place))
    }

    /// Where its value stands, by the place in the list of fields.
    fn field_of(&self, place: &Place) -> Option<usize> {
        self.fields
            .iter()
            .position(|field| field.scope.means(place))
    }

    fn value(&self, field: Option<usize>, message: &Message) -> Result<f64, AlarmEffect> {
        let field = field.map(|field| self.fields[field].name.as_str());
        Reading::value_of(&message.payload, field)
            .map_err(|error| AlarmEffect::Refused(message.topic.clone(), error))
    }
}

/// The state machine.
pub struct AlarmWatch {
    set: Watching,
    sensors: Vec<Sensor>,
    by_place: HashMap<Place, usize>,
    queue: BinaryHeap<Reverse<(Moment, usize)>>,
    /// For how many sensors each siren is on.
    wanted: Vec<usize>,
    full: bool,
    /// Since when nothing can be heard.
    deaf: Option<Moment>,
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
            wanted: vec![0; SirenSet::MOST],
            full: false,
            deaf: None,
        }
    }

    /// How many sensors it has heard, or of which it found an alarm.
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
        match Place::of(&message.topic) {
            Ok(place) if self.set.every => self.each(&place, message),
            Ok(place) => self.reading(&place, message, now),
            Err(PlaceError::Levels { .. }) => match Place::of_alarm(&message.topic) {
                Some(place) if !self.set.every => self.kept(&place, message, now),
                _ => Vec::new(),
            },
            Err(error) => vec![AlarmEffect::NoPlace(message.topic.clone(), error)],
        }
    }

    /// The course's simple behaviour.
    fn each(&self, place: &Place, message: &Message) -> Vec<AlarmEffect> {
        let rules = self.set.rules.iter();
        let rules: Vec<&Rule> = rules.filter(|rule| rule.is_about(place)).collect();
        if rules.is_empty() {
            return Vec::new();
        }
        let value = match self.set.value(self.set.field_of(place), message) {
            Ok(value) => value,
            Err(refused) => return vec![refused],
        };
        let line = |rule: &Rule| AlarmLine {
            place: place.clone(),
            value,
            unit: Reading::unit_or_usual(&message.payload, place.sensor),
            sign: Sign::Raised(rule.limit),
            since: None,
        };
        let beyond = rules.into_iter().filter(|rule| rule.limit.is_beyond(value));
        beyond.map(|rule| AlarmEffect::Line(line(rule))).collect()
    }

    fn reading(&mut self, place: &Place, message: &Message, now: Now) -> Vec<AlarmEffect> {
        let field = match self.by_place.get(place) {
            Some(index) => self.sensors[*index].field,
            None if self.set.is_about(place) => self.set.field_of(place),
            None => return Vec::new(),
        };
        let value = match self.set.value(field, message) {
            Ok(value) => value,
            Err(refused) => return vec![refused],
        };
        let index = match self.index_of(place, now) {
            Ok(index) => index,
            Err(effects) => return effects,
        };
        let sensor = &mut self.sensors[index];
        sensor.heard(value, message, now);
        let mut signs = Vec::new();
        if sensor.is_silent() {
            signs.push(Sign::Heard);
            for (_, silent) in &mut sensor.silences {
                *silent = false;
            }
        }
        let kept = std::mem::take(&mut sensor.kept);
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
            // who watches now was not there when it was raised
            if kept && *state == State::Alarm {
                signs.push(Sign::Raised(rule.limit));
            }
        }
        self.settle(index, signs, now)
    }

    /// What stands on an alarm's topic at the start, or what somebody did to it.
    fn kept(&mut self, place: &Place, message: &Message, now: Now) -> Vec<AlarmEffect> {
        let known = self.by_place.get(place).copied();
        if message.payload.is_empty() {
            let kept = known.filter(|index| self.sensors[*index].kept);
            return kept.map_or_else(Vec::new, |index| {
                self.sensors[index].give_up();
                self.settle(index, Vec::new(), now)
            });
        }
        let ours = known.is_some_and(|index| self.sensors[index].since.is_some());
        if ours || !message.retain {
            return Vec::new();
        }
        let index = match self.index_of(place, now) {
            Ok(index) => index,
            Err(effects) => return effects,
        };
        let sensor = &mut self.sensors[index];
        let signs = sensor.take_over(Kept::read(&message.payload), &self.set);
        let told = sensor.inherited(&self.set).into_iter();
        let mut effects: Vec<AlarmEffect> = told.map(AlarmEffect::Line).collect();
        // it stands, whenever it began
        sensor
            .since
            .get_or_insert_with(|| utc_text(now.wall).into());
        effects.extend(self.settle(index, signs, now));
        effects
    }

    /// The sensor of a place; what is to be told when there is none, which is nothing if no rule is about it.
    fn index_of(&mut self, place: &Place, now: Now) -> Result<usize, Vec<AlarmEffect>> {
        if let Some(index) = self.by_place.get(place) {
            return Ok(*index);
        }
        let sensor = Sensor::new(place, &self.set, now.moment).ok_or_else(Vec::new)?;
        let index = self.sensors.len();
        if index >= MOST_SENSORS {
            let first = !std::mem::replace(&mut self.full, true);
            return Err(first
                .then_some(AlarmEffect::Full(index))
                .into_iter()
                .collect());
        }
        self.sensors.push(sensor);
        self.by_place.insert(place.clone(), index);
        Ok(index)
    }

    /// The connection is gone: nobody can be heard, and nobody is silent for that.
    pub fn deaf(&mut self, now: Now) {
        self.deaf.get_or_insert(now.moment);
    }

    /// The connection is back: each sensor has as much time left as it had.
    pub fn hears_again(&mut self, now: Now) {
        let Some(since) = self.deaf.take() else {
            return;
        };
        for index in 0..self.sensors.len() {
            let heard = &mut self.sensors[index].heard;
            *heard = *heard + now.moment.since(since);
            self.queue(index);
        }
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
        let stood = sensor.is_explained();
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
        let was_silent = sensor.is_silent();
        for (silence, silent) in &mut sensor.silences {
            let after = self.set.silences[*silence].after;
            *silent |= self.deaf.is_none() && now.moment.since(sensor.heard) >= after;
        }
        if sensor.is_silent() && !was_silent {
            signs.push(Sign::Silent);
        }
        let line = |sign| AlarmLine {
            place: sensor.place.clone(),
            value: sensor.value,
            unit: sensor.unit(),
            sign,
            since: None,
        };
        let lines = signs.iter().map(|sign| AlarmEffect::Line(line(*sign)));
        let mut effects: Vec<AlarmEffect> = lines.collect();
        let is_alarm = sensor.is_alarm();
        // what no rule here explained, or was another alarm, did not begin with this one
        if !stood && sensor.is_explained() {
            sensor.since = None;
        }
        if is_alarm && (!signs.is_empty() || sensor.since.is_none()) {
            let since = sensor
                .since
                .get_or_insert_with(|| utc_text(now.wall).into());
            let since = since.clone();
            effects.push(AlarmEffect::Publish(sensor.alarm(&self.set, &since)));
        } else if !is_alarm && sensor.since.take().is_some() {
            let nothing = Message::state(sensor.place.alarm_topic(), "");
            effects.push(AlarmEffect::Publish(nothing));
        }
        self.drive(index, &mut effects);
        self.queue(index);
        effects
    }

    /// Counts what is on for a sensor's sake, and tells which sirens change for that.
    fn drive(&mut self, index: usize, effects: &mut Vec<AlarmEffect>) {
        let sensor = &mut self.sensors[index];
        let wanted = sensor.wanted(&self.set);
        let before = std::mem::replace(&mut sensor.sirens, wanted);
        if before == wanted {
            return;
        }
        for (place, count) in self.wanted.iter_mut().enumerate() {
            match (before.has(place), wanted.has(place)) {
                (false, true) => {
                    *count += 1;
                    effects.extend((*count == 1).then_some(AlarmEffect::Siren(place, true)));
                }
                (true, false) => {
                    *count -= 1;
                    effects.extend((*count == 0).then_some(AlarmEffect::Siren(place, false)));
                }
                _ => {}
            }
        }
    }

    /// Has it looked at again when time alone may change something.
    fn queue(&mut self, index: usize) {
        let sensor = &mut self.sensors[index];
        let Some(next) = sensor.next(&self.set, self.deaf.is_some()) else {
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
        let standing = self.sensors.iter().filter(|sensor| sensor.is_explained());
        let told = standing.filter_map(|sensor| {
            let since = sensor.since.as_ref()?;
            Some(sensor.alarm(&self.set, since))
        });
        told.collect()
    }
}
