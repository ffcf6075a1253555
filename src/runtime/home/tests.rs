use super::*;
use crate::model::Topic;
use crate::topology;
use serde_json::{Value as Json, json};

const BUTTON: &str = "button0 = { kind = \"button\", port = \"D3\" }\n";
const LED: &str = "led0 = { kind = \"led\", port = \"D4\" }\n";
const TOPIC: &str = "homeassistant/device/mqtt_thing-a/config";

fn home(discovery: bool, resources: &str) -> Home {
    let text = format!(
        "[broker]\nurl = \"mqtt://b\"\n[home_assistant]\ndiscovery = {discovery}\n[things.a]\naddress = \"10.0.0.1\"\n\
         [things.a.resources]\n{resources}"
    );
    let plan = &topology::parse(&text).unwrap().things[0];
    let id = topic("10.0.0.1");
    Home::new(plan.announcing(&id).unwrap(), &plan.specs(&id))
}

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

fn at(ms: u64) -> Moment {
    Moment::after(Duration::from_millis(ms))
}

fn kept(payload: impl Into<Vec<u8>>) -> Message {
    Message::state(topic(TOPIC), payload.into())
}

fn components(message: Option<Message>) -> Json {
    let message = message.expect("something is said");
    assert_eq!((message.topic.as_str(), message.retain), (TOPIC, true));
    let whole: Json = serde_json::from_slice(&message.payload).unwrap();
    let each = whole["components"].as_object().unwrap().iter();
    let each = each.map(|(key, its)| {
        let whole = its.as_object().unwrap().len() > 1;
        let told = if whole { json!("here") } else { its.clone() };
        (key.clone(), told)
    });
    Json::Object(each.collect())
}

fn online(retain: bool) -> Message {
    Message {
        retain,
        ..Message::state(topic("homeassistant/status"), "online")
    }
}

#[test]
fn what_only_the_kept_announcement_has_is_removed_by_its_platform_and_then_left_out() {
    let mut before = home(true, &format!("{BUTTON}{LED}"));
    let old = before.connected(at(0)).unwrap();
    let mut now = home(true, BUTTON);
    now.connected(at(0));
    let removing = components(now.hear(&kept(old.payload), at(100), 0.0));
    let here = json!({
        "binary_sensor-button0": "here", "event-button0-press": "here", "thing-status": "here",
        "light-led0": { "platform": "light" },
    });
    assert_eq!(removing, here);
    // a connection that is lost meanwhile changes nothing
    assert_eq!(components(now.connected(at(5000))), here);
    assert_eq!(now.take_due(at(14_999)), Due::default());
    let tidy = now.take_due(at(15_000));
    assert!(!tidy.states);
    let told = components(tidy.message);
    assert_eq!(told.get("light-led0"), None, "{told}");
    assert_eq!(now.take_due(at(99_000)), Due::default());
}

#[test]
fn the_same_announcement_and_what_is_none_have_nothing_said() {
    let mut home = home(true, BUTTON);
    let same = home.connected(at(0)).unwrap().payload;
    let foreign = json!({ "origin": { "name": "zigbee2mqtt" }, "device": { "identifiers": ["x"] }, "components": {
        "light-x": { "platform": "light", "state_topic": "x" } } });
    for payload in [
        same,
        foreign.to_string().into_bytes(),
        b"mqtt-thing-canary".to_vec(),
        vec![0xff; 100],
        "[".repeat(100_000).into_bytes(),
        Vec::new(),
    ] {
        assert_eq!(home.hear(&kept(payload), at(1), 0.0), None);
    }
    assert_eq!(home.take_due(at(99_000)), Due::default());
}

#[test]
fn keys_and_platforms_that_are_none_are_not_repeated() {
    let mut home = home(true, BUTTON);
    home.connected(at(0));
    let hostile = json!({ "origin": { "name": "mqtt-thing" }, "device": { "identifiers": ["x"] }, "components": {
        "a b": { "platform": "light" }, "b": { "platform": "li/ght" }, "c": 1, "d": { "platform": 1 },
        "e\u{1b}[2J": { "platform": "light" }, "sensor-f": { "platform": "sensor", "name": "x" } } });
    let told = components(home.hear(&kept(hostile.to_string()), at(1), 0.0));
    assert_eq!(told["sensor-f"], json!({ "platform": "sensor" }));
    assert_eq!(told.as_object().unwrap().len(), 4, "{told}");
}

#[test]
fn a_home_that_is_back_hears_the_announcement_and_then_the_states() {
    let mut home = home(true, BUTTON);
    home.connected(at(0));
    assert_eq!(home.hear(&online(true), at(1), 0.0), None);
    assert_eq!(home.take_due(at(60_000)), Due::default());
    home.hear(&online(false), at(60_000), 0.5);
    // once is enough
    home.hear(&online(false), at(60_100), 1.0);
    assert_eq!(home.take_due(at(61_749)), Due::default());
    let due = home.take_due(at(61_750));
    assert!(due.message.is_some() && !due.states);
    assert_eq!(home.take_due(at(63_749)), Due::default());
    let due = home.take_due(at(63_750));
    assert!(due.message.is_none() && due.states);
    assert_eq!(home.take_due(at(99_000)), Due::default());
    let offline = Message::event(topic("homeassistant/status"), "offline");
    home.hear(&offline, at(99_000), 0.0);
    assert_eq!(home.take_due(at(199_000)), Due::default());
}

#[test]
fn values_that_nobody_keeps_are_said_once_more_after_the_announcement() {
    let mut home = home(
        true,
        "old0 = { kind = \"button\", port = \"D3\", retain = false }",
    );
    home.connected(at(0));
    assert!(!home.take_due(at(1999)).states);
    assert!(home.take_due(at(2000)).states);
    assert!(!home.take_due(at(9000)).states);
}

#[test]
fn without_discovery_what_was_announced_is_taken_back_and_nothing_else_is_said() {
    let old = home(true, BUTTON).connected(at(0)).unwrap();
    let mut quiet = home(false, BUTTON);
    let subscriptions = quiet.subscriptions();
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0].0.as_str(), TOPIC);
    assert_eq!(quiet.connected(at(0)), None);
    assert_eq!(
        quiet.hear(&kept(old.payload), at(1), 0.0),
        Some(Message::state(topic(TOPIC), ""))
    );
    quiet.hear(&online(false), at(2), 0.0);
    assert_eq!(quiet.take_due(at(99_000)), Due::default());
    let foreign =
        json!({ "origin": { "name": "x" }, "device": { "identifiers": ["x"] }, "components": {} });
    assert_eq!(quiet.hear(&kept(foreign.to_string()), at(1), 0.0), None);
}

#[test]
fn another_thing_in_its_place_is_noticed_and_not_fought() {
    let mut its = home(true, BUTTON);
    let own = its.connected(at(0)).unwrap();
    let live = |payload: Vec<u8>| Message::event(topic(TOPIC), payload);
    its.hear(&live(own.payload), at(1), 0.0);
    assert!(!its.warned);
    let other = home(true, LED).connected(at(0)).unwrap();
    let text = String::from_utf8(other.payload).unwrap();
    let elsewhere = text.replace("10.0.0.1", "10.0.0.2");
    assert_eq!(its.hear(&live(elsewhere.into_bytes()), at(2), 0.0), None);
    assert!(its.warned);
}
