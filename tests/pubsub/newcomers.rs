//! What somebody meets who has these commands for the first time.

use crate::certificates::{Ca, Valid};
use crate::support::Mosquitto;
use crate::{Process, at, listener, publish, run};
use rustix::process::Signal;

#[test]
fn a_load_at_qos_0_is_timed_until_the_broker_has_read_it() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let sent = publish(&broker, &["a", "x", "--repeat", "3", "--explain"]);
    let place = |name: &str| sent.err.rfind(name).unwrap();
    let order = ["PUBLISH   ", "PINGREQ   ", "PINGRESP  ", "DISCONNECT  "].map(place);
    assert!(order.is_sorted(), "{}", sent.err);
    for (arguments, input) in [
        (&["--repeat", "3", "-q", "1"][..], &b""[..]),
        (&["--repeat", "0"], b""),
        (&[], b""),
    ] {
        let sent = run(
            at(
                &broker.url(),
                &[&["pub", "a", "x", "--explain"], arguments].concat(),
            ),
            input,
        );
        assert!(!sent.err.contains("PINGREQ"), "{}", sent.err);
    }
    let one = run(at(&broker.url(), &["pub", "a", "--lines"]), b"1\n").well();
    assert!(one.err.starts_with("1 message in "), "{}", one.err);
}

#[test]
fn who_says_verbose_is_told_what_happens_and_each_packet() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for (arguments, packets) in [
        (&["pub", "a", "x", "-v"][..], false),
        (&["pub", "a", "x", "-vv"], true),
        (&["-vv", "pub", "a", "x"], true),
        (&["sub", "a", "-W", "0.1", "--verbose"], false),
        (&["sub", "a", "-W", "0.1", "--verbose", "--verbose"], true),
    ] {
        let ended = run(at(&broker.url(), arguments), b"");
        assert!(
            ended.err.contains("connected session_present=false"),
            "{}",
            ended.err
        );
        let shown = ended.err.contains("packet=\"CONNACK\"");
        assert_eq!(shown, packets, "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn at_a_port_of_the_other_kind_it_is_asked_whether_it_is_one_for_tls() {
    let folder = tempfile::tempdir().unwrap();
    let ca = Ca::new(folder.path(), "ca");
    let pair = ca.server("server", &["localhost"], Valid::Now);
    let Some((_tls, port)) = listener::broker(&pair, "allow_anonymous true") else {
        return;
    };
    let Some(plain) = Mosquitto::start() else {
        return;
    };
    for (url, hint) in [
        (
            format!("mqtt://localhost:{port}"),
            "is this a port for TLS (mqtts://)?",
        ),
        (
            plain.url().replace("mqtt:", "mqtts:"),
            "is this a port without TLS (mqtt://)?",
        ),
    ] {
        for arguments in [&["pub", "a", "x"][..], &["sub", "a"]] {
            let ended = run(at(&url, arguments), b"");
            assert_eq!(ended.status.code(), Some(1));
            assert!(ended.err.contains(hint), "{}", ended.err);
        }
    }
}

#[test]
fn words_of_mosquittos_clients_are_translated_and_help_stays_help() {
    let url = "mqtt://127.0.0.1:1";
    for (arguments, words) in [
        (
            &["sub", "-h", "pi", "-t", "b"][..],
            "the topic stands without -t",
        ),
        (
            &["pub", "-t", "a", "-m", "x"],
            "mqtt-thing pub TOPIC MESSAGE --broker",
        ),
        (
            &["pub", "a", "x", "-p", "1884"],
            "the broker is named by --broker",
        ),
    ] {
        let ended = run(at(url, arguments), b"");
        assert_eq!(ended.status.code(), Some(2));
        assert!(ended.err.contains(words), "{}", ended.err);
    }
    let help = run(at(url, &["sub", "-h"]), b"").well().text();
    assert!(help.contains("Usage: mqtt-thing sub"), "{help}");
}

#[test]
fn who_stops_amid_a_load_has_not_sent_it() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let all = [
        "pub",
        "a",
        "x",
        "--repeat",
        "100",
        "--repeat-every",
        "30",
        "-vv",
    ];
    let sending = Process::start(&mut at(&broker.url(), &all));
    sending.wait_said("PUBLISH");
    sending.signal(Signal::INT);
    let ended = sending.end();
    assert_eq!(ended.status.code(), Some(1), "{}", ended.err);
    assert!(
        ended.err.contains("stopped after 1 of 100 messages"),
        "{}",
        ended.err
    );
}

