//! What is done every day.

use crate::support::{Mosquitto, Observer};
use crate::{Ended, at, publish, run, subscribe};
use serde_json::Value;
use std::time::{Duration, Instant};

fn code(ended: &Ended) -> i32 {
    ended.status.code().unwrap()
}

/// Every byte there is, with line ends in the middle.
pub(crate) fn all_bytes() -> Vec<u8> {
    (0..=255).chain((0..=255).rev()).collect()
}

#[test]
fn a_message_arrives_at_each_quality_of_service() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    for qos in ["0", "1", "2"] {
        let heard = subscribe(&broker, &["a/b", "--qos", qos, "--one", "--json"]);
        publish(&broker, &["a/b", "hello", "--qos", qos]);
        let heard: Value = serde_json::from_str(&heard.end().well().text()).unwrap();
        assert_eq!(heard["qos"].to_string(), qos);
        assert_eq!(
            (&heard["topic"], &heard["payload"]),
            (&"a/b".into(), &"hello".into())
        );
        assert_eq!(
            (&heard["retain"], &heard["dup"]),
            (&false.into(), &false.into())
        );
        assert_eq!(heard["size"], 5);
    }
}

#[test]
fn several_filters_with_wildcards_get_theirs_and_nothing_else() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let filters = ["machines/+/sensors/temperature/hdds/+", "alarms/#", "end"];
    let heard = subscribe(&broker, &[&filters[..], &["-v", "-C", "5"]].concat());
    for (topic, text) in [
        ("machines/m1/sensors/temperature/hdds/sda", "41"),
        ("machines/m1/sensors/temperature/cpu", "no"),
        ("machines/m2/sensors/temperature/hdds/sdb", "-3"),
        ("machines/m2/sensors/temperature/hdds/sdb/x", "no"),
        ("alarms", "1"),
        ("alarms/a/b", "2"),
        ("end", "."),
    ] {
        publish(&broker, &[topic, text, "-q", "1"]);
    }
    let expected = "machines/m1/sensors/temperature/hdds/sda 41\n\
                    machines/m2/sensors/temperature/hdds/sdb -3\nalarms 1\nalarms/a/b 2\nend .\n";
    assert_eq!(heard.end().well().text(), expected);
    let sys = ["sub", "$SYS/broker/version", "-1", "--for", "30"];
    let sys = run(at(&broker.url(), &sys), b"").well();
    assert!(sys.text().starts_with("mosquitto version"), "{sys:?}");
}

#[test]
fn bytes_arrive_as_they_were_from_a_file_and_from_standard_input() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payload");
    let large: Vec<u8> = all_bytes().into_iter().cycle().take(1 << 20).collect();
    for payload in [all_bytes(), large] {
        std::fs::write(&path, &payload).unwrap();
        for qos in ["0", "1", "2"] {
            let heard = subscribe(&broker, &["b", "-q", qos, "-C", "2", "--raw"]);
            publish(&broker, &["b", "-q", qos, "--file", path.to_str().unwrap()]);
            let stdin = at(&broker.url(), &["pub", "b", "-q", qos, "--stdin"]);
            run(stdin, &payload).well();
            let got = heard.end().well().out;
            assert!(got == [&payload[..], &payload].concat(), "QoS {qos}");
        }
    }
}

#[test]
fn each_line_of_standard_input_is_a_message_as_soon_as_it_is_there() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let heard = Observer::start(&broker, "lines");
    let mut command = at(&broker.url(), &["pub", "lines", "--lines", "-q", "1"]);
    let mut process = crate::Process::start(command.stdin(std::process::Stdio::piped()));
    let mut stdin = process.stdin();
    for line in ["first", "second", "th\u{e9}"] {
        std::io::Write::write_all(&mut stdin, format!("{line}\n\n").as_bytes()).unwrap();
        // before the next is written
        heard.wait_for("lines", line);
    }
    std::io::Write::write_all(&mut stdin, b"without an end").unwrap();
    drop(stdin);
    let ended = process.end().well();
    assert!(ended.err.contains("4 messages in "), "{}", ended.err);
    heard.wait_for("lines", "without an end");
    assert_eq!(heard.texts("lines").len(), 4, "no empty ones");
}

#[test]
fn what_is_kept_is_there_for_those_who_come_later_and_can_be_removed() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    publish(&broker, &["kept/a", "old", "--retain", "-q", "1"]);
    let first = |arguments: &[&str]| {
        let all = [&["sub", "kept/#", "--for", "2", "--json"], arguments].concat();
        run(at(&broker.url(), &all), b"")
    };
    let kept: Value = serde_json::from_str(&first(&["-1"]).well().text()).unwrap();
    assert_eq!(
        (&kept["retain"], &kept["payload"]),
        (&true.into(), &"old".into())
    );
    let without = subscribe(&broker, &["kept/#", "--no-retained", "-1"]);
    let only = subscribe(
        &broker,
        &["kept/#", "--only-retained", "-C", "2", "--for", "2"],
    );
    publish(&broker, &["kept/b", "new", "-q", "1"]);
    assert_eq!(without.end().well().text(), "new\n");
    let only = only.end();
    assert_eq!(
        (code(&only), only.text().as_str()),
        (1, "old\n"),
        "one of two"
    );
    publish(&broker, &["kept/a", "--null", "--retain", "-q", "1"]);
    let nothing = first(&[]);
    assert_eq!((code(&nothing), nothing.out.len()), (1, 0));
}

