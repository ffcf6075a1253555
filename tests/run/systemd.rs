//! A good service: ready when outputs rest, alive while its loops turn, and not when one is stuck.

use crate::pi::{File, INNER, LAB, Pi, Ready, can_run, prepare};
use crate::support::{LIMIT, Mosquitto, Observer, free_port};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Fault;
use rustix::process::Signal;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

const WATCHDOG: Duration = Duration::from_secs(3);
/// What our unit sets.
const UNITS_WATCHDOG: Duration = Duration::from_secs(10);

fn watched(file: &File) -> Ready {
    watched_for(file, WATCHDOG)
}

fn watched_for(file: &File, patience: Duration) -> Ready {
    let mut ready = prepare(file, "inner");
    ready
        .command
        .env("WATCHDOG_USEC", patience.as_micros().to_string());
    ready
}

/// Nobody to connect to.
fn no_broker() -> File {
    File::lab(&format!("mqtt://127.0.0.1:{}", free_port()), 10, LAB)
}

/// Feeds are never further apart than systemd's patience, so many times.
fn is_fed(pi: &Pi, times: usize) {
    let mut last = pi.wait_told("WATCHDOG=1").0;
    for _ in 0..times {
        let next = pi.wait_told("WATCHDOG=1").0;
        assert!(
            next - last < WATCHDOG,
            "systemd would have killed it after {:?}",
            next - last
        );
        last = next;
    }
}

#[test]
fn ready_is_said_once_and_only_when_outputs_rest() {
    if !can_run() {
        return;
    }
    let file = no_broker();
    let ready = prepare(&file, "inner");
    // the LED was left lit by whoever had the board before
    let mut board = ready.bus.board();
    use mqtt_thing::board::{Board, PinMode};
    board.pin_mode(Port::D4.digital(), PinMode::Output).unwrap();
    board.digital_write(Port::D4.digital(), true).unwrap();
    let mut pi = ready.start();
    let (at, told) = pi.wait_told("READY=1");
    assert!(!pi.pins.output(Port::D4).is_on());
    assert!(pi.pins.changed_at(Port::D4).unwrap() < at);
    assert!(
        told.contains(&format!("STATUS=inner is {INNER} on mqtt://127.0.0.1:")),
        "{told}"
    );
    pi.signal(Signal::TERM);
    pi.wait_told("STOPPING=1");
    pi.wait_end();
    assert!(pi.told.try_iter().all(|(_, told)| !told.contains("READY")));
}

#[test]
fn the_watchdog_is_fed_while_the_broker_is_away_and_while_the_board_does_not_answer() {
    if !can_run() {
        return;
    }
    let pi = watched(&no_broker()).start();
    is_fed(&pi, 2);
    pi.pins.unplug();
    pi.wait_log("the board does not answer");
    is_fed(&pi, 2);
    pi.pins.plug_in();
    pi.pins.freeze();
    is_fed(&pi, 2);
}

#[test]
fn the_watchdog_is_fed_while_everything_is_well_and_nothing_happens() {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let pi = watched(&File::lab(&mosquitto.url(), 10, LAB)).start();
    observer.wait_for(&format!("{INNER}/status"), "online");
    is_fed(&pi, 5);
}

#[test]
fn a_bus_on_which_every_transfer_times_out_is_alive_to_the_watchdog_of_our_unit() {
    if !can_run() {
        return;
    }
    let unit = include_str!("../../deploy/systemd/mqtt-thing.service");
    let line = format!("\nWatchdogSec={}\n", UNITS_WATCHDOG.as_secs());
    assert!(unit.contains(&line), "the unit has another patience");
    let pi = watched_for(&no_broker(), UNITS_WATCHDOG).start();
    pi.wait_told("WATCHDOG=1");
    // a second each, as the kernel's driver for the Pi's controller waits
    pi.pins.set_bus_timeout(Duration::from_secs(1));
    pi.pins.plan_faults(Fault::TimedOut, 1000);
    let began = Instant::now();
    while began.elapsed() < UNITS_WATCHDOG {
        let last = Instant::now();
        pi.wait_told("WATCHDOG=1");
        assert!(last.elapsed() < UNITS_WATCHDOG);
    }
}

#[test]
fn a_bus_stuck_in_the_kernel_is_not_vouched_for() {
    if !can_run() {
        return;
    }
    let pi = watched(&no_broker()).start();
    pi.wait_told("WATCHDOG=1");
    pi.pins.set_bus_timeout(Duration::from_secs(3600));
    pi.pins.plan_faults(Fault::TimedOut, 1);
    // systemd's own measure: nothing for as long as its patience; it may be vouched for that long before
    let stuck = Instant::now();
    loop {
        match pi.told.recv_timeout(WATCHDOG) {
            Err(RecvTimeoutError::Timeout) => break,
            _ => assert!(stuck.elapsed() < WATCHDOG * 4, "it is fed for ever"),
        }
    }
    println!(
        "systemd would end it {:?} after the bus stuck",
        stuck.elapsed()
    );
}

#[test]
fn a_bus_stuck_from_the_start_is_not_ready() {
    if !can_run() {
        return;
    }
    let mut ready = watched(&no_broker());
    ready.command.arg("-v");
    let pins = ready.bus.pins();
    pins.set_bus_timeout(Duration::from_secs(3600));
    pins.plan_faults(Fault::TimedOut, 1);
    let mut pi = ready.start();
    pi.wait_log("the board holds up its bus");
    // a second passes between these two, in which it could become ready
    let mut fed = 0;
    while fed < 2 {
        let told = pi.told.recv_timeout(LIMIT).unwrap().1;
        assert!(!told.contains("READY=1"), "{told}");
        fed += usize::from(told.contains("WATCHDOG=1"));
    }
    pi.signal(Signal::TERM);
    let (status, _) = pi.wait_end();
    assert_eq!(status.code(), Some(0), "{}", pi.said());
}

#[test]
fn a_broker_that_takes_the_connection_and_never_answers_holds_up_nothing() {
    if !can_run() {
        return;
    }
    // the kernel accepts for it
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("mqtt://{}", mute.local_addr().unwrap());
    let mut pi = watched(&File::lab(&url, 10, LAB)).start();
    pi.wait_told("READY=1");
    is_fed(&pi, 5);
    pi.wait_log("cannot connect");
    is_fed(&pi, 1);
    pi.signal(Signal::TERM);
    pi.wait_told("STOPPING=1");
    let (status, took) = pi.wait_end();
    assert_eq!(status.code(), Some(0), "{}", pi.said());
    assert!(took < Duration::from_secs(5), "{took:?}");
}
