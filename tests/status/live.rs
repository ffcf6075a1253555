//! What happens while somebody watches.

use crate::pi::{File, INNER, LAB, OUTER, Pi, can_run};
use crate::process::{Process, online};
use crate::support::{Mosquitto, wait_for};
use crate::{events, object, status, thing, told, wait_event, wait_state};
use rustix::process::Signal;
use serde_json::Value as Json;

fn watch(mosquitto: &Mosquitto, arguments: &[&str]) -> Process {
    let broker = mosquitto.url();
    let before = mosquitto.count_log("Sending UNSUBACK");
    let watch = status(&[&["--watch", "--broker", &broker], arguments].concat());
    wait_for("the watch", || {
        (mosquitto.count_log("Sending UNSUBACK") > before).then_some(())
    });
    watch
}

fn ended(watch: &mut Process) -> i32 {
    watch.ended().code().unwrap()
}

#[test]
fn a_watch_tells_who_comes_dies_and_loses_its_board() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let inner = Pi::start(&file, "inner");
    online(&mosquitto, INNER);
    mosquitto.wait_log("10.77.0.1/sensors/rotary0/availability");
    let mut watch = watch(&mosquitto, &["--json"]);
    let lines = self::watch(&mosquitto, &[]);
    let seen = wait_event(&watch, "inner", |event| event["event"] == "seen");
    assert_eq!(
        (&seen["id"], &seen["thing"]["state"]),
        (&INNER.into(), &"online".into())
    );
    let outer = Pi::start(&file, "outer");
    let new = wait_state(&watch, OUTER, "online");
    assert_eq!(new["from"], serde_json::Value::Null);
    inner.pins.unplug();
    let fault = wait_event(&watch, "a fault", |event| {
        event["event"] == "fault" && event["resource"] == "button0"
    });
    assert_eq!(fault["id"], INNER);
    assert!(fault["error"].is_string(), "{fault}");
    wait_event(&watch, "its port", |event| {
        event["event"] == "available" && event["available"] == false
    });
    inner.pins.plug_in();
    wait_event(&watch, "its end", |event| {
        event["event"] == "fault" && event["resource"] == "button0" && event["error"].is_null()
    });
    // as kill -9 does
    drop(outer);
    let lost = wait_state(&watch, OUTER, "offline");
    assert_eq!(lost["thing"]["since"], lost["at"], "it was seen to happen");
    lines.wait_out("outer (10.77.0.2)  offline, was online");
    lines.wait_out("button0 does not work: ");
    lines.wait_out("button0 works again");
    watch.signal(Signal::INT);
    assert_eq!(ended(&mut watch), 0);
}

#[test]
fn a_watch_outlives_brokers_and_who_does_not_come_back_is_silent() {
    let Some(mut mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    for id in [INNER, OUTER] {
        online(&mosquitto, id);
    }
    // the beat of 30 s is longer than this: who is back is heard by its values
    let watch = watch(&mosquitto, &["--json", "--silent-after", "8"]);
    wait_event(&watch, "both", |event| event["id"] == OUTER);
    mosquitto.kill();
    wait_event(&watch, "the loss", |event| event["event"] == "disconnected");
    drop(outer);
    mosquitto.restart();
    wait_event(&watch, "the return", |event| event["event"] == "connected");
    let is_silent = |event: &Json, id: &str| event["id"] == id && event["to"] == "silent";
    let mut counts = 0;
    wait_for("outer to be silent", || {
        counts = (counts + 100) % 1000;
        inner.turn(counts);
        let told = events(&watch);
        told.iter()
            .any(|event| is_silent(event, OUTER))
            .then_some(())
    });
    let told = events(&watch);
    assert!(
        !told.iter().any(|event| is_silent(event, INNER)),
        "{told:?}"
    );
    assert!(
        !told.iter().any(|event| event["to"] == "offline"),
        "{told:?}"
    );
    let seen = object(&["--broker", &mosquitto.url()]);
    assert_eq!(thing(&seen, INNER)["state"], "online");
    assert_eq!(
        seen["things"].as_array().unwrap().len(),
        1,
        "the broker forgot the other"
    );
}

#[test]
fn a_leftover_online_of_a_dead_thing_is_found_out_by_listening() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("10.0.0.7/status", b"online", true);
    mosquitto.publish(
        "10.0.0.7/about",
        br#"{"name":"ghost","version":"0.1.0","resources":[]}"#,
        true,
    );
    let broker = mosquitto.url();
    let at_once = told(&["--broker", &broker]);
    assert_eq!(at_once.code, 0, "nobody can know: {}", at_once.out);
    let listened = told(&["--broker", &broker, "--for", "1.5", "--silent-after", "1"]);
    assert_eq!(listened.code, 1);
    assert!(listened.out.contains(": 1 silent\n"), "{}", listened.out);
    let too_short = told(&["--broker", &broker, "--for", "0.2"]);
    assert!(
        too_short.err.contains("who is silent is known after 45 s"),
        "{}",
        too_short.err
    );
    assert_eq!(too_short.code, 0);
}

#[test]
fn an_old_program_is_told_where_it_is_heard() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let mut watch = watch(&mosquitto, &["--for", "3"]);
    mosquitto.publish("10.0.0.3/sensors/button0", b"True", false);
    watch.wait_out("10.0.0.3  no status, is new");
    assert_eq!(ended(&mut watch), 1, "nothing of ours was found");
}

#[test]
fn simulated_clients_are_told_as_such() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let fleet = crate::process::Start::new(&mosquitto, "sim-fleet");
    let fleet = fleet.args(&["--json", "--clients", "30"]).run();
    fleet.wait_out(r#""event":"connected""#);
    let broker = mosquitto.url();
    let seen = wait_for("all of them", || {
        let seen = object(&["--broker", &broker]);
        (seen["things"].as_array().unwrap().len() == 30 && seen["well"] == true).then_some(seen)
    });
    let things = seen["things"].as_array().unwrap();
    assert!(things.iter().all(|its| its["simulated"] == true), "{seen}");
    let listened = told(&["--broker", &broker, "--for", "1.5", "--silent-after", "1"]);
    assert_eq!(listened.code, 0, "{}", listened.out);
    assert!(listened.out.contains("simulated"), "{}", listened.out);
}
