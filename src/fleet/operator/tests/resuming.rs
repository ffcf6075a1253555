//! Killed in the middle, and going on.

use super::*;

fn two() -> OperatorPlan {
    let mut first = pipeline(&["a", "b", "c"]);
    first.finally = vec![step("f")];
    plan(vec![first])
}

/// A client of each kind, both with step `b` in flight.
fn killed(plan: OperatorPlan) -> (Vec<String>, Duration) {
    let mut bench = Bench::new(plan);
    bench.register("old");
    bench.about("pi", Some("c7"));
    bench.wait(secs(5));
    bench.old_answer("old", "a");
    bench.answer("pi", "t-1-0-1", "succeeded");
    (bench.saved, bench.at)
}

fn resumed(lines: &[String], at: Duration) -> Bench {
    let now = Now::new(Moment::after(at), start() + at);
    Bench::of(Operator::resume(two(), lines, now).unwrap(), at)
}

#[test]
fn on_our_own_topics_the_step_in_flight_is_asked_for_again_under_its_id_and_bytes() {
    let (lines, at) = killed(two());
    let mut bench = resumed(&lines, at + secs(20));
    assert!(
        bench.sent().iter().all(|out| out.client != "pi"),
        "its about has not come"
    );
    bench.about("pi", Some("c7"));
    let bytes = bench.effects.iter().find_map(|effect| match effect {
        Effect::Publish(m) if m.topic.as_str().starts_with("pi/") => Some(m.payload.clone()),
        _ => None,
    });
    let json = r#"{"id": "t-1-1-1", "client_id": "pi", "command": "b", "expires_at": 1795176456}"#;
    assert_eq!(String::from_utf8(bytes.unwrap()).unwrap(), json);
    bench.sent();
    bench.answer("pi", "t-1-1-1", "succeeded");
    assert_eq!(bench.sent_short(), ["pi: c"]);
}

#[test]
fn an_old_peers_step_in_flight_is_lost_and_never_sent_again() {
    let (lines, at) = killed(two());
    let mut bench = resumed(&lines, at);
    assert_eq!(
        bench.sent_short(),
        ["old: c"],
        "it is spoken to without registering again"
    );
    bench.old_answer("old", "b");
    assert!(bench.has(|e| matches!(e, OperatorEvent::Unasked { .. })));
    bench.old_answer("old", "c");
    bench.old_answer("old", "f");
    bench.wait(secs(60));
    assert_eq!(
        bench.ends("old"),
        [End::Succeeded, End::Failed, End::Succeeded, End::Succeeded]
    );
    assert_eq!(bench.whys("old"), ["lost while the operator was away"]);
    assert_eq!(
        bench.ends("c7")[..2],
        [End::Succeeded, End::Unknown],
        "its about never came"
    );
}

#[test]
fn it_can_be_killed_again_and_again() {
    let (mut lines, at) = killed(two());
    for _ in 0..3 {
        let mut bench = resumed(&lines, at);
        bench.about("pi", Some("c7"));
        lines.extend(bench.saved);
    }
    let mut bench = resumed(&lines, at);
    bench.about("pi", Some("c7"));
    for (id, word) in [
        ("t-1-1-1", "succeeded"),
        ("t-1-2-1", "succeeded"),
        ("t-1-3-1", "succeeded"),
    ] {
        bench.answer("pi", id, word);
    }
    assert_eq!(bench.ends("c7"), [End::Succeeded; 4]);
    assert_eq!(
        bench.ends("old")[1..],
        [End::Failed; 3],
        "each kill cost it a command"
    );
}

#[test]
fn what_is_written_comes_before_what_is_sent() {
    let (lines, at) = killed(two());
    let bench = resumed(&lines, at);
    let place = |is: &dyn Fn(&Effect) -> bool| bench.effects.iter().position(is).unwrap();
    let saved = place(&|e| matches!(e, Effect::Save(line) if line.contains(r#""sent""#)));
    let sent = place(&|e| matches!(e, Effect::Publish(_)));
    assert!(saved < sent);
}

#[test]
fn a_finished_run_that_is_resumed_has_its_summary_at_once() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("c1");
    bench.wait(secs(5));
    bench.old_answer("c1", "a");
    let now = bench.now();
    let again = Operator::resume(plan(vec![pipeline(&["a"])]), &bench.saved, now).unwrap();
    let again = Bench::of(again, bench.at);
    assert_eq!(again.ends("c1"), [End::Succeeded]);
}

#[test]
fn an_interrupted_run_goes_on_with_its_finally_steps() {
    let mut bench = Bench::new(two());
    bench.register("old");
    bench.about("pi", None);
    bench.wait(secs(5));
    bench.input(Input::Interrupt);
    let mut again = resumed(&bench.saved, bench.at);
    again.about("pi", None);
    let mut sent = again.sent_short();
    sent.sort();
    assert_eq!(sent, ["old: f", "pi: f"]);
}

#[test]
fn a_torn_last_line_is_dropped_and_a_wrong_one_is_named() {
    let (mut lines, at) = killed(two());
    let now = Now::new(Moment::after(at), start() + at);
    let of = |lines: &[String]| Operator::resume(two(), lines, now);
    let torn = lines.last().unwrap()[..10].to_owned();
    lines.push(torn);
    assert!(of(&lines).is_ok());
    lines.push(lines[0].clone());
    let told = of(&lines).unwrap_err().to_string();
    assert!(
        told.starts_with(&format!("line {} of the progress, ", lines.len() - 1)),
        "{told}"
    );
    let mut skipped = lines[..2].to_vec();
    skipped.push(r#"{"sent":{"client":9,"step":0,"attempt":1,"way":"own"}}"#.into());
    skipped.push(lines[2].clone());
    assert!(
        of(&skipped)
            .unwrap_err()
            .to_string()
            .contains("does not follow")
    );
    assert_eq!(of(&[]).unwrap_err(), ResumeError::NoRun);
    assert_eq!(of(&lines[1..]).unwrap_err(), ResumeError::NoRun);
    let other = Operator::resume(plan(vec![pipeline(&["x"])]), &lines, now);
    assert_eq!(other.unwrap_err(), ResumeError::OtherPlan);
}

#[test]
fn a_token_is_made_fit_for_ids() {
    assert_eq!(resume::usable_token("../ä run 1"), "run1");
    assert_eq!(resume::usable_token("/"), "run");
    assert_eq!(resume::usable_token(&"x".repeat(99)).len(), 16);
}
