//! A simulated client, with time moved by hand.

use super::*;
use crate::fleet::own::{About, Command, Order, Progress, Response};
use crate::fleet::{GovernorTopics, Status, StepCommand, governor};
use crate::model::{Message, Moment, Now, Topic};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const OWN: &str = "sim-1/executors/executor0/commands";
const ALL: &str = "system_performance/commands";

fn at(ms: u64) -> Now {
    let elapsed = Duration::from_millis(ms);
    Now::new(
        Moment::after(elapsed),
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000) + elapsed,
    )
}

fn taking(ms: u64) -> Manner {
    Manner {
        takes: (Duration::from_millis(ms), Duration::from_millis(ms)),
        ..Manner::default()
    }
}

fn client_of(usual: Manner, seed: u64) -> SimulatedClient {
    let faces = Faces {
        own: true,
        governor: Some(GovernorTopics::default()),
    };
    let script = Arc::new(Script {
        usual,
        commands: vec![(
            Wildcard::new("fail*"),
            Manner {
                exit_code: 3,
                error: "no {number}".into(),
                ..taking(0)
            },
        )],
    });
    SimulatedClient::new(Topic::new("sim-1").unwrap(), 1, &faces, script, seed).unwrap()
}

fn client(usual: Manner) -> SimulatedClient {
    client_of(usual, 7)
}

fn order(id: &str, command: &str) -> Command {
    Command {
        id: id.into(),
        client_id: "sim-1".into(),
        command: StepCommand::Text(command.into()),
        time_limit: None,
        expires: None,
    }
}

fn message(topic: &str, payload: impl Into<Vec<u8>>) -> Message {
    Message::event(Topic::new(topic).unwrap(), payload)
}

fn own(command: Command) -> Message {
    message(OWN, Order::Run(command).encode())
}

fn tell(client: &mut SimulatedClient, message: &Message, now: Now) -> Vec<Message> {
    client.handle(&Input::Message(message), now)
}

fn wake(client: &mut SimulatedClient, ms: u64) -> Vec<Message> {
    client.handle(&Input::Wake, at(ms))
}

fn response(said: &[Message]) -> Response {
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(
        said[0].topic.as_str(),
        "sim-1/executors/executor0/responses"
    );
    Response::decode(&said[0].payload).unwrap()
}

#[test]
fn it_says_what_it_is_and_that_it_is_simulated() {
    let mut client = client(Manner::default());
    let said = client.handle(&Input::Connected, at(0));
    let topics: Vec<&str> = said.iter().map(|one| one.topic.as_str()).collect();
    assert_eq!(topics, ["sim-1/status", "sim-1/about"]);
    assert!(said.iter().all(|one| one.retain));
    let about = About::decode(&said[1].topic, &said[1].payload).unwrap();
    assert_eq!(about.executors[0].topics.commands.as_str(), OWN);
    assert_eq!(about.executors[0].governor.as_deref(), Some("sim-1"));
    let json: serde_json::Value = serde_json::from_slice(&said[1].payload).unwrap();
    assert_eq!(json["name"], "sim sim-1");
}

#[test]
fn it_registers_like_a_sut_until_it_is_acknowledged() {
    let mut client = client(Manner::default());
    client.handle(&Input::Connected, at(0));
    assert_eq!(client.next_wake(at(0).moment), Some(at(500).moment));
    assert_eq!(wake(&mut client, 499), []);
    let said = wake(&mut client, 500);
    assert_eq!(
        format!("{said:?}"),
        r#"[clients/registration "sim-1" AtMostOnce]"#
    );
    assert_eq!(wake(&mut client, 5_500).len(), 1);
    assert_eq!(client.counts().registered, 0);
    tell(
        &mut client,
        &message("clients/acknowledgment", "sim-2"),
        at(5_501),
    );
    assert_eq!(client.counts().registered, 0);
    tell(
        &mut client,
        &message("clients/acknowledgment", "sim-1"),
        at(5_502),
    );
    assert_eq!(client.counts().registered, 1);
    assert_eq!(client.next_wake(at(5_502).moment), None);
}

#[test]
fn a_client_of_one_kind_only_knows_nothing_of_the_other() {
    let new = |faces: &Faces| {
        SimulatedClient::new(Topic::new("s").unwrap(), 1, faces, Arc::default(), 0).unwrap()
    };
    let mut old = new(&Faces {
        own: false,
        governor: Some(GovernorTopics::default()),
    });
    assert_eq!(old.handle(&Input::Connected, at(0)), []);
    assert_eq!((old.will(), old.last_words()), (None, vec![]));
    assert_eq!(old.listens_to().len(), 2);
    let mut own = new(&Faces {
        own: true,
        governor: None,
    });
    assert_eq!(own.handle(&Input::Connected, at(0)).len(), 2);
    assert_eq!(own.next_wake(at(0).moment), None, "it does not register");
    assert_eq!(own.listens_to().len(), 1);
    let said: Vec<String> = own
        .last_words()
        .iter()
        .map(|one| format!("{one:?}"))
        .collect();
    assert_eq!(
        said,
        [
            r#"s/status "offline" AtLeastOnce retained"#,
            r#"s/about "" AtLeastOnce retained"#,
            r#"s/status "" AtLeastOnce retained"#
        ]
    );
}

#[test]
fn a_command_of_the_governor_is_answered_in_its_own_form() {
    let mut client = client(Manner::default());
    let json = br#"{"client_id": "sim-1", "command": "true"}"#.as_slice();
    let said = tell(&mut client, &message(ALL, json), at(250));
    assert_eq!(said[0].topic.as_str(), "system_performance/responses");
    assert_eq!(
        String::from_utf8(said[0].payload.clone()).unwrap(),
        r#"{"client_id": "sim-1", "command": "true", "start_time": "1000000.25", "end_time": "1000000.25", "output": "sim sim-1: true\n", "error": "None"}"#
    );
    let said = tell(&mut client, &message(ALL, "sim-1|fail at once"), at(250));
    assert_eq!(
        String::from_utf8(said[0].payload.clone()).unwrap(),
        "Client: sim-1\nCommand: fail at once\nStart Time: 1000000.25\nEnd Time: 1000000.25\n\
         Output: sim sim-1: fail at once\n\nError: no 1"
    );
}

#[test]
fn the_commands_of_others_and_nonsense_get_no_answer() {
    let mut client = client(Manner::default());
    for payload in [
        r#"{"client_id": "sim-2", "command": "true"}"#,
        r#"{"client_id": "sim-10", "command": "echo sim-1"}"#,
        r#"{"client_id": "all", "command": "true"}"#,
        "sim-2|sim-1",
        "",
    ] {
        assert_eq!(
            tell(&mut client, &message(ALL, payload), at(0)),
            [],
            "{payload}"
        );
    }
    assert_eq!(client.counts().malformed, 0);
    for payload in [r#"{"client_id": "sim-1"}"#, "sim-1", r#"["sim-1"]"#, "\\"] {
        assert_eq!(
            tell(&mut client, &message(ALL, payload), at(0)),
            [],
            "{payload}"
        );
    }
    assert_eq!(client.counts().malformed, 4);
    let old = Message {
        retain: true,
        ..message(ALL, "sim-1|true")
    };
    assert_eq!(tell(&mut client, &old, at(0)), []);
}

#[test]
fn an_id_in_escapes_is_still_its_id() {
    let mut client = client(Manner::default());
    let json = br#"{"client_id": "\u0073im-1", "command": "true"}"#.as_slice();
    assert_eq!(tell(&mut client, &message(ALL, json), at(0)).len(), 1);
}

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
