//! The doctor beside a thing that really runs: it disturbs nothing, and sees what the thing tells.

use crate::matrix::broker;
use crate::patient::{FILE, Patient, THING};
use crate::pi::{File, Pi, prepare};
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::board::Port;
use mqtt_thing::runtime::{REPORTS, Report};
use rustix::process::Signal;
use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};

const ID: &str = "10.77.0.1";

/// A patient whose thing runs as a real process on a bus of its own, and is well.
fn running(broker: &Mosquitto) -> (Patient, Pi) {
    let patient = Patient::healthy(broker);
    patient.is_us();
    patient.real_processes();
    patient.folder(REPORTS, 0o755);
    let file = File::of(&fs::read_to_string(patient.path(FILE)).unwrap());
    let mut ready = prepare(&file, THING);
    ready
        .command
        .env("RUNTIME_DIRECTORY", patient.path(REPORTS))
        .env("STATE_DIRECTORY", patient.path("/var/lib/mqtt-thing"));
    let pi = ready.start();
    wait_for("the thing to be well", || {
        report(&patient).filter(|report| {
            report.connected && report.board.as_ref().is_some_and(|board| board.up)
        })
    });
    (patient, pi)
}

fn report(patient: &Patient) -> Option<Report> {
    Report::all(&patient.path(REPORTS)).unwrap().pop()
}

#[test]
fn a_thing_that_runs_misses_no_press_and_stays_connected_while_it_is_looked_at() {
    let Some(broker) = broker() else { return };
    let witness = Observer::start(&broker, "#");
    let (patient, pi) = running(&broker);
    witness.wait_for(&format!("{ID}/sensors/button0"), "False");
    let over = AtomicBool::new(false);
    let looks = std::thread::scope(|scope| {
        let doctor = scope.spawn(|| {
            let mut looks = 0;
            while !over.load(Ordering::SeqCst) {
                let said = patient.doctor();
                assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
                assert_eq!(said.json["running"], true);
                looks += 1;
            }
            looks
        });
        for pressed in [true, false].repeat(20) {
            pi.press(pressed);
            pi.wait_duty(Port::D4, if pressed { 255 } else { 0 });
            // longer than a contact bounces
            std::thread::sleep(std::time::Duration::from_millis(30));
        }
        over.store(true, Ordering::SeqCst);
        doctor.join().unwrap()
    });
    let presses = || witness.texts(&format!("{ID}/sensors/button0"));
    wait_for("the last edge", || (presses().len() >= 41).then_some(()));
    let expected: Vec<&str> = ["False", "True"].repeat(21)[..41].to_vec();
    assert_eq!(presses(), expected);
    // the doctor has a bus of its own here: nothing at all happened on it
    let foreign = patient.bus.pins().counts();
    assert_eq!((foreign.writes, foreign.reads), (0, 0));
    assert_eq!(witness.texts(&format!("{ID}/status")), ["online"]);
    assert_eq!(report(&patient).unwrap().connections, 1);
    let connects = broker.count_log(&format!(" as {ID} ("));
    assert_eq!(connects, 1);
    println!("{looks} looks during 40 edges: no edge lost, 0 foreign transfers, 1 connection");
}

#[test]
fn what_really_happens_to_a_running_thing_is_found_from_its_report() {
    let Some(broker) = broker() else { return };
    let (patient, mut pi) = running(&broker);
    pi.pins.unplug();
    wait_for("the board to be away", || {
        report(&patient).filter(|report| report.board.as_ref().is_some_and(|board| !board.up))
    });
    assert_eq!(patient.doctor().rules(), ["board-silent"]);
    pi.pins.plug_in();
    wait_for("the board to be back", || {
        report(&patient).filter(|report| {
            report.board.as_ref().is_some_and(|board| board.up) && report.faults.is_empty()
        })
    });
    assert_eq!(patient.doctor().rules(), [""; 0]);

    // stopped: it would be silent from now on, which two minutes of waiting would show
    pi.signal(Signal::STOP);
    let mut silent = report(&patient).unwrap();
    silent.written_at -= 900;
    silent.write(&patient.path(REPORTS)).unwrap();
    let said = patient.doctor();
    assert_eq!(said.rules(), ["thing-frozen"]);
    let finding = &said.json["findings"][0];
    assert!(
        finding["cause"]
            .as_str()
            .unwrap()
            .contains("stopped by a signal"),
        "{finding}"
    );
    assert_eq!(
        finding["cures"][0]["run"],
        format!("sudo kill -CONT {}", pi.pid())
    );

    // killed: what it told lies there still
    pi.signal(Signal::KILL);
    pi.wait_end();
    assert!(report(&patient).is_some());
    let said = patient.doctor();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    assert_eq!(said.json["running"], false);
    assert!(
        patient.bus.pins().counts().reads > 200,
        "the board was not looked at"
    );
}
