use super::*;
use crate::model::Topic;
use crate::topology;
use serde_json::{Value as Json, json};

const BUTTON: &str = "button0 = { kind = \"button\", port = \"D3\" }\n";
const LED: &str = "led0 = { kind = \"led\", port = \"D4\" }\n";
const OLD: &str = "old0 = { kind = \"button\", port = \"D3\", retain = false }\n";
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

/// What is announced at a connection to a broker that keeps nothing.
fn announced(home: &mut Home) -> Message {
    home.connected(at(0));
    assert_eq!(home.take_due(at(0)), Due::default());
    home.caught_up(at(0)).expect("it announces itself")
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
    let old = announced(&mut before);
    let mut now = home(true, BUTTON);
    now.connected(at(0));
    assert_eq!(now.take_due(at(99)), Due::default());
    let removal = now.hear(&kept(old.payload), at(100), 0.0);
    let removing = components(removal.clone());
    let here = json!({
        "binary_sensor-button0": "here", "event-button0-press": "here", "thing-status": "here",
        "light-led0": { "platform": "light" },
    });
    assert_eq!(removing, here);
    // once is enough, and once more
    assert_eq!(now.caught_up(at(101)), None);
    assert_eq!(now.take_due(at(5099)), Due::default());
    assert_eq!(now.take_due(at(5100)).message, removal);
    assert_eq!(now.take_due(at(10_099)), Due::default());
    let tidy = now.take_due(at(10_100));
    assert!(!tidy.states);
    let told = components(tidy.message);
    assert_eq!(told.get("light-led0"), None, "{told}");
    assert_eq!(now.take_due(at(99_000)), Due::default());
}

#[test]
fn what_changed_is_said_twice() {
    let old = announced(&mut home(true, BUTTON)).payload;
    let old = String::from_utf8(old).unwrap();
    let mut home = home(true, BUTTON);
    home.connected(at(0));
    let before = old.replace("10.0.0.1", "10.0.0.9");
    let said = home.hear(&kept(before), at(100), 0.0).unwrap();
    assert_eq!(said, kept(old));
    assert_eq!(home.take_due(at(5099)), Due::default());
    assert_eq!(home.take_due(at(5100)).message, Some(said));
    assert_eq!(home.take_due(at(99_000)), Due::default());
}

#[test]
fn a_removal_outlives_a_lost_connection_and_the_thing_itself() {
    let old = announced(&mut home(true, &format!("{BUTTON}{LED}")));
    let mut first = home(true, BUTTON);
    first.connected(at(0));
    let removal = first.hear(&kept(old.payload), at(100), 0.0).unwrap();
    let said = kept(removal.payload.clone());
    // the broker keeps what was said, or forgot it
    for forgets in [false, true] {
        first.connected(at(6000));
        assert_eq!(first.take_due(at(6000)), Due::default());
        let again = match forgets {
            true => first.caught_up(at(6100)),
            false => first.hear(&said, at(6100), 0.0),
        };
        assert_eq!(again.as_ref(), Some(&removal));
        assert_eq!(first.take_due(at(11_099)), Due::default());
        assert_eq!(first.take_due(at(11_100)).message.as_ref(), Some(&removal));
        assert_eq!(first.take_due(at(16_099)), Due::default());
    }
    // told once more, it is no news
    assert_eq!(first.hear(&said, at(16_099), 0.0), None);
    let mut second = home(true, BUTTON);
    second.connected(at(0));
    assert_eq!(second.hear(&said, at(100), 0.0), Some(removal));
    let tidy = components([5100, 10_100].map(|ms| second.take_due(at(ms)).message)[1].clone());
    assert_eq!(tidy.get("light-led0"), None, "{tidy}");
}

#[test]
fn a_broker_that_never_tells_what_it_kept_is_not_waited_for_longer_and_may_still_tell() {
    let old = announced(&mut home(true, &format!("{BUTTON}{LED}")));
    let mut home = home(true, BUTTON);
    home.connected(at(0));
    assert_eq!(home.take_due(at(1999)), Due::default());
    let told = components(home.take_due(at(2000)).message);
    assert_eq!(told.get("light-led0"), None, "{told}");
    assert_eq!(home.caught_up(at(2500)), None);
    let told = components(home.hear(&kept(old.payload), at(3000), 0.0));
    assert_eq!(told["light-led0"], json!({ "platform": "light" }));
}

#[test]
fn the_same_announcement_and_what_is_none_have_nothing_said() {
    let mut home = home(true, BUTTON);
    let own = announced(&mut home);
    let same = own.payload.clone();
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
        assert_eq!(home.hear(&kept(payload.clone()), at(1), 0.0), None);
        // it is all that the broker kept
        home.connected(at(2));
        let said = home.hear(&kept(payload), at(3), 0.0);
        assert_eq!(said.as_ref(), Some(&own));
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
fn a_home_that_is_back_hears_the_announcement_and_then_what_nobody_keeps() {
    let mut home = home(true, OLD);
    announced(&mut home);
    assert!(home.take_due(at(2000)).states);
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
fn a_home_that_is_back_has_what_is_kept_from_the_broker() {
    let mut home = home(true, BUTTON);
    announced(&mut home);
    home.hear(&online(false), at(60_000), 0.0);
    assert!(home.take_due(at(60_500)).message.is_some());
    assert_eq!(home.take_due(at(99_000)), Due::default());
}

#[test]
fn values_that_nobody_keeps_are_said_once_more_after_the_announcement() {
    let mut home = home(true, OLD);
    announced(&mut home);
    assert!(!home.take_due(at(1999)).states);
    assert!(home.take_due(at(2000)).states);
    assert!(!home.take_due(at(9000)).states);
}

#[test]
fn without_discovery_what_was_announced_is_taken_back_and_nothing_else_is_said() {
    let old = announced(&mut home(true, BUTTON));
    let mut quiet = home(false, BUTTON);
    let subscriptions = quiet.subscriptions();
    assert_eq!(subscriptions.len(), 1);
    assert_eq!(subscriptions[0].0.as_str(), TOPIC);
    quiet.connected(at(0));
    assert_eq!(quiet.caught_up(at(0)), None);
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
    let own = announced(&mut its);
    let live = |payload: Vec<u8>| Message::event(topic(TOPIC), payload);
    its.hear(&live(own.payload), at(1), 0.0);
    assert!(!its.warned);
    let other = announced(&mut home(true, LED));
    let text = String::from_utf8(other.payload).unwrap();
    let elsewhere = text.replace("10.0.0.1", "10.0.0.2");
    assert_eq!(its.hear(&live(elsewhere.into_bytes()), at(2), 0.0), None);
    assert!(its.warned);
}
