//! `mqtt-thing sim-fleet` with a real Mosquitto, as `mosquitto_sub` sees it.
#![allow(clippy::unwrap_used)]

#[path = "governor/process.rs"]
#[allow(dead_code, unreachable_pub)]
mod process;
#[path = "support/mod.rs"]
mod support;

use process::{Process, Start};
use rustix::process::Signal;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use support::{Mosquitto, Observer, Seen, wait_for};

const CLIENTS: usize = 50;

fn fleet(mosquitto: &Mosquitto, arguments: &[&str]) -> Process {
    let fleet = Start::new(mosquitto, "sim-fleet")
        .args(&["--json", "--clients", &CLIENTS.to_string()])
        .args(arguments)
        .run();
    fleet.wait_out(r#""event":"connected""#);
    fleet
}

/// Waits until as many of what it has seen as there are clients fit, each on its own.
fn from_each(observer: &Observer, what: &str, who: impl Fn(&Seen) -> Option<String>) -> Vec<Seen> {
    wait_for(what, || {
        let seen: Vec<Seen> = observer
            .seen()
            .into_iter()
            .filter(|one| who(one).is_some())
            .collect();
        let clients: BTreeSet<String> = seen.iter().filter_map(&who).collect();
        (clients.len() >= CLIENTS).then_some(seen)
    })
}

fn registration(seen: &Seen) -> Option<String> {
    (seen.topic == "clients/registration").then(|| seen.text())
}

fn json(seen: &Seen) -> Json {
    serde_json::from_slice(&seen.payload).unwrap_or_default()
}

fn client_id(seen: &Seen) -> Option<String> {
    Some(json(seen)["client_id"].as_str()?.to_owned())
}

#[test]
fn fifty_clients_register_and_answer_on_the_governors_topics() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let registrations = Observer::start(&mosquitto, "clients/registration");
    let responses = Observer::start(&mosquitto, "system_performance/responses");
    let _fleet = fleet(&mosquitto, &["--old"]);
    let seen = from_each(&registrations, "fifty registrations", registration);
    assert!(seen.iter().all(|one| one.qos == 0 && !one.retained));
    for number in 1..=CLIENTS {
        let command = format!(r#"{{"client_id": "sim-{number:02}", "command": "true"}}"#);
        mosquitto.publish("system_performance/commands", command.as_bytes(), false);
    }
    let answers = from_each(&responses, "fifty answers", client_id);
    assert_eq!(
        answers.len(),
        CLIENTS,
        "each client answers its own command and no other"
    );
    for answer in &answers {
        let answer = json(answer);
        let client = answer["client_id"].as_str().unwrap();
        assert_eq!(answer["output"], format!("sim {client}: true\n"));
        assert_eq!(answer["error"], "None");
    }
    mosquitto.publish("system_performance/commands", b"sim-07|uptime", false);
    responses.wait_where("an answer as text", |one| {
        one.text().starts_with("Client: sim-07\nCommand: uptime\n")
    });
}

#[test]
fn an_acknowledged_client_registers_no_more() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "clients/registration");
    let fleet = fleet(&mosquitto, &["--old"]);
    from_each(&observer, "fifty registrations", registration);
    for number in 1..=CLIENTS {
        mosquitto.publish(
            "clients/acknowledgment",
            format!("sim-{number:02}").as_bytes(),
            false,
        );
    }
    fleet.wait_out(r#""registered":50"#);
}

