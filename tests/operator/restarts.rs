//! The broker is restarted, or the operator killed, in the middle: nothing is lost, and nothing is run twice.

use crate::fleet::{
    COMMANDS, OldPeers, RESPONSES, Tally, ended, ends, events, finished, json, operator,
    operator_in, runs, steps, text, wait_event,
};
use crate::process::Process;
use crate::support::{Mosquitto, Observer, wait_for};
use std::collections::BTreeMap;
use std::path::Path;

/// Steps that each leave a mark with the client's own name, so that all of a fleet's are told apart.
fn marking(tally: &Tally, count: usize) -> Vec<String> {
    let step = |n: usize| {
        format!(
            "sleep 0.1; {}",
            tally.mark(&format!("$(basename $PWD):{n}"))
        )
    };
    (0..count).map(step).collect()
}

/// How often each mark was left.
fn counts(tally: &Tally) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mark in tally.marks() {
        *counts.entry(mark).or_insert(0) += 1;
    }
    counts
}

fn plan_of(marks: &[String]) -> String {
    let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
    steps("clients = [\"pi1\", \"pi2\"]", &marks)
}

/// The rows of a run: `client step` of each response.
fn rows(folder: &Path) -> Vec<String> {
    let exported = runs(folder, &["export", "latest", "--json"]);
    let rows = exported.lines().map(json);
    let row = |row: serde_json::Value| format!("{} {}", text(&row["client"]), row["step_index"]);
    let mut rows: Vec<String> = rows.map(row).collect();
    rows.sort();
    rows
}

#[test]
fn a_broker_restart_loses_and_doubles_no_step_on_our_own_topics() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let tally = Tally::new();
    let marks = marking(&tally, 12);
    let suts = ["pi1", "pi2"].map(|id| Process::sut(&mosquitto, id));
    let mut operator = operator(&mosquitto, &plan_of(&marks), &["--json"]).run();
    for after in [3, 9] {
        wait_for("some marks", || {
            (tally.marks().len() >= after).then_some(())
        });
        mosquitto.restart();
    }
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 0, "{}", operator.out.all().join("\n"));
    assert_eq!(ends(&summary).len(), 24);
    let counts = counts(&tally);
    assert_eq!(counts.len(), 24);
    assert!(counts.values().all(|times| *times == 1), "{counts:?}");
    assert_eq!(rows(operator.folder.path()).len(), 24);
    let away = events(&operator);
    assert!(away.iter().any(|event| event["event"] == "disconnected"));
    drop(suts);
}

#[test]
fn after_a_broker_restart_an_old_clients_answer_is_waited_for_and_its_command_not_sent_again() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let seen = Observer::start(&mosquitto, "#");
    let plan = steps("registration_timeout_s = 0.2", &["a", "b"]);
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    mosquitto.publish("clients/registration", b"c1", false);
    let of = |command: &str| format!(r#"{{"client_id": "c1", "command": "{command}"}}"#);
    seen.wait_for(COMMANDS, &of("a"));
    mosquitto.restart();
    seen.wait_subscribed(2);
    let mut known = 0;
    wait_for("the operator to be back", || {
        known = events(&operator)
            .iter()
            .filter(|e| e["event"] == "connected")
            .count();
        (known == 2).then_some(())
    });
    // a client that makes itself known at every connect, as ours, is not taken for one that was restarted
    mosquitto.publish("clients/registration", b"c1", false);
    let answer = |command: &str| {
        format!(
            r#"{{"client_id": "c1", "command": "{command}", "start_time": "1.0", "end_time": "2.0", "output": "", "error": "None"}}"#
        )
    };
    mosquitto.publish(RESPONSES, answer("a").as_bytes(), false);
    seen.wait_for(COMMANDS, &of("b"));
    mosquitto.publish(RESPONSES, answer("b").as_bytes(), false);
    let (code, summary) = ended(&mut operator);
    assert_eq!((code, ends(&summary).len()), (0, 2));
    assert_eq!(seen.texts(COMMANDS), [of("a"), of("b")]);
}

#[test]
fn an_operator_that_is_killed_again_and_again_goes_on_and_runs_no_step_twice() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let tally = Tally::new();
    let marks = marking(&tally, 10);
    let suts = ["pi1", "pi2"].map(|id| Process::sut(&mosquitto, id));
    let plan = plan_of(&marks);
    let mut running = operator(&mosquitto, &plan, &["--json"]).run();
    for after in [1, 4, 8, 13] {
        wait_for("some marks", || {
            (tally.marks().len() >= after).then_some(())
        });
        let folder = running.kill();
        running = operator_in(folder, &mosquitto.url(), &plan, &["--json", "--resume"]).run();
    }
    let (code, summary) = ended(&mut running);
    assert_eq!(code, 0, "{}", running.out.all().join("\n"));
    assert_eq!(ends(&summary).len(), 20);
    let counts = counts(&tally);
    assert_eq!(counts.len(), 20);
    assert!(counts.values().all(|times| *times == 1), "{counts:?}");
    let rows = rows(running.folder.path());
    let mut once = rows.clone();
    once.dedup();
    assert_eq!((rows.len(), once.len()), (20, 20), "{rows:?}");
    let shown = runs(running.folder.path(), &["list"]);
    assert_eq!(
        shown
            .lines()
            .filter(|line| line.contains("succeeded"))
            .count(),
        1,
        "{shown}"
    );
    drop(suts);
}

#[test]
fn an_operator_that_was_killed_does_not_ask_an_old_client_again_and_says_what_is_lost() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps("registration_timeout_s = 0.2", &["a", "b", "c"]);
    let first = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&first, "connected", |_| true);
    peers.register("c1");
    peers.serve("c1", 0);
    peers.command("c1", 1);
    let folder = first.kill();
    let mut second = operator_in(folder, &mosquitto.url(), &plan, &["--json", "--resume"]).run();
    peers.serve("c1", 2);
    let (code, summary) = ended(&mut second);
    assert_eq!(code, 1);
    assert_eq!(
        ends(&summary),
        ["c1 p/1 succeeded", "c1 p/2 failed", "c1 p/3 succeeded"]
    );
    let why = &summary["clients"][0]["steps"][1]["why"];
    assert_eq!(text(why), "lost while the operator was away");
    assert_eq!(peers.commands("c1"), ["a", "b", "c"]);
}

#[test]
fn a_run_is_not_gone_on_with_when_the_pipelines_are_others_or_there_is_none() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let plan = steps("registration_timeout_s = 0.2", &["a"]);
    let mut none = operator(&mosquitto, &plan, &["--resume"]).run();
    assert!(finished(&mut none) != Some(0));
    none.wait_err("there is no run that was cut off");
    let peers = OldPeers::new(&mosquitto);
    let begun = operator(&mosquitto, &plan, &[]).run();
    begun.wait_err("connected");
    peers.register("c1");
    peers.command("c1", 0);
    let folder = begun.kill();
    let other = steps("", &["b"]);
    let mut other = operator_in(folder, &mosquitto.url(), &other, &["--resume"]).run();
    assert!(finished(&mut other) != Some(0));
    other.wait_err("the pipelines are not those of the run");
}
