//! What is measured, set up: a broker, and the programs on it.

use crate::entrance::{self, Entrance};
use crate::process::Process;
use crate::python::python;
use crate::support::{LIMIT, Mosquitto};
use crate::wire::Wire;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;

/// Errors, and that it is there: what the broker logs of each packet would be measured, too.
const QUIET: &str = "log_type none\nlog_type error\nlog_type information";

pub const REGISTRATION: &str = "clients/registration";
pub const ACKNOWLEDGMENT: &str = "clients/acknowledgment";
pub const COMMANDS: &str = "system_performance/commands";
pub const RESPONSES: &str = "system_performance/responses";

/// The id of the one SUT.
const SUT: &str = "c1";

/// Who is a SUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `mqtt-thing sut`, as the original may run anything; its journal on the disk, or left to the system.
    Ours { sync: bool },
    /// `mqtt-thing run` with an executor that may run anything as well: its jobs in its own process, or in a runner's.
    Thing { sync: bool, runner: bool },
    /// `benches/counterpart/governor.py`.
    Counterpart,
}

pub struct Lab {
    pub broker: Mosquitto,
    /// Where ours go in; the measuring end and the counterpart take the plain one.
    entrance: Entrance,
    binary: PathBuf,
    state: PathBuf,
    pub python: Result<PathBuf, String>,
    folder: TempDir,
}

/// A SUT that is registered, and the end from which it is asked.
pub struct Asked {
    pub process: Process,
    pub wire: Wire,
    pub runner: Option<Process>,
    _state: TempDir,
}

impl Lab {
    pub fn start(binary: PathBuf, state: PathBuf, tls: bool) -> Result<Self, String> {
        let folder = TempDir::new().unwrap();
        let (broker, entrance) =
            entrance::start(QUIET, folder.path(), tls).ok_or("nothing to measure with")?;
        Ok(Self {
            broker,
            entrance,
            binary,
            state,
            python: python(),
            folder,
        })
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Starts a SUT and acknowledges its registration.
    pub fn sut(&self, program: Program) -> Asked {
        let mut wire = Wire::connect(self.broker.port(), &[REGISTRATION, RESPONSES]);
        let state = TempDir::new_in(&self.state).unwrap();
        let mut runner = None;
        let process = match program {
            Program::Ours { sync } => {
                let mut command = self.ours("sut");
                command.args(["--client-id", SUT, "--allow", "*", "--shell", "--state"]);
                command.arg(state.path());
                if !sync {
                    command.arg("--no-sync");
                }
                self.process(command, "sut")
            }
            Program::Thing {
                sync,
                runner: apart,
            } => {
                runner = apart.then(|| self.runner(state.path(), sync));
                let mut command = self.ours("run");
                command.arg(topology(state.path(), sync));
                command.args(["--thing", "pi"]);
                command.env("STATE_DIRECTORY", state.path().join("thing"));
                if apart {
                    command.arg("--runner").arg(state.path().join("jobs.sock"));
                    command.args(["--runner-user", &user()]);
                }
                self.process(command, "thing")
            }
            Program::Counterpart => self.process(self.counterpart(&["sut", "--id", SUT]), "sut"),
        };
        let said = wire.next(LIMIT).expect("it registers");
        assert_eq!(
            (said.topic.as_str(), said.payload.as_slice()),
            (REGISTRATION, SUT.as_bytes())
        );
        wire.publish(ACKNOWLEDGMENT, SUT.as_bytes());
        Asked {
            process,
            wire,
            runner,
            _state: state,
        }
    }

    /// A runner that listens.
    fn runner(&self, state: &Path, sync: bool) -> Process {
        let mut command = Command::new(&self.binary);
        command.arg("runner").arg(topology(state, sync));
        command.arg("--socket").arg(state.join("jobs.sock"));
        command.args(["--peer", &user()]).current_dir(self.folder());
        command.env("STATE_DIRECTORY", state.join("runner"));
        command.env_remove("RUST_LOG").env_remove("NOTIFY_SOCKET");
        let process = self.process(command, "runner");
        self.wait_said("runner", "starting");
        process
    }

    /// A subcommand of ours on this broker.
    pub fn ours(&self, subcommand: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(subcommand).args(self.entrance.arguments());
        for name in ["RUST_LOG", "MQTT_BROKER", "CLIENT_ID", "NOTIFY_SOCKET"] {
            command.env_remove(name);
        }
        // so that no config.ini lies in the way
        command.current_dir(self.folder());
        command
    }

    /// Whether the binary has that subcommand.
    pub fn has(&self, subcommand: &str) -> bool {
        let asked = Command::new(&self.binary)
            .args([subcommand, "--help"])
            .output();
        asked.is_ok_and(|output| output.status.success())
    }

    /// The counterpart in a role.
    pub fn counterpart(&self, arguments: &[&str]) -> Command {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/counterpart/governor.py");
        let mut command = Command::new(self.python.as_ref().unwrap());
        command.arg(script).args(arguments);
        command.args(["--port", &self.broker.port().to_string()]);
        command
    }

    /// Starts it; what it says goes to a file of that name.
    pub fn process(&self, command: Command, name: &str) -> Process {
        Process::start(command, &self.log(name))
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.folder().join(format!("{name}.log"))
    }

    /// Waits until what a process said holds a text; returns all that it said.
    pub fn wait_said(&self, name: &str, text: &str) -> String {
        let began = Instant::now();
        loop {
            let said = std::fs::read_to_string(self.log(name)).unwrap_or_default();
            if said.contains(text) {
                return said;
            }
            assert!(
                began.elapsed() < LIMIT * 10,
                "{name} never said {text}; it said\n{said}"
            );
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Asked {
    pub fn command(&mut self, command: &str) {
        let payload = format!(r#"{{"client_id": "{SUT}", "command": "{command}"}}"#);
        self.wire.publish(COMMANDS, payload.as_bytes());
    }

    /// When the next answer was here, and its size.
    pub fn answer(&mut self) -> (Instant, usize) {
        loop {
            let heard = self.wire.next(LIMIT * 2).expect("it answers");
            if heard.topic == RESPONSES {
                return (heard.at, heard.payload.len());
            }
        }
    }
}

/// Who measures, by number.
fn user() -> String {
    rustix::process::geteuid().as_raw().to_string()
}

/// Writes the file of a thing with one executor.
fn topology(state: &Path, sync: bool) -> PathBuf {
    let file = state.join("lab.toml");
    let text = format!(
        "[broker]\nurl = \"mqtt://127.0.0.1\"\n[things.pi]\naddress = \"{SUT}\"\n[things.pi.resources.executor0]\n\
         kind = \"executor\"\nallow = [\"*\"]\nshell = true\njournal = {sync}\n\
         governor = {{ client_id = \"{SUT}\" }}\n"
    );
    std::fs::write(&file, text).unwrap();
    file
}
