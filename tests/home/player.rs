//! A player of Home Assistant: it finds devices by their announcements, checks these by the rules, reads what their
//! entities say, and sets them, by the messages that its core sends. It is told by `mosquitto_sub`, and sends with
//! `mosquitto_pub`.
//!
//! Source: the core's `homeassistant/components/mqtt/`: `discovery.py`, `entity.py` (availability), `event.py` (what
//! was kept is no event), `discovery.py` again (an update of a component that is still worked on is queued, and *the
//! rest of its message is dropped*), `light/schema_basic.py` (which message is sent first), `number.py`.

use crate::rules::{object_id, wrong};
use crate::support::mosquitto::publish;
use crate::support::{Mosquitto, Observer, Seen, wait_for};
use crate::templates::{over, over_color};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// So long it works on a component that is new, whose platform it may have to load, and on one that it knows.
const SET_UP: Duration = Duration::from_secs(1);
const UPDATE: Duration = Duration::from_millis(300);

/// A component that is worked on, and its updates that came meanwhile.
struct Pending {
    until: Instant,
    queue: Vec<Json>,
}

pub(crate) struct Player {
    port: u16,
    discovery: Observer,
    /// So many messages of discovery were taken.
    taken: usize,
    /// What each is, under `<object id>/<key>`.
    entities: BTreeMap<String, Json>,
    pending: BTreeMap<String, Pending>,
    /// It works on everything that it knows, and does not come to an end.
    busy: bool,
    /// What they read, and who reads it.
    read: BTreeSet<String>,
    states: Option<Observer>,
}

impl Player {
    /// It starts: it listens, and says that it is there.
    pub(crate) fn start(mosquitto: &Mosquitto) -> Self {
        let player = Self {
            port: mosquitto.port(),
            discovery: Observer::start(mosquitto, "homeassistant/device/+/config"),
            taken: 0,
            entities: BTreeMap::new(),
            pending: BTreeMap::new(),
            busy: false,
            read: BTreeSet::new(),
            states: None,
        };
        player.say("homeassistant/status", "online");
        player
    }

    fn say(&self, topic: &str, payload: &str) {
        publish(self.port, topic, payload.as_bytes(), false);
    }

    /// Takes what was announced since it last looked.
    fn take(&mut self) {
        let announced = self.discovery.seen();
        for seen in announced.iter().skip(self.taken) {
            self.finish(seen.at);
            self.announced(seen);
        }
        self.finish(Instant::now());
        self.taken = announced.len();
        let topics = |its: &Json| -> Vec<String> {
            let list = its["availability"].as_array().into_iter().flatten();
            let list = list.map(|one| one["topic"].clone());
            let topics = list.chain([its["state_topic"].clone()]);
            topics
                .map(|topic| topic.as_str().unwrap().to_owned())
                .collect()
        };
        let read: BTreeSet<String> = self.entities.values().flat_map(topics).collect();
        if read != self.read {
            let filters: Vec<&str> = read.iter().map(String::as_str).collect();
            self.states = (!read.is_empty()).then(|| Observer::of(self.port, &filters));
            self.read = read;
        }
    }

    fn announced(&mut self, seen: &Seen) {
        let wrong = wrong("homeassistant", &seen.topic, &seen.payload);
        assert_eq!(wrong, [] as [String; 0], "{}: {}", seen.topic, seen.text());
        let device = object_id("homeassistant", &seen.topic).unwrap();
        if seen.payload.is_empty() {
            let its = format!("{device}/");
            self.entities.retain(|key, _| !key.starts_with(&its));
            self.pending.retain(|key, _| !key.starts_with(&its));
            return;
        }
        let whole: Json = serde_json::from_slice(&seen.payload).unwrap();
        for (key, its) in whole["components"].as_object().unwrap() {
            let key = format!("{device}/{key}");
            if let Some(pending) = self.pending.get_mut(&key) {
                pending.queue.push(its.clone());
                return;
            }
            self.component(&key, its, seen.at);
        }
        let identity = |its: &Json| (its["platform"].to_string(), its["unique_id"].to_string());
        let identities: BTreeSet<_> = self.entities.values().map(identity).collect();
        assert_eq!(
            identities.len(),
            self.entities.len(),
            "two have one identity"
        );
    }

    /// One that is left out stays as it is: only its bare platform removes it.
    fn component(&mut self, key: &str, its: &Json, at: Instant) {
        let work = match self.entities.contains_key(key) {
            true => UPDATE,
            false => SET_UP,
        };
        let pending = Pending {
            until: at + work,
            queue: Vec::new(),
        };
        self.pending.insert(key.to_owned(), pending);
        match its.as_object().unwrap().len() {
            1 => self.entities.remove(key),
            _ => self.entities.insert(key.to_owned(), its.clone()),
        };
    }

    /// Comes to an end with what it works on, by then.
    fn finish(&mut self, now: Instant) {
        if self.busy {
            return;
        }
        let (over, rest) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition::<BTreeMap<_, _>, _>(|(_, pending)| pending.until <= now);
        self.pending = rest;
        for (key, pending) in over {
            for its in &pending.queue {
                self.component(&key, its, pending.until);
            }
        }
    }

    /// While it is busy every component that it knows is worked on.
    pub(crate) fn busy(&mut self, busy: bool) {
        self.take();
        self.busy = busy;
        let until = Instant::now();
        for key in self.entities.keys().filter(|_| busy) {
            let queue = Vec::new();
            let pending = Pending { until, queue };
            self.pending.entry(key.clone()).or_insert(pending);
        }
    }

    /// The keys of all entities that there are.
    pub(crate) fn entities(&mut self) -> Vec<String> {
        self.take();
        self.entities.keys().cloned().collect()
    }

