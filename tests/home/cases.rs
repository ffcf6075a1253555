//! The rules over every kind, as its own example has it, and over the topologies that are shipped.

use crate::rules;
use mqtt_thing::model::Topic;
use mqtt_thing::resources::{Entity, KINDS};
use mqtt_thing::topology::{self, Topology};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const HOME: &str = "[home_assistant]\ndiscovery = true\n";

/// A lab whose thing `outer` has one resource, as a line of a file, and can follow what is in `inner`.
fn lab(line: &str) -> String {
    format!(
        "[broker]\nurl = \"mqtt://b\"\n{HOME}[things.inner]\naddress = \"10.0.0.1\"\n[things.inner.resources]\n\
         button0 = {{ kind = \"button\", port = \"D3\" }}\nrotary0 = {{ kind = \"rotary\", port = \"A0\" }}\n\
         clock0 = {{ kind = \"clock\" }}\n[things.outer]\naddress = \"10.0.0.2\"\n[things.outer.resources]\n{line}\n"
    )
}

fn topology(text: &str) -> Topology {
    topology::parse(text).unwrap_or_else(|mistakes| panic!("{mistakes:?}\n{text}"))
}

/// What the thing of that name announces, found right by the rules.
fn announced(topology: &Topology, thing: &str, id: &str) -> Json {
    let plan = topology
        .things
        .iter()
        .find(|plan| plan.name == thing)
        .unwrap();
    let its = plan.announcing(&Topic::new(id).unwrap()).unwrap();
    let message = its
        .announcement
        .unwrap()
        .message(&its.topic, &BTreeMap::new());
    assert!(message.retain);
    let wrong = rules::wrong("homeassistant", message.topic.as_str(), &message.payload);
    let json: Json = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(wrong, [] as [String; 0], "{json:#}");
    json
}

