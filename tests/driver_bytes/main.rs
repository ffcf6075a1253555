//! The driver against exact I2C transactions. All bytes are written a second time here, so that a slip in the driver
//! cannot agree with itself.
#![allow(clippy::unwrap_used)]

mod kinds;
mod script;

use mqtt_thing::board::{Board, BoardError, Firmware, GrovePi, PinMode, Port, Request, ResetLine};
use script::Step::{self, Pause, ReadFails, WriteFails};
use script::{Script, read, version, write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// A driver, past its first command, that meets exactly these steps in `act`.
fn on<T>(
    steps: impl IntoIterator<Item = Step>,
    act: impl FnOnce(&mut GrovePi<Script, Script>) -> T,
) -> T {
    let script = Script::default();
    let mut board = GrovePi::new(script.clone(), script.clone());
    script.expect(version());
    board.firmware_version().unwrap();
    script.expect(steps);
    let result = act(&mut board);
    script.assert_over();
    result
}

#[test]
fn a_digital_read_is_01_and_answers_the_level() {
    let steps = [write([1, 3, 0, 0]), Pause(100), read(&[1, 1])];
    assert!(on(steps, |board| board.digital_read(Port::D3.digital())).unwrap());
    let steps = [write([1, 16, 0, 0]), Pause(100), read(&[1, 0])];
    assert!(!on(steps, |board| board.digital_read(Port::A2.digital())).unwrap());
}

#[test]
fn an_analog_read_is_03_and_answers_two_bytes_the_high_one_first() {
    let steps = [write([3, 2, 0, 0]), Pause(200), read(&[3, 2, 154])];
    let port = Port::A2.analog().unwrap();
    assert_eq!(on(steps, |board| board.analog_read(port)).unwrap(), 666);
}

#[test]
fn a_command_without_a_reply_is_waited_for_by_reading_one_byte() {
    let steps = [
        [write([2, 4, 1, 0]), Pause(100), read(&[0])].to_vec(),
        [write([2, 4, 0, 0]), Pause(100), read(&[0x17])].to_vec(),
        [Pause(100), read(&[0])].to_vec(),
        [write([4, 5, 200, 0]), Pause(100), read(&[0])].to_vec(),
        [write([5, 8, 1, 0]), Pause(100), read(&[0])].to_vec(),
        [write([5, 14, 0, 0]), Pause(100), read(&[0])].to_vec(),
    ];
    on(steps.concat(), |board| {
        board.digital_write(Port::D4.digital(), true)?;
        board.digital_write(Port::D4.digital(), false)?;
        board.pwm_write(Port::D5.pwm().unwrap(), 200)?;
        board.pin_mode(Port::D8.digital(), PinMode::Output)?;
        board.pin_mode(Port::A0.digital(), PinMode::Input)
    })
    .unwrap();
}

#[test]
fn the_version_is_08_and_answers_three_numbers() {
    let firmware = on(version(), Board::firmware_version).unwrap();
    assert_eq!(firmware, Firmware::MEASURED);
    assert_eq!(firmware.to_string(), "1.4.0");
}

#[test]
fn the_first_command_of_all_is_preceded_by_the_version() {
    let script = Script::default();
    script.expect(version());
    script.expect([write([1, 2, 0, 0]), Pause(100), read(&[1, 1])]);
    let mut board = GrovePi::new(script.clone(), script.clone());
    assert!(board.digital_read(Port::D2.digital()).unwrap());
    script.assert_over();
}

#[test]
fn not_ready_is_asked_again_and_the_write_is_not_repeated() {
    let steps = [
        [write([3, 0, 0, 0]), Pause(200), read(&[0x17, 255, 255])].to_vec(),
        [Pause(100), read(&[0x17, 255, 255])].to_vec(),
        [Pause(100), read(&[3, 0, 7])].to_vec(),
    ];
    on(steps.concat(), |board| {
        assert_eq!(board.analog_read(Port::A0.analog().unwrap()).unwrap(), 7);
        let counters = board.counters();
        assert_eq!((counters.not_ready, counters.retries), (2, 0));
    });
}

#[test]
fn a_board_that_is_never_ready_is_given_up_after_eight_reads_and_found_again_by_the_version() {
    let mut steps = vec![write([1, 2, 0, 0])];
    for _ in 0..8 {
        steps.extend([Pause(100), read(&[0x17, 255])]);
    }
    steps.extend(version());
    steps.extend([write([1, 2, 0, 0]), Pause(100), read(&[1, 0])]);
    on(steps, |board| {
        let error = board.digital_read(Port::D2.digital()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the board was not ready with command 01 02 00 00 after 8 reads"
        );
        assert!(!board.digital_read(Port::D2.digital()).unwrap());
        let counters = board.counters();
        assert_eq!((counters.failures, counters.resyncs), (1, 1));
    });
}

#[test]
fn a_read_never_follows_a_write_that_failed() {
    let frame = vec![1, 2, 0, 0];
    let steps = [
        WriteFails(4, frame.clone(), 121),
        Pause(200),
        WriteFails(4, frame.clone(), 6),
        Pause(500),
        WriteFails(4, frame, 5),
        Pause(1000),
        write([1, 2, 0, 0]),
        Pause(100),
        read(&[1, 1]),
    ];
    on(steps, |board| {
        assert!(board.digital_read(Port::D2.digital()).unwrap());
        let counters = board.counters();
        assert_eq!((counters.retries, counters.failures), (3, 0));
    });
}

#[test]
fn after_a_read_that_failed_the_whole_command_is_sent_again() {
    let steps = [
        [write([3, 1, 0, 0]), Pause(200), ReadFails(4, 3, 5)].to_vec(),
        [Pause(200), write([3, 1, 0, 0]), Pause(200)].to_vec(),
        [read(&[3, 3, 254])].to_vec(),
    ];
    let port = Port::A1.analog().unwrap();
    let value = on(steps.concat(), |board| board.analog_read(port)).unwrap();
    assert_eq!(value, 1022);
}

#[test]
fn an_analog_value_that_ends_in_ff_counts_when_it_is_read_twice() {
    let ask = [write([3, 1, 0, 0]), Pause(200)].to_vec();
    let steps = [
        ask.clone(),
        [read(&[3, 3, 255]), read(&[3, 3, 255])].to_vec(),
        ask.clone(),
        [read(&[3, 0, 255]), read(&[3, 0, 4]), Pause(200)].to_vec(),
        ask,
        [read(&[3, 0, 4])].to_vec(),
    ];
    let port = Port::A1.analog().unwrap();
    on(steps.concat(), |board| {
        assert_eq!(board.analog_read(port).unwrap(), 1023);
        assert_eq!(board.analog_read(port).unwrap(), 4);
        assert_eq!(board.counters().discarded, 1);
    });
}

#[test]
fn another_commands_echo_and_impossible_values_are_thrown_away_and_asked_again() {
    let analog = |bytes: &[u8]| [write([3, 0, 0, 0]), Pause(200), read(bytes)].to_vec();
    let digital = |bytes: &[u8]| [write([1, 2, 0, 0]), Pause(100), read(bytes)].to_vec();
    let output = |byte| [write([2, 4, 1, 0]), Pause(100), read(&[byte])].to_vec();
    let steps = [
        analog(&[1, 1, 255]),
        vec![Pause(200)],
        analog(&[255, 255, 255]),
        vec![Pause(500)],
        analog(&[3, 4, 0]),
        vec![Pause(1000)],
        analog(&[3, 2, 0]),
        digital(&[1, 255]),
        vec![Pause(200)],
        digital(&[1, 1]),
        output(1),
        vec![Pause(200)],
        output(0),
    ];
    on(steps.concat(), |board| {
        assert_eq!(board.analog_read(Port::A0.analog().unwrap()).unwrap(), 512);
        assert!(board.digital_read(Port::D2.digital()).unwrap());
        board.digital_write(Port::D4.digital(), true).unwrap();
        let counters = board.counters();
        assert_eq!((counters.discarded, counters.retries), (5, 5));
    });
}

#[test]
fn a_command_fails_after_four_attempts_and_says_what_the_last_one_met() {
    let steps = [200, 500, 1000]
        .into_iter()
        .flat_map(|us| [write([1, 7, 0, 0]), Pause(100), read(&[1, 2]), Pause(us)])
        .chain([write([1, 7, 0, 0]), Pause(100), read(&[3, 0])]);
    let error = on(steps, |board| board.digital_read(Port::D7.digital())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the board answered command 01 07 00 00 with the echo 0x03; expected 0x01"
    );
}

#[test]
fn the_late_answer_to_a_failed_command_is_not_taken_for_the_next_ones() {
    let failing = [200, 500, 1000]
        .into_iter()
        .flat_map(|us| {
            [
                write([1, 2, 0, 0]),
                Pause(100),
                ReadFails(4, 2, 5),
                Pause(us),
            ]
        })
        .chain([write([1, 2, 0, 0]), Pause(100), ReadFails(4, 2, 5)]);
    // The answer for D2 is still there when the version is asked, and then it is gone.
    let lost = [
        write([8, 0, 0, 0]),
        Pause(100),
        read(&[1, 1, 255, 255]),
        Pause(200),
    ];
    let asked = [write([1, 3, 0, 0]), Pause(100), read(&[1, 0])];
    let steps = failing.chain(lost).chain(version()).chain(asked);
    on(steps, |board| {
        let error = board.digital_read(Port::D2.digital()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the I2C bus failed on command 01 02 00 00: Input/output error (os error 5)"
        );
        assert!(!board.digital_read(Port::D3.digital()).unwrap());
    });
}

#[test]
fn a_dead_board_costs_two_short_writes_a_command_once_it_is_known_to_be_lost() {
    let command = WriteFails(4, vec![1, 2, 0, 0], 121);
    let probe = WriteFails(4, vec![8, 0, 0, 0], 121);
    let steps = [200, 500, 1000]
        .into_iter()
        .flat_map(|us| [command.clone(), Pause(us)])
        .chain([command.clone(), probe.clone(), Pause(200), probe]);
    on(steps, |board| {
        board.digital_read(Port::D2.digital()).unwrap_err();
        let error = board.digital_read(Port::D2.digital()).unwrap_err();
        assert!(matches!(error, BoardError::Bus { request, .. } if request == Request::VERSION));
        assert_eq!(board.counters().failures, 2);
    });
}

#[test]
fn a_bus_that_is_held_for_a_second_is_tried_twice_only() {
    let stuck = WriteFails(4, vec![1, 2, 0, 0], 110);
    let steps = [stuck.clone(), Pause(200), stuck];
    let error = on(steps, |board| board.digital_read(Port::D2.digital())).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the I2C bus failed on command 01 02 00 00: Connection timed out (os error 110)"
    );
}

