//! The demo on a terminal: a real pseudo terminal, keys in, a picture out, and the terminal as it was.

mod support;

use support::{Terminal, wait_for};

const ALTERNATE: &str = "\x1b[?1049h";
const BACK: &str = "\x1b[?1049l";
const CURSOR: &str = "\x1b[?25h";

/// A demo in a window of 100 x 30; `None` without `script`.
fn open(environment: &[(&str, &str)]) -> Option<Terminal> {
    let program = env!("CARGO_BIN_EXE_mqtt-thing");
    let inside = format!("stty rows 30 cols 100; {program} demo; echo code $?; stty -a");
    Terminal::run(&inside, |command| {
        command.envs(environment.iter().copied());
    })
}

/// What was written since the terminal was given back.
fn after(terminal: &Terminal) -> String {
    terminal.wait("flusho");
    let text = terminal.raw();
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

#[test]
fn keys_press_and_turn_and_the_terminal_is_given_back() {
    let Some(mut terminal) = open(&[]) else {
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
    let after = after(&terminal);
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
        "stty rows 30 cols 100; echo pid $$ end; exec {} demo",
        env!("CARGO_BIN_EXE_mqtt-thing")
    );
    let Some(mut terminal) = Terminal::run(&inside, |_| {}) else {
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
    terminal.close();
    wait_for("the demo to end", || match std::fs::read_to_string(&stat) {
        Ok(stat) => stat.contains(") Z ").then_some(()),
        Err(_) => Some(()),
    });
}

#[test]
fn control_c_is_a_key_like_q() {
    let Some(mut terminal) = open(&[("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("□ released");
    terminal.press("\x03");
    assert!(after(&terminal).contains("code 0"));
    let text = terminal.raw();
    assert!(
        !text.contains("\x1b[38;"),
        "a colour, in spite of NO_COLOR: {text}"
    );
}
