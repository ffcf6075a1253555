//! The broker goes and comes back, is frozen, or the way to it is cut.

use crate::support::{LIMIT, Mosquitto, Proxy, wait_for};
use crate::{Process, at, name, publish, run, subscribe, subscribe_as};
use std::collections::HashSet;
use std::io::Write;
use std::process::{ChildStdin, Stdio};
use std::time::{Duration, Instant};

/// Lines with these numbers.
fn feed(stdin: &mut ChildStdin, numbers: std::ops::Range<usize>) {
    let text: String = numbers.map(|number| format!("{number}\n")).collect();
    stdin.write_all(text.as_bytes()).unwrap();
    stdin.flush().unwrap();
}

fn lines_to(url: &str, arguments: &[&str]) -> Process {
    let all = [&["pub", "lines", "--lines"], arguments].concat();
    Process::start(at(url, &all).stdin(Stdio::piped()))
}

#[test]
fn a_subscriber_outlives_a_restart_of_the_broker() {
    let Some(mut broker) = Mosquitto::start() else {
        return;
    };
    let me = name();
    let heard = subscribe_as(&broker, "--client-id", &me, &["a", "-C", "2"]);
    publish(&broker, &["a", "before", "-q", "1"]);
    broker.wait_log(&format!("Sending PUBLISH to {me}"));
    broker.restart();
    heard.wait_said("connected again");
    broker.wait_log(&format!("Sending SUBACK to {me}"));
    publish(&broker, &["a", "after", "-q", "1"]);
    let ended = heard.end().well();
    assert_eq!(ended.text(), "before\nafter\n");
    assert!(
        ended.err.contains(
            "the connection was lost: the broker closed the connection; connecting again"
        ),
        "{}",
        ended.err
    );
}

#[test]
fn cut_amid_a_stream_everything_arrives_at_qos_1_and_exactly_once_at_qos_2() {
    let Some(broker) = Mosquitto::start_with("log_type error") else {
        return;
    };
    for (qos, arguments) in [("1", &[][..]), ("2", &["--session", "stream"])] {
        let heard = subscribe(&broker, &["lines", "-q", "2"]);
        let proxy = Proxy::to(broker.port());
        // so that answers are always open when the way is cut
        proxy.delay_downwards(Duration::from_millis(20));
        let mut sending = lines_to(
            &proxy.url(),
            &[&["-q", qos, "-d", "--json"], arguments].concat(),
        );
        let mut stdin = sending.stdin();
        let mut last_cut = 0;
        for part in 0..10 {
            feed(&mut stdin, part * 100..(part + 1) * 100);
            if part % 3 == 1 {
                wait_for("the stream to go on", || {
                    let sent = sending.err.all();
                    let sent = &sent[last_cut..];
                    let count = |name: &str| sent.iter().filter(|line| line.contains(name)).count();
                    let done = count("\"PUBACK\"") + count("\"PUBCOMP\"");
                    // amid the stream: as many as may be are open nearly always
                    (done > 40).then_some(())
                });
                proxy.cut();
                last_cut = sending.err.all().len();
                sending.wait_said("connected again");
            }
        }
        drop(stdin);
        let ended = sending.end().well();
        assert!(ended.err.contains("\"unanswered\":0"), "{}", ended.err);
        let doubled = ended.err.matches("\"dup\":true").count();
        println!("QoS {qos}: {doubled} packets were sent again on a session");
        publish(&broker, &["lines", "end", "-q", "1"]);
        let text = heard.interrupt_after("end\n").well().text();
        let came: Vec<&str> = text.lines().filter(|line| *line != "end").collect();
        let expected: Vec<String> = (0..1000).map(|number| number.to_string()).collect();
        match qos {
            "2" => {
                assert!(doubled > 0, "it was not put to the test");
                assert_eq!(came, expected);
            }
            _ => {
                let all: HashSet<&str> = came.iter().copied().collect();
                assert_eq!(all.len(), 1000, "none is lost");
                assert!(came.len() > 1000, "it was not put to the test");
                assert!(ended.err.contains("may arrive twice"), "{}", ended.err);
            }
        }
    }
}

