//! The simulated firmware against exact bytes, written a second time here, and its timing against the measured
//! figures. The driver has no part in it.
#![allow(clippy::unwrap_used)]

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use mqtt_thing::board::sim::{Data, Fault, Output, SimGrovePi, Timing, Violation};
use mqtt_thing::board::{PinMode, Port, ResetLine};
use std::time::{Duration, Instant};

const OFF: Output = Output {
    mode: PinMode::Output,
    duty: 0,
};
const ON: Output = Output {
    mode: PinMode::Output,
    duty: 255,
};
const UNUSED: Output = Output {
    mode: PinMode::Input,
    duty: 0,
};

fn sim() -> SimGrovePi {
    SimGrovePi::new(Timing::None)
}

/// Writes, waits until every command is done, and reads.
fn ask<const N: usize>(sim: &mut SimGrovePi, bytes: &[u8]) -> [u8; N] {
    sim.write(0x04, bytes).unwrap();
    sim.delay().delay_us(300);
    let mut reply = [0xaa; N];
    sim.read(0x04, &mut reply).unwrap();
    reply
}

#[test]
fn each_command_answers_the_bytes_that_were_measured() {
    let mut sim = sim();
    let pins = sim.pins();
    pins.set_digital(Port::D3, true);
    pins.set_digital(Port::A1, true);
    pins.set_analog(Port::A0.analog().unwrap(), 0x2a7);
    assert_eq!(ask(&mut sim, &[1, 3, 0, 0]), [1, 1]);
    assert_eq!(ask(&mut sim, &[1, 2, 0, 0]), [1, 0]);
    assert_eq!(ask(&mut sim, &[1, 15, 0, 0]), [1, 1]);
    assert_eq!(ask(&mut sim, &[3, 0, 0, 0]), [3, 0x02, 0xa7]);
    assert_eq!(ask(&mut sim, &[3, 2, 0, 0]), [3, 0, 0]);
    assert_eq!(ask(&mut sim, &[8, 0, 0, 0]), [8, 1, 4, 0]);
    assert_eq!(ask(&mut sim, &[5, 8, 1, 0]), [0]);
    assert_eq!(ask(&mut sim, &[2, 8, 1, 0]), [0]);
    assert_eq!(ask(&mut sim, &[4, 5, 128, 0]), [0]);
    pins.assert_no_violations();
}

#[test]
fn a_reply_is_padded_with_ff_and_an_unknown_command_answers_00() {
    let mut sim = sim();
    assert_eq!(
        ask(&mut sim, &[8, 0, 0, 0]),
        [8, 1, 4, 0, 255, 255, 255, 255]
    );
    assert_eq!(ask(&mut sim, &[1, 2, 0, 0]), [1, 0, 255, 255]);
    assert_eq!(ask(&mut sim, &[200, 1, 2, 3]), [0, 255]);
}

#[test]
fn outputs_follow_modes_levels_and_pulse_widths() {
    let mut sim = sim();
    let pins = sim.pins();
    let mut done = |bytes: [u8; 4]| assert_eq!(ask(&mut sim, &bytes), [0]);
    done([2, 5, 1, 0]);
    assert_eq!(pins.output(Port::D5), UNUSED, "an input drives nothing");
    done([5, 5, 1, 0]);
    assert_eq!(pins.output(Port::D5), ON);
    done([4, 5, 77, 0]);
    assert_eq!(pins.output(Port::D5).duty, 77);
    done([4, 5, 0, 0]);
    assert_eq!(pins.output(Port::D5), OFF);
    done([4, 5, 255, 0]);
    assert_eq!(pins.output(Port::D5), ON);
    done([2, 5, 0, 0]);
    assert_eq!(pins.output(Port::D5), OFF);
    done([5, 5, 0, 0]);
    assert_eq!(pins.output(Port::D5), UNUSED);
    assert!(pins.changed_at(Port::D5).is_some() && pins.changed_at(Port::D6).is_none());
}

