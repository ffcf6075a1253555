//! One command and its answer, byte for byte where that can be, as an outsider sees them (wire contract, section 3).

use crate::bench::{Bench, PROGRESS};
use serde_json::{Value as Json, json};

/// The keys of an answer, in the contract's order.
const KEYS: [&str; 16] = [
    "client_id",
    "command",
    "start_time",
    "end_time",
    "output",
    "error",
    "id",
    "status",
    "reason",
    "exit_code",
    "duration_s",
    "truncated",
    "output_bytes",
    "error_bytes",
    "usage",
    "host",
];

/// The keys of a JSON object in the order in which they were written, but for those of objects within it.
fn keys(text: &str) -> Vec<String> {
    let mut keys = Vec::new();
    let (mut depth, mut within, mut escaped, mut begun) = (0, false, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' if within => {
                within = false;
                if depth == 1 && text[at + 1..].starts_with(": ") {
                    keys.push(text[begun..at].to_owned());
                }
            }
            '"' => (within, begun) = (true, at + 1),
            '{' | '[' if !within => depth += 1,
            '}' | ']' if !within => depth -= 1,
            _ => {}
        }
    }
    keys
}

#[test]
fn an_answer_has_the_contracts_keys_in_their_order() {
    let Some(bench) = Bench::start() else { return };
    let answer = bench.answer("a-1.B_2", "echo out; echo err >&2");
    let expected = [
        ("client_id", json!("c1")),
        ("command", json!("echo out; echo err >&2")),
        ("output", json!("out\n")),
        ("error", json!("err\n")),
        ("id", json!("a-1.B_2")),
        ("status", json!("succeeded")),
        ("reason", Json::Null),
        ("exit_code", json!(0)),
        ("truncated", json!(false)),
        ("output_bytes", json!(4)),
        ("error_bytes", json!(4)),
    ];
    for (key, value) in expected {
        assert_eq!(answer[key], value, "{key}");
    }
    assert!(answer["duration_s"].as_f64().unwrap() > 0.0);
    let usage = &answer["usage"];
    assert!(usage["user_s"].is_f64() || usage["user_s"].is_u64());
    assert!(usage["max_rss_kib"].as_u64().unwrap() > 100, "{usage}");
    let raw = bench.observer.texts(crate::bench::RESPONSES).remove(0);
    assert_eq!(
        keys(&raw),
        [&KEYS[..], &["clock_synchronised"]].concat(),
        "{raw}"
    );
}

#[test]
fn how_a_command_ends_is_told_in_the_contracts_words() {
    let Some(bench) = Bench::start() else { return };
    let failed = bench.answer("a", "exit 7");
    assert_eq!(
        (&failed["status"], &failed["exit_code"]),
        (&json!("failed"), &json!(7))
    );
    let killed = bench.answer("b", "echo so far; kill -9 $$");
    assert_eq!(
        (&killed["status"], &killed["signal"], &killed["output"]),
        (&json!("failed"), &json!(9), &json!("so far\n"))
    );
    assert!(killed.get("exit_code").is_none());
    bench
        .send(r#"{"id": "c", "client_id": "c1", "command": "echo x; sleep 60", "timeout_s": 0.2}"#);
    let late = bench.answer_of("c");
    assert_eq!(late["status"], "timed_out", "{late}");
    assert_eq!(late["output"], "x\n");
    assert_eq!(late["reason"], "its time limit of 0.2 s is over");
    assert!((0.2..20.0).contains(&late["duration_s"].as_f64().unwrap()));
}

#[test]
fn an_argv_is_run_without_a_shell() {
    let Some(bench) = Bench::start() else { return };
    bench.send(
        r#"{"id": "a", "client_id": "c1", "argv": ["printf", "%s\n", "a b", "$HOME", "'; exit"]}"#,
    );
    let answer = bench.answer_of("a");
    assert_eq!(answer["output"], "a b\n$HOME\n'; exit\n", "{answer}");
    assert_eq!(
        answer["command"],
        r"printf '%s
' 'a b' '$HOME' ''\''; exit'"
    );
    bench.send(r#"{"id": "b", "client_id": "c1", "argv": ["no-such-program"]}"#);
    let answer = bench.answer_of("b");
    assert!(answer.get("output").is_none(), "{answer}");
}

#[test]
fn a_time_limit_ends_what_a_job_has_started_as_well() {
    let Some(bench) = Bench::with(crate::bench::ANYTHING, "[sut]\nkill_after_s = 1\n") else {
        return;
    };
    // neither listens to TERM
    let command = "trap '' TERM; sh -c \"trap '' TERM; echo \\$\\$ > child; sleep 60 & sleep 60; sleep 60\"; true";
    let payload = json!({"id": "a", "client_id": "c1", "command": command, "timeout_s": 0.5});
    bench.send(&payload.to_string());
    let answer = bench.answer_of("a");
    assert_eq!(answer["status"], "timed_out", "{answer}");
    assert_eq!(answer["signal"], 9, "{answer}");
    let child = std::fs::read_to_string(bench.sut.folder.path().join("child")).unwrap();
    crate::support::wait_for("the child to be gone", || crate::stop::gone(child.trim()));
}

#[test]
fn progress_is_told_while_a_command_waits_and_runs() {
    let Some(bench) = Bench::with(crate::bench::ANYTHING, "[sut]\nprogress_s = 1\n") else {
        return;
    };
    bench.command(
        "a",
        "echo one; echo two; : > began; while [ -e began ] && [ ! -e go ]; do sleep 0.02; done",
    );
    bench.there("began");
    bench.command("b", "true");
    let seen = bench.observer.wait_where("progress of a", |m| {
        m.topic == PROGRESS && m.text().contains(r#""state": "running""#)
    });
    assert_eq!(
        keys(&seen.text()),
        ["id", "state", "elapsed_s", "last_lines"]
    );
    assert!((seen.qos, seen.retained) == (0, false));
    let told: Json = serde_json::from_slice(&seen.payload).unwrap();
    assert_eq!(
        (&told["id"], &told["last_lines"]),
        (&json!("a"), &json!("one\ntwo"))
    );
    let waits = bench.observer.wait_where("progress of b", |m| {
        m.topic == PROGRESS && m.text().contains(r#""id": "b""#)
    });
    assert_eq!(
        waits.text(),
        r#"{"id": "b", "state": "queued", "elapsed_s": 0, "last_lines": ""}"#
    );
    bench.touch("go");
    bench.answer_of("b");
}

#[test]
fn children_that_keep_the_pipes_open_do_not_hold_up_the_answer() {
    let Some(bench) = Bench::start() else { return };
    let answer = bench.answer("a", "(sleep 30; echo late) & echo $! > child; echo early");
    assert_eq!(answer["status"], "succeeded", "{answer}");
    assert_eq!(answer["output"], "early\n");
    assert!(
        answer["reason"].as_str().unwrap().contains("open"),
        "{answer}"
    );
    assert!(answer["duration_s"].as_f64().unwrap() < 20.0);
}
