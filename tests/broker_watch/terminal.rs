//! The watch on a real pseudo terminal: a screen, and the terminal as it was.

use crate::OFTEN;
use crate::support::{Mosquitto, skipped, wait_for};
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

/// `script` of util-linux gives a program a terminal.
struct Terminal {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// A watch in a window of 80 x 24, and how the terminal is set afterwards; `None` without `script`.
    fn open(mosquitto: &Mosquitto, environment: &[(&str, &str)]) -> Option<Self> {
        if Command::new("script").arg("--version").output().is_err() {
            skipped("bsdutils");
            return None;
        }
        let inside = format!(
            "trap : INT; stty rows 24 cols 80; {} broker watch --patience 1 --broker {}; echo code $?; stty -a",
            env!("CARGO_BIN_EXE_mqtt-thing"),
            mosquitto.url()
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

    fn raw(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    fn wait(&self, text: &str) -> String {
        wait_for(&format!("`{text}`"), || {
            let shown = anstream::adapter::strip_str(&self.raw()).to_string();
            shown.rsplit_once(text).map(|(_, after)| after.to_owned())
        })
    }

    fn press(&mut self, keys: &str) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// Waits for the end. The terminal must be as a shell wants it: keys are lines, and echoed. Returns the exit code.
    fn ended(&self) -> String {
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

#[test]
fn a_screen_is_live_and_control_c_gives_the_terminal_back() {
    let Some(mut mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let Some(mut terminal) = Terminal::open(&mosquitto, &[]) else {
        return;
    };
    terminal.wait("MESSAGES IN");
    terminal.wait("every 2 s; graphs of the last");
    terminal.wait("█");
    terminal.wait(&format!("pid {}", mosquitto.pid()));
    // what is typed meanwhile is not shown
    terminal.press("typed meanwhile\n");
    mosquitto.kill();
    terminal.wait("not connected since 0:01");
    mosquitto.restart();
    terminal.wait("the broker has started anew");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    let raw = terminal.raw();
    let (during, _) = raw.split_once("code 0").unwrap();
    assert!(!during.contains("typed"), "{during}");
    assert!(raw.contains("\x1b[36m"), "no colour");
}

#[test]
fn a_screen_without_colours_stays_when_there_is_nothing_and_says_why() {
    let Some(mosquitto) = Mosquitto::start_with("sys_interval 0") else {
        return;
    };
    let Some(mut terminal) = Terminal::open(&mosquitto, &[("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("tells nothing under $SYS");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    let raw = terminal.raw();
    for colour in ["\x1b[31m", "\x1b[33m", "\x1b[36m", "\x1b[1m", "\x1b[2m"] {
        assert!(!raw.contains(colour), "{colour:?} in spite of NO_COLOR");
    }
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let Some(mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let Some(mut terminal) = Terminal::open(&mosquitto, &[("TERM", "dumb"), ("NO_COLOR", "1")])
    else {
        return;
    };
    terminal.wait("messages in ");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    assert!(!terminal.raw().contains('\x1b'), "{:?}", terminal.raw());
}
