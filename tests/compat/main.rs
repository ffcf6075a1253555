//! Old Pis and new ones side by side: a plain Python program that does what the original does, and the real binary.
#![allow(clippy::unwrap_used)]

#[path = "../run/pi.rs"]
#[allow(dead_code)]
mod pi;
#[path = "../support/mod.rs"]
mod support;

use mqtt_thing::board::Port;
use pi::{File, Pi, can_run, prepare};
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};
use support::{LIMIT, Lines, Mosquitto, Observer, skipped};

const OLD: &str = "10.77.9.9";

const THINGS: &str = r#"
[things.new]
address = "10.77.0.1"
[things.new.resources]
button0 = { kind = "button", port = "D3" }
plain0 = { kind = "button", port = "D7", retain = false, qos = 0 }
clock0 = { kind = "clock", every_ms = 200 }
led0 = { kind = "led", port = "D4", follows = { topic = "10.77.9.9/sensors/button0", stale_after_s = 2 } }
"#;

/// An old Pi.
struct Old {
    child: Child,
    input: ChildStdin,
    lines: Lines,
}

impl Old {
    fn start(mosquitto: &Mosquitto, follows: &[&str], zone: Option<&str>) -> Self {
        let mut command = Command::new("python3");
        command.arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/compat/thing.py"
        ));
        command.args([OLD, &mosquitto.port().to_string()]);
        for topic in follows {
            command.args(["--follow", topic]);
        }
        zone.into_iter().for_each(|zone| {
            command.env("TZ", zone);
        });
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = Lines::collect(child.stdout.take().unwrap());
        let input = child.stdin.take().unwrap();
        let old = Self {
            child,
            input,
            lines,
        };
        let granted = |lines: &[(Instant, String)]| {
            let count = lines
                .iter()
                .filter(|(_, line)| line == "subscribed")
                .count();
            (count == follows.len()).then_some(())
        };
        assert!(
            old.lines.wait(LIMIT, granted).is_some(),
            "it did not subscribe"
        );
        old
    }

    fn order(&mut self, order: &str) {
        writeln!(self.input, "{order}").unwrap();
    }

    /// Waits until its last line begins with that.
    fn wait(&self, start: &str) -> String {
        let last = |lines: &[(Instant, String)]| {
            let (_, line) = lines.last()?;
            line.starts_with(start).then(|| line.clone())
        };
        let found = self.lines.wait(LIMIT, last);
        found.unwrap_or_else(|| panic!("no `{start}` among {:?}", self.lines.all()))
    }
}

impl Drop for Old {
    fn drop(&mut self) {
        let _already_dead = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A broker, if everything is there that these tests need.
fn mosquitto() -> Option<Mosquitto> {
    let paho = Command::new("python3")
        .args(["-c", "import paho.mqtt.client as c; c.CallbackAPIVersion"])
        .stderr(Stdio::null())
        .status();
    if !paho.is_ok_and(|status| status.success()) {
        skipped("paho-mqtt 2 (python3 -m pip install paho-mqtt)");
        return None;
    }
    can_run().then(Mosquitto::start).flatten()
}

#[test]
fn the_button_of_an_old_pi_lights_our_led_until_it_falls_silent() {
    let Some(mosquitto) = mosquitto() else {
        return;
    };
    let pi = Pi::start(&File::lab(&mosquitto.url(), 10, THINGS), "new");
    mosquitto.wait_log("Sending SUBACK to 10.77.0.1");
    let mut old = Old::start(&mosquitto, &[], None);
    for (order, duty) in [("press", 255), ("release", 0), ("press", 255)] {
        old.order(order);
        pi.wait_duty(Port::D4, duty);
    }
    let pressed = pi.pins.changed_at(Port::D4).unwrap();
    drop(old);
    let silent = pi.wait_duty(Port::D4, 0) - pressed;
    println!("at rest {silent:?} after the last word");
    assert!(silent > Duration::from_millis(1900), "{silent:?}");
    assert!(silent < Duration::from_secs(4), "{silent:?}");
}

#[test]
fn our_buttons_light_the_led_of_an_old_pi_retained_or_not() {
    let Some(mosquitto) = mosquitto() else {
        return;
    };
    let pi = Pi::start(&File::lab(&mosquitto.url(), 10, THINGS), "new");
    mosquitto.wait_log("'10.77.0.1/sensors/plain0', ... (5 bytes)");
    for (port, name) in [(Port::D3, "button0"), (Port::D7, "plain0")] {
        let old = Old::start(&mosquitto, &[&format!("10.77.0.1/sensors/{name}")], None);
        for (pressed, line) in [
            (true, "led True True"),
            (false, "led False False"),
            (true, "led True True"),
        ] {
            pi.pins.set_digital(port, pressed);
            assert_eq!(old.wait(line), line);
        }
    }
}

#[test]
fn as_the_original_a_press_is_the_same_bytes_with_the_same_flags() {
    let Some(mosquitto) = mosquitto() else {
        return;
    };
    let pi = Pi::start(&File::lab(&mosquitto.url(), 10, THINGS), "new");
    let observer = Observer::start(&mosquitto, "#");
    mosquitto.wait_log("'10.77.0.1/sensors/plain0', ... (5 bytes)");
    let mut old = Old::start(&mosquitto, &[], None);
    for (pressed, order, word) in [(true, "press", "True"), (false, "release", "False")] {
        pi.pins.set_digital(Port::D7, pressed);
        old.order(order);
        let ours = observer.wait_for("10.77.0.1/sensors/plain0", word);
        let theirs = observer.wait_for("10.77.9.9/sensors/button0", word);
        assert_eq!(
            (ours.payload, ours.qos, ours.retained),
            (theirs.payload, theirs.qos, theirs.retained)
        );
        // duplicate, QoS, retain, packet identifier, length: all that a PUBLISH has
        for (client, topic) in [("10.77.0.1", "sensors/plain0"), (OLD, "sensors/button0")] {
            let length = word.len();
            mosquitto.wait_log(&format!(
                "Received PUBLISH from {client} (d0, q0, r0, m0, '{client}/{topic}', ... ({length} bytes))"
            ));
        }
    }
}

#[test]
fn our_clock_is_read_by_the_originals_format_and_says_the_same_local_time() {
    let Some(mosquitto) = mosquitto() else {
        return;
    };
    // a zone that no test machine is in, in a form that needs no zone database
    let zone = "XYZ-05:45";
    let mut ready = prepare(&File::lab(&mosquitto.url(), 10, THINGS), "new");
    ready.command.env("TZ", zone);
    let _pi = ready.start();
    let observer = Observer::start(&mosquitto, "+/stuff/clock0");
    let mut old = Old::start(&mosquitto, &["10.77.0.1/stuff/clock0"], Some(zone));
    let line = old.wait("clock ");
    let apart: u32 = line.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(apart <= 5, "{line}");
    old.order("clock");
    let theirs = observer.wait_where("their clock", |seen| seen.topic == "10.77.9.9/stuff/clock0");
    let ours = observer.wait_where("our clock", |seen| seen.topic == "10.77.0.1/stuff/clock0");
    assert_eq!(
        (ours.payload.len(), ours.qos, ours.retained),
        (theirs.payload.len(), theirs.qos, theirs.retained)
    );
}
