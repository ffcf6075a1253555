//! Those who mean harm, and those who are slow.

use crate::support::{FakeBroker, Mosquitto, fake_broker, peak_kib, skipped, wait_for};
use crate::{at, name, publish, run, subscribe};
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

#[test]
fn what_comes_does_nothing_to_a_terminal() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    if Command::new("script").arg("--version").output().is_err() {
        skipped("bsdutils");
        return;
    }
    let me = name();
    let inside = format!(
        "{} sub 'evil/#' -C 5 --for 60 -i {me} --broker {}",
        env!("CARGO_BIN_EXE_mqtt-thing"),
        broker.url()
    );
    let child = Command::new("script")
        .args(["-q", "-e", "-c", &inside, "/dev/null"])
        .env("TERM", "xterm-256color")
        .env("SHELL", "/bin/sh")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    broker.wait_log(&format!("Sending SUBACK to {me}"));
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{202e}\r\n\u{8}";
    let sent = |topic: &str, payload: &[u8]| {
        let command = at(&broker.url(), &["pub", topic, "--stdin", "-q", "1"]);
        run(command, payload).well();
    };
    sent("evil/text", evil.as_bytes());
    sent(
        "evil/json",
        serde_json::json!({ "a": evil, evil: 1 })
            .to_string()
            .as_bytes(),
    );
    // an array of one text, as CBOR
    let cbor = [
        &[0x81, 0x78, u8::try_from(evil.len()).unwrap()],
        evil.as_bytes(),
    ]
    .concat();
    sent("evil/cbor", &cbor);
    sent("evil/bytes", &[b"\xff\x1b[2J", evil.as_bytes()].concat());
    sent("evil/\u{202e}topic", b"x");
    let shown = child.wait_with_output().unwrap();
    assert!(shown.status.success());
    let shown = String::from_utf8(shown.stdout).unwrap();
    assert!(shown.contains("\u{1b}[36m"), "it is coloured: {shown:?}");
    let plain = anstream::adapter::strip_str(&shown).to_string();
    // the terminal's own line ends are no harm
    let harm = |c: char| c != '\n' && c != '\r' && mqtt_thing::model::is_harmful(c);
    assert!(!plain.contains(harm), "{plain:?}");
    for escape in ["\u{1b}]", "\u{1b}[2J", "\u{9b}"] {
        assert!(!shown.contains(escape), "{shown:?}");
    }
    assert!(plain.contains(r"\u{1b}]0;owned\u{7}"), "{plain}");
}

#[test]
fn json_lines_are_safe_for_a_terminal_and_mean_what_came() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let evil = "{\"a\u{9b}\": \"\u{202e}\"}";
    let heard = subscribe(&broker, &["e", "--json", "-1"]);
    publish(&broker, &["e", evil, "-q", "1"]);
    let line = heard.end().well().text();
    let harm = |c: char| c != '\n' && mqtt_thing::model::is_harmful(c);
    assert!(!line.contains(harm), "{line:?}");
    let json: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert_eq!(
        (&json["payload"], &json["json"]["a\u{9b}"]),
        (&evil.into(), &"\u{202e}".into())
    );
}

#[test]
fn a_message_over_the_limit_is_left_out_and_the_next_one_comes() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for qos in ["0", "1", "2"] {
        let heard = subscribe(&broker, &["big", "-q", qos, "--largest", "1", "-1"]);
        let large = vec![b'x'; 2 << 20];
        run(at(&broker.url(), &["pub", "big", "-s", "-q", qos]), &large).well();
        publish(&broker, &["big", "small", "-q", qos]);
        let ended = heard.end().well();
        assert_eq!(ended.text(), "small\n");
        let told = "left out a message of 2097152 bytes on `big`";
        assert_eq!(ended.err.matches(told).count(), 1, "{}", ended.err);
    }
}

#[test]
fn a_broker_that_speaks_no_mqtt_is_an_error_and_no_panic() {
    let garbage: [&[u8]; 7] = [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x20\x02\x00\x00\x30\xff\xff\xff\xff\x7f",
        b"\x20\x02\x00\x00\x90\xff\xff\x7f",
        b"\x20\x02\x00\x00\x30\x01\x00",
        b"\x20\x02\x00\x00\x36\x05\x00\x01a\x00\x01",
        b"\x20\x02\x00\x00\xf0\x00",
        b"\x20\x02\x00\x09",
    ];
    for bytes in garbage {
        let broker = FakeBroker::start(move |packet| match packet.kind {
            fake_broker::CONNECT => fake_broker::Reply::Send(bytes.to_vec()),
            _ => fake_broker::Reply::Nothing,
        });
        let ended = run(at(&broker.url(), &["pub", "a", "x", "-q", "1"]), b"");
        assert_eq!(ended.status.code(), Some(1), "{bytes:?}: {}", ended.err);
        assert!(
            ended.err.contains("does not speak MQTT"),
            "{bytes:?}: {}",
            ended.err
        );
    }
}

#[test]
fn a_slow_reader_holds_back_the_network_and_memory_stays_small() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let me = name();
    let all = [
        "sub", "flood", "end", "-i", &me, "-k", "1", "-v", "--for", "60",
    ];
    let mut child = at(&broker.url(), &all)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    broker.wait_log(&format!("as {me}"));
    let payload = vec![b'x'; 10_000];
    let many = at(
        &broker.url(),
        &["pub", "flood", "-s", "--repeat", "10000", "-q", "1"],
    );
    run(many, &payload).well();
    // while nothing is read it gives signs of life all the same
    let pings = |broker: &Mosquitto| broker.count_log(&format!("Received PINGREQ from {me}"));
    let before = pings(&broker);
    wait_for("three pings", || {
        (pings(&broker) >= before + 3).then_some(())
    });
    let peak = peak_kib(child.id());
    println!("at most {peak} KiB resident while 100 MB came");
    assert!(peak < 64 * 1024, "{peak} KiB");
    // and it goes on when it is read again
    let mut out = child.stdout.take().unwrap();
    let (seen, url) = (Arc::new(AtomicBool::new(false)), broker.url());
    let sent = std::thread::spawn({
        let seen = Arc::clone(&seen);
        // Mosquitto drops messages at QoS 0 for one whose line is full
        move || {
            while !seen.load(SeqCst) {
                run(at(&url, &["pub", "end", "-n", "-q", "1"]), b"").well();
            }
        }
    });
    let mut piece = vec![0; 1 << 16];
    let mut tail = Vec::new();
    while !tail.ends_with(b"end \n") {
        let read = out.read(&mut piece).unwrap();
        assert!(read > 0, "it ended");
        tail.extend_from_slice(&piece[..read]);
        let keep = tail.len().saturating_sub(100);
        tail.drain(..keep);
    }
    seen.store(true, SeqCst);
    sent.join().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let me = name();
    let all = ["sub", "a", "--session", &me, "-q", "1", "--for", "60"];
    let mut child = at(&broker.url(), &all)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    broker.wait_log(&format!("Sending SUBACK to {me}"));
    drop(child.stdout.take());
    publish(&broker, &["a", "x", "-q", "1"]);
    let status = child.wait().unwrap();
    assert!(status.success(), "{status}");
    broker.wait_log(&format!("Received DISCONNECT from {me}"));
    // what nobody has read is there for the next
    let next = [
        "sub",
        "a",
        "--session",
        &me,
        "-q",
        "1",
        "--one",
        "--for",
        "30",
    ];
    let next = run(at(&broker.url(), &next), b"").well();
    assert_eq!(next.text(), "x\n");
}
