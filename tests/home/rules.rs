//! Home Assistant's rules for an announcement, in our own words: what it says is wrong with one.
//!
//! Sources: the documentation of its MQTT integration (`/integrations/mqtt/`: "Discovery topic", "Device discovery
//! payload", "Using availability topics") and of each platform; the core's `homeassistant/components/mqtt/`:
//! `discovery.py`, `schemas.py`, `util.py` (topics), `number.py`, `text.py`, `light/schema_basic.py`.

use crate::tables::{BINARY, COMMON, DEVICE, EVENT, ORIGIN, PLATFORMS, Platform, ROOT, SENSOR};
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

type Object = Map<String, Json>;

/// The id in a topic of discovery, if it is one: `TOPIC_MATCHER` in `discovery.py`, for devices without a node.
pub(crate) fn object_id<'t>(prefix: &str, topic: &'t str) -> Option<&'t str> {
    let rest = topic.strip_prefix(prefix)?.strip_prefix("/device/")?;
    let id = rest.strip_suffix("/config")?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    (!id.is_empty() && id.chars().all(fits)).then_some(id)
}

/// Everything that is wrong with an announcement; an empty one takes a device back, and is right.
pub(crate) fn wrong(prefix: &str, topic: &str, payload: &[u8]) -> Vec<String> {
    let mut wrong = Wrong(Vec::new());
    if object_id(prefix, topic).is_none() {
        wrong.say(format!("{topic} is no topic of discovery for a device"));
    }
    if payload.is_empty() {
        return wrong.0;
    }
    match serde_json::from_slice(payload) {
        Ok(Json::Object(whole)) => wrong.whole(&whole),
        _ => wrong.say("it is no JSON object"),
    }
    wrong.0
}

struct Wrong(Vec<String>);

impl Wrong {
    fn say(&mut self, what: impl Into<String>) {
        self.0.push(what.into());
    }

    fn known(&mut self, whose: &str, its: &Object, known: &[&[&str]]) {
        for key in its.keys() {
            if !known.iter().any(|keys| keys.contains(&key.as_str())) {
                self.say(format!("{whose} has no option {key}"));
            }
        }
    }

