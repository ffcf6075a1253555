//! A command whose turn it is at once is written in one: accepted and started.

use super::*;

#[test]
fn a_command_that_waits_for_nobody_is_written_once_before_it_runs() {
    let mut bench = Bench::new(settings());
    bench.slow = true;
    bench.command("a", "echo a");
    bench.command("b", "echo b");
    assert!(
        matches!(&bench.held[..], [Entry::Begin { .. }, Entry::Accept { .. }]),
        "the second one waits for the first: {:?}",
        bench.held
    );
    assert!(bench.running.is_empty(), "nothing is on the disk yet");
    bench.catch_up();
    assert_eq!(bench.runs(), ["echo a"]);
    assert_eq!(bench.kept[0].1, Stage::Started);
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(bench.runs(), ["echo b"]);
}

#[test]
fn nobody_overtakes_one_that_is_being_written() {
    let mut bench = Bench::new(ExecutorSettings {
        parallel: 2,
        ..settings()
    });
    bench.slow = true;
    for id in ["a", "b", "c", "d"] {
        bench.command(id, &format!("echo {id}"));
    }
    let begins = |entry: &&Entry| matches!(entry, Entry::Begin { .. });
    assert_eq!(bench.held.iter().filter(begins).count(), 2);
    bench.catch_up();
    assert_eq!(bench.runs(), ["echo a", "echo b"]);
    bench.done(JobNumber(2), JobEnd::Exited(0));
    bench.command("e", "echo e");
    assert_eq!(bench.runs(), ["echo a", "echo c"]);
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(bench.runs(), ["echo c", "echo d"]);
}

#[test]
fn one_that_was_known_or_could_not_be_written_gives_its_turn_back() {
    let mut bench = Bench::new(settings());
    bench.command("a", "echo a");
    bench.done(JobNumber(1), JobEnd::Exited(0));
    bench.news(News::Delivered(JobNumber(1)));
    bench.slow = true;
    bench.command("a", "echo a");
    bench.command("b", "echo b");
    bench.catch_up();
    assert_eq!(bench.runs(), ["echo b"], "the first one was known");
    bench.done(JobNumber(2), JobEnd::Exited(0));
    bench.full = true;
    bench.command("c", "echo c");
    assert_eq!(bench.said("responses")[0]["status"], "refused");
    bench.full = false;
    bench.command("d", "echo d");
    assert_eq!(bench.runs(), ["echo d"]);
}

#[test]
fn a_cancel_that_comes_while_it_is_written_still_ends_it() {
    let mut bench = Bench::new(settings());
    bench.slow = true;
    bench.command("a", "sleep 9");
    bench.command("b", "echo b");
    for id in ["a", "b"] {
        bench.own(&json!({"cancel": id}), false);
    }
    bench.catch_up();
    assert_eq!(
        bench.statuses(),
        [("sleep 9", "cancelled"), ("echo b", "cancelled")]
    );
    assert!(bench.running.is_empty());
    bench.command("c", "echo c");
    assert_eq!(bench.runs(), ["echo c"]);
}

#[test]
fn one_that_is_written_while_the_thing_closes_is_not_run() {
    let mut bench = Bench::new(settings());
    bench.slow = true;
    bench.command("a", "echo a");
    bench.news(News::Closing);
    bench.catch_up();
    assert!(bench.running.is_empty());
    assert_eq!(bench.statuses(), [("echo a", "interrupted")]);
}

#[test]
fn a_delivery_is_written_with_what_comes_next_or_soon_alone() {
    let mut bench = Bench::new(settings());
    let finished = |bench: &mut Bench, number: u64| {
        bench.command(&format!("id{number}"), "echo a");
        bench.done(JobNumber(number), JobEnd::Exited(0));
        bench.news(News::Delivered(JobNumber(number)));
    };
    finished(&mut bench, 1);
    assert_eq!(bench.kept[0].1, Stage::Ended, "it waits for company");
    bench.slow = true;
    bench.command("b", "echo b");
    assert!(
        matches!(&bench.held[..], [Entry::Deliver(..), Entry::Begin { .. }]),
        "{:?}",
        bench.held
    );
    bench.catch_up();
    bench.done(JobNumber(2), JobEnd::Exited(0));
    bench.now += Duration::from_secs(1);
    bench.news(News::Delivered(JobNumber(2)));
    bench.now += Duration::from_millis(49);
    bench.input(Input::Wake);
    assert_eq!(bench.kept[1].1, Stage::Ended);
    bench.now += Duration::from_millis(1);
    bench.input(Input::Wake);
    assert_eq!(bench.kept[1].1, Stage::Delivered);
    finished(&mut bench, 3);
    bench.news(News::Closing);
    assert_eq!(bench.kept[2].1, Stage::Delivered, "there is no later");
}