#[test]
fn fewer_than_four_bytes_are_no_command_and_of_more_the_last_four_count() {
    let mut sim = sim();
    sim.pins().set_digital(Port::D7, true);
    assert_eq!(ask(&mut sim, &[8, 0, 0, 0]), [8, 1, 4, 0]);
    assert_eq!(ask(&mut sim, &[1, 7]), [8, 1]);
    assert_eq!(ask(&mut sim, &[1, 7, 0]), [8, 1]);
    assert_eq!(ask(&mut sim, &[9, 9, 1, 7, 0, 0]), [1, 1]);
    sim.pins().assert_no_violations();
}

#[test]
fn a_read_that_comes_too_early_is_not_ready_and_a_write_then_is_lost_without_a_sign() {
    let mut sim = sim();
    sim.pins().set_analog(Port::A0.analog().unwrap(), 5);
    sim.write(4, &[3, 0, 0, 0]).unwrap();
    sim.write(4, &[8, 0, 0, 0]).unwrap();
    let mut reply = [0; 3];
    sim.read(4, &mut reply).unwrap();
    assert_eq!(reply, [8, 1, 4], "a write lasts longer than a conversion");

    sim.pins().freeze();
    assert_eq!(ask(&mut sim, &[3, 0, 0, 0]), [0x17, 255, 255]);
    assert_eq!(ask(&mut sim, &[8, 0, 0, 0]), [0x17, 255, 255]);
    assert_eq!(sim.pins().counts().dropped, 1);
    sim.pins().thaw();
    sim.delay().delay_us(300);
    sim.read(4, &mut reply).unwrap();
    assert_eq!(
        reply,
        [3, 0, 5],
        "the command that was pending, not the one after it"
    );
}

/// Of a hundred commands, how many are not ready when a read begins so long after the write.
fn not_ready(frame: [u8; 4], gap_us: u32) -> usize {
    let mut sim = sim();
    (0..1000)
        .filter(|_| {
            sim.write(4, &frame).unwrap();
            sim.delay().delay_us(gap_us);
            let mut reply = [0; 2];
            sim.read(4, &mut reply).unwrap();
            sim.delay().delay_us(1_000);
            reply[0] == 0x17
        })
        .count()
}

#[test]
fn commands_are_ready_when_they_were_measured_to_be() {
    let digital = [1, 2, 0, 0];
    let analog = [3, 0, 0, 0];
    assert!((10..=30).contains(&not_ready(digital, 5)));
    assert_eq!(not_ready(digital, 20), 0);
    assert_eq!(not_ready(analog, 50), 1000);
    assert!((25..=75).contains(&not_ready(analog, 100)));
    assert_eq!(not_ready(analog, 150), 0);
}

#[test]
fn transfers_take_as_long_as_they_were_measured_to() {
    let mut sim = sim();
    let pins = sim.pins();
    let mut times: Vec<u128> = (0..1000)
        .map(|_| {
            let before = pins.bus_time();
            sim.write(4, &[8, 0, 0, 0]).unwrap();
            let taken = pins.bus_time() - before;
            sim.delay().delay_us(300);
            taken.as_micros()
        })
        .collect();
    times.sort_unstable();
    assert!((485..=500).contains(&times[500]), "p50 {}", times[500]);
    assert!((530..=560).contains(&times[990]), "p99 {}", times[990]);
    for (bytes, measured) in [(1, 224), (2, 319), (3, 415), (4, 510)] {
        let before = pins.bus_time();
        sim.read(4, &mut vec![0; bytes]).unwrap();
        let taken = (pins.bus_time() - before).as_micros();
        assert!(taken.abs_diff(measured) <= 2, "{bytes} bytes: {taken} us");
    }
}

