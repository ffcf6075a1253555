//! The table on a real pseudo terminal: live, as wide as there is room, and the terminal as it was.

use crate::support::{Mosquitto, Terminal};

const ABOUT: &[u8] = br#"{"name":"inner","version":"0.9.1","resources":[{"name":"led0","kind":"led","port":"D4","topics":{}}]}"#;

#[test]
fn a_table_is_live_and_control_c_gives_the_terminal_back() {
    let Some(mut mosquitto) = Mosquitto::start() else {
        return;
    };
    let arguments = format!("status --watch --broker {}", mosquitto.url());
    let Some(mut terminal) = Terminal::open(&arguments, &[]) else {
        return;
    };
    terminal.wait("no things at");
    mosquitto.publish("10.0.0.7/status", b"online", true);
    mosquitto.publish("10.0.0.7/about", ABOUT, true);
    terminal.wait("1 thing at");
    terminal.wait("0.9.1");
    let fault = br#"{"since":0,"error":"it burns","count":1}"#;
    mosquitto.publish("10.0.0.7/actuators/led0/fault", fault, false);
    terminal.wait("led0 since 1970-01-01");
    terminal.press("typed meanwhile\n");
    mosquitto.publish("10.0.0.7/status", b"offline", true);
    terminal.wait("1 offline");
    mosquitto.kill();
    terminal.wait("trying again");
    mosquitto.restart();
    mosquitto.wait_log("Sending UNSUBACK");
    mosquitto.publish("10.0.0.7/status", b"online", true);
    terminal.wait("1 online");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    let raw = terminal.raw();
    let (during, _) = raw.split_once("code 0").unwrap();
    assert!(!during.contains("typed"), "{during}");
    assert!(
        raw.contains("\x1b[32m") && raw.contains("\x1b[31m"),
        "no colours"
    );
}

#[test]
fn without_colours_and_on_a_dumb_terminal_it_says_the_same() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    mosquitto.publish("10.0.0.7/status", b"online", true);
    mosquitto.publish("10.0.0.7/about", ABOUT, true);
    let arguments = format!("status --watch --broker {}", mosquitto.url());
    let Some(mut terminal) = Terminal::open(&arguments, &[("NO_COLOR", "1")]) else {
        return;
    };
    terminal.wait("0.9.1");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    for colour in ["\x1b[31m", "\x1b[32m", "\x1b[1m", "\x1b[2m"] {
        assert!(
            !terminal.raw().contains(colour),
            "{colour:?} in spite of NO_COLOR"
        );
    }
    let Some(mut terminal) = Terminal::open(&arguments, &[("TERM", "dumb")]) else {
        return;
    };
    terminal.wait("inner (10.0.0.7)  online  0.9.1");
    terminal.press("\x03");
    assert_eq!(terminal.ended(), "0");
    assert!(!terminal.raw().contains('\x1b'), "{:?}", terminal.raw());
}
