//! The watch on a real pseudo terminal: a screen, and the terminal as it was.

use crate::OFTEN;
use crate::support::{Mosquitto, Terminal};

/// A watch.
fn open(mosquitto: &Mosquitto, environment: &[(&str, &str)]) -> Option<Terminal> {
    let arguments = format!("broker watch --patience 1 --broker {}", mosquitto.url());
    Terminal::open(&arguments, environment)
}

#[test]
fn a_screen_is_live_and_control_c_gives_the_terminal_back() {
    let Some(mut mosquitto) = Mosquitto::start_with(OFTEN) else {
        return;
    };
    let Some(mut terminal) = open(&mosquitto, &[]) else {
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
    let Some(mut terminal) = open(&mosquitto, &[("NO_COLOR", "1")]) else {
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
    let Some(mut terminal) = open(&mosquitto, &[("TERM", "dumb"), ("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("messages in ");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    assert!(!terminal.raw().contains('\x1b'), "{:?}", terminal.raw());
}
