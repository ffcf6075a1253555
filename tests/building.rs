//! The building of the courses, by the real binary and a real Mosquitto: simulated, asked, and watched.
#![allow(clippy::unwrap_used)]

#[path = "support/mod.rs"]
mod support;

use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use support::{Lines, Mosquitto};

/// The last reading of a run: what comes after everything else.
const LAST: &str = "house/P_999/N/9999/TEMP";

fn building(broker: &Mosquitto, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command
        .arg("building")
        .args(arguments)
        .args(["--broker", &broker.url()])
        .stdin(Stdio::null());
    command
}

/// A process that is killed when this is dropped.
struct Process {
    child: Child,
    out: Lines,
}

impl Process {
    fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let out = Lines::collect(child.stdout.take().unwrap());
        Self { child, out }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A watch whose subscriptions stand.
fn watch(broker: &Mosquitto) -> Process {
    let before = broker.count_log("Sending SUBACK");
    let watch = Process::start(building(
        broker,
        &[
            "alarm",
            "--building",
            "house",
            "--above",
            "TEMP=24",
            "--below",
            "HUM=40",
            "--json",
        ],
    ));
    support::wait_for("the watch's subscriptions", || {
        (broker.count_log("Sending SUBACK") > before).then_some(())
    });
    watch
}

/// Which place crossed which threshold which way, in order, read off the record.
fn crossings(record: &Path) -> Vec<(String, bool)> {
    let mut beyond: HashMap<String, bool> = HashMap::new();
    let mut crossings = Vec::new();
    for line in std::fs::read_to_string(record).unwrap().lines() {
        let said: Value = serde_json::from_str(line).unwrap();
        let topic = said["topic"].as_str().unwrap().to_owned();
        let value = said["value"].as_f64().unwrap();
        let is_beyond =
            (topic.ends_with("/TEMP") && value > 24.0) || (topic.ends_with("/HUM") && value < 40.0);
        if beyond.insert(topic.clone(), is_beyond).unwrap_or(false) != is_beyond {
            crossings.push((topic, is_beyond));
        }
    }
    crossings
}

/// What the watch told, up to the last reading.
fn alarms(watch: &Process) -> Vec<(String, bool)> {
    let lines = watch
        .out
        .wait(support::LIMIT, |lines| {
            lines
                .iter()
                .any(|(_, line)| line.contains("9999"))
                .then(|| {
                    lines
                        .iter()
                        .map(|(_, line)| line.clone())
                        .collect::<Vec<_>>()
                })
        })
        .unwrap();
    let told = lines
        .iter()
        .filter(|line| !line.contains("9999"))
        .map(|line| {
            let json: Value = serde_json::from_str(line).unwrap();
            let part = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
            let topic = format!(
                "{}/P_{}/{}/{}/{}",
                part("building"),
                json["floor"],
                part("wing"),
                json["room"],
                part("sensor")
            );
            (topic, part("alarm") == "raised")
        });
    told.collect()
}

#[test]
fn every_crossing_of_four_thousand_sensors_is_found_and_none_invented() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("said.jsonl");
    let watch = watch(&broker);
    let asked = Process::start(building(
        &broker,
        &[
            "query",
            "--building",
            "house",
            "--floor",
            "7",
            "--wing",
            "S",
            "--room",
            "4",
            "--json",
        ],
    ));
    support::wait_for("the question", || {
        (broker.count_log("Sending SUBACK") >= 2).then_some(())
    });
    let simulated = building(
        &broker,
        &[
            "simulate",
            "--building",
            "house",
            "--floors",
            "10",
            "--rooms",
            "25",
            "--every",
            "1..3",
            "--count",
            "20000",
            "--qos",
            "1",
            "--seed",
            "7",
            "--record",
            record.to_str().unwrap(),
        ],
    )
    .status()
    .unwrap();
    assert!(simulated.success());
    broker.publish(LAST, b"99", false);
    let (expected, told) = (crossings(&record), alarms(&watch));
    assert!(expected.len() > 50, "only {} crossings", expected.len());
    assert_eq!(told, expected);
    // the question got its room, and nothing else
    let of_room = |topic: &str| topic.starts_with("house/P_7/S/4/");
    let said = std::fs::read_to_string(&record).unwrap();
    let said = said.lines().filter(|line| {
        let json: Value = serde_json::from_str(line).unwrap();
        of_room(json["topic"].as_str().unwrap())
    });
    let wanted = said.count();
    let heard = asked
        .out
        .wait(support::LIMIT, |lines| {
            (lines.len() >= wanted).then(|| lines.to_vec())
        })
        .unwrap();
    assert_eq!(heard.len(), wanted);
    assert!(
        heard
            .iter()
            .all(|(_, line)| line.contains("\"floor\":7") && line.contains("\"room\":4"))
    );
    println!(
        "{} readings, {} crossings, all found",
        20_000,
        expected.len()
    );
}

