//! Somebody else says that a thing is gone: a late last will, or a liar.

use crate::lab::{INNER, LAB, OUTER, Running};
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::board::Port;

#[test]
fn a_thing_that_is_said_to_be_offline_says_that_it_is_not_and_is_followed_again() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let inner = Running::start(LAB, "inner", &mosquitto.url());
    let outer = Running::start(LAB, "outer", &mosquitto.url());
    observer.wait_for(&format!("{OUTER}/status"), "online");
    inner.press(true);
    outer.wait_led(Port::D4, true);
    let status = format!("{INNER}/status");
    mosquitto.publish(&status, b"offline", true);
    outer.wait_led(Port::D4, false);
    outer.wait_led(Port::D4, true);
    // the witness may hear of it later than the LED's thing
    let said = wait_for("three words on its status", || {
        let said = observer.texts(&status);
        (said.len() >= 3).then_some(said)
    });
    assert_eq!(said, ["online", "offline", "online"]);
    // a goodbye is not contradicted
    inner.stop();
    outer.wait_led(Port::D4, false);
    wait_for("its goodbye", || {
        (observer.texts(&status).last()? == "offline").then_some(())
    });
}
