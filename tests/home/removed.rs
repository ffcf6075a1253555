//! What leaves the topology leaves the home.

use crate::player::Player;
use crate::running::Running;
use crate::support::{Mosquitto, Observer, wait_for};
use serde_json::Value as Json;
use std::process::{Child, Command};

const TOPIC: &str = "homeassistant/device/mqtt_thing-a/config";

fn lab(discovery: bool, address: &str, resources: &str) -> String {
    format!(
        "[broker]\nurl = \"mqtt://127.0.0.1\"\n[home_assistant]\ndiscovery = {discovery}\n\
         [things.a]\naddress = \"{address}\"\n[things.a.resources]\n{resources}"
    )
}

const BUTTON: &str = "button0 = { kind = \"button\", port = \"D3\" }\n";
const LED: &str = "led0 = { kind = \"led\", port = \"D4\" }\n";

fn all() -> String {
    lab(true, "10.0.0.1", &format!("{BUTTON}{LED}"))
}

const KEYS: [&str; 4] = [
    "mqtt_thing-a/binary_sensor-button0",
    "mqtt_thing-a/event-button0-press",
    "mqtt_thing-a/light-led0",
    "mqtt_thing-a/thing-status",
];

/// What the broker keeps of the announcement.
fn kept(mosquitto: &Mosquitto) -> Option<Json> {
    let late = Observer::start(mosquitto, "#");
    mosquitto.publish("test/marker", b"", false);
    late.wait_where("the marker", |seen| seen.topic == "test/marker");
    let kept = late.seen().into_iter().find(|seen| seen.topic == TOPIC)?;
    Some(serde_json::from_slice(&kept.payload).unwrap())
}

/// A home that has found all that the thing has, which has stopped since then.
fn knows_all(mosquitto: &Mosquitto) -> Player {
    let mut player = Player::start(mosquitto);
    let thing = Running::start(&all(), "a", &mosquitto.url());
    player.wait_entities(&KEYS);
    thing.stop();
    player
}

#[test]
fn a_resource_that_is_gone_from_the_file_is_gone_from_the_home_and_the_rest_stays() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut player = knows_all(&mosquitto);
    player.wait(KEYS[3], "off");
    let _thing = Running::start(&lab(true, "10.0.0.1", BUTTON), "a", &mosquitto.url());
    player.wait_entities(&[KEYS[0], KEYS[1], KEYS[3]]);
    player.wait(KEYS[0], "off");
    // in the end not even its removal is told any more
    wait_for("the announcement without it", || {
        let last = player.announcements("mqtt_thing-a").pop()?;
        (!last.text().contains("led0")).then_some(())
    });
    let kept = kept(&mosquitto).unwrap();
    assert_eq!(kept["components"].get("light-led0"), None, "{kept:#}");
    assert_eq!(player.entities(), [KEYS[0], KEYS[1], KEYS[3]]);
}

const SWITCH: &str = "mqtt_thing-a/switch-led0";

fn relay() -> String {
    LED.replace("\"led\"", "\"relay\"")
}

#[test]
fn a_resource_that_became_another_entity_is_no_ghost_of_the_old_one_whichever_comes_first() {
    let (led, relay) = ((LED, KEYS[2]), (&*relay(), SWITCH));
    for (old, new) in [(led, relay), (relay, led)] {
        let Some(mosquitto) = Mosquitto::start() else {
            return;
        };
        let mut player = Player::start(&mosquitto);
        let thing = Running::start(&lab(true, "10.0.0.1", old.0), "a", &mosquitto.url());
        let mut keys = [old.1, KEYS[3]];
        keys.sort_unstable();
        player.wait_entities(&keys);
        thing.stop();
        let _thing = Running::start(&lab(true, "10.0.0.1", new.0), "a", &mosquitto.url());
        keys = [new.1, KEYS[3]];
        keys.sort_unstable();
        player.wait_entities(&keys);
        player.wait(new.1, "off");
    }
}

const REMOVAL: &str = r#""light-led0":{"platform":"light"}"#;

#[test]
fn a_home_that_is_busy_hears_of_a_removal_once_more() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut player = knows_all(&mosquitto);
    player.busy(true);
    let _thing = Running::start(&lab(true, "10.0.0.1", BUTTON), "a", &mosquitto.url());
    wait_for("its removal", || {
        let said = player.announcements("mqtt_thing-a");
        said.iter()
            .any(|seen| seen.text().contains(REMOVAL))
            .then_some(())
    });
    player.busy(false);
    assert_eq!(
        player.entities(),
        KEYS,
        "the rest of the message was dropped"
    );
    player.wait_entities(&[KEYS[0], KEYS[1], KEYS[3]]);
}

