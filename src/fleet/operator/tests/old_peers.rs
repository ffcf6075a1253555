//! Clients that only register.

use super::*;

fn walking(steps: &[&str], clients: &[&str]) -> Bench {
    walking_by(plan(vec![pipeline(steps)]), clients)
}

fn walking_by(plan: OperatorPlan, clients: &[&str]) -> Bench {
    let mut bench = Bench::new(plan);
    clients.iter().for_each(|client| bench.register(client));
    bench.wait(secs(5));
    bench
}

#[test]
fn each_client_walks_at_its_own_pace_and_has_one_command_at_a_time() {
    let mut bench = walking(&["a", "b"], &["c1", "c2"]);
    assert_eq!(bench.sent_short(), ["c1: a", "c2: a"]);
    bench.wait(secs(60));
    bench.old_answer("c2", "a");
    assert_eq!(bench.sent_short(), ["c2: b"]);
    bench.old_answer("c2", "b");
    assert_eq!(bench.sent_short(), [""; 0]);
    bench.old_answer("c1", "a");
    bench.old_answer("c1", "b");
    assert!(bench.summary().unwrap().succeeded());
    let payloads = bench.count(
        |e| matches!(e, OperatorEvent::Answered { way: Way::Governor, payload, .. } if payload.starts_with(b"{\"client_id\": ")),
    );
    assert_eq!(payloads, 4);
}

#[test]
fn a_command_is_sent_once_whatever_happens() {
    let mut bench = walking(&["a"], &["c1"]);
    assert_eq!(bench.sent().len(), 1);
    bench.wait(secs(1000));
    bench.input(Input::Disconnected);
    bench.wait(secs(10));
    bench.input(Input::Connected);
    bench.register("c1");
    bench.wait(secs(100));
    assert_eq!(bench.sent(), []);
}

#[test]
fn an_answer_that_nobody_asked_for_is_told_and_advances_nothing() {
    let mut bench = walking(&["a", "b"], &["c1"]);
    bench.sent();
    bench.old_answer("c1", "x");
    bench.old_answer("nobody", "a");
    assert_eq!(bench.sent(), []);
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::Unasked { .. })),
        2
    );
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::TwoWithOneName { .. })),
        0
    );
}

#[test]
fn two_clients_with_one_name_show_by_a_second_answer() {
    let mut bench = walking(&["a", "b", "c"], &["c1"]);
    for command in ["a", "b"] {
        bench.old_answer("c1", command);
        bench.old_answer("c1", command);
    }
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::Unasked { .. })),
        2
    );
    let told = bench.count(|e| matches!(e, OperatorEvent::TwoWithOneName { .. }));
    assert_eq!(told, 1, "it is told once");
    assert_eq!(bench.sent_short(), ["c1: a", "c1: b", "c1: c"]);
}

#[test]
fn a_client_that_never_answers_is_given_up_by_name_after_its_patience() {
    let mut bench = walking(&["a", "b"], &["c1", "c2"]);
    bench.old_answer("c2", "a");
    bench.old_answer("c2", "b");
    bench.wait(secs(3599));
    assert!(bench.summary().is_none());
    bench.wait(secs(1));
    assert!(bench.has(|e| matches!(e, OperatorEvent::Lost { client, .. } if &**client == "c1")));
    assert_eq!(bench.ends("c1"), [End::Lost, End::NotSent]);
    assert_eq!(bench.ends("c2"), [End::Succeeded, End::Succeeded]);
    let summary = bench.summary().unwrap();
    assert!(!summary.succeeded() && summary.clients.iter().any(|c| c.lost));
}

