//! The Python side: `peer.py` in one of its roles, and the packets that it received.

use crate::support::{LIMIT, Lines, Mosquitto, skipped};
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Instant;

pub struct Peer {
    child: Child,
    input: ChildStdin,
    pub lines: Lines,
}

/// Whether there is Python with paho-mqtt; says so if not.
pub fn there() -> bool {
    let import = Command::new("python3")
        .args(["-c", "import paho.mqtt.client"])
        .output();
    let found = import.is_ok_and(|output| output.status.success());
    if !found {
        skipped("python3-paho-mqtt");
    }
    found
}

impl Peer {
    pub fn start(mosquitto: &Mosquitto, role: &str, arguments: &[&str]) -> Self {
        let mut child = Command::new("python3")
            .arg("-u")
            .arg(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/tests/governor/peer.py"
            ))
            .args([role, "127.0.0.1", &mosquitto.port().to_string()])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let peer = Self {
            lines: Lines::collect(child.stdout.take().unwrap()),
            input: child.stdin.take().unwrap(),
            child,
        };
        peer.wait("ready", |line| (line == "ready").then_some(()));
        peer
    }

    /// Waits for a line for which `find` finds something.
    pub fn wait<T>(&self, what: &str, find: impl Fn(&str) -> Option<T>) -> T {
        let found = self.lines.wait(LIMIT, |lines: &[(Instant, String)]| {
            lines.iter().find_map(|(_, line)| find(line))
        });
        found.unwrap_or_else(|| panic!("no {what}; it received:\n{}", self.lines.all().join("\n")))
    }

    /// Waits for the `nth` packet on `topic`, from 0; returns its payload.
    pub fn packet(&self, topic: &str, nth: usize) -> String {
        let found = self.lines.wait(LIMIT, |lines: &[(Instant, String)]| {
            lines
                .iter()
                .filter_map(|(_, line)| packet(line, topic))
                .nth(nth)
        });
        let all = || self.lines.all().join("\n");
        found.unwrap_or_else(|| panic!("no packet {nth} on {topic}; it received:\n{}", all()))
    }

    pub fn type_line(&mut self, line: &str) {
        writeln!(self.input, "{line}").unwrap();
    }
}

fn packet(line: &str, topic: &str) -> Option<String> {
    let payload = line.strip_prefix(topic)?.strip_prefix('\t')?;
    serde_json::from_str(payload).ok()
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}
