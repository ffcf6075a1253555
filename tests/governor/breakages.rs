//! Where the original breaks, and our SUT does not: every message that makes it deaf, and every one that it takes for
//! a command though it is none (wire contract, section 4).

use crate::wire::{COMMANDS, Lab, RESPONSES};

/// Each is no command, and each makes the original's thread of messages end.
fn malformed() -> Vec<Vec<u8>> {
    let texts = [
        "",
        " ",
        "no bar",
        "null",
        "true",
        "7",
        "1e999",
        "\"text\"",
        "[]",
        "[1, 2]",
        "{}",
        "{",
        r#"{"client_id": "c1"}"#,
        r#"{"command": "echo"}"#,
        r#"{"client_id": "c1", "command": null}"#,
        r#"{"client_id": "c1", "command": 7}"#,
        r#"{"client_id": "c1", "command": ["echo", "hi"]}"#,
        r#"{"client_id": "c1", "command": {"echo": 1}}"#,
        r#"{"client_id": null, "command": "echo"}"#,
        r#"{"client_id": "c1", "command": "echo \ud800"}"#,
        r#"{"client_id": "c1", "command": "echo \udc00\ud800"}"#,
        r#"{"client_id": "\udfff", "command": "echo"}"#,
        r#"{"client_id": "c1", "command": "echo hi""#,
        r#"{'client_id': 'c1', 'command': 'echo'}"#,
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(b"c1|echo \xff\xfe".to_vec());
    all.push(b"{\"client_id\": \"c1\", \"command\": \"echo \xc3\x28\"}".to_vec());
    all.push(b"\x00\x01\x02\x03".to_vec());
    for open in ["[", "{\"a\":"] {
        all.push(open.repeat(100_000).into_bytes());
    }
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    all.push(format!(r#"{{"client_id": "c1", "command": {deep}}}"#).into_bytes());
    all
}

#[test]
fn no_malformed_message_makes_a_sut_deaf() {
    let Some(lab) = Lab::start() else { return };
    let rows = malformed();
    for (nth, row) in rows.iter().enumerate() {
        lab.mosquitto.publish(COMMANDS, row, false);
        lab.still_answers(&nth.to_string());
    }
    assert_eq!(lab.observer.texts(RESPONSES).len(), rows.len());
    lab.sut.wait_err("message ignored");
}

#[test]
fn commands_for_others_are_left_alone_and_all_is_nobody() {
    let Some(lab) = Lab::start() else { return };
    for other in ["all", "ALL", "c10", "c", "C1", " c1", "c1 ", "", "*", "#"] {
        let text = format!("{other}|echo wrong");
        lab.mosquitto.publish(COMMANDS, text.as_bytes(), false);
        let json = format!(r#"{{"client_id": "{other}", "command": "echo wrong"}}"#);
        lab.mosquitto.publish(COMMANDS, json.as_bytes(), false);
    }
    lab.still_answers("mine");
    assert_eq!(lab.observer.texts(RESPONSES).len(), 1);
}

#[test]
fn commands_before_the_acknowledgment_are_run_in_order() {
    let Some(lab) = Lab::start() else { return };
    lab.mosquitto
        .publish(COMMANDS, b"c1|sleep 0.1; echo first", false);
    lab.mosquitto.publish(COMMANDS, b"c1|echo second", false);
    lab.observer
        .wait_where("the second", |m| m.text().contains("Output: second"));
    let answers = lab.observer.texts(RESPONSES);
    assert!(answers[0].contains("Output: first"), "{answers:?}");
    assert_eq!(answers.len(), 2);
}

#[test]
fn keys_that_it_does_not_know_are_passed_over_and_order_is_nothing() {
    let Some(lab) = Lab::start() else { return };
    let answer =
        lab.answer(br#" {"x": [{"y": null}], "command": "echo hi", "id": 7, "client_id": "c1"}"#);
    assert_eq!(
        answer,
        r#"{"client_id": "c1", "command": "echo hi", "start_time": "T", "end_time": "T", "output": "hi\n", "error": "None"}"#
    );
}

#[test]
fn an_unclosed_quote_is_the_shells_matter_with_one_and_a_refusal_without() {
    let Some(lab) = Lab::start() else { return };
    let answer = lab.answer(br#"{"client_id": "c1", "command": "echo 'hi"}"#);
    let head = r#"{"client_id": "c1", "command": "echo 'hi", "start_time": "T", "end_time": "T", "output": "", "error": ""#;
    assert!(answer.starts_with(head), "{answer}");
    assert!(!answer.ends_with(r#""error": "None"}"#), "{answer}");
    lab.still_answers("on");
    let Some(lab) = Lab::with("", &["--allow", "echo *"]) else {
        return;
    };
    let answer = lab.answer(br#"{"client_id": "c1", "command": "echo 'hi"}"#);
    let head = r#"{"client_id": "c1", "command": "echo 'hi", "start_time": "T", "end_time": "T", "error": "Failed to execute command: "#;
    assert!(answer.starts_with(head), "{answer}");
    assert!(answer.contains("unclosed-quote"), "{answer}");
    lab.still_answers("on");
}

#[test]
fn a_program_that_is_not_there_and_one_that_kills_itself_are_answers() {
    let Some(lab) = Lab::start() else { return };
    let answer = lab.answer(b"c1|no-such-program-anywhere");
    assert!(answer.contains("not found"), "{answer}");
    let answer = lab.answer(b"c1|echo so far; kill -9 $$");
    assert!(
        answer.ends_with("Output: so far\n\nError: None"),
        "{answer}"
    );
    lab.still_answers("on");
}

#[test]
fn a_time_limit_of_the_file_ends_a_command_and_the_last_line_of_error_says_so() {
    let config = "[sut]\nallow = *\nshell = true\ntimeout_s = 1\nkill_after_s = 0\n";
    let Some(mosquitto) = crate::support::Mosquitto::start() else {
        return;
    };
    let observer = crate::support::Observer::start(&mosquitto, RESPONSES);
    let _sut = crate::process::Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1"])
        .config(config)
        .run();
    crate::process::online(&mosquitto, "c1");
    let command = br#"{"client_id": "c1", "command": "echo so far; echo oops >&2; sleep 60"}"#;
    let answer = crate::wire::answered(&mosquitto, &observer, command);
    assert_eq!(
        answer,
        r#"{"client_id": "c1", "command": "echo so far; echo oops >&2; sleep 60", "start_time": "T", "end_time": "T", "output": "so far\n", "error": "oops\nits time limit of 1 s is over"}"#
    );
}
