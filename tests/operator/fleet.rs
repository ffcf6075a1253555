//! An operator with a file of pipelines, what it says, and old peers that are played by hand.

use crate::process::{Process, Start};
use crate::support::lines::Line;
use crate::support::{LIMIT, Mosquitto, Observer, wait_for};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

pub const COMMANDS: &str = "system_performance/commands";
pub const RESPONSES: &str = "system_performance/responses";
pub const REGISTRATION: &str = "clients/registration";

pub fn json(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why} in {text}"))
}

/// An operator with these pipelines, about to be started: one client is enough to begin.
pub fn operator(mosquitto: &Mosquitto, pipelines: &str, args: &[&str]) -> Start {
    operator_in(TempDir::new().unwrap(), &mosquitto.url(), pipelines, args)
}

/// The same in a folder that was used before.
pub fn operator_in(folder: TempDir, url: &str, pipelines: &str, args: &[&str]) -> Start {
    std::fs::write(folder.path().join("pipelines.toml"), pipelines).unwrap();
    Start::within(folder, url, "operator")
        .arg("pipelines.toml")
        .args(args)
}

/// Pipelines of one with these steps, after keys of the file.
pub fn steps(keys: &str, steps: &[&str]) -> String {
    format!("{keys}\n[[pipelines]]\nname = \"p\"\nsteps = {steps:?}\n")
}

/// The objects that an operator with `--json` has printed.
pub fn events(operator: &Process) -> Vec<Json> {
    operator.out.all().iter().map(|line| json(line)).collect()
}

/// Waits for an object of that kind, in which `matches` holds.
pub fn wait_event(operator: &Process, event: &str, matches: impl Fn(&Json) -> bool) -> Json {
    let mut known = 0;
    let found = operator.out.wait(LIMIT, |lines: &[Line]| {
        let fresh = &lines[std::mem::replace(&mut known, lines.len())..];
        let mut objects = fresh.iter().map(|(_, line)| json(line));
        objects.find(|object| object["event"] == event && matches(object))
    });
    let all = || (operator.out.all().join("\n"), operator.err.all().join("\n"));
    found.unwrap_or_else(|| panic!("no {event}; out:\n{}\nerr:\n{}", all().0, all().1))
}

/// Waits for the end, until everything that it wrote is there. Returns the exit code.
pub fn finished(operator: &mut Process) -> Option<i32> {
    let code = operator.ended().code();
    wait_for("the last line", || {
        (operator.out.ended() && operator.err.ended()).then_some(())
    });
    code
}

/// Waits for the end. Returns the exit code, and the summary's object.
pub fn ended(operator: &mut Process) -> (i32, Json) {
    let code = finished(operator).unwrap();
    let summary = wait_event(operator, "summary", |_| true);
    (code, summary)
}

/// `client pipeline/number end` for each step of a summary.
pub fn ends(summary: &Json) -> Vec<String> {
    let clients = summary["clients"].as_array().unwrap();
    let mut ends = Vec::new();
    for client in clients {
        for step in client["steps"].as_array().unwrap() {
            ends.push(format!(
                "{} {}/{} {}",
                text(&client["client"]),
                text(&step["pipeline"]),
                step["step_number"],
                text(&step["end"])
            ));
        }
    }
    ends.sort();
    ends
}

pub fn text(value: &Json) -> &str {
    value.as_str().unwrap_or_default()
}

/// What `mqtt-thing runs ..` says about an operator's runs.
pub fn runs(folder: &Path, args: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .arg("runs")
        .args(args)
        .env("STATE_DIRECTORY", folder.join("state"))
        .output()
        .unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}{complaint}");
    told
}

/// Whether a text may go to a terminal as it is: no control characters but newlines.
pub fn assert_harmless(text: &str) {
    let bad = |c: &char| (c.is_control() && *c != '\n') || ('\u{202a}'..='\u{202e}').contains(c);
    if let Some(found) = text.chars().find(bad) {
        panic!("{found:?} in:\n{}", text.escape_debug());
    }
}

/// A file to which steps append, so that it shows how often each was run.
pub struct Tally {
    folder: TempDir,
}

impl Tally {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        Self { folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("tally")
    }

    /// A command that appends a word.
    pub fn mark(&self, word: &str) -> String {
        format!("echo {word} >> {}", self.path().display())
    }

    /// The words so far.
    pub fn marks(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path()).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

/// Old peers that do what the test says.
pub struct OldPeers<'m> {
    mosquitto: &'m Mosquitto,
    seen: Observer,
}

impl<'m> OldPeers<'m> {
    pub fn new(mosquitto: &'m Mosquitto) -> Self {
        let seen = Observer::start(mosquitto, "#");
        Self { mosquitto, seen }
    }

    /// Registers, and waits for the acknowledgment.
    pub fn register(&self, client: &str) {
        let before = self.acknowledgments(client);
        self.mosquitto
            .publish(REGISTRATION, client.as_bytes(), false);
        wait_for("the acknowledgment", || {
            (self.acknowledgments(client) > before).then_some(())
        });
    }

    pub fn acknowledgments(&self, client: &str) -> usize {
        let all = self.seen.texts("clients/acknowledgment");
        all.iter().filter(|id| *id == client).count()
    }

    /// All commands to a client so far.
    pub fn commands(&self, client: &str) -> Vec<String> {
        let texts = self.seen.texts(COMMANDS);
        let commands = texts.iter().map(|text| json(text));
        let of = commands.filter(|command| command["client_id"] == client);
        of.map(|command| text(&command["command"]).to_owned())
            .collect()
    }

    /// Waits for the nth command to a client, from 0.
    pub fn command(&self, client: &str, nth: usize) -> String {
        wait_for(&format!("command {nth} to {client}"), || {
            self.commands(client).into_iter().nth(nth)
        })
    }

    pub fn answer(&self, client: &str, command: &str) {
        let feedback = serde_json::json!({
            "client_id": client, "command": command, "start_time": "1.0", "end_time": "2.0",
            "output": format!("{client} did {command}\n"), "error": "None",
        });
        self.mosquitto
            .publish(RESPONSES, feedback.to_string().as_bytes(), false);
    }

    /// Waits for the nth command and answers it.
    pub fn serve(&self, client: &str, nth: usize) {
        let command = self.command(client, nth);
        self.answer(client, &command);
    }
}
