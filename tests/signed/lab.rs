//! Keys, a list of whom the SUT `c1` trusts, and orders that are signed here.

use crate::bench::{Bench, COMMANDS};
use mqtt_thing::fleet::StepCommand;
use mqtt_thing::fleet::own::{Command, Order};
use mqtt_thing::fleet::signing::{Sequence, Signer, SigningKey};
use mqtt_thing::model::Topic;
use serde_json::Value as Json;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// The microseconds since 1970, or one more than the last.
struct Clock(u64);

impl Sequence for Clock {
    fn next(&mut self, now: SystemTime) -> u64 {
        let micros = now.duration_since(UNIX_EPOCH).unwrap().as_micros();
        self.0 = u64::try_from(micros).unwrap().max(self.0 + 1);
        self.0
    }
}

pub struct Person {
    pub signer: Signer,
}

impl Person {
    pub fn new() -> Self {
        let key = SigningKey::generate().unwrap();
        let signer = Signer::new(key, Box::new(Clock(0)), Duration::from_secs(3600));
        Self { signer }
    }

    pub fn line(&self, name: &str, options: &str) -> String {
        format!("{name} {} {options}\n", self.signer.public())
    }

    pub fn id(&self) -> String {
        self.signer.public().id().to_string()
    }

    pub fn sign(&mut self, order: &Order) -> String {
        self.sign_for(order, COMMANDS, SystemTime::now())
    }

    pub fn sign_for(&mut self, order: &Order, topic: &str, now: SystemTime) -> String {
        let payload = self.signer.sign(order, &Topic::new(topic).unwrap(), now);
        String::from_utf8(payload).unwrap()
    }
}

/// A list of trusted keys.
pub struct List {
    folder: TempDir,
}

impl List {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let list = Self { folder };
        list.write(text);
        list
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("trusted-keys")
    }

    /// Puts another in its place, in one step, as an editor does.
    pub fn write(&self, text: &str) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, text).unwrap();
        std::fs::rename(new, self.path()).unwrap();
    }

    /// What a SUT with this list is started with.
    pub fn arguments(&self) -> Vec<String> {
        let path = self.path().display().to_string();
        let arguments = [
            "--client-id",
            "c1",
            "--allow",
            "*",
            "--shell",
            "--unsigned-allow",
            "uptime",
            "--trusted-keys",
            &path,
        ];
        arguments.map(str::to_owned).to_vec()
    }

    pub fn bench(&self) -> Option<Bench> {
        Bench::with(&as_str(&self.arguments()), "[sut]\n")
    }

    pub fn next_life(&self, bench: Bench) -> Bench {
        bench.next_life(&as_str(&self.arguments()))
    }
}

fn as_str(arguments: &[String]) -> Vec<&str> {
    arguments.iter().map(String::as_str).collect()
}

pub fn run(id: &str, command: &str) -> Order {
    Order::Run(Command {
        id: id.to_owned(),
        client_id: "c1".to_owned(),
        command: StepCommand::Text(command.to_owned()),
        time_limit: None,
        expires: None,
    })
}

pub fn revoke(id: &str, key: &str) -> Order {
    Order::Revoke {
        id: id.to_owned(),
        key: key.parse().unwrap(),
        client_id: None,
    }
}

/// Waits for the answer of that id: its status, and the rule at the end of its reason.
pub fn told(bench: &Bench, id: &str, nth: usize) -> (String, String) {
    let answer = bench.nth_answer_of(id, nth);
    let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
    let reason = text("reason");
    let rule = reason.rsplit_once("(rule ").map(|(_, rule)| rule);
    let rule = rule
        .and_then(|rule| rule.strip_suffix(')'))
        .unwrap_or_default();
    (text("status"), rule.to_owned())
}

pub fn refused(rule: &str) -> (String, String) {
    ("refused".to_owned(), rule.to_owned())
}

/// What `about` says of the executor.
pub fn about(bench: &Bench) -> Json {
    let seen = bench
        .observer
        .wait_where("about", |seen| seen.topic == "c1/about");
    let about: Json = serde_json::from_slice(&seen.payload).unwrap();
    about["executors"][0].clone()
}
