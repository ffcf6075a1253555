//! Commands that need a signature: each attack, and what is remembered of keys.

use super::*;
use crate::fleet::own::{Command, Order as OwnOrder};
use crate::fleet::signing::{Sequence, Signer, SigningKey};
use crate::fleet::{SignedBy, StepCommand};
use std::collections::BTreeMap;
use std::path::PathBuf;

mod attacks;
mod memory;
mod revoking;

const TOPIC: &str = "10.0.0.1/executors/executor0/commands";

struct Counting(u64);

impl Sequence for Counting {
    fn next(&mut self, _: SystemTime) -> u64 {
        self.0 += 1;
        self.0
    }
}

/// A key with its name.
struct Person {
    name: &'static str,
    signer: Signer,
}

impl Person {
    fn new(name: &'static str) -> Self {
        let key = SigningKey::generate().unwrap();
        let valid = Duration::from_secs(60);
        let signer = Signer::new(key, Box::new(Counting(0)), valid);
        Self { name, signer }
    }

    fn id(&self) -> KeyId {
        self.signer.public().id()
    }

    fn line(&self, options: &str) -> String {
        format!("{} {} {options}\n", self.name, self.signer.public())
    }

    fn sign(&mut self, order: &OwnOrder, at: SystemTime) -> Vec<u8> {
        self.signer.sign(order, &Topic::new(TOPIC).unwrap(), at)
    }
}

/// A bench whose executor trusts by a list in a folder of its own.
struct Lab {
    bench: Bench,
    folder: tempfile::TempDir,
    alice: Person,
}

fn list(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("trusted-keys")
}

fn trusting(folder: &tempfile::TempDir) -> ExecutorSettings {
    ExecutorSettings {
        trusted_keys: Some(list(folder)),
        system_root: Some(folder.path().to_owned()),
        ..settings()
    }
}

impl Lab {
    fn new(options: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let alice = Person::new("alice");
        std::fs::write(list(&folder), alice.line(options)).unwrap();
        let bench = Bench::new(trusting(&folder));
        Self {
            bench,
            folder,
            alice,
        }
    }

    fn trust(&self, text: &str) {
        std::fs::write(list(&self.folder), text).unwrap();
    }

    /// The network has told the time.
    fn synchronise(&self) {
        let folder = self.folder.path().join("run/systemd/timesync");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("synchronized"), "").unwrap();
    }

    fn now(&self) -> SystemTime {
        self.bench.clock().wall
    }

    fn send(&mut self, payload: &[u8]) {
        self.deliver(payload, false);
    }

    fn deliver(&mut self, payload: &[u8], retain: bool) {
        self.bench.input(Input::Message(Message {
            topic: Topic::new(TOPIC).unwrap(),
            payload: payload.to_vec(),
            qos: QoS::AtLeastOnce,
            retain,
        }));
    }

    /// Signed by alice, now.
    fn signed(&mut self, order: &OwnOrder) -> Vec<u8> {
        let now = self.now();
        self.alice.sign(order, now)
    }

    fn run(&mut self, id: &str, command: &str) -> Vec<u8> {
        let payload = self.signed(&run(id, command));
        self.send(&payload);
        payload
    }

    /// The status and the rule of the only answer since the last look.
    fn told(&mut self) -> (String, String) {
        let said = self.bench.said("responses");
        let [answer] = &said[..] else {
            panic!("one answer, rather than {said:?}");
        };
        let reason = answer["reason"].as_str().unwrap_or_default();
        let rule = reason.rsplit_once("(rule ").map(|(_, rule)| rule);
        let rule = rule.and_then(|rule| rule.strip_suffix(')'));
        let status = answer["status"].as_str().unwrap().to_owned();
        (status, rule.unwrap_or(reason).to_owned())
    }

    fn refused_by(&mut self, rule: &str) {
        assert_eq!(self.told(), ("refused".to_owned(), rule.to_owned()));
        assert_eq!(self.bench.running.len(), 0);
    }
}

fn run(id: &str, command: &str) -> OwnOrder {
    OwnOrder::Run(Command {
        id: id.to_owned(),
        client_id: "10.0.0.1".to_owned(),
        command: StepCommand::Text(command.to_owned()),
        time_limit: None,
        expires: None,
    })
}

fn cancel(id: &str) -> OwnOrder {
    OwnOrder::Cancel {
        id: id.to_owned(),
        client_id: None,
    }
}

fn revoke(id: &str, key: KeyId) -> OwnOrder {
    OwnOrder::Revoke {
        id: id.to_owned(),
        key,
        client_id: Some("10.0.0.1".to_owned()),
    }
}

#[test]
fn a_command_that_a_trusted_key_signed_runs_and_the_journal_has_who_that_was() {
    let mut lab = Lab::new("");
    lab.run("a", "echo a");
    assert_eq!(lab.bench.runs(), ["echo a"]);
    let by = SignedBy {
        key: lab.alice.id().to_string(),
        name: "alice".to_owned(),
    };
    assert_eq!(lab.bench.kept[0].0.signed_by, Some(by));
    assert_eq!(lab.bench.highest[&lab.alice.id()], 1);
}

#[test]
fn without_a_list_a_signature_is_not_looked_at() {
    let mut lab = Lab::new("");
    lab.bench = Bench::new(settings());
    let payload = lab.signed(&run("a", "echo a"));
    let payload = String::from_utf8(payload)
        .unwrap()
        .replace("echo a", "echo b");
    lab.send(payload.as_bytes());
    assert_eq!(lab.bench.runs(), ["echo b"]);
    assert_eq!(lab.bench.kept[0].0.signed_by, None);
    assert_eq!(lab.bench.highest.len(), 0);
    let order = revoke("r", lab.alice.id());
    let payload = lab.signed(&order);
    lab.send(&payload);
    assert!(lab.told().1.contains("checks no signatures"));
}

#[test]
fn the_governors_face_runs_only_what_may_run_unsigned_and_without_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(list(&folder), Person::new("alice").line("")).unwrap();
    let face = |unsigned: Option<&str>| ExecutorSettings {
        governor: governor().governor.map(|face| GovernorFace {
            unsigned: unsigned.map(|entry| vec![entry.to_owned()]),
            ..face
        }),
        ..trusting(&folder)
    };
    let mut bench = Bench::new(face(Some("true --fast")));
    let json = |command: &str| json!({"client_id": "c1", "command": command}).to_string();
    bench.governor(&json("true --fast"));
    assert_eq!(bench.runs(), ["true --fast"]);
    let run = &bench.running[0].run;
    assert!(matches!(run, crate::fleet::Run::Program { .. }), "{run:?}");
    for command in ["true --slow", "true --fast; reboot", "reboot"] {
        bench.governor(&json(command));
        let told = bench.said("system_performance/responses");
        assert!(
            told[0].to_string().contains("(rule signature-missing)"),
            "{told:?}"
        );
    }
    // that is no start at all; were it one, nothing would run
    let mut bench = Bench::new(face(None));
    bench.governor(&json("true --fast"));
    assert_eq!(bench.running.len(), 0);
}
