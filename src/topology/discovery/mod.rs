//! How a thing is announced to Home Assistant, so that it finds it without a line of configuration: device-based
//! discovery, one retained message a thing.
//!
//! Sources: Home Assistant's documentation of its MQTT integration (`/integrations/mqtt/`: "Discovery topic", "Device
//! discovery payload", "Using availability topics") and of each platform (`/integrations/light.mqtt/` and its like);
//! the core's `homeassistant/components/mqtt/`: `discovery.py` (an omitted component stays, one with nothing but its
//! platform goes), `schemas.py` (which keys a device may have: no others), `light/schema_basic.py` (what is published
//! in which order).
//!
//! Executors are never announced: a command is not to be run from a home's screen. Which entity a kind is, its row
//! tells ([`Entity`](crate::resources::Entity)).

mod component;
mod kept;
mod platforms;
mod templates;

pub use kept::{Kept, KeptError};

use super::home::HomeAssistant;
use crate::model::{Message, Topic};
use crate::resources::Spec;
use component::Component;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The name under which our announcements are known.
pub const ORIGIN: &str = "mqtt-thing";

/// Where a thing is announced, and what is said there.
#[derive(Debug, Clone)]
pub struct Announcing {
    /// The topic of its announcement.
    pub topic: Topic,
    /// The topic on which Home Assistant says that it came back.
    pub status: Topic,
    /// What is announced; `None` if what was announced before is to be taken back.
    pub announcement: Option<Announcement>,
}

impl Announcing {
    /// For the thing `name` with this id and these resources.
    #[must_use]
    pub fn new(home: &HomeAssistant, name: &str, id: &Topic, specs: &[Spec]) -> Self {
        let announcement = home
            .discovery
            .then(|| Announcement::new(home, name, id, specs));
        Self {
            topic: home.topic(name),
            status: home.status.clone(),
            announcement,
        }
    }
}

/// All that is said of a thing. The same thing gives the same bytes.
#[derive(Debug, Clone, Serialize)]
pub struct Announcement {
    device: Device,
    origin: Origin,
    components: BTreeMap<String, Entry>,
}

#[derive(Debug, Clone, Serialize)]
struct Device {
    identifiers: [String; 1],
    name: String,
    manufacturer: &'static str,
    model: &'static str,
    sw_version: &'static str,
}

#[derive(Debug, Clone, Serialize)]
struct Origin {
    name: &'static str,
    sw_version: &'static str,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Entry {
    Here(Box<Component>),
    /// It was announced once; only its platform is left of it, which has it removed.
    Gone {
        platform: String,
    },
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

impl Announcement {
    /// Of the thing `name` with this id and these resources. Nothing in it that identifies anything depends on the id,
    /// so that a changed address changes no entity.
    #[must_use]
    pub fn new(home: &HomeAssistant, name: &str, id: &Topic, specs: &[Spec]) -> Self {
        let object_id = home.object_id(name);
        let own = platforms::thing(id);
        let its = specs.iter().flat_map(platforms::resource);
        let components = own.into_iter().chain(its).map(|(key, mut component)| {
            component.unique_id = format!("{object_id}.{key}");
            (key, Entry::Here(Box::new(component)))
        });
        let components = components.collect();
        let shown = match &home.lab {
            Some(lab) => format!("{lab} {name}"),
            None => name.to_owned(),
        };
        Self {
            device: Device {
                identifiers: [object_id],
                name: shown,
                manufacturer: "Raspberry Pi",
                model: "GrovePi thing",
                sw_version: VERSION,
            },
            origin: Origin {
                name: ORIGIN,
                sw_version: VERSION,
            },
            components,
        }
    }

    /// What `kept` has, an older announcement of the same thing, and this has not.
    #[must_use]
    pub fn without(&self, kept: &Kept) -> BTreeMap<String, String> {
        let gone = kept.components.iter();
        let gone = gone.filter(|(key, _)| !self.components.contains_key(*key));
        gone.map(|(key, platform)| (key.clone(), platform.clone()))
            .collect()
    }

    /// The message that announces it on `topic`, and has the components in `gone` (keys with their platforms) removed.
    #[must_use]
    pub fn message(&self, topic: &Topic, gone: &BTreeMap<String, String>) -> Message {
        let mut whole = self.clone();
        for (key, platform) in gone {
            let platform = platform.clone();
            let entry = || Entry::Gone { platform };
            whole.components.entry(key.clone()).or_insert_with(entry);
        }
        let json = serde_json::to_vec(&whole).expect("an announcement is plain JSON");
        Message::state(topic.clone(), json)
    }

    /// Every topic that Home Assistant reads of it.
    #[must_use]
    pub fn reads(&self) -> BTreeSet<Topic> {
        let here = self.here();
        here.flat_map(Component::reads).cloned().collect()
    }

    /// Every topic on which Home Assistant sets something of it.
    #[must_use]
    pub fn sets(&self) -> BTreeSet<Topic> {
        let here = self.here();
        here.filter_map(Component::command).cloned().collect()
    }

    fn here(&self) -> impl Iterator<Item = &Component> {
        self.components.values().filter_map(|entry| match entry {
            Entry::Here(component) => Some(component.as_ref()),
            Entry::Gone { .. } => None,
        })
    }
}
