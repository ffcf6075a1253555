//! A SUT that is used: what it wrote down, and what `health` says of that.

use crate::bench::{ANYTHING, Bench, COMMANDS, WAIT};
use crate::log::{folder, good, head, lines, other_verifier, told};
use crate::process::{Process, Start, online};
use crate::support::{Mosquitto, Observer, flood};
use rustix::process::Signal;
use serde_json::Value as Json;
use std::path::PathBuf;

fn state(sut: &Process) -> PathBuf {
    sut.folder.path().join("state")
}

/// Ends it in order.
fn stopped(mut bench: Bench) -> Bench {
    bench.sut.signal(Signal::TERM);
    assert!(bench.sut.ended().success());
    bench
}

fn events(lines: &[Json]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["event"].as_str().unwrap())
        .collect()
}

fn health(observer: &Observer, has: impl Fn(&Json) -> bool) -> Json {
    let mut found = Json::Null;
    observer.wait_where("health", |seen| {
        if seen.topic == "c1/health" {
            let health: Json = serde_json::from_slice(&seen.payload).unwrap();
            found = health["audit"].clone();
        }
        has(&found)
    });
    found
}

#[test]
fn what_was_accepted_refused_and_run_is_in_the_log_and_health_tells_a_head_of_it() {
    let Some(bench) = Bench::start() else { return };
    assert_eq!(bench.answer("a", "exit 3")["exit_code"], 3);
    bench.command("a", "another");
    assert_eq!(bench.nth_answer_of("a", 1)["status"], "refused");
    bench.command("b", WAIT);
    bench.there("began");
    for _ in 0..3 {
        bench.send(r#"{"cancel": "b", "client_id": "c1"}"#);
    }
    assert_eq!(bench.answer_of("b")["status"], "cancelled");
    bench
        .mosquitto
        .publish("system_performance/commands", b"\x1b[2J", false);
    // it comes after that one, so that was written before
    let text = br#"{"client_id": "c1", "command": "echo governor"}"#;
    bench
        .mosquitto
        .publish("system_performance/commands", text, false);
    bench.observer.wait_subscribed(1);
    let bench = {
        let state = state(&bench.sut);
        crate::support::wait_for("the governor's command", || {
            let text = std::fs::read_to_string(folder(&state).join("audit.log")).unwrap();
            let ended = |text: &str| text.contains("\"ended\"") && text.contains("governor");
            let last = text.lines().rev().take(1).all(ended);
            last.then_some(())
        });
        stopped(bench)
    };
    let log = folder(&state(&bench.sut));
    let lines = lines(&log);
    let expected = [
        "opened",
        "accepted",
        "started",
        "ended",
        "refused",
        "accepted",
        "started",
        "cancelled",
        "ended",
        "refused",
        "accepted",
        "started",
        "ended",
        "closed",
    ];
    assert_eq!(events(&lines), expected, "{lines:#?}");
    assert_eq!(
        (&lines[1]["command"], &lines[1]["id"], &lines[1]["face"]),
        (&"exit 3".into(), &"a".into(), &"own".into())
    );
    assert_eq!(
        (&lines[3]["status"], &lines[3]["exit_code"]),
        (&"failed".into(), &3.into())
    );
    assert!(
        lines[4]["reason"]
            .as_str()
            .unwrap()
            .contains("used for another command")
    );
    assert_eq!(lines[7]["id"], "b");
    assert_eq!(lines[8]["status"], "cancelled");
    assert_eq!(lines[9]["command"], "\u{1b}[2J");
    assert_eq!(lines[12]["face"], "governor");
    let shown = told(&["show", log.to_str().unwrap()]).1;
    assert!(
        shown.contains(r"\u{1b}[2J") && !shown.contains('\u{1b}'),
        "{shown}"
    );

    // the next life tells its head as soon as it is there, and that follows the first life's
    let before = head(&good(&log, None));
    let bench = bench.next_life(ANYTHING);
    let log = folder(&state(&bench.sut));
    let health = health(&bench.observer, |audit| audit["number"] == 15);
    assert_eq!(health["left_out"], 0);
    let its_head = format!("15:{}", health["head"].as_str().unwrap());
    assert_eq!(bench.answer("c", "true")["status"], "succeeded");
    good(&log, Some(&before));
    good(&log, Some(&its_head));
    let bench = stopped(bench);
    let verified = good(&folder(&state(&bench.sut)), Some(&its_head));
    if let Some(other) = other_verifier(&[folder(&state(&bench.sut)).join("audit.log")]) {
        assert_eq!(other, head(&verified));
    }
}

#[test]
fn a_flood_of_refusals_is_a_few_lines_and_a_count_and_what_ran_is_there() {
    let Some(mosquitto) = Mosquitto::start_with("max_queued_messages 0") else {
        return;
    };
    let observer = Observer::start(&mosquitto, crate::bench::RESPONSES);
    let sut = Start::new(&mosquitto, "sut")
        .args(&["--client-id", "c1", "--allow", "echo *"])
        .run();
    online(&mosquitto, "c1");
    let bench = Bench {
        sut,
        observer,
        mosquitto,
    };
    assert_eq!(bench.answer("a", "echo on")["status"], "succeeded");
    // all of them fit into what may wait, or some would be dropped before anybody looks at them
    let large = "x".repeat(1000);
    let many = 20_000;
    let refused =
        |n| format!(r#"{{"id": "r{n}", "client_id": "c1", "command": "reboot {large}"}}"#);
    flood(&bench.mosquitto, COMMANDS, 1, (0..many).map(refused));
    assert_eq!(bench.answer("z", "echo on")["status"], "succeeded");
    let bench = stopped(bench);
    let log = folder(&state(&bench.sut));
    let lines = lines(&log);
    let count = |event| events(&lines).iter().filter(|its| **its == event).count() as u64;
    let left_out: u64 = lines.iter().filter_map(|line| line["count"].as_u64()).sum();
    assert_eq!(count("refused") + left_out, many);
    let bytes = std::fs::metadata(log.join("audit.log")).unwrap().len();
    println!("{} lines, {bytes} bytes, {left_out} left out", lines.len());
    assert!(bytes < 120_000, "{bytes} bytes");
    assert!(count("refusals_left_out") <= 2);
    assert_eq!(count("accepted"), 2);
    good(&log, None);
}