#[test]
fn a_thing_that_is_killed_while_it_removes_something_goes_on_with_that_in_its_next_life() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut player = knows_all(&mosquitto);
    player.busy(true);
    let observer = Observer::start(&mosquitto, "homeassistant/device/#");
    let without = lab(true, "10.0.0.1", BUTTON);
    let thing = Running::start(&without, "a", &mosquitto.url());
    observer.wait_where("its removal", |seen| !seen.retained);
    drop(thing);
    // what it says first is all that it said, and what the broker keeps now
    let said = observer.texts(TOPIC);
    assert!(said.len() == 2 && said[1].contains(REMOVAL), "{said:?}");
    wait_for("the home to hear of it", || {
        (player.announcements("mqtt_thing-a").len() == 2).then_some(())
    });
    player.busy(false);
    assert_eq!(
        player.entities(),
        KEYS,
        "the rest of the message was dropped"
    );
    let _thing = Running::start(&without, "a", &mosquitto.url());
    wait_for("all three", || {
        (observer.texts(TOPIC).len() == 3).then_some(())
    });
    assert!(observer.texts(TOPIC)[2].contains(REMOVAL));
    player.wait_entities(&[KEYS[0], KEYS[1], KEYS[3]]);
}

#[test]
fn without_discovery_the_whole_device_is_taken_back() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut player = knows_all(&mosquitto);
    let _thing = Running::start(&lab(false, "10.0.0.1", BUTTON), "a", &mosquitto.url());
    player.wait_entities(&[]);
    assert_eq!(kept(&mosquitto), None);
}

#[test]
fn a_thing_that_says_nothing_of_a_home_touches_nothing_there() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish(TOPIC, b"{}", true);
    let text = lab(true, "10.0.0.1", BUTTON).replace("[home_assistant]\ndiscovery = true\n", "");
    let observer = Observer::start(&mosquitto, "#");
    let _thing = Running::start(&text, "a", &mosquitto.url());
    observer.wait_for("10.0.0.1/sensors/button0", "False");
    mosquitto.publish("homeassistant/status", b"online", false);
    assert_eq!(observer.texts(TOPIC), ["{}"]);
    assert_eq!(
        mosquitto.count_log("homeassistant/device/mqtt_thing-a/config (QoS"),
        0
    );
}

#[test]
fn a_changed_address_changes_the_topics_of_the_same_entities() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut player = Player::start(&mosquitto);
    let thing = Running::start(&all(), "a", &mosquitto.url());
    player.wait(KEYS[2], "off");
    thing.leave();
    player.wait(KEYS[2], "unavailable");
    let text = all().replace("10.0.0.1", "192.168.7.7");
    let thing = Running::start(&text, "a", &mosquitto.url());
    player.wait(KEYS[2], "off");
    assert_eq!(player.entities(), KEYS);
    player.turn_on(KEYS[2], None);
    thing.wait_led(mqtt_thing::board::Port::D4, true);
    let last = player.announcements("mqtt_thing-a").pop().unwrap().text();
    assert!(
        last.contains("192.168.7.7/status") && !last.contains("10.0.0.1"),
        "{last}"
    );
}

/// The program itself, of which nothing is left but what it says.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

#[test]
fn the_program_announces_its_thing_and_takes_it_back_when_the_file_says_so() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.toml");
    let clock = "clock0 = { kind = \"clock\", every_ms = 100 }\n";
    let run = |discovery| {
        std::fs::write(&file, lab(discovery, "10.0.0.1", clock)).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        command.args(["run", "--thing", "a", "--broker", &mosquitto.url()]);
        Process(command.arg(&file).spawn().unwrap())
    };
    let mut player = Player::start(&mosquitto);
    let process = run(true);
    player.wait_entities(&["mqtt_thing-a/sensor-clock0", KEYS[3]]);
    player.wait(KEYS[3], "on");
    drop(process);
    player.wait(KEYS[3], "off");
    player.wait("mqtt_thing-a/sensor-clock0", "unavailable");
    let _process = run(false);
    player.wait_entities(&[]);
}
