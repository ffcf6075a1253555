//! Clients with an executor of ours.

use super::*;

const PI: &str = "10.0.0.7";

fn walking(plan: OperatorPlan) -> Bench {
    let mut bench = Bench::new(plan);
    bench.status(PI, "online");
    bench.about(PI, None);
    bench.wait(secs(5));
    bench
}

#[test]
fn a_command_goes_out_again_under_its_id_with_the_same_bytes_until_it_is_answered() {
    let mut bench = walking(plan(vec![pipeline(&["a"])]));
    bench.wait(secs(58));
    let payloads: Vec<Vec<u8>> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Publish(message) => Some(message.payload.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(payloads.len(), 6, "after 2, 6, 14, 29 and 44 s");
    assert!(payloads.iter().all(|payload| *payload == payloads[0]));
    let json =
        r#"{"id": "t-0-0-1", "client_id": "10.0.0.7", "command": "a", "expires_at": 1795176456}"#;
    assert_eq!(String::from_utf8(payloads[0].clone()).unwrap(), json);
    bench.sent();
    bench.answer(PI, "t-0-0-1", "succeeded");
    bench.wait(secs(1000));
    assert_eq!(bench.sent(), []);
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn a_time_limit_goes_along() {
    let mut limited = plan(vec![pipeline(&["a"])]);
    limited.pipelines[0].steps[0].time_limit = Some(Duration::from_millis(2500));
    let bench = walking(limited);
    assert!(
        bench.effects.iter().any(|effect| matches!(effect,
        Effect::Publish(m) if String::from_utf8_lossy(&m.payload).contains(r#""timeout_s": 2.5"#)))
    );
}

#[test]
fn a_duplicate_answer_is_harmless_also_when_the_same_command_follows() {
    let mut bench = walking(plan(vec![pipeline(&["a", "a", "a"])]));
    let first = bench.sent_id();
    bench.answer(PI, &first, "succeeded");
    let second = bench.sent_id();
    assert_ne!(first, second);
    bench.answer(PI, &first, "succeeded");
    bench.answer(PI, &first, "failed");
    assert_eq!(bench.sent(), []);
    bench.answer(PI, &second, "succeeded");
    let third = bench.sent_id();
    bench.answer(PI, &third, "succeeded");
    let summary = bench.summary().unwrap();
    assert!(summary.succeeded());
    assert_eq!(summary.counts.duplicates, 2);
}

#[test]
fn two_answers_to_one_command_that_differ_come_from_two_of_one_name() {
    let mut bench = walking(plan(vec![pipeline(&["a", "b"])]));
    let id = bench.sent_id();
    bench.answer(PI, &id, "succeeded");
    bench.answer(PI, &id, "succeeded");
    let doubled =
        |bench: &Bench| bench.count(|e| matches!(e, OperatorEvent::TwoWithOneName { .. }));
    assert_eq!(doubled(&bench), 0, "it was only said again");
    bench.answer(PI, &id, "failed");
    bench.answer(PI, &id, "failed");
    assert_eq!(doubled(&bench), 1, "it is reported once");
}

#[test]
fn a_failure_is_tried_again_under_a_new_id_and_no_more_often_than_asked() {
    let mut retried = plan(vec![pipeline(&["a"])]);
    retried.pipelines[0].steps[0].retries = 2;
    let mut bench = walking(retried);
    let mut ids = Vec::new();
    for status in ["failed", "timed_out", "failed"] {
        let id = bench.sent_id();
        bench.answer(PI, &id, status);
        ids.push(id);
    }
    assert_eq!(ids, ["t-0-0-1", "t-0-0-2", "t-0-0-3"]);
    assert_eq!(bench.ends(PI), [End::Failed]);
    assert_eq!(bench.whys(PI), ["exit code 3"]);
    let summary = bench.summary().unwrap();
    assert_eq!(summary.clients[0].steps[0].1.attempts, 3);
}

#[test]
fn what_a_second_attempt_would_not_mend_is_not_tried_again() {
    for (word, end) in [
        ("refused", End::Refused),
        ("expired", End::Expired),
        ("cancelled", End::Cancelled),
        ("interrupted", End::Interrupted),
    ] {
        let mut retried = plan(vec![pipeline(&["a"])]);
        retried.pipelines[0].steps[0].retries = 2;
        let mut bench = walking(retried);
        let id = bench.sent_id();
        bench.answer(PI, &id, word);
        assert_eq!(bench.ends(PI), [end]);
    }
}

#[test]
fn progress_keeps_a_long_job_alive() {
    let mut bench = walking(plan(vec![pipeline(&["a"])]));
    let id = bench.sent_id();
    for _ in 0..100 {
        bench.progress(PI, &id, "running");
        bench.wait(secs(59));
    }
    assert!(!bench.has(|e| matches!(e, OperatorEvent::Lost { .. })));
    let told = |e: &OperatorEvent| matches!(e, OperatorEvent::Progress { progress, .. } if progress.elapsed == secs(1));
    assert_eq!(bench.count(told), 100);
    bench.answer(PI, &id, "succeeded");
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn a_silent_client_is_lost_when_its_silence_ends_and_not_before() {
    let mut bench = walking(plan(vec![pipeline(&["a", "b"])]));
    bench.wait(Duration::from_millis(59_999));
    assert!(bench.summary().is_none());
    bench.wait(Duration::from_millis(1));
    assert!(
        bench.has(|e| matches!(e, OperatorEvent::Lost { why, .. } if why == "not heard for 60 s"))
    );
    assert_eq!(bench.ends(PI), [End::Lost, End::NotSent]);
}

#[test]
fn a_client_that_dies_in_the_middle_and_comes_back_answers_interrupted_and_walks_on() {
    let mut bench = walking(plan(vec![pipeline(&["a", "b"])]));
    bench.register("slow");
    bench.sent();
    bench.status(PI, "offline");
    assert!(bench.has(|e| matches!(e, OperatorEvent::Presence { online: false, .. })));
    bench.wait(secs(61));
    assert!(bench.has(
        |e| matches!(e, OperatorEvent::Lost { why, .. } if why == "offline, and not heard for 60 s")
    ));
    bench.sent();
    bench.status(PI, "online");
    assert!(bench.has(|e| matches!(e, OperatorEvent::Back { .. })));
    let id = bench.sent_id();
    assert_eq!(id, "t-0-0-1", "the same id: the journal knows it");
    bench.answer(PI, &id, "interrupted");
    let next = bench.sent_id();
    bench.answer(PI, &next, "succeeded");
    bench.old_answer("slow", "a");
    bench.old_answer("slow", "b");
    assert_eq!(bench.ends(PI), [End::Interrupted, End::Succeeded]);
}

#[test]
fn a_broker_restart_says_everything_again_and_is_nobodys_silence() {
    let mut bench = walking(plan(vec![pipeline(&["a"])]));
    let id = bench.sent_id();
    bench.wait(secs(50));
    bench.sent();
    bench.input(Input::Disconnected);
    bench.wait(secs(500));
    assert_eq!(bench.sent(), []);
    assert_eq!(
        bench.operator.next_wake(),
        None,
        "it does not wake for nothing"
    );
    bench.input(Input::Connected);
    assert_eq!(bench.sent_id(), id);
    bench.wait(secs(59));
    assert!(!bench.has(|e| matches!(e, OperatorEvent::Lost { .. })));
    bench.answer(PI, &id, "succeeded");
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn an_expired_command_that_nobody_has_is_not_sent_again() {
    let mut bench = walking(OperatorPlan {
        patience: secs(10),
        ..plan(vec![pipeline(&["a"])])
    });
    bench.wait(secs(9));
    assert_eq!(bench.sent().len(), 3);
    bench.wait(secs(50));
    assert_eq!(bench.sent(), []);
}

#[test]
fn others_answers_and_answers_on_anothers_topic_advance_nothing() {
    let mut bench = walking(plan(vec![pipeline(&["a", "b"])]));
    let id = bench.sent_id();
    bench.answer("10.0.0.66", &id, "succeeded");
    assert!(bench.has(|e| matches!(e, OperatorEvent::Ignored { .. })));
    bench.answer(PI, "somebody-elses", "succeeded");
    assert_eq!(bench.sent(), []);
    bench.answer(PI, &id, "succeeded");
    assert_eq!(bench.sent().len(), 1);
}

#[test]
fn a_stranger_takes_a_gone_things_name_as_an_old_peer() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.about(PI, Some("c1"));
    bench.status(PI, "offline");
    bench.register("c1");
    bench.wait(secs(5));
    assert_eq!(bench.sent_short(), ["c1: a"]);
}

#[test]
fn two_things_with_one_registration_name_are_two_clients_and_that_is_told() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.about("10.0.0.7", Some("c1"));
    bench.about("10.0.0.8", Some("c1"));
    assert!(bench.has(|e| matches!(e, OperatorEvent::TwoWithOneName { .. })));
    bench.wait(secs(5));
    assert_eq!(bench.sent_short(), ["10.0.0.7: a", "10.0.0.8: a"]);
}

#[test]
fn a_thing_that_appears_during_a_step_is_spoken_to_on_its_own_topics_from_the_next_on() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a", "b"])]));
    bench.register("c1");
    bench.wait(secs(5));
    bench.about(PI, Some("c1"));
    assert_eq!(bench.sent_short(), ["c1: a"]);
    bench.old_answer("c1", "a");
    assert_eq!(bench.sent_short(), ["10.0.0.7: b"]);
}
