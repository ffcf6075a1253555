//! Floods: they do not kill a SUT, do not fill its memory or its log, and a good command is answered afterwards.

use crate::support::{flood, peak_kib};
use crate::wire::{COMMANDS, Lab, RESPONSES};

const MANY: usize = 20_000;

/// The broker drops nothing of it.
const BROKER: &str = "max_queued_messages 0";

fn lines_of(lab: &Lab, text: &str) -> usize {
    let lines = lab.sut.err.all();
    lines.iter().filter(|line| line.contains(text)).count()
}

#[test]
fn a_flood_of_garbage_of_foreign_and_of_forbidden_commands_is_survived() {
    let Some(lab) = Lab::with(BROKER, &["--allow", "echo *"]) else {
        return;
    };
    let before = peak_kib(lab.sut.child.id());
    let garbage = (0..MANY).map(|n| match n % 4 {
        0 => format!("garbage {n}"),
        1 => format!(r#"{{"client_id": "c1", "command": {n}}}"#),
        2 => "[".repeat(200),
        _ => r#"{"client_id": "c1"}"#.to_owned(),
    });
    flood(&lab.mosquitto, COMMANDS, 0, garbage);
    lab.still_answers("1");
    assert_eq!(
        lab.observer.texts(RESPONSES).len(),
        1,
        "garbage has no answer"
    );
    let foreign = (0..MANY).map(|n| format!("c{}|echo {n}", n + 2));
    flood(&lab.mosquitto, COMMANDS, 0, foreign);
    lab.still_answers("2");
    assert_eq!(lab.observer.texts(RESPONSES).len(), 2);
    let forbidden = (0..MANY).map(|n| format!("c1|reboot {n}"));
    flood(&lab.mosquitto, COMMANDS, 0, forbidden);
    // the burst of refusals is told first
    lab.mosquitto.publish(COMMANDS, b"c1|echo 3", false);
    lab.observer
        .wait_where("the good one", |m| m.text().contains("Output: 3\n"));
    let answers = lab.observer.texts(RESPONSES).len();
    assert!((1000..5000).contains(&answers), "{answers} answers");
    let peak = peak_kib(lab.sut.child.id());
    println!("most memory: {before} KiB before the floods, {peak} KiB after");
    assert!(peak < before + 30_000, "{before} KiB, {peak} KiB");
    let lines = lab.sut.err.all().len();
    println!("{lines} lines of log");
    assert!(lines_of(&lab, "message ignored") > 0);
    assert!(lines < 100, "{lines} lines of log");
}

#[test]
fn large_commands_that_are_refused_do_not_pile_up() {
    let Some(lab) = Lab::with(BROKER, &["--allow", "echo *"]) else {
        return;
    };
    let large = "x".repeat(1_000_000);
    flood(
        &lab.mosquitto,
        COMMANDS,
        0,
        (0..200).map(|_| format!("c1|echo {large}")),
    );
    flood(
        &lab.mosquitto,
        "c1/executors/executor0/commands",
        1,
        (0..200).map(|n| format!(r#"{{"id": "a{n}", "client_id": "c1", "command": "{large}"}}"#)),
    );
    lab.mosquitto.publish(COMMANDS, b"c1|echo still", false);
    lab.observer
        .wait_where("the good one", |m| m.text().contains("Output: still\n"));
    let peak = peak_kib(lab.sut.child.id());
    println!("most memory: {peak} KiB");
    assert!(peak < 120_000, "{peak} KiB");
}
