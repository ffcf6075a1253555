//! The rules themselves: each finds what it is there for.

use crate::rules::{object_id, wrong};
use serde_json::{Value as Json, json};

const TOPIC: &str = "homeassistant/device/a-1_B/config";

fn right() -> Json {
    json!({
        "device": { "identifiers": ["a"], "name": "a" },
        "origin": { "name": "b" },
        "components": {
            "level": { "platform": "binary_sensor", "unique_id": "1", "state_topic": "a/b", "payload_on": "1",
                "payload_off": "0", "device_class": "motion", "qos": 1,
                "availability": [{ "topic": "a/c" }, { "topic": "a/d" }], "availability_mode": "all" },
            "press": { "platform": "event", "unique_id": "2", "state_topic": "a/b", "event_types": ["press"],
                "value_template": "{% if value %}{}{% endif %}" },
            "warm": { "platform": "sensor", "unique_id": "3", "state_topic": "a/t", "device_class": "temperature",
                "unit_of_measurement": "\u{b0}C", "state_class": "measurement" },
            "lamp": { "platform": "light", "unique_id": "4", "command_topic": "a/l/set", "state_topic": "a/l",
                "on_command_type": "brightness", "brightness_command_topic": "a/l/set", "brightness_scale": 255 },
            "plug": { "platform": "switch", "unique_id": "5", "command_topic": "a/s/set" },
            "level2": { "platform": "number", "unique_id": "6", "command_topic": "a/n/set", "min": 0, "max": 10 },
            "words": { "platform": "text", "unique_id": "7", "command_topic": "a/w/set", "max": 32 },
            "gone": { "platform": "light" },
        },
    })
}

fn told(json: &Json) -> Vec<String> {
    wrong("homeassistant", TOPIC, json.to_string().as_bytes())
}

#[test]
fn what_is_right_is_found_right() {
    assert_eq!(told(&right()), [] as [String; 0]);
    assert_eq!(wrong("homeassistant", TOPIC, b""), [] as [String; 0]);
}

#[test]
fn a_topic_has_an_id_of_letters_digits_and_two_marks() {
    assert_eq!(object_id("homeassistant", TOPIC), Some("a-1_B"));
    assert_eq!(object_id("a/b", "a/b/device/x/config"), Some("x"));
    for topic in [
        "homeassistant/device/10.0.0.1/config",
        "homeassistant/device//config",
        "homeassistant/device/a/b/config",
        "homeassistant/device/a",
        "homeassistant/light/a/config",
        "other/device/a/config",
        "homeassistant/device/a b/config",
    ] {
        assert_eq!(object_id("homeassistant", topic), None, "{topic}");
        assert_eq!(
            wrong("homeassistant", topic, right().to_string().as_bytes()).len(),
            1
        );
    }
}

/// What is put where, and a part of what is said of it.
type Slip = (&'static str, fn() -> Json, &'static str);

