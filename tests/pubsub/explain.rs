//! The packets, as a course looks at them.

use crate::support::Mosquitto;
use crate::{publish, subscribe};
use serde_json::Value;

/// Arrow, name and what follows, of each line that shows a packet.
fn packets(err: &str) -> Vec<(char, String, String)> {
    let packet = |line: &str| {
        let (_, rest) = line.trim_start().split_once("  ")?;
        let arrow = rest.trim_start().chars().next()?;
        let mut words = rest.trim_start()[arrow.len_utf8()..].trim().splitn(2, ' ');
        let name = words.next()?.to_owned();
        let said = words.next().unwrap_or("").split_whitespace();
        let said = said.collect::<Vec<_>>().join(" ");
        matches!(arrow, '→' | '←').then_some((arrow, name, said))
    };
    err.lines().filter_map(packet).collect()
}

#[test]
fn each_quality_of_service_is_seen_packet_by_packet() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for (qos, between) in [
        (
            "0",
            &[(
                "→",
                "PUBLISH",
                "0x30 14 = 2 + 7 + 5 QoS 0, topic \"a/b/c\" (5 bytes)",
            )][..],
        ),
        (
            "1",
            &[
                (
                    "→",
                    "PUBLISH",
                    "0x32 16 = 2 + 9 + 5 QoS 1, id 1, topic \"a/b/c\" (5 bytes)",
                ),
                ("←", "PUBACK", "0x40 4 = 2 + 2 + 0 id 1"),
            ],
        ),
        (
            "2",
            &[
                (
                    "→",
                    "PUBLISH",
                    "0x34 16 = 2 + 9 + 5 QoS 2, id 1, topic \"a/b/c\" (5 bytes)",
                ),
                ("←", "PUBREC", "0x50 4 = 2 + 2 + 0 id 1"),
                ("→", "PUBREL", "0x62 4 = 2 + 2 + 0 id 1"),
                ("←", "PUBCOMP", "0x70 4 = 2 + 2 + 0 id 1"),
            ],
        ),
    ] {
        let sent = publish(
            &broker,
            &["a/b/c", "hello", "-q", qos, "--explain", "-i", "c"],
        );
        let around = [
            (
                "→",
                "CONNECT",
                "0x10 15 = 2 + 10 + 3 clean session, keep-alive 60 s, client id \"c\"",
            ),
            (
                "←",
                "CONNACK",
                "0x20 4 = 2 + 2 + 0 code 0 (accepted), no session present",
            ),
        ];
        let last = ("→", "DISCONNECT", "0xe0 2 = 2 + 0 + 0");
        let expected: Vec<_> = around
            .iter()
            .chain(between)
            .chain([&last])
            .map(|(arrow, name, said)| {
                (
                    arrow.chars().next().unwrap(),
                    (*name).to_owned(),
                    (*said).to_owned(),
                )
            })
            .collect();
        assert_eq!(packets(&sent.err), expected, "{}", sent.err);
        let bytes = [35, 41, 49][usize::from(qos.as_bytes()[0] - b'0')];
        let (all, overhead) = (bytes, bytes - 5);
        assert!(
            sent.err
                .contains(&format!("overhead  {overhead} of {all} bytes")),
            "{}",
            sent.err
        );
    }
}

#[test]
fn all_that_a_handshake_says_is_seen_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("password");
    std::fs::write(&secret, "wonderland\n").unwrap();
    let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, private).unwrap();
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let sent = publish(
        &broker,
        &[
            "t",
            "x",
            "--explain",
            "--username",
            "alice",
            "--password-file",
            secret.to_str().unwrap(),
            "--session",
            "s1",
            "--will-topic",
            "gone",
            "--will-message",
            "bye",
            "--will-qos",
            "1",
            "--will-retain",
            "-r",
        ],
    );
    for text in [
        "session to be kept, keep-alive 60 s, client id \"s1\", will on \"gone\" (QoS 1, RETAIN, 3 bytes), user \"alice\", a password",
        "0x31",
        "RETAIN, topic \"t\" (1 byte)",
    ] {
        assert!(sent.err.contains(text), "no {text} in {}", sent.err);
    }
    assert!(!sent.err.contains("wonderland"));
}

#[test]
fn a_subscriber_sees_its_side_and_json_lines_are_for_programs() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let heard = subscribe(
        &broker,
        &["a", "b/#", "-q", "2", "-1", "--explain", "--json"],
    );
    publish(&broker, &["b/c", "hello", "-q", "2"]);
    let heard = heard.end().well();
    let lines: Vec<Value> = heard
        .err
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let named = |name: &str| {
        let found = lines.iter().find(|line| line["packet"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {lines:#?}"))
    };
    assert_eq!(named("CONNECT")["clean_session"], true);
    let filters = r#"[{"filter":"a","qos":2},{"filter":"b/#","qos":2}]"#;
    assert_eq!(named("SUBSCRIBE")["filters"].to_string(), filters);
    assert_eq!(named("SUBACK")["codes"].to_string(), "[2,2]");
    let publish = named("PUBLISH");
    let parts = [
        "bytes",
        "fixed_header",
        "variable_header",
        "payload",
        "first_byte",
    ];
    assert_eq!(
        parts.map(|part| publish[part].as_u64().unwrap()),
        [14, 2, 7, 5, 0x34]
    );
    assert_eq!(
        (&publish["topic"], &publish["dup"]),
        (&"b/c".into(), &false.into())
    );
    assert_eq!(publish["direction"], "in");
    assert_eq!(named("PUBREC")["packet_id"], publish["packet_id"]);
    let summary = &lines.last().unwrap()["summary"];
    let of = |way: &str| -> u64 {
        let its = lines.iter().filter(|line| line["direction"] == way);
        its.map(|line| line["bytes"].as_u64().unwrap()).sum()
    };
    assert_eq!(summary["sent"]["bytes"], of("out"));
    assert_eq!(summary["received"]["bytes"], of("in"));
    assert_eq!(summary["overhead_bytes"], of("out") + of("in") - 5);
    // what was printed stays what it was
    let told: Value = serde_json::from_str(&heard.text()).unwrap();
    assert_eq!(told["payload"], "hello");
}

#[test]
fn a_quiet_connection_is_kept_alive_by_pings() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let heard = subscribe(&broker, &["a", "-k", "1", "--explain", "--for", "3.5"]);
    let err = heard.end().err;
    let pings = packets(&err);
    let count = |name: &str| pings.iter().filter(|(_, its, _)| its == name).count();
    assert!(count("PINGREQ") >= 2 && count("PINGRESP") >= 2, "{err}");
}