#[test]
fn a_broker_with_a_memory_is_restarted_and_each_line_arrives_exactly_once() {
    let folder = tempfile::tempdir().unwrap();
    let lines = format!(
        "user root\npersistence true\npersistence_location {}/\nmax_queued_messages 0\nlog_type error\nlog_type notice\nlog_type subscribe",
        folder.path().display()
    );
    let Some(mut broker) = Mosquitto::start_with(&lines) else {
        return;
    };
    for qos in ["1", "2"] {
        let (reader, writer) = (format!("reader{qos}"), format!("writer{qos}"));
        let heard = Process::start(&mut at(
            &broker.url(),
            &[
                "sub",
                "lines",
                "-q",
                qos,
                "--session",
                &reader,
                "--for",
                "60",
            ],
        ));
        wait_for("the subscription", || {
            (broker.count_log(&format!("{reader} {qos} lines")) > 0).then_some(())
        });
        let arguments = ["-q", qos, "--session", &writer, "-d", "--json"];
        let mut sending = lines_to(&broker.url(), &arguments);
        let mut stdin = sending.stdin();
        for part in 0..3 {
            feed(&mut stdin, part * 1000..(part + 1) * 1000);
            if part < 2 {
                // amid the stream, once it has begun
                wait_for("half of them", || {
                    let sent = sending.err.all();
                    let sent = sent.iter().filter(|line| line.contains("\"PUBLISH\""));
                    (sent.count() >= part * 1000 + 500).then_some(())
                });
                broker.stop();
                broker.restart();
            }
        }
        feed(&mut stdin, 3000..3001);
        drop(stdin);
        sending.end().well();
        let text = heard.interrupt_after("3000\n").well().text();
        let came: Vec<&str> = text.lines().collect();
        let expected: Vec<String> = (0..=3000).map(|number| number.to_string()).collect();
        let all: HashSet<&str> = came.iter().copied().collect();
        match qos {
            "2" => assert_eq!(came, expected),
            _ => assert_eq!(all.len(), 3001),
        }
    }
}

#[test]
fn a_broker_that_is_frozen_is_given_up_in_ten_seconds() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    broker.freeze();
    let began = Instant::now();
    let ended = run(at(&broker.url(), &["pub", "a", "x", "-q", "1"]), b"");
    broker.thaw();
    assert_eq!(ended.status.code(), Some(1));
    let told = format!("cannot connect to {}: no answer in time", broker.url());
    assert!(ended.err.contains(&told), "{}", ended.err);
    let took = began.elapsed();
    assert!(took > Duration::from_secs(9) && took < LIMIT, "{took:?}");
}

#[test]
fn a_subscriber_notices_a_dead_line_by_its_pings() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(broker.port());
    let me = name();
    let mut command = at(
        &proxy.url(),
        &["sub", "a", "-k", "1", "-i", &me, "-1", "--for", "60"],
    );
    let heard = Process::start(&mut command);
    broker.wait_log(&format!("Sending SUBACK to {me}"));
    proxy.freeze();
    heard.wait_said("the connection was lost: no answer in time");
    proxy.cut();
    proxy.thaw();
    heard.wait_said("connected again");
    wait_for("the second subscription", || {
        (broker.count_log(&format!("Sending SUBACK to {me}")) > 1).then_some(())
    });
    publish(&broker, &["a", "x", "-q", "1"]);
    assert_eq!(heard.end().well().text(), "x\n");
}

#[test]
fn two_with_one_name_do_not_chase_each_other_out_for_ever() {
    let Some(broker) = Mosquitto::start() else {
        return;
    };
    let (me, granted) = (name(), |broker: &Mosquitto| {
        broker.count_log("Sending SUBACK")
    });
    let one = subscribe_as(&broker, "--client-id", &me, &["a", "--for", "6"]);
    let other = subscribe_as(&broker, "--client-id", &me, &["a", "--for", "6"]);
    one.wait_said("another client comes with the client identifier");
    let (one, other) = (one.end(), other.end());
    assert!(granted(&broker) < 20, "{} times", granted(&broker));
    drop((one, other));
}