const SLIPS: &[Slip] = &[
    (
        "/device",
        || json!({ "name": "a" }),
        "neither identifiers nor connections",
    ),
    (
        "/device/identifiers",
        || json!([]),
        "neither identifiers nor connections",
    ),
    (
        "/device/colour",
        || json!("red"),
        "the device has no option colour",
    ),
    ("/origin", || json!({}), "the origin has no name"),
    ("/origin/mark", || json!(1), "the origin has no option mark"),
    ("/lab", || json!("north"), "the whole has no option lab"),
    ("/components", || json!([]), "needs a mapping components"),
    ("/components/level", || json!(1), "level is no mapping"),
    (
        "/components/a b",
        || json!({ "platform": "light" }),
        "no key for a component",
    ),
    (
        "/components/level/platform",
        || json!("lamp"),
        "has the platform",
    ),
    (
        "/components/level/unique_id",
        || json!(""),
        "level needs unique_id",
    ),
    (
        "/components/level/unique_id",
        || json!("2"),
        "the unique_id 2 of another",
    ),
    (
        "/components/level/command_topic",
        || json!("a"),
        "level has no option command_topic",
    ),
    (
        "/components/level/state_topic",
        || json!("a/#"),
        "state_topic cannot be",
    ),
    (
        "/components/lamp/command_topic",
        || json!(""),
        "command_topic cannot be",
    ),
    (
        "/components/lamp/brightness_command_topic",
        || json!("a/+"),
        "brightness_command_topic cannot be",
    ),
    ("/components/level/qos", || json!(3), "qos cannot be 3"),
    (
        "/components/level/payload_off",
        || json!("1"),
        "the same word",
    ),
    (
        "/components/level/device_class",
        || json!("button"),
        "no device class",
    ),
    (
        "/components/level/availability_mode",
        || json!("each"),
        "availability_mode cannot be",
    ),
    (
        "/components/level/availability",
        || json!([]),
        "no list of topics",
    ),
    (
        "/components/level/availability",
        || json!([{ "topic": "a", "mode": "all" }]),
        "no list of topics",
    ),
    (
        "/components/level/availability_topic",
        || json!("a"),
        "availability in two ways",
    ),
    (
        "/components/level/entity_category",
        || json!("config"),
        "entity_category cannot be",
    ),
    (
        "/components/press/event_types",
        || json!([]),
        "no list of words",
    ),
    (
        "/components/press/device_class",
        || json!("bell"),
        "no device class",
    ),
    (
        "/components/press/value_template",
        || json!("{{ value"),
        "value_template cannot be",
    ),
    (
        "/components/press/value_template",
        || json!("value"),
        "value_template cannot be",
    ),
    (
        "/components/warm/unit_of_measurement",
        || json!("C"),
        "temperature is not told in",
    ),
    (
        "/components/warm/device_class",
        || json!("light"),
        "no device class",
    ),
    (
        "/components/warm/state_class",
        || json!("mean"),
        "no state class",
    ),
    (
        "/components/lamp/on_command_type",
        || json!("once"),
        "no on_command_type",
    ),
    (
        "/components/lamp/brightness_scale",
        || json!(0),
        "brightness_scale is no number",
    ),
    (
        "/components/plug/retain",
        || json!(true),
        "retain cannot be true",
    ),
    ("/components/level2/max", || json!(0), "make no range"),
    ("/components/level2/step", || json!(0), "make no range"),
    ("/components/level2/mode", || json!("knob"), "no mode"),
    ("/components/words/max", || json!(256), "make no length"),
];

#[test]
fn each_slip_is_found() {
    for (at, value, expected) in SLIPS {
        let mut json = right();
        let (parent, key) = at.rsplit_once('/').unwrap();
        let parent = json.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert((*key).to_owned(), value());
        let told = told(&json);
        assert!(
            told.iter().any(|one| one.contains(expected)),
            "{at}: {told:?}"
        );
    }
}

#[test]
fn each_option_that_is_needed_is_missed() {
    for (key, option) in [
        ("level", "state_topic"),
        ("press", "event_types"),
        ("warm", "state_topic"),
        ("lamp", "command_topic"),
        ("plug", "command_topic"),
        ("level2", "command_topic"),
        ("words", "command_topic"),
        ("level", "unique_id"),
    ] {
        let mut json = right();
        json["components"][key]
            .as_object_mut()
            .unwrap()
            .remove(option);
        assert!(
            told(&json).contains(&format!("{key} needs {option}")),
            "{:?}",
            told(&json)
        );
    }
    let mut json = right();
    json["components"]["lamp"]
        .as_object_mut()
        .unwrap()
        .remove("brightness_command_topic");
    assert_eq!(told(&json), ["lamp: it can never be turned on"]);
    for payload in ["[]", "{", "1", "{}"] {
        assert!(!wrong("homeassistant", TOPIC, payload.as_bytes()).is_empty());
    }
}
