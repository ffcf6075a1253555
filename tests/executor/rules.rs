//! The rules of ids, age and address, end to end: whatever is sent gets its answer, and nothing runs twice.

use crate::bench::{Bench, COMMANDS, RESPONSES, WAIT};
use crate::process::{Start, online};
use crate::support::{Mosquitto, Observer};
use serde_json::{Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};

fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

#[test]
fn the_same_id_and_command_gets_the_stored_answer_and_another_command_a_refusal() {
    let Some(bench) = Bench::start() else { return };
    bench.answer("a", "echo x >> effects; cat effects");
    bench.command("a", "echo x >> effects; cat effects");
    bench.nth_answer_of("a", 1);
    let answers = bench.observer.texts(RESPONSES);
    assert_eq!(answers[0], answers[1], "identical to the byte");
    bench.command("a", "echo other");
    let refused = bench.nth_answer_of("a", 2);
    assert_eq!(refused["status"], "refused");
    assert!(
        refused["reason"]
            .as_str()
            .unwrap()
            .contains("another command")
    );
    // another time limit is the same command
    bench.send(r#"{"id": "a", "client_id": "c1", "command": "echo x >> effects; cat effects", "timeout_s": 5}"#);
    assert_eq!(bench.nth_answer_of("a", 3)["output"], "x\n");
}

#[test]
fn a_repeat_of_what_waits_or_runs_leads_to_one_run_and_one_answer() {
    let Some(bench) = Bench::start() else { return };
    bench.command("a", &format!("{WAIT}; echo ran >> effects"));
    bench.there("began");
    bench.command("b", "echo ran >> effects");
    for _ in 0..3 {
        bench.command("a", &format!("{WAIT}; echo ran >> effects"));
        bench.command("b", "echo ran >> effects");
    }
    bench.touch("go");
    let last = bench.answer("c", "cat effects");
    assert_eq!(last["output"], "ran\nran\n");
    assert_eq!(bench.observer.texts(RESPONSES).len(), 3);
}

#[test]
fn what_is_no_command_for_it_is_answered_with_the_reason() {
    let Some(bench) = Bench::start() else { return };
    let late = now() - 1.0;
    let rows = [
        (
            json!({"id": "a", "client_id": "c2", "command": "echo"}),
            "refused",
            "`c1`",
        ),
        (
            json!({"id": "b", "client_id": "all", "command": "echo"}),
            "refused",
            "`c1`",
        ),
        (
            json!({"id": "c", "client_id": "c1", "command": "echo", "expires_at": late}),
            "expired",
            "too late",
        ),
        (
            json!({"id": "d", "client_id": "c1", "command": null}),
            "refused",
            "command",
        ),
        (
            json!({"id": "e", "client_id": "c1", "command": "x", "argv": ["x"]}),
            "refused",
            "argv",
        ),
        (
            json!({"id": "f", "client_id": "c1", "argv": []}),
            "refused",
            "argv",
        ),
        (
            json!({"id": "g", "client_id": "c1", "argv": ["x", 1]}),
            "refused",
            "number",
        ),
        (
            json!({"id": "h", "client_id": "c1", "command": "x", "timeout_s": -1}),
            "refused",
            "timeout_s",
        ),
        (
            json!({"id": "i", "client_id": "c1", "command": "x", "expires_at": "soon"}),
            "refused",
            "expires_at",
        ),
        (json!({"id": "j", "command": "x"}), "refused", "client_id"),
        (json!({"cancel": "k"}), "refused", "no command with this id"),
    ];
    for (payload, status, reason) in rows {
        bench.send(&payload.to_string());
        let id = payload.get("id").or(payload.get("cancel")).unwrap();
        let answer = bench.answer_of(id.as_str().unwrap());
        assert_eq!(answer["status"], status, "{payload}: {answer}");
        let told = answer["reason"].as_str().unwrap();
        assert!(told.contains(reason), "{payload}: {told}");
        assert!(answer.get("output").is_none(), "{answer}");
        assert!(
            answer["error"]
                .as_str()
                .unwrap()
                .starts_with("Failed to execute command: ")
        );
    }
    for id in ["", ".x", "../x", "a/b", "ü", &"x".repeat(65)] {
        let before = bench.observer.texts(RESPONSES).len();
        bench.send(&json!({"id": id, "client_id": "c1", "command": "echo hi"}).to_string());
        let mut count = 0;
        let seen = bench.observer.wait_where("a refusal", |m| {
            count += usize::from(m.topic == RESPONSES);
            count > before
        });
        let answer: Json = serde_json::from_slice(&seen.payload).unwrap();
        assert_eq!(
            (&answer["id"], &answer["status"]),
            (&Json::Null, &json!("refused"))
        );
    }
    assert_eq!(bench.answer("z", "echo on")["output"], "on\n");
}

#[test]
fn a_retained_command_is_refused_by_whoever_finds_it() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let command = br#"{"id": "old", "client_id": "c1", "command": "touch marker"}"#;
    mosquitto.publish(COMMANDS, command, true);
    mosquitto.publish("system_performance/commands", b"c1|touch marker", true);
    let sut = Start::new(&mosquitto, "sut")
        .args(crate::bench::ANYTHING)
        .run();
    online(&mosquitto, "c1");
    let seen = observer.wait_where("its refusal", |m| m.topic == RESPONSES);
    let answer: Json = serde_json::from_slice(&seen.payload).unwrap();
    assert_eq!(
        (&answer["id"], &answer["status"]),
        (&json!("old"), &json!("refused"))
    );
    assert!(answer["reason"].as_str().unwrap().contains("retain"));
    sut.wait_err("a command that is retained is an old one");
    let good = br#"{"id": "new", "client_id": "c1", "command": "ls"}"#;
    mosquitto.publish(COMMANDS, good, false);
    let seen = observer.wait_where("an answer", |m| {
        m.topic == RESPONSES && m.text().contains(r#""id": "new""#)
    });
    assert!(!seen.text().contains("marker"), "{}", seen.text());
}

#[test]
fn a_command_is_cancelled_while_it_waits_while_it_runs_and_its_result_told_afterwards() {
    let Some(bench) = Bench::start() else { return };
    bench.command("a", "echo x; : > began; sleep 60");
    bench.there("began");
    bench.command("b", "echo b >> effects");
    bench.send(r#"{"cancel": "b", "client_id": "c1"}"#);
    let waiting = bench.answer_of("b");
    assert_eq!(waiting["status"], "cancelled", "{waiting}");
    bench.send(r#"{"cancel": "a", "client_id": "c2"}"#);
    assert_eq!(
        bench.answer_of("a")["status"],
        "refused",
        "for somebody else"
    );
    bench.send(r#"{"cancel": "a"}"#);
    let running = bench.nth_answer_of("a", 1);
    assert_eq!(
        (&running["status"], &running["output"]),
        (&json!("cancelled"), &json!("x\n"))
    );
    bench.send(r#"{"cancel": "a"}"#);
    assert_eq!(bench.nth_answer_of("a", 2), running);
    let files = bench.answer("c", "ls");
    assert!(!files["output"].as_str().unwrap().contains("effects"));
}

#[test]
fn what_expires_in_the_queue_is_answered_and_not_run() {
    let Some(bench) = Bench::start() else { return };
    bench.command("a", WAIT);
    bench.there("began");
    let payload =
        json!({"id": "b", "client_id": "c1", "command": "touch marker", "expires_at": now() + 0.5});
    bench.send(&payload.to_string());
    // while the other one still runs
    assert_eq!(bench.answer_of("b")["status"], "expired");
    bench.touch("go");
    let files = bench.answer("c", "ls");
    assert!(!files["output"].as_str().unwrap().contains("marker"));
}

#[test]
fn the_queue_is_bounded_and_the_refusal_says_by_what() {
    let Some(bench) = Bench::with(crate::bench::ANYTHING, "[sut]\nqueue = 3\n") else {
        return;
    };
    bench.command("a", WAIT);
    bench.there("began");
    for id in ["b", "c", "d", "e"] {
        bench.command(id, "true");
    }
    let refused = bench.answer_of("e");
    assert_eq!(refused["status"], "refused");
    assert!(
        refused["reason"].as_str().unwrap().contains("at most 3"),
        "{refused}"
    );
    bench.touch("go");
    assert_eq!(bench.answer_of("d")["status"], "succeeded");
    // a refusal is not its result: there is room now
    assert_eq!(bench.answer("f", "true")["status"], "succeeded");
    bench.command("e", "true");
    assert_eq!(bench.nth_answer_of("e", 1)["status"], "succeeded");
}
