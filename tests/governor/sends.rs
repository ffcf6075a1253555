//! `mqtt-thing send`: the answer printed, the command's own exit code passed on; to ours, to old clients, to all.

use crate::peer::{Peer, there};
use crate::process::{Process, Start};
use crate::support::{Mosquitto, Observer, wait_for};
use serde_json::Value as Json;

/// Runs `send` to its end; returns its exit code, output and error.
fn send(mosquitto: &Mosquitto, arguments: &[&str]) -> (i32, String, String) {
    let mut sent = Start::new(mosquitto, "send").args(arguments).run();
    let status = sent.ended();
    let text = |lines: &crate::support::Lines| {
        wait_for("the end of its output", || lines.ended().then_some(()));
        lines.all().join("\n")
    };
    let (out, err) = (text(&sent.out), text(&sent.err));
    (status.code().unwrap_or(-1), out, err)
}

#[test]
fn the_commands_own_exit_code_is_passed_on() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "c1");
    let rows: [(&[&str], i32, &str); 7] = [
        (&["c1", "--", "echo hi"], 0, "hi"),
        (&["c1", "--", "echo", "a  b", ";", "$x"], 0, "a  b ; $x"),
        (&["c1", "--", "echo out; exit 7"], 7, "out"),
        (&["c1", "--", "kill -9 $$"], 137, ""),
        (&["c1", "--timeout", "0.2", "--", "sleep 60"], 124, ""),
        (&["c1", "--", "no-such-program-here", "x"], 127, ""),
        (
            &["c1", "--via", "governor", "--", "echo old way"],
            0,
            "old way",
        ),
    ];
    for (arguments, code, output) in rows {
        let (got, out, err) = send(&mosquitto, arguments);
        assert_eq!((got, out.as_str()), (code, output), "{arguments:?}: {err}");
    }
}

#[test]
fn what_the_policy_forbids_is_126_and_the_reason_is_told() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let sut = Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1", "--allow", "echo *"])
        .run();
    sut.wait_err("connected");
    let (code, out, err) = send(&mosquitto, &["c1", "--", "id"]);
    assert_eq!((code, out.as_str()), (126, ""), "{err}");
    assert!(err.contains("not-in-allow"), "{err}");
}

#[test]
fn all_are_those_of_ours_that_are_there_and_each_answers() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "+/status");
    let _one = Process::sut(&mosquitto, "c1");
    let _two = Process::sut(&mosquitto, "c2");
    let gone = Process::sut(&mosquitto, "c3");
    observer.wait_for("c3/status", "online");
    drop(gone);
    observer.wait_for("c3/status", "offline");
    let (code, out, err) = send(&mosquitto, &["all", "--json", "--", "echo hi; exit 2"]);
    let mut clients: Vec<String> = out
        .lines()
        .map(|line| serde_json::from_str::<Json>(line).unwrap()["client_id"].to_string())
        .collect();
    clients.sort_unstable();
    assert_eq!(
        (code, clients),
        (2, vec!["\"c1\"".to_owned(), "\"c2\"".to_owned()]),
        "{err}"
    );
}

#[test]
fn nobody_there_is_our_own_failure_within_the_patience() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let waits = ["--find", "0.1", "--wait", "0.2", "--", "echo"];
    let (code, _, err) = send(&mosquitto, &[&["c9"], &waits[..]].concat());
    assert_eq!(code, 125, "{err}");
    let (code, _, err) = send(&mosquitto, &[&["all"], &waits[..]].concat());
    assert_eq!(code, 125, "{err}");
    assert!(err.contains("no client of ours"), "{err}");
}

#[test]
fn an_old_client_is_reached_by_the_governors_topics_and_all_of_them_by_an_operator() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let config = "[operator]\nregistration_timeout = 1\nreceive_commands = true\nenable_pipeline_mode = false\n\
                  enable_realtime_mode = false\n";
    let operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_err("connected");
    let _old = Peer::start(&mosquitto, "sut", &["old1"]);
    operator.wait_out("old1 registered");
    let (code, out, err) = send(&mosquitto, &["old1", "--find", "0.2", "--", "echo hi"]);
    assert_eq!((code, out.as_str()), (0, "hi"), "{err}");
    let (code, out, err) = send(
        &mosquitto,
        &["all", "--via", "loader", "--", "echo everybody"],
    );
    assert_eq!((code, out.as_str()), (0, "everybody"), "{err}");
}

#[test]
fn a_command_that_nobody_waits_for_runs_all_the_same() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "c1/#");
    let _sut = Process::sut(&mosquitto, "c1");
    let (code, out, err) = send(&mosquitto, &["c1", "--no-wait", "--", "echo done"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    let answer = observer.wait_where("the answer", |m| m.topic.ends_with("/responses"));
    let answer: Json = serde_json::from_slice(&answer.payload).unwrap();
    assert_eq!(
        (&answer["output"], &answer["status"]),
        (&"done\n".into(), &"succeeded".into())
    );
}
