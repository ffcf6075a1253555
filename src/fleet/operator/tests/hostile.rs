//! What nobody should send.

use super::*;
use proptest::prelude::*;

#[test]
fn a_registration_that_is_no_text_or_too_long_is_told_and_not_acknowledged() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.say("clients/registration", b"\xff\xfe".as_slice());
    bench.say("clients/registration", b"".as_slice());
    bench.register(&"x".repeat(257));
    assert_eq!(bench.acknowledged(), [[0u8; 0]; 0]);
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::Ignored { .. })),
        2
    );
    assert!(bench.has(|e| matches!(e, OperatorEvent::RegistrationRefused { .. })));
    for id in [&*"x".repeat(256), "../../etc", "\u{1b}[2J", "a\nb", "all"] {
        bench.register(id);
    }
    assert_eq!(bench.acknowledged().len(), 5);
    bench.wait(secs(5));
    assert_eq!(bench.sent().len(), 5);
}

#[test]
fn beyond_ten_thousand_clients_others_are_refused_and_the_known_ones_served() {
    let mut bench = Bench::new(plan(vec![]));
    for n in 0..10_001 {
        bench.register(&n.to_string());
    }
    bench.register("7");
    bench.about("10.0.0.7", None);
    assert_eq!(bench.acknowledged().len(), 10_001);
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::RegistrationRefused { .. })),
        1
    );
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::Ignored { .. })),
        1
    );
}

#[test]
fn garbage_on_every_topic_is_counted_and_the_walk_goes_on() {
    let mut bench = Bench::new(OperatorPlan {
        receive_commands: true,
        ..plan(vec![pipeline(&["a"])])
    });
    bench.register("c1");
    let topics = [
        "system_performance/responses",
        "system_performance/command_loader",
        "x/about",
        "x/status",
        "x/executors/e/responses",
        "x/executors/e/progress",
        "elsewhere",
    ];
    for topic in topics {
        bench.say(topic, b"[[[[".as_slice());
        bench.say(topic, b"\xff".as_slice());
        bench.say(topic, b"{}x".as_slice());
    }
    let kept = Topic::new("clients/registration").unwrap();
    bench.input(Input::Message(Message::state(kept, "old")));
    assert_eq!(
        bench.count(|e| matches!(e, OperatorEvent::Ignored { .. })),
        22
    );
    bench.wait(secs(5));
    bench.old_answer("c1", "a");
    bench.input(Input::Interrupt);
    let summary = bench.summary().unwrap();
    assert_eq!(summary.counts.ignored, 22);
    assert_eq!(bench.ends("c1"), [End::Succeeded]);
}

#[test]
fn bytes_that_are_hostile_on_a_terminal_are_kept_raw_for_whoever_prints() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("\u{1b}[31m");
    assert!(
        bench
            .has(|e| matches!(e, OperatorEvent::Known { client, .. } if &**client == "\u{1b}[31m"))
    );
}

#[test]
fn of_a_giant_reason_only_the_beginning_is_kept_and_written_down() {
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.register("c1");
    bench.wait(secs(5));
    let json = format!(
        r#"{{"client_id": "c1", "command": "a", "start_time": "1.0", "end_time": "2.0", "error": "x{}"}}"#,
        "é".repeat(1 << 20)
    );
    bench.say("system_performance/responses", json);
    assert_eq!(bench.whys("c1")[0].len(), 1023);
    assert!(bench.saved.iter().all(|line| line.len() < 3000));
}

fn any_input() -> impl Strategy<Value = (u8, usize, usize, u16)> {
    (0u8..14, 0usize..4, 0usize..4, 0u16..4000)
}

proptest! {
    /// Whatever comes in whatever order: no panic, no end of time, each old peer's command sent once and one at a time,
    /// and after the end nothing.
    #[test]
    fn any_sequence_keeps_the_promises(inputs in proptest::collection::vec(any_input(), 0..120), barrier: bool, stop: bool, realtime: bool) {
        let mut first = pipeline(&["a", "b"]);
        first.barrier = barrier;
        first.finally = vec![step("f")];
        first.steps[0].retries = 1;
        if stop {
            first.on_failure = OnFailure::Stop;
        }
        let mut bench = Bench::new(OperatorPlan { realtime, receive_commands: realtime, ..plan(vec![first, pipeline(&["z"])]) });
        let names = ["c1", "c2", "p1", "p2"];
        let commands = ["a", "b", "f", "z"];
        let words = ["succeeded", "failed", "timed_out", "interrupted"];
        let mut asked: std::collections::HashMap<String, u32> = std::collections::HashMap::new();
        let mut ids: Vec<(String, String)> = Vec::new();
        for (kind, who, what, number) in inputs {
            let finished = bench.summary().is_some();
            let client = names[who];
            match kind {
                0 | 1 => bench.register(client),
                2 => bench.about(client, None),
                3 => bench.status(client, if what > 1 { "online" } else { "offline" }),
                4 | 5 => bench.old_answer(client, commands[what]),
                6 => bench.old_failure(client, commands[what]),
                7 | 8 => if let Some((thing, id)) = ids.get(usize::from(number) % ids.len().max(1)).cloned() {
                    bench.answer(&thing, &id, words[what]);
                },
                9 => bench.wait(secs(u64::from(number))),
                10 => bench.input(Input::Disconnected),
                11 => bench.input(Input::Connected),
                12 => bench.input(Input::Line(["x", "y", "exit", ""][what].into())),
                _ if number < 200 => bench.input(Input::Interrupt),
                _ => bench.say("system_performance/command_loader", format!("{client}|l")),
            }
            for out in bench.sent() {
                prop_assert!(!finished);
                match out.id {
                    Some(id) => ids.push((out.client, id)),
                    None if out.command.starts_with("cancel") => {}
                    None => *asked.entry(format!("{}|{}", out.client, out.command)).or_default() += 1,
                }
            }
        }
        for (command, times) in asked {
            let most = if command.ends_with("|a") { 2 } else { 1 };
            let is_step = commands.iter().any(|c| command.ends_with(&format!("|{c}")));
            prop_assert!(!is_step || times <= most, "{command} {times} times");
        }
        prop_assert!(bench.effects.iter().filter(|e| matches!(e, Effect::Finished(_))).count() <= 1);
        let lines = bench.saved.clone();
        if !lines.is_empty() {
            let plan = bench.operator.plan().clone();
            let again = Operator::resume(plan, &lines, bench.now());
            prop_assert!(again.is_ok(), "{again:?} {lines:#?}");
            for client in bench.operator.clients.iter().filter(|_| bench.operator.stage == Stage::Walking) {
                if let Some(number) = client.number {
                    let entry = |walk| match walk {
                        client::Walk::At { entry, .. } => Some(entry),
                        _ => None,
                    };
                    let walk = again.as_ref().unwrap().clients[number].walk;
                    prop_assert_eq!(entry(walk), entry(client.walk));
                }
            }
        }
    }
}