#[test]
fn no_crossing_is_lost_or_invented_over_a_restart_of_the_broker() {
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("said.jsonl");
    let watch = watch(&broker);
    let mut simulated = Process::start(building(
        &broker,
        &[
            "simulate",
            "--building",
            "house",
            "--floors",
            "10",
            "--rooms",
            "25",
            "--every",
            "10..30",
            "--count",
            "6000",
            "--qos",
            "1",
            "--retain",
            "--seed",
            "3",
            "--record",
            record.to_str().unwrap(),
        ],
    ));
    watch
        .out
        .wait(support::LIMIT, |lines| (lines.len() > 5).then_some(()))
        .unwrap();
    broker.kill();
    broker.restart();
    assert!(simulated.child.wait().unwrap().success());
    broker.publish(LAST, b"99", false);
    let (mut expected, mut told) = (crossings(&record), alarms(&watch));
    // what was on its way when the broker died comes a little later, so the order of different sensors may differ
    expected.sort();
    told.sort();
    assert_eq!(told, expected);
}

#[test]
fn a_count_is_kept_when_all_that_is_retained_comes_at_once() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for room in 0..20 {
        let topic = format!("house/P_1/N/{room}/TEMP");
        broker.publish(&topic, b"31", true);
    }
    for (arguments, wanted) in [
        (&["query", "--count", "1"][..], 1),
        (&["alarm", "--above", "TEMP=30", "--count", "3"][..], 3),
    ] {
        let told = building(&broker, arguments).output().unwrap();
        assert!(told.status.success(), "{told:?}");
        let lines = String::from_utf8(told.stdout).unwrap().lines().count();
        assert_eq!(lines, wanted, "{arguments:?}");
    }
}

#[test]
fn a_simulation_says_its_rate_beforehand_and_at_the_end_and_knows_no_pause_where_none_is_wanted() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for (every, beforehand) in [
        (
            "0.02..0.06",
            "240 sensors, each every 0.02 to 0.06 s: about 6000 readings a second",
        ),
        ("0", "240 sensors, as fast as they can"),
    ] {
        let arguments = ["simulate", "--every", every, "--count", "1000"];
        let output = building(&broker, &arguments).output().unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{told}");
        assert!(told.starts_with(beforehand), "{told}");
        assert!(
            told.contains("240 sensors said 1000 readings in "),
            "{told}"
        );
        assert!(told.trim_end().ends_with(" a second"), "{told}");
    }
}

#[test]
fn what_a_simulation_counts_the_broker_has_also_when_it_knows_no_pause() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let mut known = 0;
    // more than may wait on our side, once as events and once as states
    for further in [&[][..], &["--retain", "--floors", "1", "--rooms", "1"]] {
        let arguments = [&["simulate", "--every", "0", "--count", "5000"], further].concat();
        let output = building(&broker, &arguments).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let received = broker.count_log("Received PUBLISH") - known;
        assert_eq!(received, 5000, "{further:?}");
        known += received;
    }
}

#[test]
fn what_would_be_there_twice_or_written_over_is_refused() {
    let broker = "mqtt://127.0.0.1:1";
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("said.jsonl");
    std::fs::write(&record, "dear").unwrap();
    let record = record.to_str().unwrap();
    for (arguments, told) in [
        (&["simulate", "--wings", "N,S,N"][..], "N is there twice"),
        (&["simulate", "--sensors", "HUM,hum"], "HUM is there twice"),
        (&["simulate", "--record", record], "nothing is written over"),
        (&["simulate", "--count", "0"], "0 is not in 1.."),
        (&["query", "--count", "0"], "0 is not in 1.."),
        (&["alarm", "--count", "0"], "0 is not in 1.."),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        command.arg("building").args(arguments);
        let output = command.args(["--broker", broker]).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(text.contains(told), "{text}");
    }
    assert_eq!(std::fs::read_to_string(record).unwrap(), "dear");
}

#[test]
fn who_ends_before_a_broker_was_there_says_so_and_has_failed() {
    // somebody listens there and never answers
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", silent.local_addr().unwrap());
    for arguments in [&["query"][..], &["alarm", "--above", "TEMP=30"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
            .arg("building")
            .args(arguments)
            .args(["--for", "0.2", "--broker", &url])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(
            told.ends_with(&format!("the broker {url} was not reached within 200ms\n")),
            "{told}"
        );
    }
}
