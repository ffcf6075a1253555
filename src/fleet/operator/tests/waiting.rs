//! Who is there, and when the pipelines begin.

use super::*;

#[test]
fn a_registration_is_acknowledged_byte_for_byte_at_any_time() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("é 1");
    bench.register("é 1");
    bench.wait(secs(5));
    bench.register("é 1");
    bench.register("new");
    assert_eq!(
        bench.acknowledged(),
        ["é 1", "é 1", "é 1", "new"].map(|id| id.as_bytes().to_vec())
    );
    assert!(bench.has(|e| matches!(e, OperatorEvent::Registered { again: true, .. })));
}

#[test]
fn the_pipelines_begin_when_the_timeout_after_the_first_registration_is_over() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.wait(secs(1000));
    bench.register("c1");
    bench.wait(secs(3));
    bench.register("c2");
    bench.wait(Duration::from_millis(1999));
    assert_eq!(bench.sent_short(), [""; 0]);
    bench.wait(Duration::from_millis(1));
    assert_eq!(bench.sent_short(), ["c1: a", "c2: a"]);
}

#[test]
fn the_wait_ends_as_soon_as_all_expected_clients_are_there() {
    let mut bench = Bench::new(OperatorPlan {
        clients: Some(vec!["c1".into(), "10.0.0.7".into()]),
        ..plan(vec![pipeline(&["a"])])
    });
    bench.register("c1");
    bench.register("stranger");
    assert_eq!(bench.sent_short(), [""; 0]);
    bench.about("10.0.0.7", None);
    assert_eq!(bench.sent_short(), ["c1: a", "10.0.0.7: a"]);
    assert_eq!(
        bench.acknowledged().len(),
        2,
        "a stranger is acknowledged, too"
    );
}

#[test]
fn who_is_expected_and_missing_is_named_and_counts_as_a_failure() {
    let mut bench = Bench::new(OperatorPlan {
        clients: Some(vec!["c1".into(), "c2".into()]),
        ..plan(vec![pipeline(&["a"])])
    });
    bench.register("c1");
    bench.register("stranger");
    bench.wait(secs(5));
    assert!(bench.has(
        |e| matches!(e, OperatorEvent::Begun { clients: 1, missing } if missing == &["c2".into()])
    ));
    bench.old_answer("c1", "a");
    let summary = bench.summary().unwrap();
    assert_eq!(summary.missing, ["c2".into()]);
    assert!(!summary.succeeded() && summary.failures().next().is_none());
    assert_eq!(bench.ends("c1"), [End::Succeeded]);
}

#[test]
fn expected_clients_of_which_none_comes_are_not_waited_for_without_end() {
    let mut bench = Bench::new(OperatorPlan {
        clients: Some(vec!["c1".into()]),
        ..plan(vec![pipeline(&["a"])])
    });
    bench.wait(secs(3599));
    assert!(bench.summary().is_none());
    bench.wait(secs(1));
    assert_eq!(bench.summary().unwrap().missing, ["c1".into()]);
}

#[test]
fn an_expected_client_that_comes_late_is_not_missing() {
    let mut bench = Bench::new(OperatorPlan {
        clients: Some(vec!["c1".into(), "c2".into()]),
        ..plan(vec![pipeline(&["a"])])
    });
    bench.register("c1");
    bench.wait(secs(6));
    bench.register("c2");
    bench.old_answer("c1", "a");
    assert!(bench.summary().is_none());
    bench.old_answer("c2", "a");
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn who_joins_late_walks_from_the_beginning() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a", "b"])]));
    bench.register("c1");
    bench.wait(secs(5));
    bench.old_answer("c1", "a");
    bench.sent();
    bench.register("late");
    assert!(bench.has(|e| matches!(e, OperatorEvent::JoinedLate { .. })));
    assert_eq!(bench.sent_short(), ["late: a"]);
    bench.old_answer("c1", "b");
    assert!(bench.summary().is_none());
    bench.old_answer("late", "a");
    bench.old_answer("late", "b");
    assert_eq!(bench.ends("late"), [End::Succeeded, End::Succeeded]);
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn a_thing_that_also_registers_is_one_client_and_gets_its_own_topics() {
    for about_first in [true, false] {
        let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
        if about_first {
            bench.about("10.0.0.7", Some("c1"));
            bench.register("c1");
        } else {
            bench.register("c1");
            bench.about("10.0.0.7", Some("c1"));
        }
        bench.wait(secs(5));
        let sent = bench.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(sent[0].client, "10.0.0.7");
        bench.answer("10.0.0.7", &sent[0].id.clone().unwrap(), "succeeded");
        assert_eq!(bench.ends("c1"), [End::Succeeded]);
    }
}

#[test]
fn a_thing_that_registers_by_its_own_id_is_one_client() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("10.0.0.7");
    bench.about("10.0.0.7", None);
    bench.wait(secs(5));
    assert!(bench.sent_id().starts_with("t-0-"));
}

#[test]
fn an_about_that_a_dead_thing_left_behind_is_no_client() {
    for status_first in [true, false] {
        let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
        if status_first {
            bench.status("10.0.0.7", "offline");
        }
        bench.about("10.0.0.7", None);
        if !status_first {
            bench.status("10.0.0.7", "offline");
        }
        bench.wait(secs(100));
        assert_eq!(bench.sent(), []);
        assert!(bench.summary().is_none());
        bench.status("10.0.0.7", "online");
        bench.wait(secs(5));
        assert_eq!(bench.sent().len(), 1);
    }
}

#[test]
fn a_thing_without_an_executor_is_no_client() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.say("10.0.0.7/about", r#"{"name": "inner"}"#);
    bench.wait(secs(100));
    assert_eq!(bench.events().count(), 0);
}

#[test]
fn what_is_subscribed_to_is_what_is_needed() {
    let filters = |plan| {
        let operator = Operator::new(plan, "t", Now::new(Moment::ZERO, start()));
        let filters = operator.subscriptions().into_iter();
        filters
            .map(|(filter, qos)| format!("{filter} {}", u8::from(qos == QoS::AtLeastOnce)))
            .collect::<Vec<_>>()
    };
    let mut expected = vec![
        "clients/registration 0",
        "system_performance/responses 0",
        "+/about 0",
        "+/status 0",
        "+/executors/+/responses 1",
        "+/executors/+/progress 0",
    ];
    assert_eq!(filters(plan(vec![])), expected);
    expected.push("system_performance/command_loader 0");
    let served = OperatorPlan {
        receive_commands: true,
        ..plan(vec![])
    };
    assert_eq!(filters(served), expected);
}

#[test]
fn a_pipeline_that_nobody_walks_is_a_failure() {
    let mut other = pipeline(&["b"]);
    other.name = "for c9".into();
    other.clients = crate::fleet::Choice::Matching(vec!["c9".into()]);
    let mut bench = Bench::new(plan(vec![pipeline(&["a"]), other]));
    bench.register("c1");
    bench.wait(secs(5));
    bench.old_answer("c1", "a");
    let summary = bench.summary().unwrap();
    assert_eq!(summary.unwalked, ["for c9"]);
    assert!(!summary.succeeded());
}
