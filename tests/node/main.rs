//! Things on simulated boards, the whole way: driver, engine, hosts, session, a real Mosquitto.
#![allow(clippy::unwrap_used)]

mod contract;
mod denied;
mod follows;
mod hostile;
mod kills;
mod lab;
mod panics;
mod shelf;
#[path = "../support/mod.rs"]
mod support;

use lab::{LAB, Running};
use mqtt_thing::board::Port;
use support::{Mosquitto, Observer};

#[test]
fn a_press_on_one_board_lights_a_led_on_the_other() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let inner = Running::start(LAB, "inner", &mosquitto.url());
    let outer = Running::start(LAB, "outer", &mosquitto.url());
    observer.wait_for("10.0.0.1/status", "online");
    observer.wait_for("10.0.0.2/status", "online");
    inner.press(true);
    outer.wait_led(Port::D4, true);
    observer.wait_for("10.0.0.1/sensors/button0", "True");
    observer.wait_for("10.0.0.2/actuators/led0", "True");
    inner.press(false);
    outer.wait_led(Port::D4, false);
    inner.turn(1023);
    outer.wait_led(Port::D5, true);
    inner.stop();
    outer.stop();
    observer.wait_for("10.0.0.1/status", "offline");
    observer.wait_for("10.0.0.2/status", "offline");
}
