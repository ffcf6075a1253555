//! The real binary as a child with a state folder of its own, and what it wrote.

use crate::support::{LIMIT, Lines, Mosquitto};
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// A running subcommand. Killed when dropped.
pub struct Process {
    pub child: Child,
    pub out: Lines,
    pub err: Lines,
    /// State, working folder and configuration.
    pub folder: TempDir,
}

/// A subcommand that is about to be started.
pub struct Start {
    command: Command,
    folder: TempDir,
}

impl Start {
    /// `mqtt-thing SUBCOMMAND --broker ..`
    pub fn new(mosquitto: &Mosquitto, subcommand: &str) -> Self {
        Self::within(TempDir::new().unwrap(), &mosquitto.url(), subcommand)
    }

    /// The same in a folder that was used before.
    pub fn within(folder: TempDir, url: &str, subcommand: &str) -> Self {
        Self::without_broker(folder, subcommand).args(&["--broker", url])
    }

    /// The same, with a broker that is to be named by file or environment.
    pub fn without_broker(folder: TempDir, subcommand: &str) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        command
            .arg(subcommand)
            .current_dir(folder.path())
            .env("STATE_DIRECTORY", folder.path().join("state"))
            // nobody's own keys
            .env("XDG_CONFIG_HOME", folder.path().join("config"))
            .env_remove("MQTT_THING_SIGNING_KEY")
            .env_remove("CLIENT_ID")
            .env_remove("MQTT_BROKER")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Self { command, folder }
    }

    pub fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn args(mut self, args: &[&str]) -> Self {
        self.command.args(args);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With this configuration file.
    pub fn config(self, text: &str) -> Self {
        std::fs::write(self.folder.path().join("config.ini"), text).unwrap();
        self
    }

    /// With this file in its folder.
    pub fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    pub fn run(mut self) -> Process {
        let mut child = self.command.spawn().unwrap();
        Process {
            out: Lines::collect(child.stdout.take().unwrap()),
            err: Lines::collect(child.stderr.take().unwrap()),
            child,
            folder: self.folder,
        }
    }
}

impl Process {
    /// A SUT of that id that may run anything, as the original.
    pub fn sut(mosquitto: &Mosquitto, id: &str) -> Self {
        let anything = ["--client-id", id, "--allow", "*", "--shell"];
        let sut = Start::new(mosquitto, "sut").args(&anything).run();
        online(mosquitto, id);
        sut
    }

    /// Waits for a line of standard error that holds `text`.
    pub fn wait_err(&self, text: &str) {
        self.wait(&self.err, text);
    }

    /// Waits for a line of standard output that holds `text`.
    pub fn wait_out(&self, text: &str) {
        self.wait(&self.out, text);
    }

    fn wait(&self, lines: &Lines, text: &str) {
        let has = |lines: &[(Instant, String)]| {
            lines
                .iter()
                .any(|(_, line)| line.contains(text))
                .then_some(())
        };
        assert!(
            lines.wait(LIMIT, has).is_some(),
            "no `{text}`; out:\n{}\nerr:\n{}",
            self.out.all().join("\n"),
            self.err.all().join("\n")
        );
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let stdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// Waits until it has ended by itself.
    pub fn ended(&mut self) -> ExitStatus {
        crate::support::wait_for("the process to end", || self.child.try_wait().unwrap())
    }

    /// Ends it at once, and gives back its folder for the next life.
    pub fn kill(mut self) -> TempDir {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
        std::mem::replace(&mut self.folder, TempDir::new().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

/// Waits until a thing has told this life of a broker that it is online: by then its subscriptions stand.
pub fn online(mosquitto: &Mosquitto, id: &str) {
    mosquitto.wait_log(&format!("'{id}/status', ... (6 bytes)"));
}