    /// How often a device was announced.
    pub(crate) fn announcements(&self, device: &str) -> Vec<Seen> {
        let topic = format!("homeassistant/device/{device}/config");
        let all = self.discovery.seen().into_iter();
        all.filter(|seen| seen.topic == topic).collect()
    }

    fn its(&self, key: &str, option: &str) -> Option<&str> {
        self.entities.get(key)?.get(option)?.as_str()
    }

    fn on(&self, topic: &str) -> Vec<Seen> {
        let all = self.states.iter().flat_map(Observer::seen);
        all.filter(|seen| seen.topic == topic).collect()
    }

    fn last(&self, topic: &str) -> Option<String> {
        Some(self.on(topic).last()?.text())
    }

    fn is_available(&self, key: &str) -> bool {
        let list = self.entities[key]["availability"].as_array();
        let mut topics = list
            .into_iter()
            .flatten()
            .filter_map(|one| one["topic"].as_str());
        topics.all(|topic| self.last(topic).as_deref() == Some("online"))
    }

    /// What is shown of it: `unavailable`, `unknown`, or its state.
    pub(crate) fn state(&mut self, key: &str) -> String {
        self.take();
        if !self.entities.contains_key(key) {
            return "not there".to_owned();
        }
        if !self.is_available(key) {
            return "unavailable".to_owned();
        }
        let topic = self.its(key, "state_topic").unwrap();
        let Some(said) = self.last(topic) else {
            return "unknown".to_owned();
        };
        let option = ["state_value_template", "value_template"].into_iter();
        let template = option.filter_map(|option| self.its(key, option)).next();
        let said = template.map_or(said.clone(), |template| over(template, &said));
        let is = |option: &str| self.its(key, option) == Some(&said);
        match () {
            () if is("payload_on") => "on".to_owned(),
            () if is("payload_off") => "off".to_owned(),
            () if said == "None" => "unknown".to_owned(),
            () => said,
        }
    }

    /// How bright it is shown, 1 to 255: what it said last that was not dark.
    pub(crate) fn brightness(&self, key: &str) -> Option<i64> {
        let topic = self.its(key, "brightness_state_topic")?;
        let scale = self.entities[key]["brightness_scale"].as_i64().unwrap();
        let template = self.its(key, "brightness_value_template");
        let number = |seen: &Seen| {
            let text =
                template.map_or_else(|| seen.text(), |template| over(template, &seen.text()));
            text.parse::<i64>().ok().filter(|number| *number != 0)
        };
        let last = self.on(topic).iter().rev().find_map(number)?;
        Some(((last * 255 + scale / 2) / scale).min(255))
    }

    /// The colour in which it is shown, as its template tells it.
    pub(crate) fn color(&self, key: &str) -> Option<String> {
        let said = self.last(self.its(key, "rgb_state_topic")?)?;
        Some(over(self.its(key, "rgb_value_template")?, &said))
    }

    /// The events that it had since this reads its topics.
    pub(crate) fn events(&self, key: &str) -> Vec<String> {
        let Some(topic) = self.its(key, "state_topic") else {
            return Vec::new();
        };
        let template = self.its(key, "value_template").unwrap();
        let live = self.on(topic).into_iter().filter(|seen| !seen.retained);
        let rendered = live.map(|seen| over(template, &seen.text()));
        let rendered = rendered.filter(|text| !text.is_empty());
        let kind = |text: String| {
            let json: Json = serde_json::from_str(&text).unwrap();
            json["event_type"].as_str().unwrap().to_owned()
        };
        rendered.map(kind).collect()
    }

    /// Waits until it is shown so.
    pub(crate) fn wait(&mut self, key: &str, state: &str) {
        let mut shown = String::new();
        wait_for(&format!("{key} to be {state}"), || {
            shown = self.state(key);
            (shown == state).then_some(())
        });
    }

    /// Waits until there are just these entities.
    pub(crate) fn wait_entities(&mut self, keys: &[&str]) {
        wait_for(&format!("{keys:?}"), || {
            (self.entities() == keys).then_some(())
        });
    }

    /// A light or a switch is turned on, a light perhaps so bright.
    pub(crate) fn turn_on(&self, key: &str, brightness: Option<i64>) {
        let command = self.its(key, "command_topic").unwrap();
        if self.its(key, "on_command_type") != Some("brightness") {
            self.say(command, self.its(key, "payload_on").unwrap());
            return;
        }
        // without one it is as bright as before, or as bright as can be
        let brightness = brightness.or(self.brightness(key)).unwrap_or(255);
        let scale = self.entities[key]["brightness_scale"].as_i64().unwrap();
        let number = ((brightness * scale * 2 + 255) / 510)
            .clamp(1, scale)
            .to_string();
        let template = self.its(key, "brightness_command_template");
        let payload = template.map_or(number.clone(), |template| over(template, &number));
        self.say(self.its(key, "brightness_command_topic").unwrap(), &payload);
    }

    /// A light gets a colour.
    pub(crate) fn turn_on_in(&self, key: &str, color: [u8; 3]) {
        let payload = over_color(self.its(key, "rgb_command_template").unwrap(), color);
        self.say(self.its(key, "rgb_command_topic").unwrap(), &payload);
    }

    pub(crate) fn turn_off(&self, key: &str) {
        let off = self.its(key, "payload_off").unwrap();
        self.say(self.its(key, "command_topic").unwrap(), off);
    }

    /// A number or a text is set.
    pub(crate) fn set(&self, key: &str, value: &str) {
        self.say(self.its(key, "command_topic").unwrap(), value);
    }

    /// It ends and starts again: it has forgotten everything.
    pub(crate) fn restart(self, mosquitto: &Mosquitto) -> Self {
        drop(self);
        Self::start(mosquitto)
    }
}
