//! Ctrl-C once: what runs is cancelled, `finally` steps are run, and the end says so. Twice: at once.

use crate::fleet::{OldPeers, Tally, ended, ends, finished, operator, steps, wait_event};
use crate::process::Process;
use crate::support::{Mosquitto, wait_for};
use rustix::process::Signal;
use std::time::{Duration, Instant};

/// A step that takes a minute, one behind it, and `finally`.
fn long(tally: &Tally, finally: &str) -> String {
    let slow = format!("{}; exec sleep 60", tally.mark("slow"));
    steps(
        "registration_timeout_s = 0.2",
        &[&slow, &tally.mark("never")],
    ) + &format!("finally = [{finally:?}]\n")
}

fn begun(tally: &Tally) {
    wait_for("the first step", || {
        tally.marks().contains(&"slow".into()).then_some(())
    });
}

#[test]
fn once_cancels_what_runs_and_runs_finally() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    for signal in [Signal::INT, Signal::TERM] {
        let tally = Tally::new();
        let _sut = Process::sut(&mosquitto, "pi");
        let plan = long(&tally, &tally.mark("finally"));
        let mut operator = operator(&mosquitto, &plan, &["--json", "--expect", "pi"]).run();
        begun(&tally);
        let asked = Instant::now();
        operator.signal(signal);
        let (code, summary) = ended(&mut operator);
        assert_eq!(code, 1);
        assert!(
            asked.elapsed() < Duration::from_secs(20),
            "the minute is not waited for"
        );
        let expected = ["pi p/1 cancelled", "pi p/2 not_sent", "pi p/3 succeeded"];
        assert_eq!(ends(&summary), expected);
        assert_eq!(summary["interrupted"], true);
        assert_eq!(tally.marks(), ["slow", "finally"]);
    }
}

#[test]
fn twice_ends_at_once_and_names_what_is_not_known() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let tally = Tally::new();
    let _sut = Process::sut(&mosquitto, "pi");
    let plan = long(&tally, &format!("{}; exec sleep 60", tally.mark("finally")));
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    begun(&tally);
    operator.signal(Signal::INT);
    wait_for("finally", || {
        tally.marks().contains(&"finally".into()).then_some(())
    });
    let asked = Instant::now();
    operator.signal(Signal::INT);
    let (code, summary) = ended(&mut operator);
    assert!(asked.elapsed() < Duration::from_secs(5));
    assert_eq!(code, 1);
    let expected = ["pi p/1 cancelled", "pi p/2 not_sent", "pi p/3 unknown"];
    assert_eq!(ends(&summary), expected);
}

#[test]
fn an_old_client_cannot_be_cancelled_so_its_answer_is_waited_for_and_finally_follows() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let peers = OldPeers::new(&mosquitto);
    let plan = steps("registration_timeout_s = 0.2", &["a", "b"]) + "finally = [\"f\"]\n";
    let mut operator = operator(&mosquitto, &plan, &["--json"]).run();
    wait_event(&operator, "connected", |_| true);
    peers.register("c1");
    peers.command("c1", 0);
    operator.signal(Signal::INT);
    wait_event(&operator, "interrupted", |event| event["again"] == false);
    peers.serve("c1", 0);
    peers.serve("c1", 1);
    let (code, summary) = ended(&mut operator);
    assert_eq!(code, 1);
    assert_eq!(
        ends(&summary),
        ["c1 p/1 succeeded", "c1 p/2 not_sent", "c1 p/3 succeeded"]
    );
    assert_eq!(peers.commands("c1"), ["a", "f"]);
}

#[test]
fn without_a_broker_it_can_be_ended_too() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.kill();
    let plan = steps("", &["a"]);
    let mut operator = operator(&mosquitto, &plan, &[]).run();
    operator.wait_err("cannot connect");
    operator.signal(Signal::INT);
    assert_eq!(finished(&mut operator), Some(1));
}
