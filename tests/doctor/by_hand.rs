//! A thing that somebody runs by hand, and that leaves no report.

use crate::matrix::broker;
use crate::patient::{FILE, Patient, THING};
use std::fs;
use std::os::unix::fs::symlink;

/// A process of the patient's, in the folder of its file.
fn process(patient: &Patient, pid: u32, line: &[&str]) {
    let place = format!("/proc/{pid}");
    patient.put(&format!("{place}/cmdline"), &(line.join("\0") + "\0"));
    let folder = patient.path(FILE);
    symlink(folder.parent().unwrap(), patient.path(&place).join("cwd")).unwrap();
}

#[test]
fn a_thing_that_somebody_runs_by_hand_runs_and_its_board_and_account_are_left_alone() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    let other = patient.path("/etc/mqtt-thing/other.toml");
    fs::copy(patient.path(FILE), other).unwrap();
    process(&patient, 41, &["mqtt-thing", "run", "other.toml"]);
    process(&patient, 42, &["mqtt-thing", "check", "topology.toml"]);
    let said = patient.doctor();
    assert_eq!(said.json["running"], false, "{:#}", said.json);
    assert_eq!(said.json["pid"], serde_json::Value::Null);
    let looked = patient.bus.pins().counts().reads;
    assert!(looked > 0);

    process(
        &patient,
        43,
        &["./mqtt-thing", "-v", "run", "topology.toml"],
    );
    let said = patient.doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert_eq!(said.json["running"], true);
    assert_eq!(said.json["pid"], 43);
    let skipped = said.json["not_looked_at"].as_array().unwrap();
    for part in ["board", "broker"] {
        let its = skipped.iter().find(|skipped| skipped["part"] == part);
        let reason = its.unwrap()["reason"].as_str().unwrap();
        assert!(reason.contains("process 43"), "{reason}");
    }
    assert_eq!(patient.bus.pins().counts().reads, looked);

    let output = patient.command(&[]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let words = words.join(" ");
    assert!(
        words.contains("topology.toml, which runs (process 43): nothing is wrong"),
        "{text}"
    );
    assert!(!words.contains("does not run"), "{text}");
}

#[test]
fn the_services_stop_is_no_fault_while_somebody_runs_the_thing_by_hand() {
    let Some(mosquitto) = broker() else { return };
    let patient = Patient::healthy(&mosquitto);
    patient.systemd();
    let stopped = [("ActiveState", "inactive"), ("SubState", "dead")];
    patient.service("mqtt-thing.service", &stopped);
    assert_eq!(patient.doctor().rules(), ["service-not-running"]);
    process(&patient, 43, &["mqtt-thing", "run", "--thing", THING]);
    assert_eq!(patient.doctor().rules(), [""; 0]);
}
