//! What the MQTT courses use a thing for, by the real binary over a real Mosquitto: signs of life, answers, and its
//! sensors in a building's rooms.
#![allow(clippy::unwrap_used)]

#[path = "../tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
mod courses;
#[path = "../tls/listener.rs"]
#[allow(dead_code)]
mod listener;
mod rooms;
#[path = "../support/mod.rs"]
mod support;

use std::process::{Child, Command, Stdio};
use support::Lines;

/// A process of ours with what it writes. Killed when this is dropped.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        for name in ["RUST_LOG", "JOURNAL_STREAM", "MQTT_THING_BROKER"] {
            command.env_remove(name);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            out: Lines::collect(child.stdout.take().unwrap()),
            err: Lines::collect(child.stderr.take().unwrap()),
            child,
        }
    }

    /// Waits for a line of its output that holds `text`.
    pub(crate) fn wait_line(&self, text: &str) -> String {
        let found = self.out.wait(support::LIMIT, |lines| {
            let mut texts = lines.iter().map(|(_, line)| line);
            texts.find(|line| line.contains(text)).cloned()
        });
        found.unwrap_or_else(|| {
            let (out, err) = (self.out.all().join("\n"), self.err.all().join("\n"));
            panic!("no `{text}` in\n{out}\nand it complained\n{err}")
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}
