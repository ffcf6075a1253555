//! Commands that take their time, come twice, or are given up.

use super::*;

#[test]
fn a_command_takes_its_time_and_the_next_one_waits() {
    let mut client = client(taking(20));
    assert_eq!(tell(&mut client, &own(order("a", "one")), at(0)), []);
    let said = tell(&mut client, &own(order("b", "two")), at(5));
    let queued = Progress::decode(&said[0].payload).unwrap();
    assert_eq!((queued.id.as_str(), queued.state.as_str()), ("b", "queued"));
    assert_eq!(client.next_wake(at(5).moment), Some(at(20).moment));
    assert_eq!(wake(&mut client, 19), []);
    // seen late; the second one began when the first one ended
    let first = response(&wake(&mut client, 21));
    assert_eq!(
        (first.id.as_deref(), first.status),
        (Some("a"), Status::Succeeded)
    );
    assert_eq!(first.duration, Some(Duration::from_millis(20)));
    assert_eq!(client.next_wake(at(21).moment), Some(at(40).moment));
    let second = response(&wake(&mut client, 40));
    assert_eq!(second.feedback.start_time, "1000000.02");
    assert_eq!(client.next_wake(at(40).moment), None);
}

#[test]
fn the_same_id_again_gets_the_same_bytes_and_counts_once() {
    let mut client = client(Manner {
        fails: 0.5,
        ..taking(7)
    });
    for nth in 0..20 {
        let id = format!("r{nth}");
        let command = own(order(&id, "x"));
        let now = 1_000 * nth;
        assert_eq!(tell(&mut client, &command, at(now)), []);
        let while_it_runs = tell(&mut client, &command, at(now + 1));
        assert_eq!(
            while_it_runs[0].topic.as_str(),
            "sim-1/executors/executor0/progress"
        );
        let answer = wake(&mut client, now + 7);
        response(&answer);
        assert_eq!(tell(&mut client, &command, at(now + 500)), answer);
    }
    assert_eq!(client.counts().commands, 20);
    let other = response(&tell(&mut client, &own(order("r3", "y")), at(99_000)));
    assert_eq!(other.status, Status::Refused);
}

#[test]
fn progress_is_said_each_second_and_for_each_command_anew() {
    let mut client = client(taking(2_500));
    tell(&mut client, &own(order("a", "one")), at(0));
    tell(&mut client, &own(order("b", "two")), at(0));
    let mut said = Vec::new();
    let mut now = at(0).moment;
    while let Some(next) = client.next_wake(now) {
        now = next;
        let ms = u64::try_from(next.since_origin().as_millis()).unwrap();
        for one in wake(&mut client, ms) {
            match Progress::decode(&one.payload) {
                Ok(progress) => said.push(format!("{ms} {} {:?}", progress.id, progress.elapsed)),
                Err(_) => said.push(format!("{ms} done")),
            }
        }
        if ms >= 5_000 {
            break;
        }
    }
    assert_eq!(
        said,
        [
            "1000 a 1s",
            "2000 a 2s",
            "2500 done",
            "3500 b 1s",
            "4500 b 2s",
            "5000 done"
        ]
    );
}