#[test]
fn a_slow_sensor_is_waited_for() {
    let mut steps = vec![write([7, 4, 0, 0]), Pause(1_000)];
    for _ in 0..30 {
        steps.extend([read(&[0x17, 255, 255]), Pause(2_000)]);
    }
    steps.push(read(&[7, 1, 0]));
    let mut reply = [0; 3];
    let distance = Request::new(7, 4, 0, 0);
    on(steps, |board| board.transact(distance, &mut reply)).unwrap();
    assert_eq!(reply, [7, 1, 0]);
}

#[test]
fn a_toggle_is_never_sent_twice() {
    let steps = [write([54, 4, 3, 0]), Pause(200), ReadFails(4, 1, 5)];
    let toggle = Request::new(54, 4, 3, 0);
    on(steps, |board| board.transact(toggle, &mut [])).unwrap_err();
}

#[test]
fn other_devices_are_written_to_as_they_are_and_the_board_itself_is_refused() {
    let steps = [
        Step::Write(0x3e, vec![0x80, 0x01]),
        WriteFails(0x62, vec![4, 255], 121),
        Pause(200),
        WriteFails(0x62, vec![4, 255], 121),
    ];
    on(steps, |board| {
        board.write_to(0x3e, &[0x80, 0x01]).unwrap();
        let error = board.write_to(0x62, &[4, 255]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "the device at I2C address 0x62 did not take a write: Remote I/O error (os error 121)"
        );
        board.write_to(0x04, &[1]).unwrap_err();
    });
}

#[test]
fn a_reset_pulses_the_line_and_the_board_is_looked_for_afterwards() {
    struct Line(Arc<AtomicU32>);
    impl ResetLine for Line {
        fn pulse(&mut self) -> Result<(), BoardError> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
    }
    let script = Script::default();
    let mut board = GrovePi::new(script.clone(), script.clone());
    assert!(!board.reset().unwrap(), "no line is wired");

    let pulses = Arc::new(AtomicU32::new(0));
    let mut board = board.with_reset_line(Box::new(Line(Arc::clone(&pulses))));
    script.expect(version());
    board.firmware_version().unwrap();
    assert!(board.reset().unwrap());
    assert_eq!(pulses.load(Ordering::Relaxed), 1);
    assert_eq!(board.counters().resets, 1);
    script.expect(version());
    script.expect([write([1, 2, 0, 0]), Pause(100), read(&[1, 0])]);
    assert!(!board.digital_read(Port::D2.digital()).unwrap());
    script.assert_over();
}
