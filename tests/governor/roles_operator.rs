//! Our operator and our commander, each in the place of a Python program, with Python programs around it.

use crate::peer::{Peer, there};
use crate::process::{Process, Start};
use crate::support::{Mosquitto, Observer};
use serde_json::Value as Json;

const COMMANDS: &str = "system_performance/commands";

fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap()
}

#[test]
fn our_operator_walks_a_python_sut_through_its_config_ini() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let sut = Peer::start(&mosquitto, "sut", &["c1"]);
    let config = "[operator]\nregistration_timeout = 1\nenable_pipeline_mode = true\nenable_realtime_mode = false\n\
                  jsonify = true\nsave_feedback = true\nfeedback_file = feedback.txt\n\
                  pipeline1 = echo a ; echo b\npipeline2 = echo c\n";
    let mut operator = Start::new(&mosquitto, "operator").config(config).run();
    assert!(
        operator.ended().success(),
        "{}",
        operator.err.all().join("\n")
    );
    for (nth, line) in ["echo a", "echo b", "echo c"].iter().enumerate() {
        let packet = sut.packet(COMMANDS, nth);
        assert_eq!(
            packet,
            format!(r#"{{"client_id": "c1", "command": "{line}"}}"#)
        );
    }
    let feedback = std::fs::read_to_string(operator.folder.path().join("feedback.txt")).unwrap();
    let outputs: Vec<Json> = feedback
        .lines()
        .map(|line| json(line)["output"].clone())
        .collect();
    assert_eq!(outputs, ["a\n", "b\n", "c\n"]);
}

#[test]
fn our_operator_speaks_text_to_a_python_sut_when_jsonify_is_off() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let sut = Peer::start(&mosquitto, "sut", &["c1"]);
    let config = "[operator]\nregistration_timeout = 1\nenable_pipeline_mode = true\njsonify = false\n\
                  pipeline1 = echo a|cat\n";
    let mut operator = Start::new(&mosquitto, "operator").config(config).run();
    assert!(
        operator.ended().success(),
        "{}",
        operator.err.all().join("\n")
    );
    assert_eq!(sut.packet(COMMANDS, 0), "c1|echo a|cat");
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
    commander.wait_out("Enter the client ID");
    commander.type_line("c1");
    commander.wait_out("Enter the command to send: ");
    commander.type_line("echo hi");
    assert_eq!(
        operator.packet("system_performance/command_loader", 0),
        r#"{"client_id": "c1", "command": "echo hi"}"#
    );
    commander.wait_out(r#"  "output": "hi\n","#);
}

#[test]
fn a_python_commander_reaches_our_sut_through_our_operator() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    if !there() {
        return;
    }
    let observer = Observer::start(&mosquitto, "system_performance/#");
    let _sut = Process::sut(&mosquitto, "c1");
    let config = "[operator]\nregistration_timeout = 1\nreceive_commands = true\nenable_realtime_mode = true\n";
    let operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_out("c1");
    let mut commander = Peer::start(&mosquitto, "commander", &[]);
    commander.type_line("ALL");
    commander.type_line("echo from afar");
    observer.wait_where("the answer", |m| m.text().contains("from afar\\n"));
    operator.wait_out("from afar");
}
