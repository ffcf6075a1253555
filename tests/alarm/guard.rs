//! A process that watches a building.

use crate::support::{LIMIT, Lines, Mosquitto};
use rustix::process::{Pid, Signal, kill_process};
use std::process::{Child, Command, ExitStatus, Stdio};

/// `mqtt-thing building` at a broker.
pub(crate) fn building(broker: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command
        .arg("building")
        .args(arguments)
        .args(["--broker", broker])
        .env_remove("MQTT_THING_BROKER")
        .stdin(Stdio::null());
    command
}

/// One that runs. Killed when it is dropped.
pub(crate) struct Guard {
    child: Child,
    pub(crate) out: Lines,
    pub(crate) told: Lines,
}

impl Guard {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let out = Lines::collect(child.stdout.take().unwrap());
        let told = Lines::collect(child.stderr.take().unwrap());
        Self { child, out, told }
    }

    /// `building alarm`, with its subscriptions.
    pub(crate) fn alarm(broker: &Mosquitto, arguments: &[&str]) -> Self {
        let arguments = [&["alarm"], arguments].concat();
        let guard = Self::start(building(&broker.url(), &arguments));
        guard.wait_told("subscribed to");
        guard
    }

    /// Waits for a line on standard error that holds `text`.
    pub(crate) fn wait_told(&self, text: &str) -> String {
        wait(&self.told, text)
    }

    /// Waits for a line on standard output that holds `text`.
    pub(crate) fn wait_out(&self, text: &str) -> String {
        wait(&self.out, text)
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub(crate) fn stop(mut self) -> (ExitStatus, String) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        self.end()
    }

    /// Waits until it has ended.
    pub(crate) fn end(&mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        crate::support::wait_for("the end of what it says", || {
            self.told.ended().then_some(())
        });
        (status, self.told.all().join("\n"))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

fn wait(lines: &Lines, text: &str) -> String {
    let find = |lines: &[(std::time::Instant, String)]| {
        let mut texts = lines.iter().map(|(_, line)| line);
        texts.find(|line| line.contains(text)).cloned()
    };
    let found = lines.wait(LIMIT, find);
    found.unwrap_or_else(|| panic!("no `{text}` in:\n{}", lines.all().join("\n")))
}
