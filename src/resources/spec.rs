//! What a kind tells of itself, and what a checked file tells a kind.

use super::Entity;
use super::elsewhere::{COUNTS, Elsewhere};
use crate::board::Port;
use crate::building::RoomPlace;
use crate::fleet::ExecutorSettings;
use crate::model::{Message, QoS, Topic, Value, ValueKind};
use crate::thing::{Channel, Class, Combine, Follow, OnSourceLost, Resource, Source};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Which ports a kind can be on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortUse {
    /// It has none, and needs no board.
    None,
    /// It is a device of its own on the board's I2C bus, so it has none.
    Bus,
    /// Any socket: D2..D8, and A0..A2 as digital pins.
    Digital,
    /// A socket whose pin the firmware counts edges on: D2..D8.
    Counting,
    /// A socket and its neighbour's pin: D2..D7, of which Dn takes Dn and Dn+1.
    Pair,
    /// A socket with an analog input: A0..A2.
    Analog,
}

impl PortUse {
    /// The ports that fit.
    pub fn ports(self) -> impl Iterator<Item = Port> {
        Port::ALL.into_iter().filter(move |port| match self {
            Self::None | Self::Bus => false,
            Self::Digital => true,
            Self::Counting => port.analog().is_err(),
            Self::Pair => port.neighbour().is_some(),
            Self::Analog => port.analog().is_ok(),
        })
    }

    /// Whether a resource on `port` uses `pin` as well: its own, or its neighbour's.
    #[must_use]
    pub fn takes(self, port: Port, pin: Port) -> bool {
        port == pin || self == Self::Pair && port.neighbour() == Some(pin)
    }
}

/// One optional setting of a kind: an integer with its range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Its name in the file; the unit is part of it.
    pub name: &'static str,
    /// The smallest value allowed.
    pub min: i64,
    /// The largest value allowed.
    pub max: i64,
    /// The value that holds when the file says nothing.
    pub default: i64,
    /// The only values allowed; all of the range when empty.
    pub one_of: &'static [i64],
    /// What it is, in a few words.
    pub summary: &'static str,
}

impl Key {
    /// A setting, with what it is when the file says nothing.
    #[must_use]
    pub const fn new(
        name: &'static str,
        min: i64,
        max: i64,
        default: i64,
        summary: &'static str,
    ) -> Self {
        Self {
            name,
            min,
            max,
            default,
            one_of: &[],
            summary,
        }
    }

    /// A setting with a few values, in rising order; the last is what it is when the file says nothing.
    #[must_use]
    pub const fn one_of(name: &'static str, values: &'static [i64], summary: &'static str) -> Self {
        let [min, .., max] = values else {
            panic!("a choice has two values or more")
        };
        Self {
            one_of: values,
            ..Self::new(name, *min, *max, *max, summary)
        }
    }

    /// What is allowed, as `0..10` or `11, 22`.
    #[must_use]
    pub fn allowed(&self) -> String {
        if self.one_of.is_empty() {
            return format!("{}..{}", self.min, self.max);
        }
        let values: Vec<String> = self.one_of.iter().map(i64::to_string).collect();
        values.join(", ")
    }
}

/// One of several values of a kind, `<id>/<class>/<name>/<channel>`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SubChannel {
    /// The last level of its topic.
    pub name: &'static str,
    /// What its values look like.
    pub value: ValueKind,
    /// Their unit.
    pub unit: &'static str,
}

/// Whether an actuator on that port can show what a source of that kind says; if not, why not.
pub type CanFollow = fn(Option<Port>, ValueKind) -> Result<(), String>;

/// A kind of resource.
pub struct Kind {
    /// Its name in the file.
    pub name: &'static str,
    /// What it is, in one line.
    pub summary: &'static str,
    /// Where its topics stand.
    pub class: Class,
    /// Which ports it can be on.
    pub port: PortUse,
    /// The unit of its values; `None` for levels and counts.
    pub unit: Option<&'static str>,
    /// Its values where it has several; empty where its one value stands right on its topic.
    pub channels: &'static [SubChannel],
    /// How long one reading of it holds the whole board, so that nothing else is read or moved meanwhile; `None` for
    /// what takes about a millisecond.
    pub holds_board: Option<Duration>,
    /// Where its values are said beside its own topic, or in its place.
    pub elsewhere: Option<Elsewhere>,
    /// Its own settings, beside those of its class.
    pub keys: &'static [Key],
    /// What its values look like, given its port and what it follows.
    pub value: fn(&Spec) -> ValueKind,
    /// What it is in a home.
    pub home: Entity,
    /// What it can follow; `None` for kinds that follow nothing.
    pub can_follow: Option<CanFollow>,
    /// A line for a file, with a comment.
    pub example: &'static str,
    /// Makes the resource. All checks are done by then.
    pub build: fn(&Spec) -> Box<dyn Resource>,
}

impl Kind {
    /// Whether it is of no use while the board is away, so that it says on its `availability` whether it answers.
    #[must_use]
    pub fn needs_board(&self) -> bool {
        self.port != PortUse::None
    }
}

