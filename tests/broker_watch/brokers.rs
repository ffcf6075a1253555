//! Brokers that tell nothing, are not there, or start anew.

use crate::support::{Mosquitto, free_port, wait_for};
use crate::{OFTEN, ended, objects, wait_object, watch};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

#[test]
fn a_broker_without_sys_is_told_with_both_reasons() {
    let Some(mosquitto) = Mosquitto::start_with("sys_interval 0") else {
        return;
    };
    let mut watch = watch(&mosquitto.url(), &["--once", "--patience", "1"]);
    assert_eq!(ended(&mut watch), 1);
    let text = watch.err.all().join("\n");
    for part in ["tells nothing under $SYS", "sys_interval 0", "ACL"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(watch.out.all(), [] as [&str; 0]);
}

#[test]
fn a_broker_that_denies_sys_looks_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acl");
    std::fs::write(&file, "topic readwrite lab/#\n").unwrap();
    let lines = format!("{OFTEN}\nacl_file {}", file.display());
    let Some(mosquitto) = Mosquitto::start_with(&lines) else {
        return;
    };
    let mut watch = watch(
        &mosquitto.url(),
        &["--json", "--count", "1", "--patience", "1"],
    );
    assert_eq!(ended(&mut watch), 1);
    let text = watch.err.all().join("\n");
    assert!(text.contains("may not read it"), "{text}");
}

#[test]
fn figures_that_come_seldom_are_told_without_rates() {
    let Some(mosquitto) = Mosquitto::start_with("sys_interval 3600") else {
        return;
    };
    let mut watch = watch(&mosquitto.url(), &["--once", "--json", "--patience", "1"]);
    assert_eq!(ended(&mut watch), 0);
    let objects = objects(&watch);
    assert!(objects[0]["uptime_s"].is_number(), "{objects:?}");
    assert!(objects[0]["messages_sent_per_s"].is_null(), "{objects:?}");
    let text = watch.err.all().join("\n");
    assert!(text.contains("more seldom than every 1 s"), "{text}");
}

#[test]
fn a_broker_that_is_not_there_is_told() {
    let url = format!("mqtt://127.0.0.1:{}", free_port());
    let mut watch = watch(&url, &["--once", "--patience", "0.5"]);
    assert_eq!(ended(&mut watch), 1);
    let text = watch.err.all().join("\n");
    assert!(
        text.contains(&format!("no broker answers at {url} within 0.5 s")),
        "{text}"
    );
}

#[test]
fn a_broker_that_starts_anew_is_followed_and_its_counters_are_not_mixed() {
    let Some(mut mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let watch = watch(&mosquitto.url(), &["--json"]);
    let before = wait_object(&watch, "rates", |its| its["interval_s"].is_number());
    let up = before["uptime_s"].as_u64().unwrap();
    // the new one must be younger than the old one was
    wait_object(&watch, "a later update", |its| {
        its["uptime_s"].as_u64() > Some(up)
    });
    mosquitto.restart();
    let anew = wait_object(&watch, "the restart", |its| its["restarted"] == true);
    assert!(anew["uptime_s"].as_u64() <= Some(up + 2), "{anew:#}");
    let at = anew["at"].as_f64().unwrap();
    let after = wait_object(&watch, "rates again", |its| {
        its["at"].as_f64() > Some(at) && its["interval_s"].is_number()
    });
    assert_eq!(after["restarted"], false);
    assert_eq!(
        after["process"]["pid"],
        mosquitto.pid(),
        "it is another process"
    );
    for object in objects(&watch) {
        let rate = object["bytes_sent_per_s"].as_f64();
        assert!(
            rate.is_none_or(|rate| (0.0..1e6).contains(&rate)),
            "{object:#}"
        );
    }
}

/// Killed when dropped.
struct Child(std::process::Child);

impl Drop for Child {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it() {
    let Some(mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let mut child = Child(
        Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
            .args(["broker", "watch", "--json", "--broker", &mosquitto.url()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut out = BufReader::new(child.0.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(line.starts_with('{'), "{line}");
    // as `head -n 1` does
    drop(out);
    let status = wait_for("the end", || child.0.try_wait().unwrap());
    assert!(status.success());
}
