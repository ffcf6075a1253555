//! A simulated client, with time moved by hand.

mod running;

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
