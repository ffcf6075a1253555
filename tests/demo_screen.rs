//! The demo on a terminal: a real pseudo terminal, keys in, a picture out, and the terminal as it was.

mod support;

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use support::{skipped, wait_for};

/// `script` of util-linux gives a program a terminal.
struct Terminal {
    child: Child,
    shown: Arc<Mutex<Vec<u8>>>,
}

const ALTERNATE: &str = "\x1b[?1049h";
const BACK: &str = "\x1b[?1049l";
const CURSOR: &str = "\x1b[?25h";

impl Terminal {
    /// A window of 100 x 30; `None` without `script`.
    fn open(environment: &[(&str, &str)]) -> Option<Self> {
        let after = "echo code $?; stty -a";
        Self::run(
            &format!("{} demo; {after}", env!("CARGO_BIN_EXE_mqtt-thing")),
            environment,
        )
    }

    fn run(inside: &str, environment: &[(&str, &str)]) -> Option<Self> {
        let Ok(version) = Command::new("script").arg("--version").output() else {
            skipped("bsdutils");
            return None;
        };
        assert!(version.status.success());
        let inside = format!("stty rows 30 cols 100; {inside}");
        let mut child = Command::new("script")
            .args(["-q", "-f", "-c", &inside, "/dev/null"])
            .envs(environment.iter().copied())
            .env("TERM", "xterm-256color")
            .env("SHELL", "/bin/sh")
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

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().unwrap()).into_owned()
    }

    fn wait(&self, text: &str) {
        let shown = || anstream::adapter::strip_str(&self.text()).to_string();
        wait_for(text, || shown().contains(text).then_some(()));
    }

    fn press(&mut self, keys: &str) {
        let keyboard = self.child.stdin.as_mut().unwrap();
        keyboard.write_all(keys.as_bytes()).unwrap();
        keyboard.flush().unwrap();
    }

    /// What was written since the terminal was given back.
    fn after(&self) -> String {
        self.wait("flusho");
        let text = self.text();
        let (during, after) = text
            .rsplit_once(BACK)
            .expect("the terminal was never given back");
        assert!(during.contains(CURSOR), "the cursor stays hidden");
        assert_eq!(text.matches(ALTERNATE).count(), 1);
        assert_eq!(text.matches(BACK).count(), 1);
        // as a shell wants it: keys are lines, and echoed
        for mode in ["icanon", "echo", "isig"] {
            assert!(
                after.split_whitespace().any(|word| word == mode),
                "no {mode} in {after}"
            );
        }
        after.to_owned()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

#[test]
fn keys_press_and_turn_and_the_terminal_is_given_back() {
    let Some(mut terminal) = Terminal::open(&[]) else {
        return;
    };
    terminal.wait("□ released");
    // both things are connected and their LEDs are known to be off
    terminal.wait("172.16.32.117/actuators/led1 ");
    terminal.wait("172.16.32.157/actuators/led0 ");
    terminal.press("1");
    terminal.wait("▣ pressed");
    terminal.wait(" ms   of 2");
    terminal.press("]");
    terminal.wait(" 256");
    terminal.wait(" ms   of 3");
    terminal.press("\x1b[F");
    terminal.wait(" 1023");
    terminal.wait(" ms   of 4");
    terminal.press("q");
    let after = terminal.after();
    assert!(
        after.contains("4 changes; from an input to an output pin p50 "),
        "{after}"
    );
    assert!(after.contains("code 0"), "{after}");
}

#[test]
fn when_the_window_is_closed_it_ends() {
    // in place of the shell, so that the shell's number is its own
    let inside = format!(
        "echo pid $$ end; exec {} demo",
        env!("CARGO_BIN_EXE_mqtt-thing")
    );
    let Some(mut terminal) = Terminal::run(&inside, &[]) else {
        return;
    };
    terminal.wait("□ released");
    let text = terminal.text();
    let (_, pid) = text.split_once("pid ").unwrap();
    let stat = format!("/proc/{}/stat", pid.split_whitespace().next().unwrap());
    assert!(
        std::fs::read_to_string(&stat)
            .unwrap()
            .contains("(mqtt-thing)")
    );
    terminal.child.kill().unwrap();
    wait_for("the demo to end", || match std::fs::read_to_string(&stat) {
        Ok(stat) => stat.contains(") Z ").then_some(()),
        Err(_) => Some(()),
    });
}

#[test]
fn control_c_is_a_key_like_q() {
    let Some(mut terminal) = Terminal::open(&[("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("□ released");
    terminal.press("\x03");
    assert!(terminal.after().contains("code 0"));
    let text = terminal.text();
    assert!(
        !text.contains("\x1b[38;"),
        "a colour, in spite of NO_COLOR: {text}"
    );
}
