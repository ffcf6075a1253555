//! Typed lines, the loader, the interrupt, the dry run.

use super::*;

fn realtime(pipelines: Vec<Pipeline>) -> OperatorPlan {
    OperatorPlan {
        realtime: true,
        receive_commands: true,
        ..plan(pipelines)
    }
}

fn ours(plan: OperatorPlan) -> Bench {
    let mut bench = Bench::new(plan);
    bench.about("pi", None);
    bench.register("c1");
    bench.wait(secs(5));
    bench
}

fn line(text: &str) -> Input {
    Input::Line(text.into())
}

#[test]
fn a_line_goes_to_all_clients_and_exit_leaves_once_all_have_answered() {
    let mut bench = ours(realtime(vec![]));
    bench.input(line("uptime"));
    bench.input(line(" "));
    bench.input(line("exit"));
    bench.input(line("too late"));
    let sent = bench.sent();
    let short: Vec<_> = sent.iter().map(|o| (&*o.client, &*o.command)).collect();
    assert_eq!(short, [("pi", "uptime"), ("c1", "uptime")]);
    bench.old_answer("c1", "uptime");
    assert!(bench.summary().is_none());
    bench.answer("pi", &sent[0].id.clone().unwrap(), "succeeded");
    assert!(bench.summary().unwrap().succeeded());
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::LineRefused { .. })),
        1
    );
}

#[test]
fn lines_that_are_typed_during_pipelines_have_their_turn_afterwards() {
    let mut bench = Bench::new(realtime(vec![pipeline(&["a"])]));
    bench.register("c1");
    bench.wait(secs(5));
    bench.input(line("uptime"));
    bench.input(line("exit"));
    assert_eq!(bench.sent_short(), ["c1: a"]);
    bench.old_answer("c1", "a");
    assert_eq!(bench.sent_short(), ["c1: uptime"]);
    bench.old_answer("c1", "uptime");
    assert!(bench.summary().is_some());
}

#[test]
fn lines_for_one_client_keep_their_order_and_at_most_100_wait() {
    let mut bench = Bench::new(realtime(vec![]));
    bench.register("c1");
    bench.wait(secs(5));
    for n in 0..102 {
        bench.input(line(&format!("line {n}")));
    }
    assert_eq!(bench.sent_short(), ["c1: line 0"]);
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::LineRefused { .. })),
        1
    );
    bench.old_answer("c1", "line 0");
    assert_eq!(bench.sent_short(), ["c1: line 1"]);
}

#[test]
fn without_realtime_mode_a_line_is_refused() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.input(line("uptime"));
    assert!(bench.has(|e| matches!(
        e,
        OperatorEvent::LineRefused {
            why: "realtime mode is off",
            ..
        }
    )));
}

#[test]
fn the_loader_takes_json_and_text_one_client_and_all_in_any_case() {
    let mut bench = ours(realtime(vec![]));
    let loader = "system_performance/command_loader";
    bench.say(loader, r#"{"client_id": "c1", "command": "one"}"#);
    assert_eq!(bench.sent_short(), ["c1: one"]);
    bench.old_answer("c1", "one");
    bench.say(loader, "aLL|two");
    assert_eq!(bench.sent_short(), ["pi: two", "c1: two"]);
    bench.say(loader, "nobody|three");
    assert!(bench.has(|e| matches!(
        e,
        OperatorEvent::LoaderRefused {
            why: "no client has this id",
            ..
        }
    )));
    for garbage in [
        &b"null"[..],
        b"",
        b"\xff",
        br#"{"client_id": "c1", "command": null}"#,
    ] {
        bench.say(loader, garbage);
    }
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::Ignored { .. })),
        4
    );
    let accepted: Vec<usize> = bench
        .events()
        .filter_map(|e| match e {
            OperatorEvent::LoaderAccepted { clients, .. } => Some(*clients),
            _ => None,
        })
        .collect();
    assert_eq!(accepted, [1, 2]);
}

#[test]
fn a_loaded_command_waits_for_the_running_step_and_goes_before_the_next() {
    let mut bench = Bench::new(realtime(vec![pipeline(&["a", "b"])]));
    bench.register("c1");
    bench.wait(secs(5));
    bench.say("system_performance/command_loader", "c1|x");
    assert_eq!(bench.sent_short(), ["c1: a"]);
    bench.old_answer("c1", "a");
    assert_eq!(bench.sent_short(), ["c1: x"]);
    bench.old_answer("c1", "x");
    assert_eq!(bench.sent_short(), ["c1: b"]);
    assert!(bench.has(|e| matches!(
        e,
        OperatorEvent::Answered {
            task: Task::Loaded(_),
            ..
        }
    )));
}

