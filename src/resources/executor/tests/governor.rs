//! Commands on the governor's topics, and floods.

use super::*;

#[test]
fn malformed_commands_of_the_governor_are_counted_and_do_no_harm() {
    let mut bench = Bench::new(governor());
    let deep = "[".repeat(100_000);
    let rows = [
        "",
        "no bar",
        "[1, 2]",
        "7",
        "null",
        "{}",
        r#"{"client_id": "c1"}"#,
        r#"{"client_id": "c1", "command": null}"#,
        r#"{"client_id": "c1", "command": "\ud800"}"#,
        r#"{"client_id": "c1", "command": "a""#,
        &deep,
    ];
    for row in rows {
        bench.governor(row);
    }
    assert_eq!(bench.thing.executors().malformed, rows.len() as u64);
    bench.governor(r#"{"client_id": "c2", "command": "echo"}"#);
    bench.governor(r#"{"client_id": "all", "command": "echo"}"#);
    assert!(bench.running.is_empty() && bench.kept.is_empty());
    bench.governor(r#"{"client_id": "c1", "command": "echo hi"}"#);
    assert_eq!(bench.runs(), ["echo hi"]);
}

#[test]
fn the_same_governor_command_twice_runs_twice() {
    let mut bench = Bench::new(governor());
    bench.governor("c1|echo hi");
    bench.governor("c1|echo hi");
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(bench.runs(), ["echo hi"]);
}

#[test]
fn a_flood_of_refusals_is_counted_and_answered_within_reason() {
    let mut bench = Bench::new(ExecutorSettings {
        allow: Vec::new(),
        ..settings()
    });
    for n in 0..5000 {
        bench.command(&format!("c{n}"), "echo");
    }
    assert_eq!(bench.thing.executors().refused, 5000);
    assert_eq!(bench.said("responses").len(), 1000);
    assert!(bench.kept.is_empty(), "refusals are not journalled");
}
