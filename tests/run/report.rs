//! What a running thing tells this machine, and `mqtt-thing health`, which reads it.

use crate::pi::{File, INNER, LAB, can_run, prepare};
use crate::support::{LIMIT, Mosquitto};
use rustix::process::Signal;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Instant;

fn health(folder: &Path, options: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, .. } = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .arg("health")
        .args(options)
        .arg("--runtime")
        .arg(folder)
        .output()
        .unwrap();
    (status.code(), String::from_utf8(stdout).unwrap())
}

/// Asks again and again until it ends with that code.
fn until(folder: &Path, code: i32) -> String {
    let began = Instant::now();
    loop {
        let (status, said) = health(folder, &[]);
        if status == Some(code) {
            return said;
        }
        assert!(began.elapsed() < LIMIT, "{code} wanted; {status:?}: {said}");
    }
}

#[test]
fn health_tells_each_way_in_which_a_thing_can_be_unwell_and_that_it_is_well_again() {
    if !can_run() {
        return;
    }
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let file = File::lab(&broker.url(), 10, LAB);
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(health(folder.path(), &[]).0, Some(4));
    let mut ready = prepare(&file, "inner");
    ready.command.env("RUNTIME_DIRECTORY", folder.path());
    let mut pi = ready.start();
    let pid = pi.pid().to_string();
    let (status, said) = health(folder.path(), &["--wait", "60", "--pid", &pid]);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.starts_with(&format!("inner ({INNER}) is online at mqtt://127.0.0.1:")),
        "{said}"
    );
    assert!(said.contains("its board answers, firmware 1.4.0"), "{said}");
    assert_eq!(health(folder.path(), &["--pid", "1"]).0, Some(4));
    assert_eq!(health(folder.path(), &["outer"]).0, Some(4));

    pi.pins.unplug();
    let said = until(folder.path(), 1);
    assert!(said.contains("its board does not answer: "), "{said}");
    assert!(said.contains("led9 does not work: "), "{said}");
    pi.pins.plug_in();
    until(folder.path(), 0);

    broker.kill();
    let said = until(folder.path(), 3);
    assert!(said.contains("does not hear it"), "{said}");
    broker.restart();
    until(folder.path(), 0);
    let (_, json) = health(folder.path(), &["--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json[0]["connections"], 2);
    assert_eq!(json[0]["cannot_connect"], serde_json::Value::Null);
    assert!(json[0]["health"]["uptime_s"].is_u64(), "{json}");

    pi.signal(Signal::KILL);
    pi.wait_end();
    assert!(until(folder.path(), 4).contains("does not run any more"));
}

#[test]
fn a_thing_that_ends_well_leaves_no_report_behind() {
    if !can_run() {
        return;
    }
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let file = File::lab(&broker.url(), 10, LAB);
    let folder = tempfile::tempdir().unwrap();
    let mut ready = prepare(&file, "inner");
    ready.command.env("RUNTIME_DIRECTORY", folder.path());
    let mut pi = ready.start();
    until(folder.path(), 0);
    pi.signal(Signal::TERM);
    pi.wait_end();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
