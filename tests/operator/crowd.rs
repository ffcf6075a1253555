//! A thousand clients. They are simulated and share a connection, which is enough for the operator's side of it.

use crate::fleet::{ended, json, operator, runs, steps, text, wait_event};
use crate::process::{Process, Start};
use crate::support::Mosquitto;
use std::collections::BTreeSet;
use std::time::Instant;

const CLIENTS: usize = 1000;

fn crowd(mosquitto: &Mosquitto, arguments: &[&str]) -> Process {
    let fleet = Start::new(mosquitto, "sim-fleet")
        .args(&["--json", "--shared-connection", "--clients"])
        .args(&[&CLIENTS.to_string(), "--own"])
        .args(arguments)
        .run();
    fleet.wait_out(r#""event":"connected""#);
    fleet
}

/// A row of the run store for each step of each client, and no more.
fn complete(operator: &Process, expected: usize) {
    let exported = runs(operator.folder.path(), &["export", "latest", "--json"]);
    let row = |line: &str| {
        let row = json(line);
        format!("{} {}", text(&row["client"]), row["step_index"])
    };
    let rows: Vec<String> = exported.lines().map(row).collect();
    let once: BTreeSet<_> = rows.iter().collect();
    assert_eq!((rows.len(), once.len()), (expected, expected));
}

#[test]
fn a_thousand_clients_walk_three_steps_in_lock_step_and_each_answer_is_kept() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let _crowd = crowd(&mosquitto, &[]);
    let plan = steps("registration_timeout_s = 3", &["true", "true", "true"]) + "barrier = true\n";
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "begun", |event| event["clients"] == CLIENTS);
    let began = Instant::now();
    let (code, summary) = ended(&mut operator);
    println!("after the wait {:.1} s", began.elapsed().as_secs_f64());
    assert_eq!(code, 0);
    assert_eq!(summary["clients"].as_array().unwrap().len(), CLIENTS);
    complete(&operator, 3 * CLIENTS);
}

#[test]
fn of_a_thousand_clients_the_silent_ones_are_named_though_the_broker_was_restarted() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let _crowd = crowd(
        &mosquitto,
        &[
            "--silent",
            "0.01",
            "--delay",
            "100ms..1500ms",
            "--seed",
            "7",
        ],
    );
    let keys = "registration_timeout_s = 3\nsilence_s = 6";
    let plan = steps(keys, &["true", "true"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "answered", |event| event["step_number"] == 2);
    mosquitto.restart();
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 1);
    let clients = summary["clients"].as_array().unwrap();
    assert_eq!(clients.len(), CLIENTS);
    let mut answers = 0;
    let mut silent = 0;
    for client in clients {
        let ends: Vec<&str> = client["steps"]
            .as_array()
            .unwrap()
            .iter()
            .map(|step| text(&step["end"]))
            .collect();
        match ends[..] {
            ["succeeded", "succeeded"] => answers += 2,
            ["succeeded", "lost"] | ["lost", "not_sent"] => {
                // a row for the answer, and one for its lack
                answers += 1 + usize::from(ends[0] == "succeeded");
                silent += 1;
                assert_eq!(client["lost"], true);
            }
            _ => panic!("{client}"),
        }
    }
    assert!((5..60).contains(&silent), "{silent} are silent");
    complete(&operator, answers);
}
