//! What is told of a load that is known.

use crate::support::{Mosquitto, Observer};
use crate::{OFTEN, ended, objects, wait_object, watch};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

const MESSAGES: u64 = 500;
const SIZE: u64 = 100;

/// Publishes so many messages of a known size.
fn load(mosquitto: &Mosquitto) {
    let mut child = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &mosquitto.port().to_string()])
        .args(["-t", "load/known", "-l"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let line = "x".repeat(usize::try_from(SIZE).unwrap()) + "\n";
    let lines = line.repeat(usize::try_from(MESSAGES).unwrap());
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(lines.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

fn number(object: &Value, key: &str) -> f64 {
    object[key]
        .as_f64()
        .unwrap_or_else(|| panic!("no number under {key}: {object:#}"))
}

#[test]
fn a_known_load_is_shown_in_totals_and_in_rates() {
    let Some(mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let _subscriber = Observer::start(&mosquitto, "load/#");
    mosquitto.publish("a/retained", b"1", true);
    let watch = watch(&mosquitto.url(), &["--json"]);
    let before = wait_object(&watch, "an update with rates", |its| {
        its["interval_s"].is_number()
    });
    load(&mosquitto);
    let wanted = number(&before, "publishes_received") + MESSAGES as f64;
    let after = wait_object(&watch, "the load", |its| {
        number(its, "publishes_received") >= wanted
    });
    assert_eq!(number(&after, "publishes_received"), wanted);
    let bytes =
        number(&after, "publish_bytes_received") - number(&before, "publish_bytes_received");
    // 2.0 counts the payload of some ways of publishing, and of others the topic as well
    let least = (MESSAGES * SIZE) as f64;
    assert!((least..=least * 1.3).contains(&bytes), "{bytes}");

    // what the rates say, each over its time, is what the totals say
    let (mut messages, mut kept) = (0.0, false);
    for object in objects(&watch) {
        if kept {
            messages += number(&object, "publishes_received_per_s") * number(&object, "interval_s");
        }
        kept |= object == before;
        if object == after {
            break;
        }
    }
    let off = (messages - MESSAGES as f64).abs();
    assert!(off < MESSAGES as f64 * 0.01, "{messages} by the rates");

    // the watch, the subscriber
    assert_eq!(number(&after, "clients_connected"), 2.0);
    assert!(number(&after, "subscriptions") >= 2.0);
    // a topic with a blank
    assert!(number(&after, "retained_messages") > 1.0);
    assert!(after["version"].as_str().unwrap().contains("mosquitto"));
    assert!(after["load_messages_received_per_min"]["15min"].is_number());
}

#[test]
fn the_process_is_the_brokers() {
    let Some(mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let mut watch = watch(&mosquitto.url(), &["--json", "--count", "2"]);
    assert_eq!(ended(&mut watch), 0);
    let objects = objects(&watch);
    assert_eq!(objects.len(), 2);
    let process = &objects[1]["process"];
    assert_eq!(process["pid"], mosquitto.pid(), "{process}");
    assert_eq!(process["name"], "mosquitto");
    let memory = number(process, "resident_bytes");
    assert!((500e3..500e6).contains(&memory), "{memory}");
    assert!(
        (0.0..=100.0).contains(&number(process, "cpu_percent")),
        "{process}"
    );
    // standard streams, its listener, and us
    assert!(number(process, "open_files") >= 5.0, "{process}");
}

#[test]
fn once_is_one_reading_with_rates_and_a_pipe_gets_a_line_an_update() {
    let Some(mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let mut once = watch(&mosquitto.url(), &["--once"]);
    let mut json = watch(&mosquitto.url(), &["--once", "--json"]);
    let mut lines = watch(&mosquitto.url(), &["--count", "2"]);
    assert_eq!([&mut once, &mut json, &mut lines].map(ended), [0, 0, 0]);
    let text = once.out.all().join("\n");
    for part in [
        "mosquitto version",
        "CLIENTS",
        "MESSAGES IN",
        "B/s",
        "pid",
        "open files",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains('\u{1b}'), "{text:?}");
    let objects = objects(&json);
    assert_eq!(objects.len(), 1);
    assert!(objects[0]["messages_sent_per_s"].is_number(), "{objects:?}");
    let lines = lines.out.all();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines[1].contains("messages in ") && lines[1].contains("cpu "),
        "{lines:?}"
    );
}