#[test]
fn with_bus_timing_an_output_changes_537_us_after_the_write_began_and_its_caller_was_blocked() {
    let mut sim = SimGrovePi::new(Timing::Bus);
    let pins = sim.pins();
    let mut delays: Vec<Duration> = (0..101)
        .map(|turn| {
            let began = Instant::now();
            sim.write(4, &[2, 4, (turn % 2) ^ 1, 0]).unwrap();
            assert!(began.elapsed() >= Duration::from_micros(400));
            let delay = pins.changed_at(Port::D4).unwrap() - began;
            sim.delay().delay_us(200);
            delay
        })
        .collect();
    delays.sort_unstable();
    // A loaded machine is late, never early.
    let median = delays[50].as_micros();
    assert!((480..2_000).contains(&median), "{median} us");
}

#[test]
fn a_reset_loses_modes_and_outputs_and_is_not_acknowledged_for_a_millisecond() {
    let mut sim = sim();
    let pins = sim.pins();
    assert_eq!(pins.output(Port::D4), OFF, "D4 comes up as an output");
    for port in [4, 8] {
        ask::<1>(&mut sim, &[5, port, 1, 0]);
        ask::<1>(&mut sim, &[2, port, 1, 0]);
    }
    assert_eq!((pins.output(Port::D4), pins.output(Port::D8)), (ON, ON));
    sim.reset_line().pulse().unwrap();
    assert_eq!(
        (pins.output(Port::D4), pins.output(Port::D8)),
        (OFF, UNUSED)
    );
    let error = sim.write(4, &[8, 0, 0, 0]).unwrap_err();
    assert_eq!(error.to_string(), "Remote I/O error (os error 121)");
    sim.delay().delay_us(800);
    sim.write(4, &[8, 0, 0, 0]).unwrap_err();
    sim.delay().delay_us(100);
    assert_eq!(ask(&mut sim, &[8, 0, 0, 0]), [8, 1, 4, 0]);
}

#[test]
fn an_unplugged_board_does_not_acknowledge_and_comes_back_without_outputs() {
    let mut sim = sim();
    let pins = sim.pins();
    ask::<1>(&mut sim, &[2, 4, 1, 0]);
    pins.unplug();
    sim.delay().delay_ms(10);
    assert_eq!(sim.write(4, &[8, 0, 0, 0]).unwrap_err().errno(), Some(121));
    pins.plug_in();
    sim.delay().delay_ms(2);
    assert_eq!(ask(&mut sim, &[8, 0, 0, 0]), [8, 1, 4, 0]);
    assert_eq!(pins.output(Port::D4), OFF);
}

#[test]
fn what_would_harm_a_real_board_is_reported() {
    let mut sim = sim();
    let pins = sim.pins();
    for frame in [
        [1, 9, 0, 0],
        [2, 17, 1, 0],
        [3, 3, 0, 0],
        [4, 4, 9, 0],
        [5, 1, 1, 0],
    ] {
        ask::<1>(&mut sim, &frame);
        assert_eq!(pins.violations().last(), Some(&Violation::WildPin(frame)));
    }
    sim.write(4, &[1]).unwrap();
    assert_eq!(pins.violations().last(), Some(&Violation::OneByteWrite));
    sim.write(4, &[]).unwrap();
    assert_eq!(pins.violations().last(), Some(&Violation::EmptyTransfer));
    sim.write_read(4, &[8, 0, 0, 0], &mut [0; 4]).unwrap();
    assert!(pins.violations().contains(&Violation::RepeatedStart));
    assert_eq!(pins.violations().len(), 8);
}

