//! A home that restarts, a broker that forgets, and values that nobody keeps.

use crate::player::Player;
use crate::running::Running;
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::board::Port;

const LAB: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[home_assistant]
discovery = true
[things.a]
address = "10.0.0.1"
[things.a.resources]
button0 = { kind = "button", port = "D3" }
old0 = { kind = "button", port = "D7", retain = false, qos = 0 }
led0 = { kind = "led", port = "D4", follows = "a/button0" }
"#;

const OLD: &str = "mqtt_thing-a/binary_sensor-old0";
const BUTTON: &str = "mqtt_thing-a/binary_sensor-button0";
const LED: &str = "mqtt_thing-a/light-led0";

#[test]
fn a_home_that_restarts_finds_everything_again_and_hears_what_nobody_keeps() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let thing = Running::start(LAB, "a", &mosquitto.url());
    let mut player = Player::start(&mosquitto);
    player.wait(LED, "off");
    player.wait(OLD, "off");
    thing.pins.set_digital(Port::D7, true);
    player.wait(OLD, "on");
    player.turn_on(LED, None);
    player.wait(LED, "on");

    let mut player = player.restart(&mosquitto);
    player.wait(LED, "on");
    // nobody keeps it: it was said again because the home came back
    player.wait(OLD, "on");
    let announced = player.announcements("mqtt_thing-a");
    assert!(announced[0].retained, "what was kept comes at once");
    assert!(
        announced[1..].iter().any(|seen| !seen.retained),
        "it is announced again"
    );
    assert!(
        announced
            .iter()
            .all(|seen| seen.payload == announced[0].payload)
    );
    player.turn_off(LED);
    thing.wait_led(Port::D4, false);
}

#[test]
fn a_home_that_comes_first_hears_what_nobody_keeps_as_well() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut player = Player::start(&mosquitto);
    let _thing = Running::start(LAB, "a", &mosquitto.url());
    player.wait(OLD, "off");
}

#[test]
fn what_is_held_while_a_home_comes_back_is_pressed_again_only_where_nobody_keeps_it() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let thing = Running::start(LAB, "a", &mosquitto.url());
    let observer = Observer::start(&mosquitto, "10.0.0.1/sensors/+");
    thing.press(true);
    thing.pins.set_digital(Port::D7, true);
    observer.wait_for("10.0.0.1/sensors/button0", "True");
    observer.wait_for("10.0.0.1/sensors/old0", "True");
    let mut player = Player::start(&mosquitto);
    for _ in 0..2 {
        player.wait(BUTTON, "on");
        wait_for("what nobody keeps", || {
            player.entities();
            (player.events("mqtt_thing-a/event-old0-press") == ["press"]).then_some(())
        });
        // it would have been said before that
        let pressed = player.events("mqtt_thing-a/event-button0-press");
        assert_eq!(pressed, [] as [&str; 0]);
        assert_eq!(player.state(BUTTON), "on");
        assert_eq!(player.state(OLD), "on");
        player = player.restart(&mosquitto);
    }
    thing.press(false);
    player.wait(BUTTON, "off");
}

#[test]
fn a_broker_that_forgot_everything_is_told_again() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let thing = Running::start(LAB, "a", &mosquitto.url());
    let mut player = Player::start(&mosquitto);
    player.wait(LED, "off");
    mosquitto.restart();
    thing.press(true);
    let observer = Observer::start(&mosquitto, "10.0.0.1/status");
    observer.wait_for("10.0.0.1/status", "online");
    let mut player = Player::start(&mosquitto);
    player.wait(LED, "on");
    player.wait(OLD, "off");
}

#[test]
fn a_birth_that_the_broker_keeps_is_no_reason_to_announce_twice() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("homeassistant/status", b"online", true);
    let observer = Observer::start(&mosquitto, "#");
    let _thing = Running::start(LAB, "a", &mosquitto.url());
    // health comes long after an answer would
    let topic = "homeassistant/device/mqtt_thing-a/config";
    observer.wait_where("the announcement", |seen| seen.topic == topic);
    mosquitto.publish("homeassistant/status", b"online", false);
    wait_for("the answer", || {
        (observer.texts(topic).len() > 1).then_some(())
    });
    assert_eq!(observer.texts(topic).len(), 2);
}

#[test]
fn another_thing_of_the_same_name_is_told_in_the_log_and_does_not_start_a_fight() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "homeassistant/#");
    let topic = "homeassistant/device/mqtt_thing-a/config";
    let _thing = Running::start(LAB, "a", &mosquitto.url());
    observer.wait_where("the one", |seen| seen.text().contains("10.0.0.1/status"));
    let _other = Running::start(&LAB.replace("10.0.0.1", "10.0.0.2"), "a", &mosquitto.url());
    observer.wait_where("the other", |seen| seen.text().contains("10.0.0.2/status"));
    mosquitto.publish("homeassistant/status", b"online", false);
    wait_for("both to answer", || {
        (observer.texts(topic).len() == 4).then_some(())
    });
}
