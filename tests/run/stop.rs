//! SIGTERM and SIGINT: outputs to rest, `offline`, exit code 0, within 5 s, whatever else has gone.

use crate::pi::{File, INNER, LAB, Pi, can_run};
use crate::support::{Mosquitto, Observer};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Fault;
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt;
use std::time::Duration;

const WITHIN: Duration = Duration::from_secs(5);
const LED: Port = Port::D4;

/// `inner` with its LED lit by its own button.
fn lit(mosquitto: &Mosquitto) -> (Observer, Pi) {
    let file = File::lab(&mosquitto.url(), 10, LAB);
    let observer = Observer::start(mosquitto, "#");
    let pi = Pi::start(&file, "inner");
    observer.wait_for(&format!("{INNER}/status"), "online");
    pi.press(true);
    pi.wait_duty(LED, 255);
    observer.wait_for(&format!("{INNER}/actuators/led9"), "True");
    (observer, pi)
}

fn ends_well(pi: &mut Pi, how: &str) {
    let (status, took) = pi.wait_end();
    println!("{how}: ended after {took:?}");
    assert_eq!(status.code(), Some(0), "{how}; the log:\n{}", pi.said());
    assert!(took < WITHIN, "{how}: {took:?}; the log:\n{}", pi.said());
}

#[test]
fn a_told_thing_puts_its_outputs_to_rest_says_offline_itself_and_exits_0() {
    for signal in [Signal::TERM, Signal::INT] {
        let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
            return;
        };
        let (observer, mut pi) = lit(&mosquitto);
        pi.signal(signal);
        ends_well(&mut pi, &format!("{signal:?}"));
        assert!(!pi.pins.output(LED).is_on());
        observer.wait_for(&format!("{INNER}/status"), "offline");
        // by hand, not by the last will: then the broker has a clean goodbye in its log
        mosquitto.wait_log(&format!("Received DISCONNECT from {INNER}"));
        let states = observer.texts(&format!("{INNER}/actuators/led9"));
        assert_eq!(states.last().unwrap(), "False");
        let order = observer.seen();
        let place = |topic: &str, payload: &str| {
            let is = |seen: &crate::support::Seen| {
                seen.topic == format!("{INNER}/{topic}") && seen.text() == payload
            };
            order.iter().rposition(is).unwrap()
        };
        assert!(
            place("actuators/led9", "False") < place("status", "offline"),
            "offline is the last word"
        );
        pi.pins.assert_no_violations();
    }
}

#[test]
fn a_thing_that_is_told_to_stop_while_it_starts_ends_with_outputs_at_rest() {
    if !can_run() {
        return;
    }
    let file = File::lab("mqtt://127.0.0.1:1", 10, LAB);
    for delay_us in (0..40_000).step_by(2500) {
        let mut pi = Pi::start(&file, "inner");
        // the moment is the point of this test
        std::thread::sleep(Duration::from_micros(delay_us));
        pi.signal(Signal::TERM);
        let (status, took) = pi.wait_end();
        // before it listens to signals, the signal ends it, which is a clean end to systemd as well
        let ended = status.code() == Some(0) || status.signal() == Some(15);
        assert!(
            ended && took < WITHIN,
            "{status:?} after {delay_us} us; the log:\n{}",
            pi.said()
        );
        assert!(!pi.pins.output(LED).is_on());
    }
}

#[test]
fn a_second_signal_while_it_stops_does_no_harm() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (_observer, mut pi) = lit(&mosquitto);
    mosquitto.freeze();
    pi.signal(Signal::TERM);
    pi.wait_told("STOPPING=1");
    pi.signal(Signal::TERM);
    pi.signal(Signal::INT);
    ends_well(&mut pi, "told three times");
    assert!(!pi.pins.output(LED).is_on());
    mosquitto.thaw();
}

#[test]
fn it_stops_in_time_when_the_broker_has_gone() {
    let Some(mut mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (_observer, mut pi) = lit(&mosquitto);
    mosquitto.kill();
    pi.wait_log("cannot connect");
    pi.signal(Signal::TERM);
    ends_well(&mut pi, "without a broker");
    assert!(!pi.pins.output(LED).is_on());
}

#[test]
fn it_stops_in_time_when_the_broker_is_frozen() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (observer, mut pi) = lit(&mosquitto);
    mosquitto.freeze();
    pi.signal(Signal::TERM);
    ends_well(&mut pi, "with a frozen broker");
    assert!(!pi.pins.output(LED).is_on());
    mosquitto.thaw();
    observer.wait_for(&format!("{INNER}/status"), "offline");
}

#[test]
fn it_stops_in_time_and_says_offline_when_the_board_has_gone() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (observer, mut pi) = lit(&mosquitto);
    pi.pins.unplug();
    observer.wait_for(&format!("{INNER}/sensors/button0/availability"), "offline");
    pi.signal(Signal::TERM);
    ends_well(&mut pi, "without a board");
    observer.wait_for(&format!("{INNER}/status"), "offline");
    mosquitto.wait_log(&format!("Received DISCONNECT from {INNER}"));
}

#[test]
fn it_stops_in_time_and_says_offline_when_the_boards_firmware_hangs() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (observer, mut pi) = lit(&mosquitto);
    pi.pins.freeze();
    observer.wait_for(&format!("{INNER}/sensors/button0/availability"), "offline");
    pi.signal(Signal::TERM);
    ends_well(&mut pi, "with a hanging firmware");
    observer.wait_for(&format!("{INNER}/status"), "offline");
    mosquitto.wait_log(&format!("Received DISCONNECT from {INNER}"));
}

#[test]
fn it_stops_in_time_and_says_offline_when_the_bus_is_stuck_in_the_kernel() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (observer, mut pi) = lit(&mosquitto);
    stick(&pi);
    pi.signal(Signal::TERM);
    ends_well(&mut pi, "with a stuck bus");
    observer.wait_for(&format!("{INNER}/status"), "offline");
    mosquitto.wait_log(&format!("Received DISCONNECT from {INNER}"));
}

#[test]
fn it_stops_in_time_when_everything_is_stuck_at_once() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let (_observer, mut pi) = lit(&mosquitto);
    mosquitto.freeze();
    stick(&pi);
    pi.signal(Signal::TERM);
    ends_well(&mut pi, "with broker and bus stuck");
    mosquitto.thaw();
}

/// The next transfer does not come back from the kernel.
fn stick(pi: &Pi) {
    pi.pins.set_bus_timeout(Duration::from_secs(3600));
    pi.pins.plan_faults(Fault::TimedOut, 1);
}