#[test]
fn a_commander_hears_what_one_of_ours_did_where_an_old_client_would_have_said_it() {
    for jsonify in [true, false] {
        let mut bench = ours(OperatorPlan {
            receive_commands: true,
            jsonify,
            ..plan(Vec::new())
        });
        bench.say("system_performance/command_loader", "pi|x");
        let id = bench.sent_id();
        bench.answer("pi", &id, "succeeded");
        let told = bench.effects.iter().find_map(|effect| match effect {
            Effect::Publish(m) if m.topic.as_str() == "system_performance/responses" => {
                Some(m.payload.clone())
            }
            _ => None,
        });
        let told = told.unwrap();
        let (json, text) = (br#"{"client_id": ""#, b"Client: ");
        assert!(
            told.starts_with(if jsonify { json } else { text }),
            "{told:?}"
        );
        // the broker gives it back, once
        bench.say("system_performance/responses", told.clone());
        assert!(!bench.has(|event| matches!(event, OperatorEvent::Unasked { .. })));
        bench.say("system_performance/responses", told);
        assert!(bench.has(|event| matches!(event, OperatorEvent::Unasked { .. })));
    }
}

#[test]
fn without_receive_commands_the_loader_is_not_served() {
    let mut bench = ours(plan(vec![pipeline(&["a"])]));
    bench.sent();
    bench.say("system_performance/command_loader", "c1|x");
    assert!(bench.has(|e| matches!(e, OperatorEvent::Ignored { .. })));
}

#[test]
fn a_kept_command_of_the_loader_is_old_and_ignored() {
    let mut bench = ours(realtime(vec![]));
    let topic = Topic::new("system_performance/command_loader").unwrap();
    bench.input(Input::Message(Message::state(topic, "c1|x")));
    assert_eq!(bench.sent(), []);
}

#[test]
fn one_interrupt_cancels_runs_finally_and_ends() {
    let mut first = pipeline(&["a", "b"]);
    first.finally = vec![step("f")];
    let mut bench = ours(plan(vec![first, pipeline(&["z"])]));
    let id = bench.sent()[0].id.clone().unwrap();
    bench.input(Input::Interrupt);
    assert_eq!(bench.sent_short(), [format!("pi: cancel {id}")]);
    bench.wait(secs(3));
    assert_eq!(
        bench.sent_short(),
        [format!("pi: cancel {id}")],
        "it is said again, too"
    );
    bench.answer("pi", &id, "cancelled");
    let finally = bench.sent();
    assert_eq!(finally[0].command, "f");
    bench.answer("pi", &finally[0].id.clone().unwrap(), "succeeded");
    bench.old_answer("c1", "a");
    assert_eq!(bench.sent_short(), ["c1: f"]);
    bench.register("late");
    assert_eq!(bench.sent(), [], "nobody joins any more");
    bench.old_answer("c1", "f");
    let summary = bench.summary().unwrap();
    assert!(summary.interrupted && !summary.succeeded());
    assert_eq!(
        bench.ends("pi"),
        [End::Cancelled, End::NotSent, End::Succeeded, End::NotSent]
    );
    assert_eq!(bench.whys("c1")[0], "the operator was interrupted");
}

#[test]
fn two_interrupts_end_at_once_and_say_what_is_unknown() {
    let mut bench = ours(plan(vec![pipeline(&["a", "b"])]));
    bench.input(Input::Interrupt);
    bench.input(Input::Interrupt);
    assert_eq!(bench.ends("c1"), [End::Unknown, End::NotSent]);
    assert_eq!(bench.operator.next_wake(), None);
    let now = bench.now();
    assert_eq!(bench.operator.handle(Input::Interrupt, now), []);
}

#[test]
fn an_interrupt_while_clients_are_waited_for_ends_at_once() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("c1");
    bench.input(Input::Interrupt);
    assert!(bench.summary().is_some());
}

#[test]
fn an_interrupt_in_realtime_mode_cancels_and_waits_for_our_own() {
    let mut bench = ours(realtime(vec![]));
    bench.input(line("sleep 99"));
    bench.input(line("never"));
    let id = bench.sent()[0].id.clone().unwrap();
    bench.input(Input::Interrupt);
    assert_eq!(bench.sent_short(), [format!("pi: cancel {id}")]);
    assert!(bench.summary().is_none());
    bench.answer("pi", &id, "cancelled");
    assert!(bench.summary().is_some());
}

#[test]
fn a_finally_step_is_not_cancelled() {
    let mut first = pipeline(&["a"]);
    first.finally = vec![step("f")];
    let mut bench = Bench::new(plan(vec![first]));
    bench.about("pi", None);
    bench.wait(secs(5));
    let id = bench.sent_id();
    bench.answer("pi", &id, "succeeded");
    let id = bench.sent_id();
    bench.input(Input::Interrupt);
    assert_eq!(bench.sent(), []);
    bench.answer("pi", &id, "succeeded");
    assert_eq!(bench.ends("pi"), [End::Succeeded, End::Succeeded]);
}

#[test]
fn a_dry_run_says_who_would_do_what() {
    let mut first = pipeline(&["uptime", "\u{1b}[2J"]);
    first.steps[0].time_limit = Some(secs(5));
    first.steps[0].retries = 2;
    first.steps[1].name = "clear".into();
    first.finally = vec![step("sync")];
    first.barrier = true;
    let mut second = pipeline(&["x"]);
    second.clients = crate::fleet::Choice::Matching(vec!["z*".into()]);
    let mut plan = plan(vec![first, second]);
    plan.clients = Some(vec!["c1".into(), "c2".into()]);
    assert_eq!(
        Operator::dry_run(&plan, &["c1".into(), "stranger".into()]),
        [
            "missing: c2",
            "pipeline p (on failure: continue, in lock-step): c1",
            "  1. uptime  [time limit 5 s, 2 retries]",
            "  2. clear: \\u{1b}[2J",
            "  finally sync",
            "pipeline p (on failure: continue): nobody: no client matches z*",
            "  1. x",
        ]
    );
}