#[test]
fn counts_and_times_end_it_and_the_exit_code_tells_whether_enough_came() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let began = Instant::now();
    let silent = run(at(&broker.url(), &["sub", "nobody", "--for", "0.5"]), b"");
    assert_eq!(code(&silent), 1);
    assert!(began.elapsed() >= Duration::from_millis(500));
    let two = subscribe(&broker, &["n", "-C", "2"]);
    let some = subscribe(&broker, &["n", "--for", "3"]);
    let sent = publish(
        &broker,
        &["n", "x", "--repeat", "3", "--repeat-every", "0.1"],
    );
    assert!(sent.err.contains("3 messages in 0.2"), "{}", sent.err);
    assert_eq!(two.end().well().text(), "x\nx\n");
    assert_eq!(some.end().well().text(), "x\nx\nx\n");
}

#[test]
fn a_load_of_ten_thousand_is_sent_with_its_rate_and_all_of_it_arrives() {
    // or Mosquitto drops what is over a thousand for one who reads more slowly
    let Some(broker) = Mosquitto::start_with("max_queued_messages 0\nlog_type error") else {
        return;
    };
    for qos in ["0", "1", "2"] {
        let heard = subscribe(&broker, &["load", "-q", qos, "-C", "10000"]);
        let sent = publish(
            &broker,
            &["load", "12345", "-q", qos, "--repeat", "10000", "--json"],
        );
        let told: Value = serde_json::from_str(&sent.err).unwrap();
        let told = &told["published"];
        assert_eq!(
            (&told["messages"], &told["unanswered"]),
            (&10_000.into(), &0.into())
        );
        assert_eq!(told["payload_bytes"], 50_000);
        println!(
            "QoS {qos}: {:.0} a second",
            told["messages_per_second"].as_f64().unwrap()
        );
        assert_eq!(
            heard.end().well().out,
            b"12345\n".repeat(10_000),
            "QoS {qos}"
        );
    }
}

#[test]
fn json_and_cbor_are_told_for_programs() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let heard = subscribe(&broker, &["p", "-C", "4", "--json"]);
    publish(
        &broker,
        &[
            "p",
            "{\"value\": 21.50,\n \"big\": 12345678901234567890123}",
            "-q",
            "1",
        ],
    );
    for bytes in [&b"\xa1\x65value\xf9\x4d\x60"[..], b"\xff\0", b"plain"] {
        run(at(&broker.url(), &["pub", "p", "-s", "-q", "1"]), bytes).well();
    }
    let text = heard.end().well().text();
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].ends_with(r#""json":{"value": 21.50, "big": 12345678901234567890123}}"#),
        "{}",
        lines[0]
    );
    let of = |nth: usize| -> Value { serde_json::from_str(lines[nth]).unwrap() };
    assert_eq!(of(1)["cbor"], "{\"value\": 21.5}");
    assert_eq!(of(2)["payload_base64"], "/wA=");
    assert_eq!(
        (&of(3)["payload"], &of(3)["json"]),
        (&"plain".into(), &Value::Null)
    );
}

#[test]
fn what_cannot_be_used_is_said_before_anybody_is_called() {
    // nobody listens there
    let url = "mqtt://127.0.0.1:1";
    for (arguments, words) in [
        (
            &["pub", "a"][..],
            "<MESSAGE|--file <FILE>|--lines|--stdin|--null>",
        ),
        (&["pub", "a", "x", "--null"], "cannot be used with"),
        (&["pub", "a/+", "x"], "holds the wildcard `+`"),
        (
            &["pub", "a", "x", "-q", "3"],
            "allowed is 0 (at most once), 1",
        ),
        (&["pub", &"a/".repeat(300), "x"], "slashes"),
        (
            &["pub", "a", "x", "-i", ""],
            "a client identifier of 0 bytes",
        ),
        (&["pub", "a", "x", "--will-qos", "1"], "--will-topic"),
        (&["sub"], "<FILTER>"),
        (&["sub", "a/#/b"], "a `#` is not alone in the last level"),
        (&["sub", "a", "-1", "-C", "2"], "cannot be used with"),
        (&["sub", "a", "-C", "0"], "0"),
    ] {
        let ended = run(at(url, arguments), b"");
        assert_eq!(code(&ended), 2, "{arguments:?}");
        assert!(ended.err.contains(words), "{}", ended.err);
    }
    let ended = run(at(url, &["pub", "a", "--file", "/no/such/file"]), b"");
    assert_eq!(code(&ended), 1);
    assert!(
        ended
            .err
            .contains("/no/such/file cannot be sent: No such file"),
        "{}",
        ended.err
    );
    for arguments in [&["pub", "a", "x"][..], &["sub", "a"]] {
        let ended = run(at(url, arguments), b"");
        assert_eq!(code(&ended), 1);
        assert!(
            ended
                .err
                .contains("cannot connect to mqtt://127.0.0.1:1: Connection refused"),
            "{}",
            ended.err
        );
    }
}

#[test]
fn the_usual_short_flags_mean_the_same_everywhere_else() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    // -q and -v are the quality of service and the topics here; elsewhere they are --quiet and --verbose
    let heard = subscribe(&broker, &["s", "-q1", "-v", "-C1", "--quiet"]);
    publish(&broker, &["s", "x", "-q1", "-k", "5", "--quiet"]);
    assert_eq!(heard.end().well().text(), "s x\n");
    let all = ["-q", "sub", "s", "-W", "0.1"];
    assert_eq!(code(&run(at(&broker.url(), &all), b"")), 1);
}
