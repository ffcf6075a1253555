//! Either process killed again and again while jobs run: each command runs once or not at all, and its answer says which.

use crate::lab::{Lab, PROGRESS, RESPONSES, Runner};
use crate::process::Process;
use crate::support::wait_for;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::time::Duration;

const JOBS: usize = 60;
const KILLS: usize = 8;

/// Every status that was told, by the ids.
fn told(lab: &Lab) -> BTreeMap<String, Vec<String>> {
    let mut told = BTreeMap::<String, Vec<String>>::new();
    for text in lab.observer.texts(RESPONSES) {
        let answer: Json = serde_json::from_str(&text).unwrap();
        let id = answer["id"].as_str().unwrap().to_owned();
        let status = answer["status"].as_str().unwrap().to_owned();
        told.entry(id).or_default().push(status);
    }
    told
}

#[test]
fn no_kill_of_either_runs_a_command_twice_or_hides_what_became_of_it() {
    let keys = r#"allow = ["*"], shell = true, parallel = 2"#;
    let Some((lab, mut runner, mut thing)) = Lab::start(keys) else {
        return;
    };
    for n in 0..JOBS {
        lab.command(&n.to_string(), &format!("echo {n} >> effects; sleep 0.1"));
    }
    wait_for("all to be accepted", || {
        let known = lab.observer.texts(PROGRESS).len() + lab.observer.texts(RESPONSES).len();
        (known >= JOBS - 2).then_some(())
    });
    for nth in 0..KILLS {
        // at any moment of whatever they do
        std::thread::sleep(Duration::from_millis(rand::random_range(0..150)));
        (runner, thing) = kill(&lab, nth, runner, thing);
    }
    let told = wait_for("all to be answered", || {
        let told = told(&lab);
        (told.len() == JOBS).then_some(told)
    });
    let effects = runner.read("effects");
    let mut interrupted = 0;
    for (id, statuses) in &told {
        let times = effects.lines().filter(|line| line == id).count();
        // an answer that the broker had, and nobody knew, is told once more
        assert!(
            statuses.iter().all(|its| *its == statuses[0]),
            "{id}: {statuses:?}"
        );
        match statuses[0].as_str() {
            "succeeded" => assert_eq!(times, 1, "{id}"),
            "interrupted" => assert!(times <= 1, "{id}: {times} times"),
            other => panic!("{id}: {other}"),
        }
        interrupted += usize::from(statuses[0] == "interrupted");
    }
    println!("{interrupted} of {JOBS} were interrupted by {KILLS} kills");
    assert!(
        interrupted <= KILLS * 2,
        "{interrupted} interrupted: more than ran"
    );
    drop(thing);
}

fn kill(lab: &Lab, nth: usize, runner: Runner, thing: Process) -> (Runner, Process) {
    match nth % 3 {
        0 => (runner, lab.thing_in(thing.kill())),
        1 => (lab.runner_in(runner.0.kill(), "lab.toml"), thing),
        // both, the thing back first
        _ => {
            let (runners, things) = (runner.0.kill(), thing.kill());
            let thing = lab.thing_in(things);
            (lab.runner_in(runners, "lab.toml"), thing)
        }
    }
}
