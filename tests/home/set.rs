//! What a home shows of two boards, and what it sets there.

use crate::player::Player;
use crate::running::Running;
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::board::Port;

const LAB: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[home_assistant]
discovery = true

[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
temperature0 = { kind = "temperature", port = "A1", every_ms = 20 }
digits0 = { kind = "four_digit", port = "D7" }
clock0 = { kind = "clock", every_ms = 200 }

[things.outer]
address = "10.0.0.2"
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
lamp = { kind = "led", port = "D5", follows = "inner/rotary0" }
low = { kind = "led", port = "D6", follows = { topic = "house/level", range = [-20, 80], stale_after_s = 600 } }
relay0 = { kind = "relay", port = "A0" }
chain0 = { kind = "chainable_led", port = "D2" }
bar0 = { kind = "led_bar", port = "D7" }
lcd0 = { kind = "rgb_lcd" }
"#;

fn inner(key: &str) -> String {
    format!("mqtt_thing-inner/{key}")
}

fn outer(key: &str) -> String {
    format!("mqtt_thing-outer/{key}")
}

struct Home {
    mosquitto: Mosquitto,
    inner: Running,
    outer: Running,
    player: Player,
}

impl Home {
    fn new() -> Option<Self> {
        let mosquitto = Mosquitto::start()?;
        let player = Player::start(&mosquitto);
        let inner = Running::start(LAB, "inner", &mosquitto.url());
        let outer = Running::start(LAB, "outer", &mosquitto.url());
        outer.pins.attach_lcd();
        Some(Self {
            mosquitto,
            inner,
            outer,
            player,
        })
    }
}

#[test]
fn two_boards_are_found_and_what_they_measure_is_shown() {
    let Some(mut home) = Home::new() else { return };
    let player = &mut home.player;
    player.wait(&inner("thing-status"), "on");
    player.wait(&outer("thing-status"), "on");
    player.wait(&inner("binary_sensor-button0"), "off");
    home.inner.press(true);
    player.wait(&inner("binary_sensor-button0"), "on");
    player.wait(&outer("light-led0"), "on");
    home.inner.press(false);
    player.wait(&inner("binary_sensor-button0"), "off");
    home.inner.turn(700);
    player.wait(&inner("sensor-rotary0"), "700");
    wait_for("a time", || {
        player
            .state(&inner("sensor-clock0"))
            .contains(':')
            .then_some(())
    });
    let count = |player: &mut Player, device: &str| {
        let all = player.entities().into_iter();
        all.filter(|key| key.starts_with(device)).count()
    };
    assert_eq!(count(player, "mqtt_thing-inner/"), 7);
    assert_eq!(count(player, "mqtt_thing-outer/"), 8);
}

#[test]
fn each_press_is_an_event_and_what_was_kept_is_none() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let board = Running::start(LAB, "inner", &mosquitto.url());
    let observer = Observer::start(&mosquitto, "10.0.0.1/#");
    board.press(true);
    observer.wait_for("10.0.0.1/sensors/button0", "True");
    let mut player = Player::start(&mosquitto);
    let (level, press) = (inner("binary_sensor-button0"), inner("event-button0-press"));
    player.wait(&level, "on");
    assert_eq!(player.events(&press), [] as [&str; 0]);
    for count in 1..4 {
        board.press(false);
        player.wait(&level, "off");
        board.press(true);
        wait_for("the press", || {
            (player.events(&press).len() == count).then_some(())
        });
        player.wait(&level, "on");
    }
    assert_eq!(player.events(&press), ["press"; 3]);
}

#[test]
fn lights_and_switches_move_the_pins() {
    let Some(mut home) = Home::new() else { return };
    let (player, pins) = (&mut home.player, &home.outer.pins);
    let lit = |port: Port, duty: u8| {
        let seen = pins.wait_output(port, crate::support::LIMIT, |output| output.duty == duty);
        assert!(seen.is_ok(), "{port} is {seen:?} instead of {duty}");
    };
    let (led, relay, lamp) = (
        outer("light-led0"),
        outer("switch-relay0"),
        outer("light-lamp"),
    );
    player.wait(&led, "off");
    player.turn_on(&led, None);
    home.outer.wait_led(Port::D4, true);
    player.wait(&led, "on");
    player.turn_off(&led);
    home.outer.wait_led(Port::D4, false);
    player.wait(&led, "off");

    player.wait(&relay, "off");
    player.turn_on(&relay, None);
    home.outer.wait_led(Port::A0, true);
    player.wait(&relay, "on");

    // what it follows was said before
    home.inner.turn(0);
    player.wait(&lamp, "off");
    player.turn_on(&lamp, Some(128));
    player.wait(&lamp, "on");
    lit(Port::D5, 128);
    assert_eq!(player.brightness(&lamp), Some(128));
    player.turn_off(&lamp);
    player.wait(&lamp, "off");
    lit(Port::D5, 0);
    // as bright as it was
    player.turn_on(&lamp, None);
    player.wait(&lamp, "on");
    lit(Port::D5, 128);
    player.turn_on(&lamp, Some(1));
    lit(Port::D5, 1);
}

