//! Modules of the Grove shelf, from one board over a real Mosquitto to another.

use crate::lab::Running;
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::board::Port;

const SHELF: &str = r##"
[broker]
url = "mqtt://127.0.0.1"

[things.inner]
address = "10.0.0.1"
[things.inner.resources]
temperature0 = { kind = "temperature", port = "A0", every_ms = 50 }
touch0 = { kind = "touch", port = "D2" }
ultrasonic0 = { kind = "ultrasonic", port = "D4", every_ms = 100, at_most_every_ms = 0 }
encoder0 = { kind = "encoder", port = "D5" }

[things.outer]
address = "10.0.0.2"
[things.outer.resources]
lcd0 = { kind = "rgb_lcd", follows = "inner/temperature0", blue = 0 }
lamp0 = { kind = "chainable_led", port = "D2", follows = "inner/touch0" }
digits0 = { kind = "four_digit", port = "D4", follows = "inner/ultrasonic0" }
bar0 = { kind = "led_bar", port = "D6", follows = "inner/encoder0" }
"##;

#[test]
fn what_one_board_measures_is_shown_by_the_modules_of_another_until_it_goes() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let outer = Running::start(SHELF, "outer", &mosquitto.url());
    outer.pins.attach_lcd();
    let inner = Running::start(SHELF, "inner", &mosquitto.url());
    // R = 323 / 700 * 10 kOhm, B = 4250
    inner.turn(700);
    observer.wait_for("10.0.0.1/sensors/temperature0", "42.1");
    observer.wait_for("10.0.0.2/actuators/lcd0", "42.1");
    let shown = outer.pins.lcd().unwrap();
    assert_eq!(shown.lines, ["42.1            ", " ".repeat(16).as_str()]);
    assert_eq!(shown.light, [255, 255, 0]);
    inner.pins.set_digital(Port::D2, true);
    observer.wait_for("10.0.0.2/actuators/lamp0", "#ffffff");
    assert_eq!(outer.pins.chain(Port::D2), [[255; 3]]);
    inner.pins.set_distance(Port::D4, Some(118));
    observer.wait_for("10.0.0.2/actuators/digits0", "118");
    assert_eq!(outer.pins.four_digit(Port::D4), Some(118));
    observer.wait_for("10.0.0.1/sensors/encoder0", "0");
    inner.pins.turn(Port::D5, 16);
    observer.wait_for("10.0.0.2/actuators/bar0", "5");
    assert_eq!(outer.pins.led_bar(Port::D6), 0b1_1111);
    // a wish holds until what is followed changes
    mosquitto.publish(
        "10.0.0.2/actuators/lamp0/set",
        br#"{"state": "ON", "color": {"r": 1, "g": 2, "b": 3}}"#,
        false,
    );
    observer.wait_for("10.0.0.2/actuators/lamp0", "#010203");
    let canary = b"mqtt-thing-canary 0";
    mosquitto.publish("10.0.0.2/actuators/lcd0/set", canary, false);
    inner.pins.assert_no_violations();
    inner.stop();
    wait_for("every module to be dark", || {
        let pins = &outer.pins;
        let is_dark = pins.lcd().unwrap().light == [0; 3]
            && pins.chain(Port::D2) == [[0; 3]]
            && pins.four_digit(Port::D4).is_none()
            && pins.led_bar(Port::D6) == 0;
        is_dark.then_some(())
    });
    for (module, at_rest) in [("lcd0", ""), ("lamp0", "#000000"), ("bar0", "0")] {
        let topic = format!("10.0.0.2/actuators/{module}");
        wait_for("its state at rest", || {
            (observer.texts(&topic).last()? == at_rest).then_some(())
        });
    }
    let told = observer.texts("10.0.0.2/actuators/lcd0");
    assert!(told.iter().all(|text| !text.contains("canary")), "{told:?}");
    outer.pins.assert_no_violations();
    let encoder = "10.0.0.1/sensors/encoder0/availability";
    assert_eq!(observer.texts(encoder), ["online"]);
    outer.stop();
}
