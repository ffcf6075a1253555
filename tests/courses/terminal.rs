//! A pseudo terminal of its own for each command, by `script` of util-linux, without colours.

use crate::support::{Lines, skipped};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

pub(crate) struct Terminal {
    child: Child,
    shown: Lines,
}

impl Terminal {
    /// Whether there is what makes one.
    pub(crate) fn there_is() -> bool {
        let there = Command::new("script").arg("--version").output().is_ok();
        if !there {
            skipped("bsdutils");
        }
        there
    }

    /// Types a command in a folder, with the program in the `PATH`.
    pub(crate) fn type_in(folder: &Path, command: &str, environment: &[(&str, String)]) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"))
            .parent()
            .unwrap();
        let path = std::env::var("PATH").unwrap();
        let inside = format!("stty cols 120 -echo -echoctl; {command}");
        let mut child = Command::new("script")
            .args(["-q", "-f", "-e", "-c", &inside, "/dev/null"])
            .current_dir(folder)
            .env("PATH", format!("{}:{path}:/usr/sbin", program.display()))
            .env("SHELL", "/bin/sh")
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("HOME", folder)
            .env_remove("CI")
            .env_remove("RUST_LOG")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let shown = Lines::collect(child.stdout.take().unwrap());
        Self { child, shown }
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Types Ctrl-C.
    pub(crate) fn interrupt(&mut self) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(b"\x03").unwrap();
        keyboard.flush().unwrap();
    }

    /// All that it has shown, as on a screen.
    pub(crate) fn shown(&self) -> Vec<String> {
        let shown = self.shown.all();
        let text = |line: &String| {
            let line = anstream::adapter::strip_str(line).to_string();
            // what a carriage return went back over was overwritten
            let line = line.trim_end_matches('\r');
            line.rsplit('\r').next().unwrap_or(line).to_owned()
        };
        shown.iter().map(text).collect()
    }

    /// Whether nothing more will be shown.
    pub(crate) fn is_quiet(&self) -> bool {
        self.shown.ended()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}