#[test]
fn limits_expiry_cancelling_and_retained_orders_are_those_of_an_executor() {
    let mut client = client(taking(100));
    let limited = Command {
        time_limit: Some(Duration::from_millis(30)),
        ..order("limited", "x")
    };
    tell(&mut client, &own(limited), at(0));
    let answer = response(&wake(&mut client, 30));
    assert_eq!(answer.status, Status::TimedOut);
    assert_eq!(
        answer.reason.as_deref(),
        Some("its time limit of 0.03 s is over")
    );

    let old = Message {
        retain: true,
        ..own(order("old", "x"))
    };
    assert_eq!(
        response(&tell(&mut client, &old, at(50))).status,
        Status::Refused
    );
    let foreign = Command {
        client_id: "sim-2".into(),
        ..order("foreign", "x")
    };
    assert_eq!(
        response(&tell(&mut client, &own(foreign), at(50))).status,
        Status::Refused
    );
    let late = Command {
        expires: Some(at(40).wall),
        ..order("late", "x")
    };
    assert_eq!(
        response(&tell(&mut client, &own(late), at(50))).status,
        Status::Expired
    );

    tell(&mut client, &own(order("runs", "x")), at(100));
    let soon = Command {
        expires: Some(at(150).wall),
        ..order("soon", "x")
    };
    tell(&mut client, &own(soon), at(101));
    tell(&mut client, &own(order("waits", "x")), at(102));
    let cancel = |id: &str| {
        message(
            OWN,
            Order::Cancel {
                id: id.into(),
                client_id: None,
            }
            .encode(),
        )
    };
    let answer = response(&tell(&mut client, &cancel("waits"), at(110)));
    assert_eq!((answer.status, answer.exit_code), (Status::Cancelled, None));
    let answer = response(&wake(&mut client, 160));
    assert_eq!(
        (answer.id.as_deref(), answer.status),
        (Some("soon"), Status::Expired)
    );
    let answer = tell(&mut client, &cancel("runs"), at(170));
    assert_eq!(response(&answer).signal, Some(15));
    assert_eq!(tell(&mut client, &cancel("runs"), at(180)), answer);
    let nobody = response(&tell(&mut client, &cancel("nobody"), at(190)));
    assert_eq!(nobody.status, Status::Refused);
    assert_eq!(client.next_wake(at(190).moment), None);
}

#[test]
fn a_silent_one_never_answers_and_the_next_one_has_its_turn() {
    let mut client = client(Manner {
        silent: 1.0,
        ..taking(10)
    });
    let command = own(order("a", "x"));
    tell(&mut client, &command, at(0));
    tell(&mut client, &own(order("b", "fail")), at(0));
    assert_eq!(response(&wake(&mut client, 10)).id.as_deref(), Some("b"));
    let again = tell(&mut client, &command, at(20));
    assert!(
        again
            .iter()
            .all(|one| !one.topic.as_str().ends_with("responses"))
    );
    assert_eq!(client.counts().silent, 1);
}

#[test]
fn the_same_seed_repeats_a_trial_and_another_does_not() {
    let trial = |seed| {
        let manner = Manner {
            fails: 0.3,
            takes: (Duration::ZERO, Duration::from_millis(50)),
            ..Manner::default()
        };
        let mut client = client_of(manner, seed);
        let answer = |nth: u64| {
            let command = own(order(&format!("{seed}-{nth}"), "x"));
            tell(&mut client, &command, at(100 * nth));
            let answer = response(&wake(&mut client, 100 * nth + 99));
            (answer.status, answer.duration)
        };
        (0..50).map(answer).collect::<Vec<_>>()
    };
    assert_eq!(trial(1), trial(1));
    assert_ne!(trial(1), trial(2));
    let failed = trial(1)
        .iter()
        .filter(|(status, _)| *status == Status::Failed)
        .count();
    assert!((5..30).contains(&failed), "{failed}");
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic_or_answer_more_than_once(
        payload in proptest::collection::vec(any::<u8>(), 0..80), retain: bool, on_own: bool,
    ) {
        let mut client = client(Manner::default());
        let topic = if on_own { OWN } else { ALL };
        let message = Message { retain, ..message(topic, payload) };
        prop_assert!(tell(&mut client, &message, at(0)).len() <= 1);
    }

    #[test]
    fn whatever_is_for_it_passes_the_look_before_the_parser(
        id in "[a-z\"\\\\é{|]{1,6}", command in ".{0,20}", json: bool,
    ) {
        let form = governor::Form::of(json);
        let command = governor::Command { client_id: id.clone(), command };
        if let Ok(payload) = command.encode(form) {
            let (read, _) = governor::Command::decode_any(&payload).unwrap_or((command, form));
            if read.client_id == id {
                prop_assert!(super::admission::may_concern(&payload, &id));
            }
        }
    }
}
