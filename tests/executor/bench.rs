//! A broker, our SUT `c1`, and a witness that has nothing to do with our code.

use crate::process::{Process, Start, online};
use crate::support::{Mosquitto, Observer, wait_for};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};

pub const COMMANDS: &str = "c1/executors/executor0/commands";
pub const RESPONSES: &str = "c1/executors/executor0/responses";
pub const PROGRESS: &str = "c1/executors/executor0/progress";

/// Anything may run, as with the original.
pub const ANYTHING: &[&str] = &["--client-id", "c1", "--allow", "*", "--shell"];

/// A job that says when it has begun, waits for leave, and goes on.
pub const WAIT: &str = ": > began; while [ -e began ] && [ ! -e go ]; do sleep 0.02; done";

pub struct Bench {
    pub sut: Process,
    pub observer: Observer,
    pub mosquitto: Mosquitto,
}

impl Bench {
    pub fn start() -> Option<Self> {
        Self::with(ANYTHING, "[sut]\n")
    }

    pub fn with(arguments: &[&str], config: &str) -> Option<Self> {
        let mosquitto = Mosquitto::start()?;
        let observer = Observer::start(&mosquitto, "c1/#");
        let sut = Start::new(&mosquitto, "sut")
            .args(arguments)
            .config(config)
            .run();
        online(&mosquitto, "c1");
        Some(Self {
            sut,
            observer,
            mosquitto,
        })
    }

    /// Kills the SUT if it still runs, and starts it again on the same folder.
    pub fn next_life(self, arguments: &[&str]) -> Self {
        let said = "'c1/status', ... (6 bytes)";
        let before = self.mosquitto.count_log(said);
        let sut = Start::within(self.sut.kill(), &self.mosquitto.url(), "sut")
            .args(arguments)
            .run();
        wait_for("its next life", || {
            (self.mosquitto.count_log(said) > before).then_some(())
        });
        Self { sut, ..self }
    }

    /// Sends what is not checked for anything.
    pub fn send(&self, payload: &str) {
        self.mosquitto.publish(COMMANDS, payload.as_bytes(), false);
    }

    /// Sends a command of that id.
    pub fn command(&self, id: &str, command: &str) {
        let payload = serde_json::json!({"id": id, "client_id": "c1", "command": command});
        self.send(&payload.to_string());
    }

    /// Sends it, and waits for its answer.
    pub fn answer(&self, id: &str, command: &str) -> Json {
        self.command(id, command);
        self.answer_of(id)
    }

    /// Waits for the first answer of that id.
    pub fn answer_of(&self, id: &str) -> Json {
        self.nth_answer_of(id, 0)
    }

    /// Waits for a later one, from 0.
    pub fn nth_answer_of(&self, id: &str, nth: usize) -> Json {
        let mut count = 0;
        let seen = self
            .observer
            .wait_where(&format!("answer {nth} of {id}"), |m| {
                let its = m.topic == RESPONSES
                    && serde_json::from_slice::<Json>(&m.payload).unwrap()["id"] == id;
                count += usize::from(its);
                its && count > nth
            });
        assert!((seen.qos, seen.retained) == (1, false));
        serde_json::from_slice(&seen.payload).unwrap()
    }

    /// What its progress said so far.
    pub fn progress(&self) -> Vec<Json> {
        let texts = self.observer.texts(PROGRESS);
        texts
            .iter()
            .map(|text| serde_json::from_str(text).unwrap())
            .collect()
    }

    /// Waits for a file in the folder where jobs run.
    pub fn there(&self, file: &str) {
        there(self.sut.folder.path(), file);
    }

    pub fn touch(&self, file: &str) {
        std::fs::write(self.sut.folder.path().join(file), "").unwrap();
    }
}

/// Waits for a file.
pub fn there(folder: &Path, file: &str) {
    wait_for(file, || folder.join(file).exists().then_some(()));
}

/// The files that were spooled.
pub fn spooled(state: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![state.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "out" || e == "err") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
