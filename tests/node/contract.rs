//! The table of topics in the wire contract, line by line, as an independent subscriber sees it.

use crate::lab::{INNER, LAB, OUTER, Running};
use crate::support::{Mosquitto, Observer, Seen, wait_for};
use mqtt_thing::board::Port;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What a thing with one sensor as the original's, and one as ours, says.
const BOTH: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
old0 = { kind = "button", port = "D7", retain = false, qos = 0 }
rotary0 = { kind = "rotary", port = "A0" }
clock0 = { kind = "clock", every_ms = 100 }
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
led1 = { kind = "led", port = "D5", follows = "inner/rotary0" }
"#;

fn observed() -> Option<(Mosquitto, Observer)> {
    let mosquitto = Mosquitto::start()?;
    let observer = Observer::start(&mosquitto, "#");
    Some((mosquitto, observer))
}

/// What the broker keeps, as one sees it who comes now.
fn kept(mosquitto: &Mosquitto) -> BTreeMap<String, String> {
    let late = Observer::start(mosquitto, "#");
    // the broker delivers in order, so behind this nothing kept is to come
    mosquitto.publish("test/marker", b"", false);
    late.wait_where("the marker", |seen| seen.topic == "test/marker");
    let kept = late.seen().into_iter().filter(|seen| seen.retained);
    kept.map(|seen| (seen.topic.clone(), seen.text())).collect()
}

/// Asserts how a message was published: `mosquitto_sub` is told the QoS; retained ones are among `kept`.
fn was_published(seen: &Seen, qos: u8, retained: bool, kept: &BTreeMap<String, String>) {
    assert_eq!(seen.qos, qos, "{seen:?}");
    assert_eq!(kept.contains_key(&seen.topic), retained, "{seen:?}");
}

#[test]
fn every_line_of_the_table_is_published_as_it_says() {
    let Some((mosquitto, observer)) = observed() else {
        return;
    };
    let thing = Running::start(BOTH, "inner", &mosquitto.url());
    observer.wait_for(&format!("{INNER}/sensors/button0"), "False");
    thing.press(true);
    thing.pins.set_digital(Port::D7, true);
    thing.turn(700);
    let at = |name: &str, payload: &str| observer.wait_for(&format!("{INNER}/{name}"), payload);
    let expected = [
        ("status", "online", 1, true),
        ("sensors/button0", "False", 1, true),
        ("sensors/button0", "True", 1, true),
        ("sensors/old0", "True", 0, false),
        ("sensors/rotary0", "700", 1, true),
        ("actuators/led0", "True", 1, true),
        ("actuators/led1", "700", 1, true),
        ("sensors/button0/availability", "online", 1, true),
        ("sensors/old0/availability", "online", 1, true),
        ("actuators/led0/availability", "online", 1, true),
    ];
    let seen: Vec<Seen> = expected
        .iter()
        .skip(1)
        .map(|(name, payload, ..)| at(name, payload))
        .collect();
    let clock = observer.wait_where("the clock", |seen| seen.topic.ends_with("stuff/clock0"));
    let kept = kept(&mosquitto);
    was_published(&at("status", "online"), 1, true, &kept);
    for (seen, (_, _, qos, retained)) in seen.iter().zip(expected.iter().skip(1)) {
        was_published(seen, *qos, *retained, &kept);
    }
    was_published(&clock, 0, false, &kept);
    let pattern = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let shape: String = clock.text().chars().map(pattern).collect();
    assert_eq!(shape, "0000-00-00 00:00:00");
    let health = thing.health(&observer);
    assert!(!kept.contains_key(&format!("{INNER}/health")));
    assert_eq!(health["connects"], 1, "{health}");
    assert_eq!(health["faulty_resources"], 0, "{health}");
    assert!(
        health["bus"].is_object() && health["resident_kib"].as_u64() > Some(1000),
        "{health}"
    );
    let known = |seen: &Seen| {
        let rest = seen.topic.strip_prefix("10.0.0.1/");
        matches!(rest, Some("about" | "health"))
            || seen.topic == "test/marker"
            || seen.topic.ends_with("/availability")
            || expected.iter().any(|(name, ..)| rest == Some(name))
            || rest == Some("stuff/clock0")
    };
    for seen in observer.seen() {
        assert!(known(&seen), "not in the contract: {seen:?}");
    }
    thing.stop();
}