fn platforms(json: &Json) -> Vec<String> {
    let components = json["components"].as_object().unwrap();
    let others = components.iter().filter(|(key, _)| *key != "thing-status");
    others
        .map(|(_, its)| its["platform"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_kind_is_announced_by_the_rules_as_what_it_is() {
    let mut found = BTreeMap::new();
    for kind in KINDS {
        let json = announced(&topology(&lab(kind.example)), "outer", "10.0.0.2");
        let platforms = platforms(&json);
        assert_eq!(
            platforms.is_empty(),
            kind.home == Entity::None,
            "{}",
            kind.name
        );
        found.insert(kind.name, platforms.join(" "));
    }
    let expected = [
        ("button", "binary_sensor event"),
        ("buzzer", "switch"),
        ("chainable_led", "light"),
        ("clock", "sensor"),
        ("counter", "sensor"),
        ("dht", "sensor sensor"),
        ("echo", ""),
        ("encoder", "sensor"),
        ("executor", ""),
        ("four_digit", "number"),
        ("gas", "sensor"),
        ("heartbeat", ""),
        ("led", "light"),
        ("led_bar", "number"),
        ("light", "sensor"),
        ("moisture", "sensor"),
        ("pir", "binary_sensor"),
        ("relay", "switch"),
        ("rgb_lcd", "text"),
        ("rotary", "sensor"),
        ("sound", "sensor"),
        ("temperature", "sensor"),
        ("tilt", "binary_sensor"),
        ("touch", "binary_sensor event"),
        ("ultrasonic", "sensor"),
        ("vibration", "sensor"),
        ("water", "binary_sensor"),
    ];
    assert_eq!(found.len(), expected.len());
    for (kind, platforms) in expected {
        assert_eq!(
            found.get(kind).map(String::as_str),
            Some(platforms),
            "{kind}"
        );
    }
}

#[test]
fn what_an_actuator_follows_makes_it_a_light_with_brightness_or_a_number() {
    for (line, key, range) in [
        (
            r#"x = { kind = "led", port = "D5", follows = "inner/rotary0" }"#,
            "light-x",
            1023,
        ),
        (
            r#"x = { kind = "buzzer", port = "D5", follows = "inner/rotary0" }"#,
            "number-x",
            1023,
        ),
        (
            r#"x = { kind = "led", port = "D5", follows = { topic = "a/b", range = [-20, 80], stale_after_s = 9 } }"#,
            "light-x",
            100,
        ),
    ] {
        let json = announced(&topology(&lab(line)), "outer", "10.0.0.2");
        let its = &json["components"][key];
        let scale = its.get("brightness_scale").or(its.get("max"));
        assert_eq!(scale, Some(&Json::from(range)), "{json:#}");
    }
}

#[test]
fn the_shipped_topologies_are_announced_by_the_rules() {
    for name in ["one-pi", "two-pis", "dimmer", "every-key"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("resources/{name}.toml"));
        let text = std::fs::read_to_string(path).unwrap();
        let text = match text.contains("[home_assistant]") {
            true => text,
            false => text.replacen("[things.", &format!("{HOME}[things."), 1),
        };
        let topology = topology(&text);
        let mut ids = BTreeSet::new();
        for plan in &topology.things {
            let json = announced(&topology, &plan.name, "10.0.0.1");
            let text = json.to_string();
            assert!(!text.contains("/executors/"), "{text}");
            for its in json["components"].as_object().unwrap().values() {
                let id = its["unique_id"].as_str().unwrap();
                assert!(ids.insert(id.to_owned()), "{id} is twice");
            }
        }
    }
}

#[test]
fn a_changed_address_changes_topics_and_nothing_that_identifies() {
    let topology = topology(&lab(r#"led0 = { kind = "led", port = "D4" }"#));
    let (before, after) = ["10.0.0.2", "192.168.7.7"]
        .map(|id| announced(&topology, "outer", id))
        .into();
    assert_ne!(before, after);
    let moved = before.to_string().replace("10.0.0.2/", "192.168.7.7/");
    assert_eq!(moved, after.to_string());
    assert!(!moved.contains("10.0.0.2"), "{moved}");
}

#[test]
fn labs_on_one_broker_are_apart_by_their_names() {
    let text = lab(r#"led0 = { kind = "led", port = "D4" }"#);
    let named = |lab: &str| text.replace(HOME, &format!("{HOME}lab = \"{lab}\"\n"));
    let id = |text: &str| {
        let json = announced(&topology(text), "outer", "10.0.0.2");
        json["device"].clone()
    };
    assert_eq!(id(&text)["identifiers"][0], "mqtt_thing-outer");
    assert_eq!(
        id(&named("north"))["identifiers"][0],
        "mqtt_thing-north-outer"
    );
    assert_eq!(id(&named("north"))["name"], "north outer");
    assert_eq!(
        id(&named("outer"))["identifiers"][0],
        "mqtt_thing-outer-outer"
    );
}

/// The whole of one announcement, so that a change of it is seen: entities would change in homes that stand.
#[test]
fn this_is_what_is_announced() {
    let json = announced(
        &topology(&lab(
            r#"lamp = { kind = "led", port = "D5", follows = "inner/rotary0" }"#,
        )),
        "outer",
        "10.0.0.2",
    );
    let light = serde_json::json!({
        "platform": "light",
        "unique_id": "mqtt_thing-outer.light-lamp",
        "name": "lamp",
        "state_topic": "10.0.0.2/actuators/lamp",
        "qos": 1,
        "availability": [
            { "topic": "10.0.0.2/status" },
            { "topic": "10.0.0.2/actuators/lamp/availability" },
        ],
        "availability_mode": "all",
        "command_topic": "10.0.0.2/actuators/lamp/set",
        "payload_on": "ON",
        "payload_off": "OFF",
        "state_value_template": "{{ 'OFF' if value == '0' else 'ON' }}",
        "on_command_type": "brightness",
        "brightness_command_topic": "10.0.0.2/actuators/lamp/set",
        "brightness_state_topic": "10.0.0.2/actuators/lamp",
        "brightness_scale": 1023,
    });
    assert_eq!(json["components"]["light-lamp"], light);
    let status = serde_json::json!({
        "platform": "binary_sensor",
        "unique_id": "mqtt_thing-outer.thing-status",
        "state_topic": "10.0.0.2/status",
        "qos": 1,
        "payload_on": "online",
        "payload_off": "offline",
        "device_class": "connectivity",
        "entity_category": "diagnostic",
    });
    assert_eq!(json["components"]["thing-status"], status);
}
