//! What a checked file says, ready to be run.

use super::discovery::Announcing;
use super::home::HomeAssistant;
use crate::board::Port;
use crate::building::{Building, RoomPlace};
use crate::fleet::{ExecutorSettings, GovernorFace};
use crate::model::{Mistake, QoS, Topic, ValueKind};
use crate::mqtt::Access;
use crate::resources::{Kind, Spec};
use crate::thing::{Class, Combine, OnSourceLost, Source, ThingTopics};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// A whole file: one thing, or a lab of them.
#[derive(Debug, Clone)]
pub struct Topology {
    /// Where they meet.
    pub broker: Broker,
    /// The things, in the order of the file. At least one.
    pub things: Vec<ThingPlan>,
    /// Buildings whose sensors speak on this broker without being a thing's. Only who may do what follows from them.
    pub buildings: Vec<Building>,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// How to reach the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// `mqtt://host` or `mqtt://host:port`, or `mqtts://` for TLS, as it is written.
    pub url: String,
    /// A thing that froze is noticed after at most three of these. A whole number of seconds, at least one.
    pub keep_alive: Duration,
    /// What lets a thing in. A password's user is the thing's id when none is named.
    pub access: Access,
}

/// Where a thing's id comes from, the first level of its topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// The file says it.
    Fixed(Topic),
    /// It is the IP address of this network interface.
    Interface(String),
    /// It is the IP address from which the way to the broker starts.
    DefaultRoute,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fixed(id) => write!(f, "{id}"),
            Self::Interface(name) => write!(f, "address of {name}"),
            Self::DefaultRoute => f.write_str("address of the default route"),
        }
    }
}

/// One thing: a Pi with a board and what is plugged in.
#[derive(Debug, Clone)]
pub struct ThingPlan {
    /// Its name in the file.
    pub name: String,
    /// Where its id comes from.
    pub address: Address,
    /// The number of its I2C bus, as in `/dev/i2c-1`.
    pub bus: u8,
    /// The Pi's GPIO (BCM number) that is wired to the board's reset.
    pub reset_gpio: Option<u8>,
    /// Its resources, in the order of the file. At least one.
    pub resources: Vec<ResourcePlan>,
    /// How it announces itself to Home Assistant, the same for all things of a file; `None` if the file says nothing.
    pub home: Option<HomeAssistant>,
}

impl ThingPlan {
    /// Its resources for the id that it has now; for a thing with a fixed address that is its address.
    #[must_use]
    pub fn specs(&self, id: &Topic) -> Vec<Spec> {
        self.resources
            .iter()
            .map(|resource| resource.spec(id))
            .collect()
    }

    /// What it announces to Home Assistant under the id that it has now, and where; `None` if the file says nothing.
    #[must_use]
    pub fn announcing(&self, id: &Topic) -> Option<Announcing> {
        let home = self.home.as_ref()?;
        Some(Announcing::new(home, &self.name, id, &self.specs(id)))
    }
}

/// One resource of a thing.
#[derive(Clone)]
pub struct ResourcePlan {
    /// Its name in the file.
    pub name: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// Its port; there is one unless the kind has none.
    pub port: Option<Port>,
    /// The kind's settings that the file gives.
    pub settings: BTreeMap<String, i64>,
    /// What it follows, in the order of the file.
    pub sources: Vec<SourcePlan>,
    /// How several sources become one value.
    pub combine: Combine,
    /// What a lost source counts as.
    pub on_source_lost: OnSourceLost,
    /// Whether the broker keeps the last value of a sensor.
    pub retain: bool,
    /// At which quality of service a sensor's values are said.
    pub qos: QoS,
    /// The room of a building where a sensor's values are said as well.
    pub room: Option<RoomPlace>,
    /// For an executor: what the file allows. With the governor's face and no client id, the thing's id is meant.
    pub executor: Option<Arc<ExecutorSettings>>,
}

impl ResourcePlan {
    /// The resource for a thing with that id.
    #[must_use]
    pub fn spec(&self, id: &Topic) -> Spec {
        let mut spec = Spec::new(id.clone(), self.name.clone(), self.kind, self.port);
        spec.settings.clone_from(&self.settings);
        spec.sources = self
            .sources
            .iter()
            .map(|source| source.source(id))
            .collect();
        spec.combine = self.combine;
        spec.on_source_lost.clone_from(&self.on_source_lost);
        spec.retain = self.retain;
        spec.qos = self.qos;
        spec.room.clone_from(&self.room);
        spec.executor = self
            .executor
            .as_ref()
            .map(|settings| known_as(settings, id));
        spec
    }
}

/// The settings of an executor of the thing with that id: where the file gives no other name, it registers by that.
fn known_as(settings: &Arc<ExecutorSettings>, id: &Topic) -> Arc<ExecutorSettings> {
    match &settings.governor {
        Some(face) if face.client_id.is_empty() => Arc::new(ExecutorSettings {
            governor: Some(GovernorFace {
                client_id: id.to_string(),
                ..face.clone()
            }),
            ..ExecutorSettings::clone(settings)
        }),
        _ => Arc::clone(settings),
    }
}

impl fmt::Debug for ResourcePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourcePlan")
            .field("name", &self.name)
            .field("kind", &self.kind.name)
            .field("port", &self.port)
            .field("sources", &self.sources)
            .finish_non_exhaustive()
    }
}

/// One thing that an actuator follows.
#[derive(Debug, Clone, PartialEq)]
pub struct SourcePlan {
    /// `thing/resource`, or the topic of a stranger.
    pub name: String,
    pub(super) place: SourcePlace,
}

/// Where a source stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum SourcePlace {
    /// In the same thing, whose id may be known at run time only.
    Inside(Said),
    /// Elsewhere.
    Outside(Source),
}

impl SourcePlan {
    /// The source for a thing with that id.
    #[must_use]
    pub fn source(&self, id: &Topic) -> Source {
        match &self.place {
            SourcePlace::Outside(source) => source.clone(),
            SourcePlace::Inside(said) => said.source(id),
        }
    }
}

/// What a resource of the file says.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) class: Class,
    pub(super) resource: String,
    /// Which of its several values, by name.
    pub(super) channel: Option<&'static str>,
    pub(super) value: ValueKind,
    /// Then it says by itself whether it answers.
    pub(super) needs_board: bool,
}

impl Said {
    /// It as a source, where `id` is its thing.
    pub(super) fn source(&self, id: &Topic) -> Source {
        let below = |level: &str| {
            id.child(level)
                .expect("a checked name below a checked id is a topic")
        };
        let base = format!("{}/{}", self.class, self.resource);
        let mut presence = vec![ThingTopics::of(id).status];
        if self.needs_board {
            presence.push(below(&format!("{base}/availability")));
        }
        let topic = match self.channel {
            None => below(&base),
            Some(channel) => below(&format!("{base}/{channel}")),
        };
        Source {
            topic,
            value: self.value,
            presence,
            stale_after: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_no_board_has_no_availability_of_its_own() {
        let id = Topic::new("10.0.0.1").unwrap();
        let presence = |needs_board| {
            let said = Said {
                class: Class::Stuff,
                resource: "x".to_owned(),
                channel: None,
                value: ValueKind::Bool,
                needs_board,
            };
            said.source(&id).presence
        };
        let status = id.child("status").unwrap();
        assert_eq!(presence(false), std::slice::from_ref(&status));
        let own = id.child("stuff/x/availability").unwrap();
        assert_eq!(presence(true), [status, own]);
    }
}
