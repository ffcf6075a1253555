//! The real binary on a pseudo terminal.

use super::{skipped, wait_for};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

/// `script` of util-linux gives a program a terminal.
pub struct Terminal {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
    folder: Option<TempDir>,
}

impl Terminal {
    /// `mqtt-thing` with these arguments in a window of 80 x 24, and how the terminal is set afterwards; `None` without
    /// `script`.
    pub fn open(arguments: &str, environment: &[(&str, &str)]) -> Option<Self> {
        Self::run(&Self::watched(arguments), |command| {
            command.envs(environment.iter().copied());
        })
    }

    /// The same in words for a shell.
    pub fn watched(arguments: &str) -> String {
        format!(
            "trap : INT; stty rows 24 cols 80; {} {arguments}; echo code $?; stty -a",
            env!("CARGO_BIN_EXE_mqtt-thing")
        )
    }

    /// What a shell is told. `prepare` says in which surroundings.
    pub fn run(inside: &str, prepare: impl FnOnce(&mut Command)) -> Option<Self> {
        if Command::new("script").arg("--version").output().is_err() {
            skipped("bsdutils");
            return None;
        }
        let mut command = Command::new("script");
        command
            .args(["-q", "-f", "-e", "-c", inside, "/dev/null"])
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (mut out, sink) = (child.stdout.take().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = out.read(&mut buffer) {
                sink.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        Some(Self {
            child,
            shown,
            folder: None,
        })
    }

    /// Keeps a folder as long as the terminal.
    pub fn keep(mut self, folder: TempDir) -> Self {
        self.folder = Some(folder);
        self
    }

    pub fn raw(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    /// What was shown, without colours and movements.
    pub fn text(&self) -> String {
        anstream::adapter::strip_str(&self.raw()).to_string()
    }

    /// Waits until a text was shown; the part behind its last place.
    pub fn wait(&self, text: &str) -> String {
        wait_for(&format!("`{text}`"), || {
            let shown = self.text();
            shown.rsplit_once(text).map(|(_, after)| after.to_owned())
        })
    }

    pub fn press(&mut self, keys: &str) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Closes the window.
    pub fn close(&mut self) {
        self.child.kill().unwrap();
    }

    /// Whether all has ended and all of it is shown.
    pub fn is_over(&mut self) -> bool {
        // the thread that reads has the other one
        self.child.try_wait().unwrap().is_some() && Arc::strong_count(&self.shown) == 1
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
