//! Commands on our own topics.

use super::*;

#[test]
fn commands_run_one_at_a_time_in_order_and_each_is_answered_when_its_end_is_on_the_disk() {
    let mut bench = Bench::new(settings());
    for id in ["a", "b", "c"] {
        bench.command(id, &format!("echo {id}"));
    }
    assert_eq!(bench.runs(), ["echo a"]);
    let queued = bench.said("progress");
    assert_eq!(queued.len(), 2, "two wait, and it is said: {queued:?}");
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert_eq!(bench.runs(), ["echo b"]);
    bench.done(JobNumber(2), JobEnd::Exited(3));
    bench.done(JobNumber(3), JobEnd::Signalled(9));
    assert_eq!(
        bench.statuses(),
        [
            ("echo a", "succeeded"),
            ("echo b", "failed"),
            ("echo c", "failed")
        ]
    );
    assert!(bench.kept.iter().all(|kept| kept.1 == Stage::Ended));
    bench.news(News::Delivered(JobNumber(1)));
    bench.now += Duration::from_millis(50);
    bench.input(Input::Wake);
    assert_eq!(bench.kept[0].1, Stage::Delivered);
}

#[test]
fn nothing_runs_before_its_start_is_on_the_disk() {
    let mut bench = Bench::new(settings());
    bench.command("a", "sleep 1");
    bench.command("b", "echo b");
    bench.full = true;
    bench.done(JobNumber(1), JobEnd::Exited(0));
    assert!(
        bench.running.is_empty(),
        "neither the end nor the next start could be written"
    );
    assert!(
        bench.answers.is_empty(),
        "an end that is not on the disk is not told"
    );
    bench.command("c", "echo c");
    let refused = bench.said("responses");
    assert_eq!(refused[0]["status"], "refused");
    assert!(
        refused[0]["reason"]
            .as_str()
            .unwrap()
            .contains("the disk is full")
    );
    bench.full = false;
    bench.now += Duration::from_secs(6);
    bench.input(Input::Wake);
    assert_eq!(bench.statuses(), [("sleep 1", "succeeded")]);
    assert_eq!(bench.runs(), ["echo b"]);
}

#[test]
fn the_same_id_runs_once_and_another_command_under_it_is_refused() {
    let mut bench = Bench::new(settings());
    bench.command("a", "echo a");
    bench.command("a", "echo a");
    assert_eq!(bench.runs(), ["echo a"]);
    bench.command("a", "echo b");
    assert_eq!(bench.said("responses")[0]["status"], "refused");
    bench.done(JobNumber(1), JobEnd::Exited(0));
    bench.news(News::Delivered(JobNumber(1)));
    bench.command("a", "echo a");
    assert!(bench.running.is_empty());
    assert_eq!(bench.answers.len(), 2, "the stored answer is said again");
    assert_eq!(bench.answers[0], bench.answers[1]);
}

#[test]
fn an_old_late_or_foreign_command_is_answered_and_not_run() {
    let mut bench = Bench::new(settings());
    let id = "10.0.0.1";
    let rows = [
        (
            json!({"id": "a", "client_id": id, "command": "echo"}),
            true,
            "refused",
        ),
        (
            json!({"id": "b", "client_id": id, "command": "echo", "expires_at": WALL}),
            false,
            "expired",
        ),
        (
            json!({"id": "c", "client_id": "10.0.0.2", "command": "echo"}),
            false,
            "refused",
        ),
        (
            json!({"id": "d", "client_id": id, "command": 7}),
            false,
            "refused",
        ),
        (json!({"id": "e", "client_id": id}), false, "refused"),
        (
            json!({"id": "../f", "client_id": id, "command": "echo"}),
            false,
            "refused",
        ),
        (json!([1, 2]), false, "refused"),
        (
            json!({"cancel": "g", "client_id": "10.0.0.2"}),
            false,
            "refused",
        ),
        (json!({"cancel": "h"}), false, "refused"),
    ];
    for (payload, retain, status) in rows {
        bench.own(&payload, retain);
        let answers = bench.said("responses");
        assert_eq!(answers.len(), 1, "{payload}");
        assert_eq!(answers[0]["status"], status, "{payload}");
        assert!(answers[0]["reason"].is_string(), "{payload}");
    }
    assert!(bench.running.is_empty() && bench.kept.is_empty());
}

#[test]
fn a_command_can_be_cancelled_while_it_waits_while_it_runs_and_afterwards() {
    let mut bench = Bench::new(settings());
    bench.command("a", "sleep 100");
    bench.command("b", "echo b");
    bench.own(&json!({"cancel": "b"}), false);
    assert_eq!(bench.statuses(), [("echo b", "cancelled")]);
    bench.own(&json!({"cancel": "a"}), false);
    assert_eq!(bench.statuses()[1], ("sleep 100", "cancelled"));
    bench.news(News::Delivered(JobNumber(1)));
    bench.own(&json!({"cancel": "a"}), false);
    assert_eq!(
        bench.statuses()[2],
        ("sleep 100", "cancelled"),
        "its result is said again"
    );
}

#[test]
fn what_an_earlier_life_left_is_run_interrupted_or_answered() {
    let left = vec![
        known(1, "ended", Stage::Ended),
        known(2, "started", Stage::Started),
        known(3, "waits", Stage::Accepted),
    ];
    let mut left = left;
    let record = Record::without_running(
        &left[0].request,
        "10.0.0.1",
        crate::fleet::Status::Succeeded,
        "",
        SystemTime::UNIX_EPOCH,
    );
    left[0].record = Some(Box::new(record));
    let bench = Bench::with(settings(), left);
    assert_eq!(bench.runs(), ["echo waits"]);
    let mut statuses = bench.statuses();
    statuses.sort_unstable();
    assert_eq!(
        statuses,
        [("echo ended", "succeeded"), ("echo started", "interrupted")]
    );
}

#[test]
fn the_queue_is_bounded_and_says_so() {
    let mut bench = Bench::new(settings());
    for n in 0..8 {
        bench.command(&format!("c{n}"), "echo");
    }
    let refused = bench.said("responses");
    assert_eq!(refused.len(), 2, "one runs, five wait");
    assert!(refused[0]["reason"].as_str().unwrap().contains("at most 5"));
}

#[test]
fn what_expires_in_the_queue_is_answered_before_its_turn() {
    let mut bench = Bench::new(settings());
    bench.command("a", "sleep 100");
    let expires = WALL + 10;
    bench.own(
        &json!({"id": "b", "client_id": "10.0.0.1", "command": "echo", "expires_at": expires}),
        false,
    );
    bench.now += Duration::from_secs(5);
    bench.input(Input::Wake);
    assert!(bench.answers.is_empty());
    bench.now += Duration::from_secs(6);
    bench.input(Input::Wake);
    assert_eq!(bench.statuses(), [("echo", "expired")]);
}

#[test]
fn a_closing_executor_starts_nothing_more_and_tells_how_what_ran_ended() {
    let mut bench = Bench::new(settings());
    bench.command("a", "sleep 100");
    bench.command("b", "echo b");
    bench.news(News::Closing);
    bench.done(JobNumber(1), JobEnd::Interrupted);
    assert_eq!(bench.statuses(), [("sleep 100", "interrupted")]);
    assert!(bench.running.is_empty());
    assert_eq!(
        bench.kept[1].1,
        Stage::Accepted,
        "it runs after the restart"
    );
}
