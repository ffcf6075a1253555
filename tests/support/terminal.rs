//! The real binary on a pseudo terminal.

use super::{skipped, wait_for};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// `script` of util-linux gives a program a terminal.
pub struct Terminal {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// `mqtt-thing` with these arguments in a window of 80 x 24, and how the terminal is set afterwards; `None` without
    /// `script`.
    pub fn open(arguments: &str, environment: &[(&str, &str)]) -> Option<Self> {
        if Command::new("script").arg("--version").output().is_err() {
            skipped("bsdutils");
            return None;
        }
        let inside = format!(
            "trap : INT; stty rows 24 cols 80; {} {arguments}; echo code $?; stty -a",
            env!("CARGO_BIN_EXE_mqtt-thing")
        );
        let mut child = Command::new("script")
            .args(["-q", "-f", "-c", &inside, "/dev/null"])
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut out, sink) = (child.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Some(Self { child, shown })
    }

    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    pub fn wait(&self, text: &str) -> String {
        wait_for(&format!("`{text}`"), || {
            let shown = anstream::adapter::strip_str(&self.raw()).to_string();
            shown.rsplit_once(text).map(|(_, after)| after.to_owned())
        })
    }

    pub fn press(&mut self, keys: &str) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Waits for the end. The terminal must be as a shell wants it: keys are lines, and echoed. Returns the exit code.
    pub fn ended(&self) -> String {
        self.wait("flusho");
        let after = self.wait("code ");
        for mode in ["icanon", "echo", "isig", "opost"] {
            let mut words = after
                .split_whitespace()
                .map(|word| word.trim_end_matches(';'));
            assert!(words.any(|word| word == mode), "no {mode} in {after}");
        }
        let raw = self.raw();
        assert!(
            raw.rfind("\x1b[?7h") >= raw.rfind("\x1b[?7l"),
            "lines are not wrapped any more"
        );
        after.split_whitespace().next().unwrap().to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}
