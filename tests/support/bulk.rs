//! Many messages and large ones: a flood from `mosquitto_pub`, one whole payload from `mosquitto_sub`.

use super::Mosquitto;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};

/// Publishes each line as a message of its own, as fast as the broker takes them.
pub fn flood(mosquitto: &Mosquitto, topic: &str, qos: u8, lines: impl Iterator<Item = String>) {
    let mut child = Command::new("mosquitto_pub")
        .args(["-h", "127.0.0.1", "-p", &mosquitto.port().to_string()])
        .args(["-q", &qos.to_string(), "-t", topic, "-l"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut all = String::new();
    for line in lines {
        all.push_str(&line);
        all.push('\n');
    }
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(all.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success(), "a flood of {topic}");
}

/// The next message on a topic, of any size.
pub struct Next(Child);

impl Next {
    /// Subscribes; returns once the broker has granted it.
    pub fn on(mosquitto: &Mosquitto, topic: &str) -> Self {
        let name = format!("next-{:016x}", rand::random::<u64>());
        let child = Command::new("mosquitto_sub")
            .args(["-h", "127.0.0.1", "-p", &mosquitto.port().to_string()])
            .args(["-i", &name, "-q", "1", "-t", topic, "-N", "-C", "1"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        mosquitto.wait_log(&format!("Sending SUBACK to {name}"));
        Self(child)
    }

    /// Waits for it.
    pub fn payload(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut stdout = self.0.stdout.take().unwrap();
        stdout.read_to_end(&mut bytes).unwrap();
        assert!(!bytes.is_empty(), "no message came");
        bytes
    }
}

impl Drop for Next {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

/// The most memory that a process has had resident, in KiB. Source: proc(5), `VmHWM`.
pub fn peak_kib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().trim().trim_end_matches(" kB");
    number.parse().unwrap()
}
