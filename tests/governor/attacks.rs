//! The policy over the wire: what the file does not allow is refused by both protocols, with the rule's name, and
//! nothing of it happens. All attacks are in `tests/policy`.

use crate::process::{Start, online};
use crate::support::{Mosquitto, Observer};
use crate::wire::{COMMANDS, RESPONSES};
use serde_json::{Value as Json, json};
use std::process::Command;

const OWN: &str = "c1/executors/executor0";

const ALLOW: &[&str] = &["--allow", "echo *"];

/// What is sent, and the rule that stops it. Each would leave `marker` behind.
fn attacks() -> Vec<(Json, &'static str)> {
    let long = format!("echo {}", "x".repeat(70_000));
    let many = vec!["x"; 2000];
    vec![
        (json!("echo hi; touch marker"), "shell-operator"),
        (json!("echo hi && touch marker"), "shell-operator"),
        (json!("echo $(touch marker)"), "substitution"),
        (json!("echo `touch marker`"), "substitution"),
        (json!("echo hi > marker"), "redirection"),
        (json!("echo hi\ntouch marker"), "line-break"),
        (json!("echo hi\u{2028}touch marker"), "invisible-character"),
        (json!("PATH=. echo hi"), "assignment"),
        (json!("touch marker"), "not-in-allow"),
        (json!("/bin/touch marker"), "not-in-allow"),
        (json!("../bin/echo hi"), "program-path"),
        (json!("echo 'hi"), "unclosed-quote"),
        (json!(long), "too-long"),
        (json!(["touch", "marker"]), "not-in-allow"),
        (json!(["/bin/sh", "-c", "touch marker"]), "not-in-allow"),
        (json!(["echo", "hi\u{0}; touch marker"]), "nul"),
        (json!(many), "too-many-words"),
    ]
}

/// `policy explain` says beforehand what happened.
fn explained(attack: &Json, reason: &str) {
    let words: Vec<&str> = match attack {
        Json::Array(words) => words.iter().map(|word| word.as_str().unwrap()).collect(),
        text => vec![text.as_str().unwrap()],
    };
    if words.iter().any(|word| word.contains('\0')) {
        // no command line can hold it
        return;
    }
    let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .args(["policy", "explain", "--json"])
        .args(ALLOW)
        .arg("--")
        .args(words)
        .output()
        .unwrap();
    let said: Json = serde_json::from_slice(&output.stdout).unwrap();
    let (rule, why) = (&said["rule"], said["reason"].as_str().unwrap());
    assert_eq!(output.status.code(), Some(126), "{said}");
    let whole = format!("{why} (rule {})", rule.as_str().unwrap());
    assert_eq!(whole, reason, "it says beforehand what happens");
}

#[test]
fn what_the_file_does_not_allow_is_refused_with_the_rule_and_does_not_happen() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let sut = Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1"])
        .args(ALLOW)
        .run();
    online(&mosquitto, "c1");
    for (nth, (attack, rule)) in attacks().iter().enumerate() {
        let id = format!("a{nth}");
        let key = if attack.is_array() { "argv" } else { "command" };
        let own = json!({"id": id, "client_id": "c1", key: attack}).to_string();
        mosquitto.publish(&format!("{OWN}/commands"), own.as_bytes(), false);
        let seen = observer.wait_where("a refusal", |m| {
            m.topic == format!("{OWN}/responses") && m.text().contains(&format!(r#""id": "{id}""#))
        });
        let answer: Json = serde_json::from_slice(&seen.payload).unwrap();
        assert_eq!(answer["status"], "refused", "{answer}");
        let reason = answer["reason"].as_str().unwrap();
        assert!(
            reason.ends_with(&format!("(rule {rule})")),
            "{rule}: {reason}"
        );
        assert!(answer.get("output").is_none());
        explained(attack, reason);
        if attack.is_array() {
            continue;
        }
        let before = observer.texts(RESPONSES).len();
        let governor = json!({"client_id": "c1", "command": attack}).to_string();
        mosquitto.publish(COMMANDS, governor.as_bytes(), false);
        let mut seen = 0;
        let told = observer.wait_where("the failed form", |m| {
            seen += usize::from(m.topic == RESPONSES);
            seen > before
        });
        let told: Json = serde_json::from_slice(&told.payload).unwrap();
        assert_eq!(
            told["error"],
            format!("Failed to execute command: {reason}"),
            "both protocols say the same"
        );
        assert_eq!(told.as_object().unwrap().len(), 5);
    }
    assert!(!sut.folder.path().join("marker").exists());
    assert!(!sut.folder.path().join("state/marker").exists());
}
