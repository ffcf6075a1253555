//! The step after frequency steps that only our own executors get.

use super::*;

const RESTORE: &str = "cpufreq-set --restore";

fn slow() -> OperatorPlan {
    let mut slow = pipeline(&["cpufreq-set -r -f 600MHz", "load"]);
    slow.on_failure = OnFailure::Stop;
    slow.add_way_back();
    plan(vec![slow, pipeline(&["after"])])
}

/// One of ours and an old peer.
fn walking(plan: OperatorPlan) -> Bench {
    let mut bench = Bench::new(plan);
    bench.about("pi", None);
    bench.register("old");
    bench.wait(secs(5));
    bench
}

#[test]
fn our_own_clients_go_back_at_the_end_of_the_pipeline_and_old_peers_are_not_told_to() {
    let mut bench = walking(slow());
    for step in 0..2 {
        bench.answer("pi", &format!("t-0-{step}-1"), "succeeded");
    }
    bench.old_answer("old", "cpufreq-set -r -f 600MHz");
    bench.sent();
    bench.old_answer("old", "load");
    assert_eq!(bench.sent_short(), ["old: after"]);
    bench.answer("pi", "t-0-2-1", "succeeded");
    assert_eq!(bench.sent_short(), ["pi: after"]);
    bench.old_answer("old", "after");
    bench.answer("pi", "t-0-3-1", "succeeded");
    let summary = bench.summary().unwrap();
    assert!(summary.succeeded());
    assert_eq!(bench.ends("pi"), [End::Succeeded; 4]);
    let skipped = [End::Succeeded, End::Succeeded, End::Skipped, End::Succeeded];
    assert_eq!(bench.ends("old"), skipped);
}

#[test]
fn after_a_failure_and_after_an_interrupt_they_go_back_all_the_same() {
    for interrupt in [false, true] {
        let mut bench = walking(slow());
        bench.sent();
        if interrupt {
            bench.input(Input::Interrupt);
            assert_eq!(bench.sent_short(), ["pi: cancel t-0-0-1"]);
            bench.answer("pi", "t-0-0-1", "cancelled");
        } else {
            bench.answer("pi", "t-0-0-1", "failed");
        }
        assert_eq!(bench.sent_short(), [format!("pi: {RESTORE}")]);
        bench.answer("pi", "t-0-2-1", "succeeded");
        bench.old_failure("old", "cpufreq-set -r -f 600MHz");
        assert_eq!(bench.sent(), [], "the old peer has left, too");
        assert!(!bench.summary().unwrap().succeeded());
        assert_eq!(bench.ends("old")[2], End::Skipped);
    }
}

#[test]
fn a_client_that_refuses_to_go_back_has_not_failed_but_one_that_cannot_has() {
    for (word, good) in [("refused", true), ("failed", false), ("timed_out", false)] {
        let mut bench = Bench::new(slow());
        bench.about("pi", None);
        bench.wait(secs(5));
        for step in 0..2 {
            bench.answer("pi", &format!("t-0-{step}-1"), "succeeded");
        }
        bench.answer("pi", "t-0-2-1", word);
        bench.answer("pi", "t-0-3-1", "succeeded");
        assert_eq!(bench.summary().unwrap().succeeded(), good, "{word}");
    }
}

#[test]
fn an_old_peer_alone_and_in_lock_step_leaves_at_once() {
    let mut plan = slow();
    plan.pipelines[0].barrier = true;
    plan.pipelines.pop();
    let mut bench = Bench::new(plan);
    for name in ["a", "b"] {
        bench.register(name);
    }
    bench.wait(secs(5));
    for command in ["cpufreq-set -r -f 600MHz", "load"] {
        for name in ["a", "b"] {
            bench.old_answer(name, command);
        }
    }
    assert!(bench.summary().unwrap().succeeded());
    assert!(
        !bench
            .sent_short()
            .iter()
            .any(|sent| sent.ends_with(RESTORE))
    );
}

#[test]
fn a_resumed_run_knows_who_has_left() {
    let mut bench = walking(slow());
    bench.old_answer("old", "cpufreq-set -r -f 600MHz");
    bench.old_answer("old", "load");
    let again = Operator::resume(slow(), &bench.saved, bench.now()).unwrap();
    let mut again = Bench::of(again, bench.at);
    again.about("pi", None);
    let first = "pi: cpufreq-set -r -f 600MHz".to_owned();
    assert_eq!(
        again.sent_sorted(),
        [first],
        "the old one's `after` was in flight"
    );
    assert!(
        again.has(
            |event| matches!(event, OperatorEvent::Ended { client, .. } if &**client == "old")
        )
    );
}
