//! Our SUT in the place of the Python one, with a Python operator before it.

use crate::peer::{Peer, there};
use crate::process::{Process, Start};
use crate::support::Mosquitto;
use serde_json::Value as Json;

const RESPONSES: &str = "system_performance/responses";

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[test]
fn our_sut_serves_a_python_operator_in_json_and_in_text() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let _sut = Process::sut(&mosquitto, "c1");
    for (form, nth) in [("json", 0), ("text", 1)] {
        let operator = Peer::start(
            &mosquitto,
            "operator",
            &[form, "0.1", "0.01", "echo one", "echo two >&2"],
        );
        if nth > 0 {
            // it was acknowledged by an operator that is gone: a new one hears of it at its next connect only
            mosquitto.publish("clients/registration", b"c1", false);
        }
        let answers = [operator.packet(RESPONSES, 0), operator.packet(RESPONSES, 1)];
        if form == "json" {
            let told: Vec<(Json, Json)> = answers
                .iter()
                .map(|answer| {
                    (
                        json(answer)["output"].clone(),
                        json(answer)["error"].clone(),
                    )
                })
                .collect();
            assert_eq!(
                told,
                [("one\n".into(), "None".into()), ("".into(), "two\n".into())]
            );
        } else {
            assert!(
                answers[0].contains("\nOutput: one\n\nError: None"),
                "{}",
                answers[0]
            );
        }
    }
}

#[test]
fn our_commander_reaches_a_python_sut_through_a_python_operator() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let operator = Peer::start(&mosquitto, "operator", &["json", "0.1", "0.01"]);
    let _sut = Peer::start(&mosquitto, "sut", &["c1"]);
    operator.packet("clients/registration", 0);
    let mut commander = Start::new(&mosquitto, "commander").run();
    commander.type_line("c1");
    commander.type_line("echo hi");
    assert_eq!(
        operator.packet("system_performance/command_loader", 0),
        r#"{"client_id": "c1", "command": "echo hi"}"#
    );
    commander.wait_out(r#"  "output": "hi\n","#);
    // the prompts have no line of their own, as with the original
    commander.wait_out("Enter the client ID");
    commander.wait_out("Enter the command to send: ");
}

#[test]
fn our_commander_hears_each_answer_of_our_sut_once_through_our_operator() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _sut = Process::sut(&mosquitto, "c1");
    let config = "[operator]\nregistration_timeout = 1\nreceive_commands = true\nenable_pipeline_mode = false\n\
                  enable_realtime_mode = false\n";
    let operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_out("c1 registered");
    let mut commander = Start::new(&mosquitto, "commander").run();
    for line in ["c1", "echo first", "c1", "echo second"] {
        commander.type_line(line);
    }
    commander.wait_out(r#"  "output": "second\n","#);
    let said = commander.out.all().join("\n");
    assert_eq!(said.matches(r#""output": "first\n""#).count(), 1, "{said}");
}