#[test]
fn a_message_is_told_with_its_time_and_some_topics_are_left_out() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let all = [
        "t/#",
        "-T",
        "t/raw/+",
        "--without",
        "t/b",
        "--time",
        "-v",
        "-1",
    ];
    let heard = crate::subscribe(&broker, &all);
    for topic in ["t/raw/1", "t/b", "t/a"] {
        publish(&broker, &[topic, "x", "-q", "1"]);
    }
    let text = heard.end().well().text();
    let (time, rest) = text.split_once(' ').unwrap();
    assert_eq!(rest, "t/a x\n");
    assert!(
        time.len() == 24 && time.contains('T') && time.ends_with('Z'),
        "{text}"
    );
}

#[test]
fn what_is_wrong_is_said_in_a_line_that_one_can_read() {
    let url = "mqtt://127.0.0.1:1";
    let long = "a".repeat(70_000);
    let wild = format!("{}/#/b", "a".repeat(300));
    for (arguments, words) in [
        (&["pub", &long, "x"][..], "for '<TOPIC>': `aaaa"),
        (
            &["pub", &long, "x"],
            "it has 70000 bytes; it may have 65535 at most",
        ),
        (
            &["pub", "a", "x", "--will-topic", &long],
            "for '--will-topic <TOPIC>'",
        ),
        (&["sub", &wild], "a # is not alone in the last level"),
        (
            &["sub", "a", "--largest", "0"],
            "it takes MiB, from a byte to 256",
        ),
        (&["sub", "a", "--count", "0"], "allowed is 1 and more"),
        (&["sub", "$share/g"], "$share/GROUP/FILTER"),
    ] {
        let ended = run(at(url, arguments), b"");
        assert_eq!(ended.status.code(), Some(2));
        assert!(ended.err.contains(words), "{}", ended.err);
        assert!(ended.err.len() < 600, "{}", ended.err.len());
    }
    let ended = run(at(url, &["sub", "a", "--explain"]), b"");
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
}

#[test]
fn what_is_left_out_is_told_with_its_own_reason() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let heard = crate::subscribe(&broker, &["l", "--largest", "0.001", "-1"]);
    publish(&broker, &["l", &"x".repeat(2000)]);
    publish(&broker, &["l", "short"]);
    let ended = heard.end().well();
    let told = "left out a message of 2000 bytes on `l`: it is larger than --largest allows";
    assert!(ended.err.ends_with(told), "{}", ended.err);
    assert_eq!(ended.text(), "short\n");
}

#[test]
fn help_says_what_is_so_and_fits_into_eighty_columns() {
    for (command, words) in [
        (
            &["pub"][..],
            "mqtt://localhost when absent: mqtt://HOST[:PORT], mqtts:// for TLS",
        ),
        (
            &["sub"],
            "mqtt://localhost when absent: mqtt://HOST[:PORT], mqtts:// for TLS",
        ),
        (
            &["pub"],
            "Whether it passed it on, MQTT 3.1.1 does not tell",
        ),
        (&["status"], "else the topology's, else mqtt://localhost"),
        (&["topics", "match"], "Ask this broker which topics it has"),
    ] {
        let mut help = std::process::Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        help.args(command).arg("--help");
        let text = run(help, b"").well().text();
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(flat.contains(words), "{flat}");
        assert!(!flat.contains("instead of the file's"), "{flat}");
        let (_, written) = text.split_once("Examples:").unwrap();
        for line in written.lines().filter(|line| line.starts_with("  ")) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }
}
