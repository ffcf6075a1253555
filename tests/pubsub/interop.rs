//! From and to other people's clients: `mosquitto_pub`, `mosquitto_sub` and paho-mqtt, by each quality of service.

use crate::everyday::all_bytes;
use crate::support::{Lines, Mosquitto, Observer, skipped, wait_for};
use crate::{Process, at, run, subscribe};
use serde_json::Value;
use std::io::Write;
use std::process::{Command, Stdio};

/// Text, JSON, CBOR, every byte, and nothing.
fn payloads() -> Vec<Vec<u8>> {
    vec![
        "gr\u{fc}\u{df}e \u{1f321}".as_bytes().to_vec(),
        b"{\"value\": 21.5, \"unit\": \"C\"}".to_vec(),
        b"\xa2\x65value\xfb\x40\x35\x80\0\0\0\0\0\x64unit\x61C".to_vec(),
        all_bytes(),
        Vec::new(),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The payload in a line of `sub --json`, and what kind of payload it is taken for.
fn payload(line: &str) -> (Vec<u8>, &'static str) {
    let json: Value = serde_json::from_str(line).unwrap();
    let bytes = match (&json["payload"], &json["payload_base64"]) {
        (Value::String(text), _) => text.clone().into_bytes(),
        (_, Value::String(text)) => {
            base64::Engine::decode(&base64::engine::general_purpose::STANDARD, text).unwrap()
        }
        _ => panic!("{line}"),
    };
    assert_eq!(json["size"], bytes.len());
    let kind = match (json.get("json"), json.get("cbor")) {
        (Some(_), _) => "json",
        (_, Some(_)) => "cbor",
        _ if json["payload"].is_string() => "text",
        _ => "bytes",
    };
    (bytes, kind)
}

/// What we get when `send` has sent each payload.
fn received(broker: &Mosquitto, qos: u8, mut send: impl FnMut(&[u8])) {
    let (wanted, q) = (payloads(), qos.to_string());
    let count = wanted.len().to_string();
    let heard = subscribe(broker, &["interop/#", "-q", &q, "--json", "-C", &count]);
    wanted.iter().for_each(|payload| send(payload));
    let text = heard.end().well().text();
    let got: Vec<_> = text.lines().map(payload).collect();
    let kinds = ["text", "json", "cbor", "bytes", "text"];
    let expected: Vec<_> = wanted.into_iter().zip(kinds).collect();
    assert!(got == expected, "QoS {qos}:\n{text}");
    let qualities = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    assert!(
        qualities.into_iter().all(|line| line["qos"] == qos),
        "{text}"
    );
}

/// Sends each payload.
fn send(broker: &Mosquitto, qos: u8) {
    for payload in payloads() {
        let qos = qos.to_string();
        let input = if payload.is_empty() {
            "--null"
        } else {
            "--stdin"
        };
        run(
            at(&broker.url(), &["pub", "interop/a", "-q", &qos, input]),
            &payload,
        )
        .well();
    }
}

#[test]
fn mosquitto_pub_is_understood() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for qos in 0..=2 {
        received(&broker, qos, |payload| {
            let mut command = Command::new("mosquitto_pub");
            command.args(["-h", "127.0.0.1", "-p", &broker.port().to_string()]);
            command.args(["-t", "interop/a", "-q", &qos.to_string()]);
            command.arg(if payload.is_empty() { "-n" } else { "-s" });
            let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
            child.stdin.take().unwrap().write_all(payload).unwrap();
            assert!(child.wait().unwrap().success());
        });
    }
}

#[test]
fn mosquitto_sub_understands() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for qos in 0..=2u8 {
        // the harness's witness subscribes at QoS 1
        let observer = Observer::start(&broker, "interop/#");
        send(&broker, qos);
        wait_for("all of them", || {
            (observer.seen().len() == payloads().len()).then_some(())
        });
        for (seen, payload) in observer.seen().iter().zip(payloads()) {
            assert_eq!((&seen.payload, seen.qos), (&payload, qos.min(1)));
        }
    }
    // and at QoS 2
    let mut child = Command::new("stdbuf")
        .args([
            "-oL",
            "mosquitto_sub",
            "-h",
            "127.0.0.1",
            "-p",
            &broker.port().to_string(),
        ])
        .args([
            "-i",
            "two",
            "-q",
            "2",
            "-t",
            "interop/#",
            "-F",
            "%q %x",
            "-C",
            "5",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = Lines::collect(child.stdout.take().unwrap());
    broker.wait_log("Sending SUBACK to two");
    send(&broker, 2);
    assert!(child.wait().unwrap().success());
    wait_for("its last line", || lines.ended().then_some(()));
    let expected: Vec<_> = payloads()
        .iter()
        .map(|payload| format!("2 {}", hex(payload)))
        .collect();
    assert_eq!(lines.all(), expected);
}

/// `peer.py` in one of its roles; `None` without paho-mqtt.
fn paho(broker: &Mosquitto, arguments: &[&str]) -> Option<Process> {
    let import = Command::new("python3")
        .args(["-c", "import paho.mqtt.client as c; c.CallbackAPIVersion"])
        .stderr(Stdio::null())
        .status();
    if !import.is_ok_and(|status| status.success()) {
        skipped("paho-mqtt 2 (python3 -m pip install paho-mqtt)");
        return None;
    }
    let mut command = Command::new("python3");
    command
        .args([
            "-u",
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/pubsub/peer.py"),
        ])
        .arg(broker.port().to_string())
        .args(arguments);
    Some(Process::start(&mut command))
}

#[test]
fn paho_is_understood() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for version in ["3", "5"] {
        for qos in 0..=2 {
            let there = paho(&broker, &["none"]);
            if there.is_none() {
                return;
            }
            received(&broker, qos, |payload| {
                let arguments = [version, "pub", "interop/a", &qos.to_string(), &hex(payload)];
                paho(&broker, &arguments).unwrap().end().well();
            });
        }
    }
}

#[test]
fn paho_understands() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for qos in 0..=2u8 {
        let count = payloads().len().to_string();
        let arguments = ["3", "sub", "interop/#", &qos.to_string(), &count];
        let before = broker.count_log("Sending SUBACK");
        let Some(peer) = paho(&broker, &arguments) else {
            return;
        };
        wait_for("its subscription", || {
            (broker.count_log("Sending SUBACK") > before).then_some(())
        });
        send(&broker, qos);
        let got = peer.end().well().text();
        let expected: String = payloads()
            .iter()
            .map(|payload| format!("interop/a {qos} {}\n", hex(payload)))
            .collect();
        assert_eq!(got, expected);
    }
}
