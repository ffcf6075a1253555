//! Nonsense from the network, as the real process logs and survives it.

use crate::pi::{File, INNER, LAB, Pi, can_run};
use crate::support::{Mosquitto, Observer};
use mqtt_thing::board::Port;
use rustix::process::Signal;
use std::io::Write;
use std::process::{Child, Command, Stdio};

const SOURCE: &str = "10.77.0.1/sensors/button0";
const LED: Port = Port::D4;

/// `inner` and `outer`, the LED lit.
fn lit(mosquitto: &Mosquitto) -> (Observer, Pi, Pi) {
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let observer = Observer::start(mosquitto, "10.77.0.2/#");
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    inner.press(true);
    outer.wait_duty(LED, 255);
    (observer, inner, outer)
}

/// Publishes each line of what is written to it.
fn publisher(mosquitto: &Mosquitto, topic: &str) -> Child {
    let mut command = Command::new("mosquitto_pub");
    command.args(["-h", "127.0.0.1", "-p", &mosquitto.port().to_string()]);
    command.args(["-q", "0", "-l", "-t", topic]);
    command.stdin(Stdio::piped()).spawn().unwrap()
}

#[test]
fn nonsense_is_logged_with_its_topic_and_its_first_64_bytes_escaped() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (_observer, _inner, outer) = lit(&mosquitto);
    let mut payload = b"\x1b[31m\xff\"\nTrue".to_vec();
    payload.extend([b'x'; 200]);
    mosquitto.publish(SOURCE, &payload, false);
    let line = outer.wait_log("message ignored");
    let shown = format!("\\u{{1b}}[31m\\xff\\\"\\nTrue{}...", "x".repeat(64 - 12));
    assert!(line.contains(&shown), "{line}");
    assert!(line.contains(&format!("topic={SOURCE}")), "{line}");
    assert!(line.contains(" WARN "), "{line}");
    mosquitto.publish(SOURCE, &vec![b'#'; 2 << 20], true);
    let line = outer.wait_log("too large");
    assert!(
        line.contains(SOURCE) && line.contains(&format!("{}...", "#".repeat(64))),
        "{line}"
    );
    assert!(outer.pins.output(LED).is_on());
}

#[test]
fn a_flood_of_nonsense_neither_fills_the_log_nor_hides_a_press() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (_observer, inner, outer) = lit(&mosquitto);
    let began = std::time::Instant::now();
    let mut flood = publisher(&mosquitto, SOURCE);
    let mut pipe = flood.stdin.take().unwrap();
    let mut presses = 0;
    for chunk in 0..40 {
        pipe.write_all("nonsense\n".repeat(500).as_bytes()).unwrap();
        if chunk % 4 == 3 {
            let pressed = chunk % 8 == 7;
            inner.press(pressed);
            outer.wait_duty(LED, if pressed { 255 } else { 0 });
            presses += 1;
        }
    }
    drop(pipe);
    assert!(flood.wait().unwrap().success());
    let lines = outer.said().matches("message ignored").count();
    let allowed = 10 + 2 + usize::try_from(began.elapsed().as_secs()).unwrap();
    println!(
        "{lines} lines for 20000 messages and {presses} presses in {:?}",
        began.elapsed()
    );
    assert!(
        (1..=allowed).contains(&lines),
        "{lines} lines, {allowed} allowed"
    );
}

#[test]
fn a_press_followed_by_nonsense_counts_even_if_both_come_at_once() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (observer, inner, outer) = lit(&mosquitto);
    for round in 0..5 {
        outer.signal(Signal::STOP);
        let pressed = round % 2 == 1;
        let word = if pressed { "True" } else { "False" };
        mosquitto.publish(SOURCE, word.as_bytes(), false);
        for _ in 0..3 {
            mosquitto.publish(SOURCE, b"nonsense", false);
        }
        outer.signal(Signal::CONT);
        outer.wait_duty(LED, if pressed { 255 } else { 0 });
    }
    drop((observer, inner));
}

#[test]
fn a_wish_holds_until_the_button_speaks_again() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (observer, inner, outer) = lit(&mosquitto);
    let set = "10.77.0.2/actuators/rest0/set";
    for (payload, on) in [
        ("off", false),
        ("{\"state\": \"ON\"}", true),
        ("0", false),
        ("TRUE", true),
        ("False", false),
    ] {
        mosquitto.publish(set, payload.as_bytes(), false);
        outer.wait_duty(LED, if on { 255 } else { 0 });
    }
    observer.wait_for("10.77.0.2/actuators/rest0", "False");
    inner.press(false);
    inner.press(true);
    drop(observer);
    let _ = INNER;
}
