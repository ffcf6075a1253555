//! Floods on its own topics: bounded memory and log, and a good command is answered afterwards.

use crate::bench::{ANYTHING, Bench, COMMANDS, RESPONSES};
use crate::process::{Start, online};
use crate::support::{Mosquitto, Observer, flood, peak_kib};

const MANY: usize = 20_000;

fn bench(arguments: &[&str]) -> Option<Bench> {
    // the broker drops nothing of it
    let mosquitto = Mosquitto::start_with("max_queued_messages 0")?;
    let observer = Observer::start(&mosquitto, RESPONSES);
    let sut = Start::new(&mosquitto, "sut").args(arguments).run();
    online(&mosquitto, "c1");
    Some(Bench {
        sut,
        observer,
        mosquitto,
    })
}

fn within_bounds(bench: &Bench, before: u64) {
    let peak = peak_kib(bench.sut.child.id());
    let lines = bench.sut.err.all().len();
    println!("most memory: {before} KiB before, {peak} KiB after; {lines} lines of log");
    assert!(peak < before + 30_000, "{before} KiB, {peak} KiB");
    assert!(lines < 100, "{lines} lines of log");
}

#[test]
fn garbage_foreign_forbidden_and_unknown_are_survived_and_a_good_command_is_answered() {
    let Some(bench) = bench(&["--client-id", "c1", "--allow", "echo *"]) else {
        return;
    };
    assert_eq!(bench.answer("a", "echo on")["output"], "on\n");
    let before = peak_kib(bench.sut.child.id());
    let lines = (0..MANY).map(|n| match n % 5 {
        // up to the parser's own limit of 128 levels and beyond, in all forms
        0 => ["[", "{\"a\":"][n / 5 % 2].repeat(n % 300) + "garbage",
        1 => format!(r#"{{"id": "f{n}", "client_id": "c{n}x", "command": "echo"}}"#),
        2 => format!(r#"{{"id": "r{n}", "client_id": "c1", "command": "reboot"}}"#),
        3 => format!(r#"{{"id": {n}, "client_id": "c1", "command": "echo"}}"#),
        _ => format!(r#"{{"cancel": "n{n}"}}"#),
    });
    flood(&bench.mosquitto, COMMANDS, 1, lines);
    assert_eq!(bench.answer("z", "echo on")["output"], "on\n");
    let answers = bench.observer.texts(RESPONSES).len();
    assert!((1000..5000).contains(&answers), "{answers} answers");
    within_bounds(&bench, before);
}

#[test]
fn more_good_commands_than_the_queue_holds_are_run_or_refused_and_none_is_lost_silently() {
    let Some(bench) = bench(ANYTHING) else { return };
    bench.command(
        "first",
        ": > began; while [ -e began ] && [ ! -e go ]; do sleep 0.02; done",
    );
    bench.there("began");
    let before = peak_kib(bench.sut.child.id());
    let lines =
        (0..MANY).map(|n| format!(r#"{{"id": "g{n}", "client_id": "c1", "argv": ["true"]}}"#));
    flood(&bench.mosquitto, COMMANDS, 1, lines);
    let refused = bench
        .observer
        .wait_where("a refusal", |m| m.text().contains(r#""status": "refused""#));
    assert!(
        refused
            .text()
            .contains("10000 commands wait already; at most 10000 may")
    );
    // nobody waits for ten thousand runs here
    bench.touch("go");
    assert_eq!(bench.answer_of("first")["status"], "succeeded");
    assert_eq!(bench.answer_of("g0")["status"], "succeeded");
    within_bounds(&bench, before);
}