/// One resource as a checked file describes it.
#[derive(Clone)]
pub struct Spec {
    /// The topic that all of the thing's topics begin with.
    pub id: Topic,
    /// The client id of the session that it speaks through: the thing's id, unless whoever starts the session has another.
    pub client_id: Topic,
    /// The resource's name.
    pub name: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its port; there is one unless the kind has [`PortUse::None`].
    pub port: Option<Port>,
    /// The kind's settings that the file gives.
    pub settings: BTreeMap<String, i64>,
    /// What an actuator follows.
    pub sources: Vec<Source>,
    /// How several sources become one value.
    pub combine: Combine,
    /// What a lost source counts as.
    pub on_source_lost: OnSourceLost,
    /// Whether the broker keeps the last value of a sensor.
    pub retain: bool,
    /// At which quality of service a sensor's values are said.
    pub qos: QoS,
    /// The room of a building where its values are said as well.
    pub room: Option<RoomPlace>,
    /// For executors: what the file allows.
    pub executor: Option<Arc<ExecutorSettings>>,
}

impl Spec {
    /// A resource with no settings of its own, at QoS 1 and retained.
    #[must_use]
    pub fn new(id: Topic, name: String, kind: &'static Kind, port: Option<Port>) -> Self {
        Self {
            client_id: id.clone(),
            id,
            name,
            kind,
            port,
            settings: BTreeMap::new(),
            sources: Vec::new(),
            combine: Combine::Any,
            on_source_lost: OnSourceLost::Rest,
            retain: true,
            qos: QoS::AtLeastOnce,
            room: None,
            executor: None,
        }
    }

    /// The topic of the resource, `<id>/<class>/<name>`; values stand right on it, unless the kind says them elsewhere.
    #[must_use]
    pub fn topic(&self) -> Topic {
        self.below("")
    }

    /// The topic that takes wishes, `<id>/actuators/<name>/set`.
    #[must_use]
    pub fn set_topic(&self) -> Topic {
        self.below("/set")
    }

    /// The topic that says whether the port answers.
    #[must_use]
    pub fn availability_topic(&self) -> Topic {
        self.below("/availability")
    }

    /// What its values look like.
    #[must_use]
    pub fn value(&self) -> ValueKind {
        (self.kind.value)(self)
    }

    /// A setting of the kind: what the file gives, else the default.
    #[must_use]
    pub fn setting(&self, name: &str) -> i64 {
        let default = || {
            self.kind
                .keys
                .iter()
                .find(|key| key.name == name)
                .map_or(0, |key| key.default)
        };
        self.settings.get(name).copied().unwrap_or_else(default)
    }

    /// A setting of the kind in milliseconds, as a duration.
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        Duration::from_millis(self.setting(name).unsigned_abs())
    }

    /// The port. The topology gives one to every kind that has ports.
    pub(super) fn wired(&self) -> Port {
        self.port
            .expect("the topology gives a port to every kind that has ports")
    }

    /// The channels on which its values are said: one, or those of a kind with several.
    #[must_use]
    pub fn channels(&self) -> Vec<Channel> {
        let own = self.channel();
        if self.kind.channels.is_empty() {
            return vec![own];
        }
        let below = |sub: &SubChannel| Channel {
            topic: self.below(&format!("/{}", sub.name)),
            value: sub.value,
            unit: Some(sub.unit),
            ..own
        };
        self.kind.channels.iter().map(below).collect()
    }

    /// The channels on which its values are said in its room, in the same order; none without a room. Nothing is kept
    /// there: a value of a sensor that is gone would be an alarm to each new watch.
    #[must_use]
    pub fn room_channels(&self) -> Vec<Channel> {
        let (Some(room), Some(Elsewhere::Room(quantities))) = (&self.room, self.kind.elsewhere)
        else {
            return Vec::new();
        };
        let in_room = |(own, quantity): (Channel, _)| Channel {
            topic: room.place(quantity).topic(),
            unit: own.unit.or(Some(COUNTS)),
            retain: false,
            ..own
        };
        let own = self.channels().into_iter();
        own.zip(quantities.iter().copied()).map(in_room).collect()
    }

    /// The topic on which it is asked, for kinds that answer.
    #[must_use]
    pub fn asked_on(&self) -> Option<&Topic> {
        matches!(self.kind.elsewhere, Some(Elsewhere::Answers(_))).then_some(&self.client_id)
    }

    /// The channel on which its values are said, if it has one value.
    #[must_use]
    pub fn channel(&self) -> Channel {
        let (qos, retain) = match self.kind.class {
            Class::Sensors => (self.qos, self.retain),
            Class::Stuff => (QoS::AtMostOnce, false),
            Class::Actuators => (QoS::AtLeastOnce, true),
            // what they say are answers, not values
            Class::Executors => (QoS::AtLeastOnce, false),
        };
        let shared = self.kind.elsewhere.and_then(Elsewhere::shared);
        Channel {
            topic: shared.map_or_else(
                || self.topic(),
                |topic| Topic::new(topic).expect("a word is a topic"),
            ),
            value: self.value(),
            unit: self.kind.unit,
            qos,
            retain,
        }
    }

    /// Whether a message on a topic that it listens to makes sense, so that it may take an older one's place. The
    /// resource itself decides again, and says why not.
    #[must_use]
    pub fn understands(&self, message: &Message) -> bool {
        let is_wish = self.kind.can_follow.is_some() && message.topic == self.set_topic();
        let wish = || !message.retain && Value::decode(self.value(), &message.payload).is_ok();
        (!is_wish || wish())
            && self
                .sources
                .iter()
                .all(|source| source.understands(message))
    }

    /// What an actuator follows.
    #[must_use]
    pub(super) fn follow(&self) -> Follow {
        Follow::new(
            self.sources.clone(),
            self.combine,
            self.on_source_lost.clone(),
        )
    }

    fn below(&self, rest: &str) -> Topic {
        let level = format!("{}/{}{rest}", self.kind.class, self.name);
        self.id
            .child(&level)
            .expect("a checked name below a checked topic is a topic")
    }
}
