//! Lock-step.

use super::*;

fn walking(clients: &[&str]) -> Bench {
    let mut first = pipeline(&["a", "b"]);
    first.barrier = true;
    first.finally = vec![step("f")];
    let mut bench = Bench::new(plan(vec![first, pipeline(&["z"])]));
    clients.iter().for_each(|client| bench.register(client));
    bench.wait(secs(5));
    bench
}

#[test]
fn no_client_begins_a_step_before_all_have_ended_the_one_before() {
    let mut bench = walking(&["c1", "c2", "c3"]);
    assert_eq!(bench.sent().len(), 3);
    bench.old_answer("c1", "a");
    bench.old_failure("c2", "a");
    assert_eq!(bench.sent(), []);
    bench.old_answer("c3", "a");
    assert_eq!(bench.sent_sorted(), ["c1: b", "c2: b", "c3: b"]);
    for client in ["c1", "c2", "c3"] {
        assert_eq!(bench.sent(), []);
        bench.old_answer(client, "b");
    }
    assert_eq!(bench.sent_sorted(), ["c1: f", "c2: f", "c3: f"]);
    bench.old_answer("c1", "f");
    assert_eq!(
        bench.sent_sorted(),
        ["c1: z"],
        "the next pipeline has no barrier"
    );
}

#[test]
fn a_lost_client_holds_nobody_up() {
    let mut bench = walking(&["c1", "c2"]);
    bench.old_answer("c1", "a");
    bench.sent();
    bench.wait(secs(3600));
    assert_eq!(bench.sent_sorted(), ["c1: b"]);
    bench.old_answer("c2", "a");
    bench.old_answer("c1", "b");
    assert_eq!(bench.sent_sorted(), ["c2: b"], "who is back catches up");
    bench.old_answer("c2", "b");
    assert_eq!(bench.sent_sorted(), ["c1: f", "c2: f"]);
}

#[test]
fn who_joins_late_is_waited_for() {
    let mut bench = walking(&["c1"]);
    bench.sent();
    bench.register("late");
    bench.old_answer("c1", "a");
    assert_eq!(bench.sent_sorted(), ["late: a"]);
    bench.old_answer("late", "a");
    assert_eq!(bench.sent_sorted(), ["c1: b", "late: b"]);
}

#[test]
fn who_does_not_walk_the_pipeline_is_not_waited_for() {
    let long = pipeline(&["long"]);
    let mut step_by_step = pipeline(&["a", "b"]);
    step_by_step.barrier = true;
    step_by_step.clients = crate::fleet::Choice::Matching(vec!["c*".into()]);
    let mut bench = Bench::new(plan(vec![long, step_by_step]));
    ["c1", "c2", "x"].iter().for_each(|id| bench.register(id));
    bench.wait(secs(5));
    bench.sent();
    bench.old_answer("c1", "long");
    assert_eq!(bench.sent(), [], "the first step, too, is begun together");
    bench.old_answer("c2", "long");
    assert_eq!(bench.sent_sorted(), ["c1: a", "c2: a"]);
}