#[test]
fn faults_happen_to_the_transfers_for_which_they_were_planned() {
    let mut sim = sim();
    let pins = sim.pins();
    pins.set_digital(Port::D3, true);
    ask::<4>(&mut sim, &[8, 0, 0, 0]);
    pins.plan_faults(Fault::Stale, 1);
    assert_eq!(ask(&mut sim, &[1, 3, 0, 0]), [8, 1]);
    pins.plan_faults(Fault::Ones, 1);
    assert_eq!(ask(&mut sim, &[1, 3, 0, 0]), [255, 255]);
    pins.plan_faults(Fault::Torn, 1);
    assert_eq!(ask(&mut sim, &[3, 0, 0, 0]), [3, 0, 255]);
    assert_eq!(ask(&mut sim, &[1, 3, 0, 0]), [1, 1]);
    pins.plan_faults(Fault::LostSilently, 1);
    assert_eq!(ask(&mut sim, &[8, 0, 0, 0]), [1, 1]);
    for (fault, errno, executed) in [
        (Fault::Nak, 121, false),
        (Fault::TimedOut, 110, false),
        (Fault::LostWithError, 5, false),
        (Fault::Eio, 5, true),
    ] {
        pins.plan_faults(fault, 1);
        let error = sim.write(4, &[2, 4, 1, 0]).unwrap_err();
        assert_eq!(error.errno(), Some(errno));
        assert_eq!(pins.output(Port::D4).is_on(), executed, "{fault:?}");
    }
    pins.plan_faults(Fault::Reset, 1);
    sim.write(4, &[2, 4, 1, 0]).unwrap_err();
    assert!(!pins.output(Port::D4).is_on());
}

#[test]
fn a_held_bus_costs_a_second() {
    let mut sim = sim();
    let before = sim.pins().bus_time();
    sim.pins().plan_faults(Fault::TimedOut, 1);
    sim.read(4, &mut [0; 2]).unwrap_err();
    assert_eq!(sim.pins().bus_time() - before, Duration::from_secs(1));
}

#[test]
fn nobody_answers_at_other_addresses_unless_something_is_attached_there() {
    let mut sim = sim();
    assert_eq!(sim.write(0x3e, &[0x80, 1]).unwrap_err().errno(), Some(121));
    sim.pins().attach(0x3e);
    sim.write(0x3e, &[0x80, 1]).unwrap();
    sim.pins().assert_no_violations();
}

#[test]
fn the_last_transfers_are_kept_when_asked_for() {
    let mut sim = sim();
    let pins = sim.pins();
    ask::<2>(&mut sim, &[1, 2, 0, 0]);
    assert!(pins.transfers().is_empty());
    pins.keep_transfers(3);
    ask::<2>(&mut sim, &[1, 2, 0, 0]);
    ask::<1>(&mut sim, &[2, 4, 1, 0]);
    let seen: Vec<Data> = pins.transfers().into_iter().map(|kept| kept.data).collect();
    let expected = [
        Data::Read(vec![1, 0]),
        Data::Write(vec![2, 4, 1, 0]),
        Data::Read(vec![0]),
    ];
    assert_eq!(seen, expected);
    assert_eq!((pins.counts().writes, pins.counts().reads), (3, 3));
    assert!(
        pins.transfers()[1]
            .to_string()
            .ends_with(" us  04 write 02 04 01 00")
    );
}

#[test]
fn a_watcher_sees_every_change_in_order_and_a_waiter_is_woken_from_another_thread() {
    let mut sim = sim();
    let pins = sim.pins();
    let changes = pins.watch();
    let waiter = std::thread::spawn({
        let pins = pins.clone();
        move || pins.wait_output(Port::D4, Duration::from_secs(10), Output::is_on)
    });
    ask::<1>(&mut sim, &[2, 4, 1, 0]);
    assert_eq!(waiter.join().unwrap(), Ok(ON));
    ask::<1>(&mut sim, &[2, 4, 1, 0]);
    ask::<1>(&mut sim, &[2, 4, 0, 0]);
    ask::<1>(&mut sim, &[4, 6, 9, 0]);
    let seen: Vec<(Port, u8)> = changes
        .try_iter()
        .map(|c| (c.port, c.output.duty))
        .collect();
    assert_eq!(seen, [(Port::D4, 255), (Port::D4, 0), (Port::D6, 9)]);
    let waited = pins.wait_output(Port::D4, Duration::ZERO, Output::is_on);
    assert_eq!(waited, Err(OFF));
}
