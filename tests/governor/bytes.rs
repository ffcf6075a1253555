//! Every packet of our SUT against the byte examples of the wire contract, section 4.

use crate::process::{Process, Start, online};
use crate::support::{Mosquitto, Observer};
use crate::wire::answered;

#[test]
fn a_sut_registers_by_its_bare_id_and_subscribes_as_the_original_does() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "clients/#");
    let _sut = Process::sut(&mosquitto, "c1");
    let seen = observer.wait_for("clients/registration", "c1");
    assert!(!seen.retained && seen.qos == 0);
    mosquitto.wait_log("system_performance/commands (QoS 0)");
    mosquitto.wait_log("clients/acknowledgment (QoS 0)");
    observer.wait_where("a second registration", |m| {
        m.topic == "clients/registration" && m.at > seen.at
    });
    mosquitto.publish("clients/acknowledgment", b"c10", false);
    mosquitto.publish("clients/acknowledgment", b"c1", false);
}

#[test]
fn answers_have_exactly_the_six_keys_as_python_writes_them() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "system_performance/responses");
    let _sut = Process::sut(&mosquitto, "c1");
    let head = |command: &str| {
        format!(
            r#"{{"client_id": "c1", "command": "{command}", "start_time": "T", "end_time": "T", "#
        )
    };
    let rows = [
        (
            r#"{"client_id": "c1", "command": "echo hi"}"#,
            "echo hi",
            r#""output": "hi\n", "error": "None"}"#,
        ),
        (
            r#"{"client_id": "c1", "command": "echo oops >&2; exit 3"}"#,
            "echo oops >&2; exit 3",
            r#""output": "", "error": "oops\n"}"#,
        ),
        (
            r#"{"client_id": "c1", "command": ""}"#,
            "",
            r#""output": "", "error": "None"}"#,
        ),
        (
            r#"{"client_id": "c1", "command": "printf '\\303\\251\\360\\237\\230\\200\\001\\177/\"'"}"#,
            r#"printf '\\303\\251\\360\\237\\230\\200\\001\\177/\"'"#,
            r#""output": "\u00e9\ud83d\ude00\u0001\u007f/\"", "error": "None"}"#,
        ),
        (
            r#"{"client_id": "c1", "command": "printf 'a\\r\\nb\\rc\\t\\b\\f'"}"#,
            r"printf 'a\\r\\nb\\rc\\t\\b\\f'",
            r#""output": "a\nb\nc\t\b\f", "error": "None"}"#,
        ),
    ];
    for (command, shown, rest) in rows {
        let answer = answered(&mosquitto, &observer, command.as_bytes());
        assert_eq!(answer, head(shown) + rest);
    }
}

#[test]
fn a_text_command_gets_a_text_answer() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "system_performance/responses");
    let _sut = Process::sut(&mosquitto, "c1");
    assert_eq!(
        answered(&mosquitto, &observer, b"c1|echo a|cat; echo b >&2"),
        "Client: c1\nCommand: echo a|cat; echo b >&2\nStart Time: T\nEnd Time: T\nOutput: a\n\nError: b\n"
    );
}

#[test]
fn a_command_that_is_not_allowed_gets_the_failed_form() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "system_performance/responses");
    let _sut = Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1", "--allow", "echo *"])
        .run();
    online(&mosquitto, "c1");
    let answer = answered(
        &mosquitto,
        &observer,
        br#"{"client_id": "c1", "command": "id"}"#,
    );
    let head = r#"{"client_id": "c1", "command": "id", "start_time": "T", "end_time": "T", "error": "Failed to execute command: "#;
    assert!(answer.starts_with(head), "{answer}");
    assert!(!answer.contains("output"), "{answer}");
    let text = answered(&mosquitto, &observer, b"c1|echo hi; id");
    let head = "Client: c1\nCommand: echo hi; id\nStart Time: T\nEnd Time: T\nError: Failed to execute command: ";
    assert!(text.starts_with(head), "{text}");
    let allowed = answered(&mosquitto, &observer, b"c1|echo 'hi there'");
    assert!(
        allowed.ends_with("Output: hi there\n\nError: None"),
        "{allowed}"
    );
}

#[test]
fn without_a_policy_every_command_fails_and_the_answer_names_the_missing_line() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let sut = Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1"])
        .run();
    sut.wait_err("nothing is allowed to run");
    observer.wait_for("clients/registration", "c1");
    let answer = answered(
        &mosquitto,
        &observer,
        br#"{"client_id": "c1", "command": "echo hi"}"#,
    );
    assert!(
        answer.contains("Failed to execute command: ") && answer.contains("allow"),
        "{answer}"
    );
}