#[test]
fn a_command_with_an_id_is_answered_in_the_same_bytes_again() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let abouts = Observer::start(&mosquitto, "+/about");
    let responses = Observer::start(&mosquitto, "+/executors/executor0/responses");
    let _fleet = fleet(
        &mosquitto,
        &["--own", "--delay", "1ms..30ms", "--fail", "0.5"],
    );
    let seen = from_each(&abouts, "fifty abouts", |one| Some(one.topic.clone()));
    for about in &seen {
        assert!(
            json(about)["name"].as_str().unwrap().starts_with("sim "),
            "{about:?}"
        );
    }
    for _ in 0..2 {
        for number in 1..=CLIENTS {
            let topic = format!("sim-{number:02}/executors/executor0/commands");
            let command =
                format!(r#"{{"id": "a", "client_id": "sim-{number:02}", "command": "x"}}"#);
            mosquitto.publish(&topic, command.as_bytes(), false);
        }
    }
    let answers = wait_for("each answer twice", || {
        Some(responses.seen()).filter(|seen| seen.len() >= 2 * CLIENTS)
    });
    let bytes: BTreeSet<&Vec<u8>> = answers.iter().map(|one| &one.payload).collect();
    assert_eq!(bytes.len(), CLIENTS);
    let failed = bytes
        .iter()
        .filter(|one| String::from_utf8_lossy(one).contains(r#""status": "failed""#));
    assert!((5..45).contains(&failed.count()));
}

#[test]
fn after_a_restart_of_the_broker_all_are_there_again() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    for shared in [false, true] {
        let fleet = match shared {
            true => fleet(&mosquitto, &["--shared-connection"]),
            false => fleet(&mosquitto, &[]),
        };
        mosquitto.restart();
        let observer = Observer::start(&mosquitto, "#");
        from_each(&observer, "fifty registrations", registration);
        let about = |one: &Seen| one.topic.ends_with("/about").then(|| one.topic.clone());
        from_each(&observer, "fifty abouts", about);
        let online = |one: &Seen| (one.payload == b"online").then(|| one.topic.clone());
        from_each(&observer, "fifty that are online", online);
        drop(fleet);
    }
}

#[test]
fn ctrl_c_says_goodbye_and_leaves_nothing_behind() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    for more in ["--both", "--shared-connection"] {
        let status = Observer::start(&mosquitto, "+/status");
        let mut fleet = fleet(&mosquitto, &[more]);
        from_each(&status, "fifty that are online", |one| {
            (one.payload == b"online").then(|| one.topic.clone())
        });
        fleet.signal(Signal::INT);
        assert!(fleet.ended().success(), "{}", fleet.out.all().join("\n"));
        fleet.wait_out(r#""closed_cleanly":50"#);
        from_each(&status, "fifty that are offline", |one| {
            (one.payload == b"offline").then(|| one.topic.clone())
        });
        let left = Observer::start(&mosquitto, "#");
        mosquitto.publish("end", b"", false);
        left.wait_for("end", "");
        assert_eq!(left.seen().iter().filter(|one| one.retained).count(), 0);
    }
}

#[test]
fn a_client_whose_process_is_killed_is_said_to_be_offline_by_its_last_will() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let status = Observer::start(&mosquitto, "+/status");
    let fleet = fleet(&mosquitto, &["--own"]);
    drop(fleet.kill());
    from_each(&status, "fifty wills", |one| {
        (one.payload == b"offline").then(|| one.topic.clone())
    });
}

#[test]
fn a_script_answers_by_command_and_its_mistakes_have_a_place() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let start = |script: &str| {
        let start = Start::new(&mosquitto, "sim-fleet").args(&["--clients", "1", "--json"]);
        start
            .file("answers.toml", script)
            .args(&["--script", "answers.toml"])
            .run()
    };
    let responses = Observer::start(&mosquitto, "system_performance/responses");
    let right = start("[[commands]]\nmatch = \"fail *\"\noutput = \"no\"\nexit_code = 3\n");
    right.wait_out(r#""event":"connected""#);
    mosquitto.publish("system_performance/commands", b"sim-1|fail now", false);
    responses.wait_where("the answer", |one| {
        one.text().ends_with("\nOutput: no\nError: None")
    });
    let mut wrong = start("[[commands]]\nmatch = \"x\"\nexit = 3\n");
    assert_eq!(wrong.ended().code(), Some(2));
    wrong.wait_err("answers.toml:3:1: error: a command has no key `exit`");
}

#[test]
fn more_clients_than_files_may_be_open_are_refused_with_the_remedy() {
    let binary = env!("CARGO_BIN_EXE_mqtt-thing");
    let script =
        format!("ulimit -n 100 && exec {binary} sim-fleet --clients 200 --broker mqtt://127.0.0.1");
    let output = std::process::Command::new("sh")
        .args(["-c", &script])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(
        told.contains("ulimit -n 264") && told.contains("--shared-connection"),
        "{told}"
    );
}