#[test]
fn a_range_that_begins_below_zero_is_dimmed_from_its_low_end() {
    let Some(mut home) = Home::new() else { return };
    let (player, pins) = (&mut home.player, &home.outer.pins);
    let low = outer("light-low");
    player.wait(&low, "off");
    player.turn_on(&low, Some(255));
    player.wait(&low, "on");
    let wait = |duty: u8| {
        pins.wait_output(Port::D6, crate::support::LIMIT, |output| {
            output.duty == duty
        })
    };
    assert!(wait(255).is_ok());
    player.turn_on(&low, Some(51));
    assert!(wait(51).is_ok());
    wait_for("its brightness", || {
        (player.brightness(&low) == Some(51)).then_some(())
    });
    // -20 + 100 / 5, which is 0 in its own range and not dark
    player.wait(&low, "on");
    player.turn_off(&low);
    player.wait(&low, "off");
}

#[test]
fn colours_numbers_and_texts_are_set() {
    let Some(mut home) = Home::new() else { return };
    let player = &mut home.player;
    let (chain, bar) = (outer("light-chain0"), outer("number-bar0"));
    player.wait(&chain, "off");
    player.turn_on_in(&chain, [255, 128, 1]);
    player.wait(&chain, "on");
    wait_for("its colour", || {
        (player.color(&chain)? == "255,128,1").then_some(())
    });
    player.turn_off(&chain);
    player.wait(&chain, "off");

    player.wait(&bar, "0");
    player.set(&bar, "7");
    player.wait(&bar, "7");
    // beyond its range: refused, and it stays
    player.set(&bar, "11");
    player.set(&bar, "3");
    player.wait(&bar, "3");

    let (digits, text) = (inner("number-digits0"), outer("text-lcd0"));
    player.wait(&digits, "unknown");
    player.set(&digits, "2026");
    player.wait(&digits, "2026");
    // an empty text is not kept: whoever comes later knows of none
    wait_for("an empty text", || {
        let shown = player.state(&text);
        ["", "unknown"].contains(&shown.as_str()).then_some(())
    });
    player.set(&text, "Gr\u{fc}\u{df}e");
    player.wait(&text, "Gr\u{fc}\u{df}e");
}

#[test]
fn what_does_not_answer_is_unavailable_alone_and_with_its_thing_all_is() {
    let Some(mut home) = Home::new() else { return };
    let player = &mut home.player;
    let (warm, knob) = (inner("sensor-temperature0"), inner("sensor-rotary0"));
    let a1 = Port::A1.analog().unwrap();
    player.wait(&warm, "unavailable");
    player.wait(&knob, "0");
    home.inner.pins.set_analog(a1, 512);
    player.wait(&warm, "25.0");
    home.inner.pins.set_analog(a1, 0);
    player.wait(&warm, "unavailable");
    assert_eq!(player.state(&knob), "0");

    // the whole board
    home.inner.pins.unplug();
    player.wait(&knob, "unavailable");
    player.wait(&inner("thing-status"), "on");
    wait_for("a time", || {
        player
            .state(&inner("sensor-clock0"))
            .contains(':')
            .then_some(())
    });
    home.inner.pins.plug_in();
    player.wait(&knob, "0");

    // the whole thing, as by a power cut
    drop(home.inner);
    for key in [
        "binary_sensor-button0",
        "sensor-rotary0",
        "sensor-clock0",
        "number-digits0",
    ] {
        player.wait(&inner(key), "unavailable");
    }
    player.wait(&inner("thing-status"), "off");
    player.wait(&outer("thing-status"), "on");
    drop(home.mosquitto);
}
