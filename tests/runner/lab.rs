//! A broker, the thing `c1`, its runner, and a witness that has nothing to do with our code.

use crate::process::{Process, Start};
use crate::support::{Mosquitto, Observer, wait_for};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub const COMMANDS: &str = "c1/executors/executor0/commands";
pub const RESPONSES: &str = "c1/executors/executor0/responses";
pub const PROGRESS: &str = "c1/executors/executor0/progress";
pub const GOVERNOR_COMMANDS: &str = "system_performance/commands";
pub const GOVERNOR_RESPONSES: &str = "system_performance/responses";

/// An executor that may do anything.
pub const ANYTHING: &str = r#"allow = ["*"], shell = true, governor = { client_id = "c1" }"#;

/// A job that says when it has begun, waits for leave, and goes on.
pub const WAIT: &str = ": > began; while [ -e began ] && [ ! -e go ]; do sleep 0.02; done";

/// A broker, and a file that both processes read.
pub struct Lab {
    pub observer: Observer,
    pub mosquitto: Mosquitto,
    pub files: TempDir,
}

impl Lab {
    /// With one executor, of these keys.
    pub fn new(keys: &str) -> Option<Self> {
        let mosquitto = Mosquitto::start()?;
        let observer = Observer::start(&mosquitto, "#");
        let files = TempDir::new().unwrap();
        let lab = Self {
            observer,
            mosquitto,
            files,
        };
        lab.write("lab.toml", keys);
        Some(lab)
    }

    /// Writes a topology, whose one executor has these keys.
    pub fn write(&self, name: &str, keys: &str) {
        std::fs::write(self.file(name), topology(&self.mosquitto.url(), keys)).unwrap();
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    pub fn socket(&self) -> PathBuf {
        self.file("jobs.sock")
    }

    /// The runner, by the same file as the thing.
    pub fn runner(&self) -> Runner {
        self.runner_in(TempDir::new().unwrap(), "lab.toml")
    }

    /// The runner in a folder that may have been used before, by this file.
    pub fn runner_in(&self, folder: TempDir, file: &str) -> Runner {
        let runner = start_runner(folder, &self.file(file), &self.socket());
        Runner(runner)
    }

    /// The thing, and waits until it is online.
    pub fn thing(&self) -> Process {
        self.thing_in(TempDir::new().unwrap())
    }

    /// The thing in a folder that may have been used before.
    pub fn thing_in(&self, folder: TempDir) -> Process {
        let said = "'c1/status', ... (6 bytes)";
        let before = self.mosquitto.count_log(said);
        let (file, socket) = (self.file("lab.toml"), self.socket());
        let thing = Start::within(folder, &self.mosquitto.url(), "run")
            .arg(file.to_str().unwrap())
            .args(&["--thing", "pi", "--runner", socket.to_str().unwrap()])
            .args(&["--runner-user", &own_user()])
            .run();
        wait_for("the thing to be online", || {
            (self.mosquitto.count_log(said) > before).then_some(())
        });
        thing
    }

    /// Both.
    pub fn start(keys: &str) -> Option<(Self, Runner, Process)> {
        let lab = Self::new(keys)?;
        let (runner, thing) = (lab.runner(), lab.thing());
        Some((lab, runner, thing))
    }

    /// Sends a command of that id.
    pub fn command(&self, id: &str, command: &str) {
        self.send(&json!({"id": id, "client_id": "c1", "command": command}));
    }

    pub fn send(&self, payload: &Json) {
        self.mosquitto
            .publish(COMMANDS, payload.to_string().as_bytes(), false);
    }

    /// Sends it, and waits for its answer.
    pub fn answer(&self, id: &str, command: &str) -> Json {
        self.command(id, command);
        self.answer_of(id)
    }

    /// Waits for the answer of that id.
    pub fn answer_of(&self, id: &str) -> Json {
        let what = format!("the answer of {id}");
        let seen = self.observer.wait_where(&what, |m| {
            m.topic == RESPONSES && serde_json::from_slice::<Json>(&m.payload).unwrap()["id"] == id
        });
        serde_json::from_slice(&seen.payload).unwrap()
    }

    /// How many answers of that id there were so far.
    pub fn answers(&self, id: &str) -> usize {
        let texts = self.observer.texts(RESPONSES);
        let its = texts.iter().filter(|text| {
            let answer: Json = serde_json::from_str(text).unwrap();
            answer["id"] == id
        });
        its.count()
    }
}

fn topology(url: &str, keys: &str) -> String {
    format!(
        "[broker]\nurl = \"{url}\"\n[things.pi]\naddress = \"c1\"\n[things.pi.resources]\n\
         executor0 = {{ kind = \"executor\", {keys} }}\n"
    )
}

/// Who runs the tests, by number.
pub fn own_user() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

/// A runner; returns once it listens.
pub fn start_runner(folder: TempDir, file: &Path, socket: &Path) -> Process {
    let runner = Start::without_broker(folder, "runner")
        .arg(file.to_str().unwrap())
        .args(&["--socket", socket.to_str().unwrap(), "--peer", &own_user()])
        .run();
    // said once it has bound its socket
    runner.wait_err("starting");
    runner
}

/// A running runner.
pub struct Runner(pub Process);

impl Runner {
    /// Where its jobs start.
    pub fn work(&self) -> PathBuf {
        self.its("work")
    }

    /// What it has spooled.
    pub fn spooled(&self) -> Vec<PathBuf> {
        files(&self.its("spool"))
    }

    fn its(&self, folder: &str) -> PathBuf {
        let state = self.0.folder.path().join("state");
        state.join("runner/executors/pi/executor0").join(folder)
    }

    /// Waits for a file in the folder where jobs run.
    pub fn there(&self, file: &str) {
        wait_for(file, || self.work().join(file).exists().then_some(()));
    }

    pub fn touch(&self, file: &str) {
        std::fs::write(self.work().join(file), "").unwrap();
    }

    pub fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.work().join(file)).unwrap()
    }
}

/// The files of a folder, which may not be there.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Whether a process has gone, or is only waited for by somebody.
pub fn gone(pid: &str) -> Option<()> {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())) else {
        return Some(());
    };
    let (_, state) = stat.rsplit_once(')')?;
    state.trim_start().starts_with('Z').then_some(())
}
