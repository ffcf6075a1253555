//! An operator with a key: what it signs, and what it never does.

use super::*;
use crate::fleet::signing::{
    Refused, Sequence, Signer, SigningKey, Trust, Verified, VerifierClock, verify,
};
use std::collections::BTreeSet;

const PI: &str = "10.0.0.7";
const COMMANDS: &str = "10.0.0.7/executors/executor0/commands";

/// Numbers as they come.
struct Counting(u64);

impl Sequence for Counting {
    fn next(&mut self, _: SystemTime) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// A key with a day, and the list of a Pi that trusts it.
fn key() -> (Signer, Trust) {
    let key = SigningKey::generate().unwrap();
    let trust = Trust::parse(&format!("op {}\n", key.public())).unwrap();
    let day = Duration::from_secs(86_400);
    (Signer::new(key, Box::new(Counting(0)), day), trust)
}

fn signing(plan: OperatorPlan) -> (Bench, Trust) {
    let (signer, trust) = key();
    let now = Now::new(Moment::ZERO, start());
    let operator = Operator::new(plan, "t", now).signing_with(signer);
    (Bench::of(operator, Duration::ZERO), trust)
}

/// What went out on the Pi's topic and was not taken yet.
fn payloads(bench: &mut Bench) -> Vec<Vec<u8>> {
    let mut taken = Vec::new();
    bench.effects.retain(|effect| match effect {
        Effect::Publish(message) if message.topic.as_str() == COMMANDS => {
            taken.push(message.payload.clone());
            false
        }
        _ => true,
    });
    taken
}

fn judged(payload: &[u8], trust: &Trust, now: SystemTime) -> Result<(Order, Verified), Refused> {
    let signed = Order::decode_signed(payload).unwrap();
    let clock = VerifierClock {
        now,
        synchronised: true,
        newest_issued: None,
    };
    let topic = Topic::new(COMMANDS).unwrap();
    let signature = signed.signature.as_ref();
    let revoked = BTreeSet::new();
    let verified = verify(
        payload,
        &signed.order,
        signature,
        &topic,
        trust,
        &revoked,
        clock,
    )?;
    Ok((signed.order, verified))
}

fn walking(plan: OperatorPlan) -> (Bench, Trust) {
    let (mut bench, trust) = signing(plan);
    bench.status(PI, "online");
    bench.about_of(PI, None, true);
    bench.wait(secs(5));
    (bench, trust)
}

#[test]
fn what_is_said_again_is_signed_anew_under_the_same_id_with_a_number_that_rises() {
    let (mut bench, trust) = walking(plan(vec![pipeline(&["a"])]));
    bench.wait(secs(40));
    let payloads = payloads(&mut bench);
    assert_eq!(payloads.len(), 5, "at once and after 2, 6, 14 and 29 s");
    let now = bench.now().wall;
    let mut numbers = Vec::new();
    let mut moments = Vec::new();
    for payload in &payloads {
        let (order, verified) = judged(payload, &trust, now).unwrap();
        let Order::Run(command) = order else {
            panic!("{order:?}")
        };
        assert_eq!(
            (command.id.as_str(), command.client_id.as_str()),
            ("t-0-0-1", PI)
        );
        let hour = bench.operator.plan().patience;
        assert_eq!(
            verified.expires,
            start() + secs(5) + hour,
            "it expires when it did"
        );
        numbers.push(verified.sequence);
        moments.push(verified.issued.duration_since(start()).unwrap().as_secs());
    }
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
    assert_eq!(moments, [5, 7, 11, 19, 34]);
}

#[test]
fn an_expiry_between_two_seconds_is_signed_to_its_last_moment() {
    let mut short = plan(vec![pipeline(&["a"])]);
    short.patience = Duration::from_millis(2100);
    short.silence = secs(60);
    let (mut bench, trust) = walking(short);
    bench.wait(secs(10));
    let payloads = payloads(&mut bench);
    assert_eq!(
        payloads.len(),
        2,
        "at once and after 2 s; then it has expired"
    );
    for payload in payloads {
        judged(&payload, &trust, start() + Duration::from_millis(7050)).unwrap();
    }
}

#[test]
fn typed_lines_steps_with_a_limit_and_cancellations_are_signed() {
    let mut limited = plan(vec![pipeline(&["a"])]);
    limited.pipelines[0].steps[0].time_limit = Some(Duration::from_millis(2500));
    let (mut bench, trust) = walking(limited);
    let first = payloads(&mut bench);
    let (order, _) = judged(&first[0], &trust, bench.now().wall).unwrap();
    assert!(
        matches!(order, Order::Run(command) if command.time_limit == Some(Duration::from_millis(2500)))
    );
    bench.input(Input::Interrupt);
    let cancel = payloads(&mut bench);
    let (order, verified) = judged(&cancel[0], &trust, bench.now().wall).unwrap();
    let expected = Order::Cancel {
        id: "t-0-0-1".into(),
        client_id: Some(PI.into()),
    };
    assert_eq!((order, verified.sequence), (expected, 2));

    let mut realtime = plan(Vec::new());
    realtime.realtime = true;
    let (mut bench, trust) = walking(realtime);
    bench.input(Input::Line("uptime".into()));
    let line = payloads(&mut bench);
    judged(&line[0], &trust, bench.now().wall).unwrap();
}

#[test]
fn a_job_that_runs_beyond_its_expiry_is_asked_for_with_a_signature_that_counts() {
    let (mut bench, trust) = walking(plan(vec![pipeline(&["a"])]));
    for _ in 0..130 {
        bench.progress(PI, "t-0-0-1", "running");
        payloads(&mut bench);
        bench.wait(secs(30));
        let now = bench.now().wall;
        let said = payloads(&mut bench);
        assert!(!said.is_empty());
        for payload in said {
            let (order, _) = judged(&payload, &trust, now).unwrap();
            assert!(matches!(order, Order::Run(command) if command.id == "t-0-0-1"));
        }
    }
    bench.answer(PI, "t-0-0-1", "succeeded");
    assert!(bench.summary().unwrap().succeeded());
}

#[test]
fn a_step_that_expired_while_the_operator_was_away_is_not_signed_anew() {
    let (bench, _) = walking(plan(vec![pipeline(&["a"])]));
    let lines = bench.saved;
    for (away, sent) in [(secs(600), 1), (secs(7200), 0)] {
        let now = Now::new(Moment::after(away), start() + away);
        let resumed = Operator::resume(plan(vec![pipeline(&["a"])]), &lines, now).unwrap();
        let mut bench = Bench::of(resumed.signing_with(key().0), away);
        bench.about_of(PI, None, true);
        assert_eq!(payloads(&mut bench).len(), sent);
        if sent == 0 {
            assert_eq!(bench.ends(PI), [End::Expired]);
            assert!(bench.whys(PI)[0].contains("away"), "{:?}", bench.whys(PI));
        }
    }
}

#[test]
fn the_governors_topics_have_the_same_bytes_with_a_key_and_without() {
    let walk = |mut bench: Bench| {
        bench.register("old");
        bench.about(PI, None);
        bench.wait(secs(5));
        bench.say(
            "system_performance/command_loader",
            r#"{"client_id": "old", "command": "uptime"}"#,
        );
        bench.old_answer("old", "a");
        bench.answer(PI, "t-1-0-1", "succeeded");
        bench.wait(secs(5));
        let publish = bench.effects.into_iter().filter_map(|effect| match effect {
            Effect::Publish(message) => Some(message),
            _ => None,
        });
        publish.collect::<Vec<_>>()
    };
    let governors = |all: &[Message]| {
        let mut bytes: Vec<_> = all
            .iter()
            .filter(|message| message.topic.as_str() != COMMANDS)
            .map(|message| (message.topic.clone(), message.payload.clone()))
            .collect();
        bytes.sort_by(|a, b| a.1.cmp(&b.1));
        bytes
    };
    for jsonify in [true, false] {
        let mut its = plan(vec![pipeline(&["a"])]);
        (its.jsonify, its.receive_commands) = (jsonify, true);
        let signed = walk(signing(its.clone()).0);
        let plain = walk(Bench::new(its));
        assert_eq!(
            governors(&signed).len(),
            3,
            "an acknowledgment and two commands"
        );
        assert_eq!(governors(&signed), governors(&plain));
        let has_block = |all: &[Message]| {
            let text = |message: &Message| String::from_utf8_lossy(&message.payload).into_owned();
            all.iter()
                .filter(|message| text(message).contains("signature"))
                .count()
        };
        assert_eq!((has_block(&signed), has_block(&plain)), (1, 0));
    }
}

#[test]
fn a_client_that_wants_signatures_is_named_once_to_who_has_no_key() {
    let wanted = |bench: &Bench| {
        bench.count(
            |event| matches!(event, OperatorEvent::SignatureWanted { client } if **client == *PI),
        )
    };
    let mut bench = Bench::new(plan(vec![pipeline(&["a"])]));
    bench.about_of(PI, None, false);
    assert_eq!(wanted(&bench), 0);
    bench.about_of(PI, None, true);
    bench.about_of(PI, None, true);
    assert_eq!(wanted(&bench), 1, "it has learnt to");
    bench.wait(secs(5));
    let id = bench.sent_id();
    bench.answer(PI, &id, "refused");
    assert_eq!(bench.ends(PI), [End::Refused], "it was asked all the same");
    let (bench, _) = walking(plan(vec![pipeline(&["a"])]));
    assert_eq!(wanted(&bench), 0);
}