#[test]
fn about_tells_everything_that_others_need_to_talk_to_a_thing() {
    let Some((mosquitto, observer)) = observed() else {
        return;
    };
    let thing = Running::start(BOTH, "inner", &mosquitto.url());
    let topic = format!("{INNER}/about");
    // the firmware is known when the board has answered, which may be after the first connect
    let about = observer.wait_where("about with firmware", |seen| {
        seen.topic == topic && seen.text().contains("1.4.0")
    });
    let about: Value = serde_json::from_slice(&about.payload).unwrap();
    let of = |name: &str| {
        let resources = about["resources"].as_array().unwrap();
        let found = resources.iter().find(|resource| resource["name"] == name);
        found
            .unwrap_or_else(|| panic!("{name} is not in {about}"))
            .clone()
    };
    assert_eq!(about["name"], "inner");
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["executors"], json!([]));
    assert_eq!(
        of("button0"),
        json!({"name": "button0", "kind": "button", "port": "D3", "value": "bool", "topics": {
            "value": "10.0.0.1/sensors/button0", "availability": "10.0.0.1/sensors/button0/availability"}})
    );
    assert_eq!(
        of("led1"),
        json!({"name": "led1", "kind": "led", "port": "D5", "value": "integer", "range": [0, 1023], "topics": {
            "value": "10.0.0.1/actuators/led1", "set": "10.0.0.1/actuators/led1/set",
            "availability": "10.0.0.1/actuators/led1/availability"}})
    );
    assert_eq!(
        of("clock0"),
        json!({"name": "clock0", "kind": "clock", "value": "text", "topics": {"value": "10.0.0.1/stuff/clock0"}})
    );
    let kept: Value = serde_json::from_str(&kept(&mosquitto)[&topic]).unwrap();
    assert_eq!(kept, about);
    thing.stop();
}

#[test]
fn after_a_clean_stop_the_broker_keeps_the_last_states_and_offline() {
    let Some((mosquitto, observer)) = observed() else {
        return;
    };
    let thing = Running::start(BOTH, "inner", &mosquitto.url());
    thing.press(true);
    observer.wait_for(&format!("{INNER}/actuators/led0"), "True");
    thing.stop();
    let mut kept = kept(&mosquitto);
    assert!(kept.remove("10.0.0.1/about").is_some());
    let of = |topic: &str, payload: &str| (format!("{INNER}/{topic}"), payload.to_owned());
    let expected = [
        of("actuators/led0", "False"),
        of("actuators/led0/availability", "online"),
        of("actuators/led1", "0"),
        of("actuators/led1/availability", "online"),
        of("sensors/button0", "True"),
        of("sensors/button0/availability", "online"),
        of("sensors/old0/availability", "online"),
        of("sensors/rotary0", "0"),
        of("sensors/rotary0/availability", "online"),
        of("status", "offline"),
    ];
    assert_eq!(kept, expected.into_iter().collect());
}

#[test]
fn a_thing_that_leaves_for_good_leaves_only_offline_behind() {
    let Some((mosquitto, observer)) = observed() else {
        return;
    };
    let thing = Running::start(BOTH, "inner", &mosquitto.url());
    observer.wait_for(&format!("{INNER}/sensors/rotary0"), "0");
    observer.wait_for(&format!("{INNER}/status"), "online");
    thing.leave();
    observer.wait_for(&format!("{INNER}/status"), "offline");
    assert_eq!(kept(&mosquitto), BTreeMap::new());
}

#[test]
fn a_board_that_goes_away_is_told_by_availability_and_fault_and_so_is_its_return() {
    let Some((mosquitto, observer)) = observed() else {
        return;
    };
    let thing = Running::start(BOTH, "inner", &mosquitto.url());
    thing.press(true);
    observer.wait_for(&format!("{INNER}/actuators/led0"), "True");
    thing.pins.unplug();
    let button = format!("{INNER}/sensors/button0");
    observer.wait_for(&format!("{button}/availability"), "offline");
    let fault = observer.wait_where("a fault", |seen| seen.topic == format!("{button}/fault"));
    let told: Value = serde_json::from_slice(&fault.payload).unwrap();
    assert!(told["since"].as_u64() > Some(1_700_000_000), "{told}");
    assert_eq!(told["count"], 1, "{told}");
    assert!(
        told["error"]
            .as_str()
            .is_some_and(|error| !error.is_empty()),
        "{told}"
    );
    let kept = kept(&mosquitto);
    assert_eq!(kept[&format!("{button}/availability")], "offline");
    was_published(&fault, 0, false, &kept);
    // a LED that follows a button on a board that is gone rests as soon as it can be told to
    thing.pins.plug_in();
    let over = observer.wait_where("the fault's end", |seen| {
        seen.topic == format!("{button}/fault") && seen.text().contains("\"error\":null")
    });
    assert!(over.at > fault.at);
    thing.wait_led(Port::D4, true);
    wait_for("online after offline", || {
        let texts = observer.texts(&format!("{button}/availability"));
        texts
            .ends_with(&["offline".to_owned(), "online".to_owned()])
            .then_some(())
    });
    let abouts = observer.texts(&format!("{INNER}/about"));
    assert_eq!(abouts.len(), 1, "its firmware is no news: {abouts:?}");
}

#[test]
fn every_state_is_said_again_to_a_broker_that_forgot_everything() {
    let Some((mut mosquitto, observer)) = observed() else {
        return;
    };
    let inner = Running::start(LAB, "inner", &mosquitto.url());
    let outer = Running::start(LAB, "outer", &mosquitto.url());
    inner.press(true);
    inner.turn(512);
    outer.wait_led(Port::D4, true);
    outer.wait_led(Port::D5, true);
    observer.wait_for(&format!("{OUTER}/actuators/led1"), "512");
    let before = kept(&mosquitto);
    mosquitto.restart();
    let again = wait_for("everything to be kept again", || {
        let now = kept(&mosquitto);
        (now.len() == before.len()).then_some(now)
    });
    assert_eq!(again, before);
    inner.stop();
    outer.stop();
}
