//! Our operator in the place of the Python one, with Python programs around it.

use crate::fleet::{COMMANDS, OldPeers, RESPONSES, json};
use crate::peer::{Peer, there};
use crate::process::{Process, Start};
use crate::support::{Mosquitto, Observer};
use serde_json::Value as Json;

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
    let config = "[operator]\nregistration_timeout = 1\nenable_pipeline_mode = true\nenable_realtime_mode = false\njsonify = false\n\
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
    operator.wait_out("from afar");
    // it hears the governor's topic alone, and our client answers on its own
    commander.wait("answer", |line| {
        // behind a prompt, on whose line it stands
        let told = line.split_once(&format!("{RESPONSES}\t"))?.1;
        let told: String = serde_json::from_str(told).ok()?;
        (json(&told)["output"] == "from afar\n").then_some(())
    });
    observer.wait_where("the answer", |m| m.topic == RESPONSES);
    assert_eq!(observer.texts(RESPONSES).len(), 1, "it is said once");
    assert!(
        !operator
            .out
            .all()
            .iter()
            .any(|line| line.contains("not asked"))
    );
}

#[test]
fn a_commander_in_text_mode_works_and_all_means_everybody_in_any_case() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let config = "[operator]\nregistration_timeout = 0.2\nreceive_commands = true\nenable_realtime_mode = false\n";
    let operator = Start::new(&mosquitto, "operator").config(config).run();
    operator.wait_err("connected");
    for client in ["c1", "c2"] {
        peers.register(client);
    }
    let loader = "system_performance/command_loader";
    // the text before the first bar is the id
    mosquitto.publish(loader, b"c1|echo a|cat", false);
    peers.serve("c1", 0);
    operator.wait_out("c1 did echo a|cat");
    mosquitto.publish(loader, b"aLL|uptime", false);
    peers.serve("c1", 1);
    peers.serve("c2", 0);
    operator.wait_out("c2 did uptime");
    mosquitto.publish(loader, b"nobody|uptime", false);
    operator.wait_out("is refused: no client has this id");
    assert_eq!(peers.commands("c1"), ["echo a|cat", "uptime"]);
}
