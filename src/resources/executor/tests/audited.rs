//! What the audit log is told of a command, and what becomes of commands while it cannot be written.

use super::*;
use crate::fleet::audit::Event;

fn events(bench: &mut Bench) -> Vec<String> {
    let entries = std::mem::take(&mut bench.audited);
    entries
        .iter()
        .map(|entry| entry.event.as_str().to_owned())
        .collect()
}

fn left_out(bench: &Bench) -> u64 {
    let counts = bench.audited.iter().map(|entry| match entry.event {
        Event::RefusalsLeftOut { count } => count,
        _ => 0,
    });
    counts.sum()
}

#[test]
fn each_turn_in_the_life_of_a_command_is_a_line_and_a_repetition_is_none() {
    let mut bench = Bench::new(settings());
    bench.command("a", "one");
    assert_eq!(events(&mut bench), ["accepted", "started"]);
    bench.command("a", "one");
    assert!(events(&mut bench).is_empty());
    bench.command("b", "two");
    assert_eq!(events(&mut bench), ["accepted"]);
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(events(&mut bench), ["ended", "started"]);
    bench.command("b", "three");
    assert_eq!(events(&mut bench), ["refused"]);
    bench.command("c", "four");
    bench.own(&json!({"cancel": "c"}), false);
    assert_eq!(events(&mut bench), ["accepted", "cancelled", "ended"]);
    bench.own(&json!({"cancel": "c"}), false);
    bench.own(&json!({"cancel": "nobody's"}), false);
    assert_eq!(events(&mut bench), ["refused"]);
}

#[test]
fn what_is_cancelled_again_and_again_is_one_line() {
    let mut bench = Bench::new(settings());
    bench.slow = true;
    bench.command("a", "one");
    bench.command("b", "two");
    for _ in 0..100 {
        bench.own(&json!({"cancel": "a"}), false);
        bench.own(&json!({"cancel": "b"}), false);
    }
    bench.catch_up();
    let cancelled = events(&mut bench);
    let count = |event| cancelled.iter().filter(|its| **its == event).count();
    assert_eq!(count("cancelled"), 2, "{cancelled:?}");
    assert_eq!(count("accepted"), 2);
}

#[test]
fn what_an_earlier_life_left_running_is_written_down_as_ended() {
    let opened = vec![
        known(1, "a", Stage::Started),
        known(2, "b", Stage::Accepted),
    ];
    let mut bench = Bench::with(settings(), opened);
    assert_eq!(events(&mut bench), ["ended", "started"]);
}

#[test]
fn a_journal_that_cannot_be_written_is_a_refusal_and_no_acceptance() {
    let mut bench = Bench::new(settings());
    bench.full = true;
    bench.command("a", "one");
    assert_eq!(events(&mut bench), ["refused"]);
}

#[test]
fn while_the_log_cannot_be_written_commands_are_refused_and_jobs_that_run_end_as_ever() {
    let mut bench = Bench::new(settings());
    bench.command("a", "one");
    bench.news(News::Audit(Some("the disk is full".to_owned())));
    assert_eq!(bench.thing.faulty(), 1);
    bench.said("responses");
    bench.command("b", "two");
    let answers = bench.said("responses");
    assert_eq!(
        answers[0]["reason"],
        "it cannot be audited: the disk is full"
    );
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(bench.statuses(), [("one", "succeeded")]);
    bench.news(News::Audit(None));
    assert_eq!(bench.thing.faulty(), 0);
    bench.command("b", "two");
    assert_eq!(bench.runs(), ["two"]);
}

#[test]
fn of_a_flood_a_hundred_are_written_and_the_others_counted_once_a_minute_and_at_the_end() {
    let mut bench = Bench::new(ExecutorSettings {
        allow: Vec::new(),
        ..settings()
    });
    for _ in 0..1000 {
        bench.command("x", "reboot");
    }
    assert_eq!(bench.audited.len(), 100);
    let minute = Moment::after(Duration::from_secs(60));
    assert_eq!(bench.thing.next_wake(), Some(minute));
    bench.now = Duration::from_secs(60);
    bench.input(Input::Wake);
    assert_eq!((left_out(&bench), bench.audited.len()), (900, 101));
    for _ in 0..1000 {
        bench.command("x", "reboot");
    }
    bench.news(News::Closing);
    // six more had their turn within that minute
    assert_eq!(
        (left_out(&bench), bench.audited.len()),
        (900 + 994, 101 + 6 + 1)
    );
}