#[test]
fn a_lost_client_whose_answer_comes_after_all_walks_on() {
    let mut bench = walking(&["a", "b"], &["c1", "c2"]);
    bench.wait(secs(60));
    bench.old_answer("c2", "a");
    bench.sent();
    bench.wait(secs(3540));
    assert!(bench.has(|e| matches!(e, OperatorEvent::Lost { client, .. } if &**client == "c1")));
    bench.old_answer("c1", "a");
    assert!(bench.has(|e| matches!(e, OperatorEvent::Back { .. })));
    assert_eq!(bench.sent_short(), ["c1: b"]);
    bench.old_answer("c1", "b");
    bench.old_answer("c2", "b");
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn a_client_that_is_restarted_in_the_middle_has_lost_its_command_and_walks_on() {
    let mut bench = walking(&["a", "b"], &["c1"]);
    bench.wait(secs(60));
    bench.sent();
    bench.register("c1");
    assert_eq!(bench.acknowledged().len(), 2);
    assert_eq!(bench.sent_short(), ["c1: b"]);
    bench.register("c1");
    bench.wait(secs(5));
    bench.register("c1");
    assert_eq!(
        bench.sent(),
        [],
        "a peer repeats its registration until it is acknowledged"
    );
    bench.old_answer("c1", "b");
    assert_eq!(bench.ends("c1"), [End::Failed, End::Succeeded]);
    assert_eq!(
        bench.whys("c1"),
        ["the client registered again, so its command is lost"]
    );
}

#[test]
fn an_answer_to_a_command_that_was_given_up_for_a_registration_shows_two_clients() {
    let mut bench = walking(&["a", "b"], &["c1"]);
    bench.wait(secs(60));
    bench.register("c1");
    bench.old_answer("c1", "a");
    assert!(bench.has(|e| matches!(e, OperatorEvent::TwoWithOneName { .. })));
}

#[test]
fn a_broker_that_is_restarted_in_the_middle_costs_nothing() {
    let mut bench = walking(&["a", "b"], &["c1"]);
    bench.wait(secs(60));
    bench.sent();
    bench.input(Input::Disconnected);
    bench.wait(secs(20));
    bench.input(Input::Connected);
    bench.register("c1");
    assert_eq!(bench.sent(), [], "it registers because the broker was away");
    bench.old_answer("c1", "a");
    bench.old_answer("c1", "b");
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn nothing_is_sent_while_the_broker_is_away() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("c1");
    bench.input(Input::Disconnected);
    bench.wait(secs(100));
    assert_eq!(bench.sent(), []);
    bench.input(Input::Connected);
    assert_eq!(bench.sent_short(), ["c1: a"]);
}

#[test]
fn the_failed_form_is_a_failure_and_may_be_tried_again() {
    let mut plan = plan(vec![pipeline(&["a", "b"])]);
    plan.pipelines[0].steps[0].retries = 1;
    let mut bench = walking_by(plan, &["c1"]);
    bench.old_failure("c1", "a");
    bench.old_failure("c1", "a");
    bench.old_answer("c1", "b");
    assert_eq!(bench.sent_short(), ["c1: a", "c1: a", "c1: b"]);
    assert_eq!(bench.ends("c1"), [End::Failed, End::Succeeded]);
    assert_eq!(bench.whys("c1"), ["Failed to execute command: no"]);
}

#[test]
fn after_a_failure_the_walk_goes_on_as_the_pipeline_says() {
    let of = |on_failure, with_finally: bool| {
        let mut first = pipeline(&["a", "b"]);
        first.on_failure = on_failure;
        if with_finally {
            first.finally = vec![step("f"), step("g")];
        }
        let mut bench = walking_by(plan(vec![first, pipeline(&["z"])]), &["c1"]);
        bench.old_failure("c1", "a");
        let mut all = Vec::new();
        while bench.summary().is_none() {
            let sent = bench.sent();
            let next = sent.last().expect("it waits for nothing").command.clone();
            all.extend(sent.into_iter().map(|out| out.command));
            if next == "f" {
                bench.old_failure("c1", "f");
            } else {
                bench.old_answer("c1", &next);
            }
        }
        all.extend(bench.sent().into_iter().map(|out| out.command));
        all.join(" ")
    };
    assert_eq!(of(OnFailure::Continue, false), "a b z");
    assert_eq!(of(OnFailure::Continue, true), "a b f g z");
    assert_eq!(of(OnFailure::Stop, false), "a");
    assert_eq!(of(OnFailure::Stop, true), "a f g");
    assert_eq!(of(OnFailure::NextPipeline, false), "a z");
    assert_eq!(of(OnFailure::NextPipeline, true), "a f g z");
}

#[test]
fn steps_that_a_failure_left_out_are_named() {
    let mut first = pipeline(&["a", "b"]);
    first.on_failure = OnFailure::Stop;
    let mut never = pipeline(&["z"]);
    never.finally = vec![step("not even this")];
    let mut bench = walking_by(plan(vec![first, never]), &["c1"]);
    bench.old_failure("c1", "a");
    assert_eq!(bench.ends("c1"), [End::Failed, End::NotSent, End::NotSent]);
    assert_eq!(bench.whys("c1")[1], "a step before it failed");
}

#[test]
fn in_text_mode_commands_and_answers_are_text() {
    let text = OperatorPlan {
        jsonify: false,
        ..plan(vec![pipeline(&["a | b"])])
    };
    let mut bench = walking_by(text, &["c1", "c|2"]);
    let raw = bench.effects.iter().find_map(|effect| match effect {
        Effect::Publish(m) if m.topic.as_str() == "system_performance/commands" => Some(&m.payload),
        _ => None,
    });
    assert_eq!(raw.unwrap(), b"c1|a | b");
    let answer =
        "Client: c1\nCommand: a | b\nStart Time: 1.0\nEnd Time: 2.0\nOutput: hi\n\nError: None";
    bench.say("system_performance/responses", answer);
    assert_eq!(bench.ends("c1"), [End::Succeeded]);
    assert_eq!(bench.ends("c|2"), [End::NotSent], "text cannot say this id");
}

#[test]
fn words_go_to_an_old_peer_quoted_for_a_shell() {
    let mut words = plan(vec![pipeline(&["a"])]);
    words.pipelines[0].steps[0].command =
        StepCommand::Argv(vec!["echo".into(), "it's $HOME".into()]);
    let mut bench = walking_by(words, &["c1"]);
    let command = bench.sent()[0].command.clone();
    assert_eq!(command, r"echo 'it'\''s $HOME'");
    bench.old_answer("c1", &command);
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn an_empty_step_is_sent_as_the_empty_command() {
    let mut bench = walking(&["", "b"], &["c1"]);
    bench.old_answer("c1", "");
    assert_eq!(bench.sent_short(), ["c1: ", "c1: b"]);
}