    fn object<'j>(&mut self, its: &'j Object, key: &str) -> Option<&'j Object> {
        let object = its.get(key).and_then(Json::as_object);
        if object.is_none() {
            self.say(format!("it needs a mapping {key}"));
        }
        object
    }

    fn whole(&mut self, whole: &Object) {
        self.known("the whole", whole, &[ROOT]);
        if let Some(device) = self.object(whole, "device") {
            self.known("the device", device, &[DEVICE]);
            let many = |key: &str| match device.get(key) {
                Some(Json::Array(list)) => !list.is_empty() && list.iter().all(Json::is_string),
                Some(Json::String(one)) => !one.is_empty(),
                _ => false,
            };
            if !many("identifiers") && !many("connections") {
                self.say("the device has neither identifiers nor connections");
            }
        }
        if let Some(origin) = self.object(whole, "origin") {
            self.known("the origin", origin, &[ORIGIN]);
            if origin.get("name").and_then(Json::as_str).is_none() {
                self.say("the origin has no name");
            }
        }
        let Some(components) = self.object(whole, "components") else {
            return;
        };
        let mut ids = BTreeSet::new();
        for (key, its) in components {
            match its {
                Json::Object(its) => self.component(key, its, &mut ids),
                _ => self.say(format!("{key} is no mapping")),
            }
        }
    }

    fn component(&mut self, key: &str, its: &Object, ids: &mut BTreeSet<String>) {
        // it becomes a part of an id whose parts stand between blanks
        if key.is_empty() || key.contains(char::is_whitespace) {
            self.say(format!("`{key}` is no key for a component"));
        }
        let name = its.get("platform").and_then(Json::as_str);
        let Some(platform) = PLATFORMS.iter().find(|known| Some(known.name) == name) else {
            self.say(format!("{key} has the platform {name:?}"));
            return;
        };
        if its.len() == 1 {
            // removed
            return;
        }
        self.known(key, its, &[COMMON, platform.own]);
        for needed in platform.required {
            if !its.contains_key(*needed) {
                self.say(format!("{key} needs {needed}"));
            }
        }
        match its.get("unique_id").and_then(Json::as_str) {
            None | Some("") => self.say(format!("{key} needs unique_id")),
            Some(id) if !ids.insert(id.to_owned()) => {
                self.say(format!("{key} has the unique_id {id} of another"));
            }
            Some(_) => {}
        }
        self.options(key, its, platform);
        match platform.name {
            "binary_sensor" => self.class(key, its, BINARY),
            "event" => self.event(key, its),
            "sensor" => self.sensor(key, its),
            "light" => self.light(key, its),
            "number" => self.number(key, its),
            "text" => self.text(key, its),
            _ => {}
        }
    }

    /// What holds for each option by its name.
    fn options(&mut self, key: &str, its: &Object, platform: &Platform) {
        for (option, value) in its {
            let text = value.as_str();
            let fits = match option.as_str() {
                "name" => value.is_null() || text.is_some(),
                "qos" => matches!(value.as_i64(), Some(0..=2)),
                "enabled_by_default" | "optimistic" | "force_update" => value.is_boolean(),
                // what is only read configures nothing
                "entity_category" => match text {
                    Some("diagnostic") => true,
                    Some("config") => !platform.is_read,
                    _ => false,
                },
                // a wish that is kept would be obeyed again and again
                "retain" => *value == Json::Bool(false),
                "availability_mode" => matches!(text, Some("all" | "any" | "latest")),
                "availability" => {
                    self.availability(key, its, value);
                    true
                }
                topic if topic.ends_with("_topic") => text.is_some_and(is_topic),
                template if template.ends_with("_template") => text.is_some_and(is_template),
                payload if payload.starts_with("payload_") => text.is_some_and(|it| !it.is_empty()),
                _ => true,
            };
            if !fits {
                self.say(format!("{key}: {option} cannot be {value}"));
            }
        }
        if let (Some(on), Some(off)) = (its.get("payload_on"), its.get("payload_off"))
            && on == off
        {
            self.say(format!("{key}: on and off are the same word"));
        }
    }

    fn availability(&mut self, key: &str, its: &Object, list: &Json) {
        if its.contains_key("availability_topic") {
            self.say(format!("{key} has availability in two ways"));
        }
        let known = [
            "topic",
            "payload_available",
            "payload_not_available",
            "value_template",
        ];
        let fits = |one: &Json| {
            let topic = one.get("topic").and_then(Json::as_str);
            let mut keys = one.as_object().into_iter().flat_map(Map::keys);
            topic.is_some_and(is_topic) && keys.all(|key| known.contains(&key.as_str()))
        };
        let list = list.as_array().filter(|list| list.iter().all(fits));
        if list.is_none_or(Vec::is_empty) {
            self.say(format!("{key}: availability is no list of topics"));
        }
    }

    fn class(&mut self, key: &str, its: &Object, known: &[&str]) {
        if let Some(class) = its.get("device_class")
            && !class.as_str().is_some_and(|class| known.contains(&class))
        {
            self.say(format!("{key}: there is no device class {class}"));
        }
    }

    fn event(&mut self, key: &str, its: &Object) {
        self.class(key, its, EVENT);
        let types = its.get("event_types").and_then(Json::as_array);
        if !types.is_some_and(|types| !types.is_empty() && types.iter().all(Json::is_string)) {
            self.say(format!("{key}: event_types is no list of words"));
        }
    }

    fn sensor(&mut self, key: &str, its: &Object) {
        let classes: Vec<&str> = SENSOR.iter().map(|(class, _)| *class).collect();
        self.class(key, its, &classes);
        let text = |option: &str| its.get(option).and_then(Json::as_str);
        let unit = text("unit_of_measurement");
        let class = text("device_class");
        let units = SENSOR.iter().find(|(known, _)| class == Some(known));
        if let Some((class, units)) = units
            && !unit.is_some_and(|unit| units.contains(&unit))
        {
            self.say(format!("{key}: {class} is not told in {unit:?}"));
        }
        let state = text("state_class");
        let known = ["measurement", "total", "total_increasing"];
        if state.is_some_and(|state| !known.contains(&state)) {
            self.say(format!("{key}: there is no state class {state:?}"));
        }
    }

    fn light(&mut self, key: &str, its: &Object) {
        let kind = its.get("on_command_type").and_then(Json::as_str);
        let known = ["first", "last", "brightness"];
        if kind.is_some_and(|kind| !known.contains(&kind)) {
            self.say(format!("{key}: there is no on_command_type {kind:?}"));
        }
        let has = |option: &str| its.contains_key(option);
        let graded = has("brightness_command_topic") || has("rgb_command_topic");
        if kind == Some("brightness") && !graded {
            self.say(format!("{key}: it can never be turned on"));
        }
        if its
            .get("brightness_scale")
            .is_some_and(|scale| scale.as_i64().is_none_or(|n| n < 1))
        {
            self.say(format!("{key}: brightness_scale is no number from 1"));
        }
    }

    fn number(&mut self, key: &str, its: &Object) {
        let number =
            |option: &str, default: f64| its.get(option).map_or(Some(default), Json::as_f64);
        match (
            number("min", 1.0),
            number("max", 100.0),
            number("step", 1.0),
        ) {
            (Some(min), Some(max), Some(step)) if min < max && step >= 0.001 => {}
            _ => self.say(format!("{key}: min, max and step make no range")),
        }
        self.mode(key, its, &["auto", "box", "slider"]);
    }

    fn text(&mut self, key: &str, its: &Object) {
        let number =
            |option: &str, default: u64| its.get(option).map_or(Some(default), Json::as_u64);
        match (number("min", 0), number("max", 255)) {
            (Some(min), Some(max)) if min < max && max <= 255 => {}
            _ => self.say(format!("{key}: min and max make no length")),
        }
        self.mode(key, its, &["text", "password"]);
    }

    fn mode(&mut self, key: &str, its: &Object, known: &[&str]) {
        if let Some(mode) = its.get("mode")
            && !mode.as_str().is_some_and(|mode| known.contains(&mode))
        {
            self.say(format!("{key}: there is no mode {mode}"));
        }
    }
}

/// Of one message: nothing in it is a wildcard, as entities here read one topic each.
fn is_topic(text: &str) -> bool {
    let odd = |c: char| matches!(c, '+' | '#') || c.is_control();
    !text.is_empty() && text.len() <= 65_535 && !text.contains(odd)
}

/// Something in it is computed, and what is opened is closed.
fn is_template(text: &str) -> bool {
    let count = |mark: &str| text.matches(mark).count();
    let pairs = [("{{", "}}"), ("{%", "%}")];
    pairs
        .iter()
        .all(|(open, close)| count(open) == count(close))
        && pairs.iter().any(|(open, _)| count(open) > 0)
}
