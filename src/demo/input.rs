//! What can be moved in a lab: pins of simulated boards, and topics on which strangers speak.

use super::{Station, Who};
use crate::board::sim::Pins;
use crate::board::{AnalogPort, Port};
use crate::model::{Message, Topic, Value, ValueKind};
use crate::mqtt::Outbox;
use crate::resources::{Elsewhere, PortUse, Spec};
use crate::thing::Class;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How an input is moved.
#[derive(Debug, Clone)]
pub enum Drive {
    /// A level on a socket: high is on, unless the last is true.
    Digital(Pins, Port, bool),
    /// A voltage on an analog socket.
    Analog(Pins, AnalogPort),
    /// A message, as from a program that is not in the lab.
    Publish(Topic),
}

/// Something that can be pressed, turned or said.
#[derive(Debug, Clone)]
pub struct Input {
    /// The thing that it belongs to; `None` for a stranger.
    pub station: Option<usize>,
    /// Its place among the thing's resources.
    pub resource: Option<usize>,
    /// Whose it is.
    pub who: Who,
    /// Where its values are heard.
    pub topic: Topic,
    /// What its values look like: on or off, or a number.
    pub value: ValueKind,
    /// How it is moved.
    pub drive: Drive,
    /// How long it may take by its own settings until a move is said.
    pub slowest: Duration,
    /// The smallest step that it says.
    pub smallest_step: i64,
    /// Whether a follower forgets it when it is silent.
    pub goes_stale: bool,
}

impl Input {
    /// Moves it, and says when.
    pub fn put(&self, value: &Value, outbox: &Outbox) -> Instant {
        let now = Instant::now();
        match (&self.drive, value) {
            (Drive::Digital(pins, port, active_low), value) => {
                pins.set_digital(*port, (*value == Value::Bool(true)) != *active_low);
            }
            (Drive::Analog(pins, port), Value::Integer(counts)) => {
                pins.set_analog(*port, u16::try_from(*counts).unwrap_or_default());
            }
            (Drive::Analog(..), _) => {}
            // as the original says it: not kept, at most once; an event is refused only by a closed session
            (Drive::Publish(topic), value) => {
                drop(outbox.publish(Message::event(topic.clone(), value.encode())));
            }
        }
        now
    }

    /// Its value at rest: released, at its lower end.
    #[must_use]
    pub const fn low(&self) -> Value {
        match self.value {
            ValueKind::Integer { min, .. } => Value::Integer(min),
            _ => Value::Bool(false),
        }
    }

    /// The opposite: pressed, at its upper end.
    #[must_use]
    pub const fn high(&self) -> Value {
        match self.value {
            ValueKind::Integer { max, .. } => Value::Integer(max),
            _ => Value::Bool(true),
        }
    }

    /// What it is called to move it there.
    #[must_use]
    pub fn action(&self, value: &Value) -> String {
        match (&self.drive, value) {
            (Drive::Digital(..), Value::Bool(true)) => "pressed".to_owned(),
            (Drive::Digital(..), _) => "released".to_owned(),
            (Drive::Analog(..), value) => format!("turned to {}", value.encode()),
            (Drive::Publish(_), value) => format!("says {}", value.encode()),
        }
    }

    /// The port, where there is one.
    #[must_use]
    pub fn port(&self) -> Option<Port> {
        match &self.drive {
            Drive::Digital(_, port, _) => Some(*port),
            Drive::Analog(_, port) => Some(port.port()),
            Drive::Publish(_) => None,
        }
    }
}

/// Every input of a lab: sensors in the order of the file, then actuators that are moved by `set` alone, then the
/// topics of strangers that something follows.
#[must_use]
pub fn inputs(stations: &[Station]) -> Vec<Input> {
    let mut inputs = Vec::new();
    for (index, station) in stations.iter().enumerate() {
        for (resource, spec) in station.specs.iter().enumerate() {
            if let Some(drive) = sensor(station, spec).or_else(|| unfollowing(spec)) {
                let heard = match &drive {
                    Drive::Publish(topic) => topic.clone(),
                    _ => spec.topic(),
                };
                inputs.push(Input {
                    station: Some(index),
                    resource: Some(resource),
                    who: station.who(resource),
                    topic: heard,
                    value: spec.value(),
                    drive,
                    slowest: slowest(spec),
                    smallest_step: spec.setting("dead_band").max(1),
                    goes_stale: false,
                });
            }
        }
    }
    for (topic, (value, goes_stale)) in strangers(stations) {
        if matches!(value, ValueKind::Bool | ValueKind::Integer { .. }) {
            inputs.push(Input {
                station: None,
                resource: None,
                who: Who::Stranger {
                    stranger: topic.to_string(),
                },
                topic: topic.clone(),
                value,
                drive: Drive::Publish(topic),
                slowest: Duration::ZERO,
                smallest_step: 1,
                goes_stale,
            });
        }
    }
    inputs
}

/// Every topic whose values an actuator follows.
pub(super) fn followed(stations: &[Station]) -> impl Iterator<Item = Topic> + '_ {
    let specs = stations.iter().flat_map(|station| &station.specs);
    specs.flat_map(|spec| spec.sources.iter().map(|source| source.topic.clone()))
}

/// Every topic that things share, on which one of these speaks.
pub(super) fn shared(stations: &[Station]) -> impl Iterator<Item = Topic> + '_ {
    let specs = stations.iter().flat_map(|station| &station.specs);
    let shares = |spec: &&Spec| spec.kind.elsewhere.and_then(Elsewhere::shared).is_some();
    specs.filter(shares).map(|spec| spec.channel().topic)
}

fn sensor(station: &Station, spec: &Spec) -> Option<Drive> {
    if spec.kind.class != Class::Sensors {
        return None;
    }
    let (pins, port) = (station.pins.clone(), spec.port?);
    match (spec.kind.port, spec.value()) {
        (PortUse::Digital, ValueKind::Bool) => {
            let active_low = spec.setting("active_low") == 1;
            pins.set_digital(port, active_low);
            Some(Drive::Digital(pins, port, active_low))
        }
        (PortUse::Analog, ValueKind::Integer { .. }) => {
            port.analog().ok().map(|port| Drive::Analog(pins, port))
        }
        _ => None,
    }
}

fn unfollowing(spec: &Spec) -> Option<Drive> {
    let by_set_alone = spec.kind.can_follow.is_some() && spec.sources.is_empty();
    by_set_alone.then(|| Drive::Publish(spec.set_topic()))
}

/// What is followed and is said by nobody in the lab, with whether somebody forgets it when it is silent.
fn strangers(stations: &[Station]) -> BTreeMap<Topic, (ValueKind, bool)> {
    let specs = || stations.iter().flat_map(|station| &station.specs);
    let known: Vec<Topic> = specs().map(Spec::topic).collect();
    let mut strangers = BTreeMap::new();
    for source in specs().flat_map(|spec| &spec.sources) {
        if !known.contains(&source.topic) {
            let entry = strangers
                .entry(source.topic.clone())
                .or_insert((source.value, false));
            entry.1 |= source.stale_after.is_some();
        }
    }
    strangers
}

/// By a sensor's settings, the longest time from a move to its message.
fn slowest(spec: &Spec) -> Duration {
    ["every_ms", "debounce_ms", "at_most_every_ms"]
        .map(|name| spec.duration(name))
        .iter()
        .sum()
}
