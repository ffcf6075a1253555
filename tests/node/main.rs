//! Things on simulated boards, the whole way: driver, engine, hosts, session, a real Mosquitto.
#![allow(clippy::unwrap_used)]

mod lab;
#[path = "../support/mod.rs"]
mod support;

use lab::{INNER, OUTER, Running, inner, outer};
use mqtt_thing::board::Port;
use support::{Mosquitto, Observer};

#[test]
fn a_press_on_one_board_lights_a_led_on_the_other() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let inner = Running::start("inner", INNER, inner(), &mosquitto.url());
    let outer = Running::start("outer", OUTER, outer(), &mosquitto.url());
    observer.wait_for("10.0.0.1/status", "online");
    observer.wait_for("10.0.0.2/status", "online");
    inner.pins.set_digital(Port::D3, true);
    outer.wait_led(Port::D4, true);
    observer.wait_for("10.0.0.1/sensors/button0", "True");
    observer.wait_for("10.0.0.2/actuators/led0", "True");
    inner.pins.set_digital(Port::D3, false);
    outer.wait_led(Port::D4, false);
    inner.pins.set_analog(Port::A0.analog().unwrap(), 1023);
    outer.wait_led(Port::D5, true);
    inner.stop();
    outer.stop();
    observer.wait_for("10.0.0.1/status", "offline");
    observer.wait_for("10.0.0.2/status", "offline");
}
