//! What a broker keeps, asked once.

use crate::pi::{File, INNER, LAB, OUTER, Pi, can_run};
use crate::process::online;
use crate::support::{Mosquitto, wait_for};
use crate::{object, text, thing, told};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_watch_that_nobody_reads_any_more_ends_at_once() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("10.77.0.1/status", b"online", true);
    for form in [&[][..], &["--json"]] {
        let mut watch = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
            .args(["status", "--watch", "--broker", &mosquitto.url()])
            .args(form)
            .env_remove("MQTT_THING_TOPOLOGY")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut out = BufReader::new(watch.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        assert!(line.contains("10.77.0.1"), "{line}");
        // nothing changes that could fail to be written
        drop(out);
        assert!(watch.wait().unwrap().success());
    }
}

#[test]
fn things_are_told_with_version_and_resources_and_who_is_missing() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let inner = Pi::start(&file, "inner");
    inner.press(true);
    online(&mosquitto, INNER);
    mosquitto.wait_log("10.77.0.1/sensors/rotary0/availability");
    let path = file.path();
    let seen = object(&["--topology", text(&path)]);
    let its = thing(&seen, INNER);
    assert_eq!(its["name"], "inner");
    assert_eq!(its["state"], "online");
    assert_eq!(
        its["since"],
        serde_json::Value::Null,
        "what is kept has no time"
    );
    assert_eq!(its["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(its["resources"].as_array().unwrap().len(), 3);
    assert_eq!(its["resources"][0]["port"], "D3");
    assert_eq!(thing(&seen, OUTER)["state"], "never seen");
    assert_eq!(seen["never_seen"], serde_json::json!(["outer"]));
    assert_eq!(seen["well"], false);
    let all = told(&["--topology", text(&path)]);
    assert_eq!(all.code, 1, "{}", all.out);
    assert!(
        all.out.contains("2 things at mqtt://127.0.0.1"),
        "{}",
        all.out
    );
    assert!(
        all.out.contains(": 1 online, 1 never seen\n"),
        "{}",
        all.out
    );
    // without the file nobody knows that one is missing
    let alone = told(&["--broker", &mosquitto.url()]);
    assert_eq!(alone.code, 0, "{}{}", alone.out, alone.err);
    assert!(alone.out.starts_with("1 thing at "), "{}", alone.out);
    let one = told(&["--broker", &mosquitto.url(), "--thing", "inner"]);
    assert_eq!(one.code, 0);
    assert!(
        one.out.starts_with("inner (10.77.0.1) is online\n"),
        "{}",
        one.out
    );
    assert!(one.out.contains("10.77.0.1/sensors/button0"), "{}", one.out);
    let nobody = told(&["--broker", &mosquitto.url(), "--thing", "nobody"]);
    assert_eq!(nobody.code, 1);
    assert!(
        nobody.out.contains("nothing was seen of a thing `nobody`"),
        "{}",
        nobody.out
    );
}

#[test]
fn a_thing_that_was_killed_is_offline_and_one_whose_board_is_pulled_has_faults() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    for id in [INNER, OUTER] {
        online(&mosquitto, id);
    }
    mosquitto.wait_log("10.77.0.1/sensors/rotary0/availability");
    inner.pins.unplug();
    drop(outer);
    let broker = mosquitto.url();
    let seen = wait_for("both to be seen", || {
        let seen = object(&["--broker", &broker]);
        let away = thing(&seen, INNER)["not_available"] == 3;
        (away && thing(&seen, OUTER)["state"] == "offline").then_some(seen)
    });
    assert_eq!(seen["well"], false);
    let all = told(&["--broker", &broker]);
    assert_eq!(all.code, 1);
    let lines: Vec<&str> = all.out.lines().collect();
    assert!(
        lines[2].starts_with("outer  offline"),
        "what is worst comes first: {}",
        all.out
    );
    assert!(
        lines[3].contains("0 of 3") && lines[3].contains("do not answer"),
        "{}",
        all.out
    );
    assert!(
        all.out.contains("what a broker keeps has no time"),
        "{}",
        all.out
    );
}

#[test]
fn a_network_without_things_is_told_and_is_not_well() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let all = told(&["--broker", &mosquitto.url()]);
    assert_eq!((all.code, all.err.as_str()), (1, ""));
    assert!(all.out.starts_with("no things at "), "{}", all.out);
    assert_eq!(
        object(&["--broker", &mosquitto.url()])["things"],
        serde_json::json!([])
    );
}

#[test]
fn a_broker_that_is_not_there_is_no_thing_that_is_offline() {
    let all = told(&["--broker", "mqtt://127.0.0.1:1"]);
    assert_eq!(all.code, 2);
    assert!(
        all.err.contains("was not reached within 10s"),
        "{}",
        all.err
    );
    let all = told(&["--topology", "/nowhere/lab.toml"]);
    assert_eq!(all.code, 2);
}

#[test]
fn nobody_is_silent_after_no_time() {
    let all = told(&["--silent-after", "0"]);
    assert_eq!(all.code, 2);
    assert!(all.err.contains("it takes seconds above 0"), "{}", all.err);
}
