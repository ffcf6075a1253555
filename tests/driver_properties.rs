//! Driver and simulator on anything at all.
#![allow(clippy::unwrap_used)]

use embedded_hal::i2c::{ErrorType, I2c, Operation};
use mqtt_thing::board::sim::{SimGrovePi, Timing, Violation};
use mqtt_thing::board::{Board, BusError, GrovePi, Port, Request};
use proptest::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A device that answers what it likes, over and over.
struct Anything {
    answers: Vec<Result<Vec<u8>, i32>>,
    transfers: Arc<AtomicUsize>,
}

impl ErrorType for Anything {
    type Error = BusError;
}

impl I2c for Anything {
    fn transaction(&mut self, _: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let transfer = self.transfers.fetch_add(1, Ordering::Relaxed);
        let answer = &self.answers[transfer % self.answers.len()];
        let bytes = answer
            .as_ref()
            .map_err(|errno| BusError::from_errno(*errno))?;
        for operation in operations {
            if let Operation::Read(buffer) = operation {
                for (to, from) in buffer.iter_mut().zip(bytes) {
                    *to = *from;
                }
            }
        }
        Ok(())
    }
}

/// No real time passes.
struct NoDelay;

impl embedded_hal::delay::DelayNs for NoDelay {
    fn delay_ns(&mut self, _: u32) {}
}

fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(3),
        Just(8),
        Just(0x17),
        Just(0xff),
        any::<u8>()
    ]
}

fn answer() -> impl Strategy<Value = Result<Vec<u8>, i32>> {
    let errno = prop_oneof![Just(121), Just(5), Just(110), Just(6)];
    prop_oneof![
        4 => prop::collection::vec(byte(), 0..6).prop_map(Ok),
        1 => errno.prop_map(Err),
    ]
}

#[test]
fn a_read_that_comes_back_empty_does_not_return_the_reply_before() {
    // A whole version and a whole analog read, then nothing.
    let whole = [vec![], vec![8, 1, 4, 0], vec![], vec![3, 2, 1]];
    let answers = whole.into_iter().chain(vec![vec![]; 100]).map(Ok).collect();
    let transfers = Arc::default();
    let mut board = GrovePi::new(Anything { answers, transfers }, NoDelay);
    let (request, mut reply) = (Request::new(3, 0, 0, 0), [0; 3]);
    board.transact(request, &mut reply).unwrap();
    assert_eq!(reply, [3, 2, 1]);
    board.transact(request, &mut reply).unwrap_err();
}

proptest! {
    #[test]
    fn whatever_the_bus_answers_a_command_ends_soon_and_returns_only_what_the_hardware_can_produce(
        answers in prop::collection::vec(answer(), 1..40),
        asked in prop::collection::vec(0..5, 1..20),
    ) {
        let transfers = Arc::new(AtomicUsize::new(0));
        let device = Anything { answers, transfers: Arc::clone(&transfers) };
        let mut board = GrovePi::new(device, NoDelay);
        for command in asked {
            let before = transfers.load(Ordering::Relaxed);
            match command {
                0 => drop(board.digital_read(Port::D3.digital())),
                1 => {
                    if let Ok(value) = board.analog_read(Port::A0.analog().unwrap()) {
                        prop_assert!(value <= 1023);
                    }
                }
                2 => drop(board.digital_write(Port::D4.digital(), true)),
                3 => drop(board.firmware_version()),
                _ => {
                    let mut reply = [0; 3];
                    if board.transact(Request::new(3, 1, 0, 0), &mut reply).is_ok() {
                        prop_assert_eq!(reply[0], 3);
                    }
                }
            }
            // Two attempts at finding the board and four at the command, of one write, eight reads and one more.
            prop_assert!(transfers.load(Ordering::Relaxed) - before <= 6 * 10);
        }
        let counters = board.counters();
        prop_assert!(counters.failures <= counters.transfers);
    }

    #[test]
    fn the_simulator_takes_any_bytes_and_calls_every_wild_pin_one(
        frames in prop::collection::vec(prop::collection::vec(byte(), 1..7), 1..40),
        length in 1..9_usize,
    ) {
        let mut sim = SimGrovePi::new(Timing::None);
        let mut wild = 0;
        for frame in frames {
            sim.write(4, &frame).unwrap();
            // as long as a chain of 255 LEDs takes
            sim.pins().let_pass(Duration::from_secs(100));
            let mut reply = vec![0; length];
            sim.read(4, &mut reply).unwrap();
            prop_assert_ne!(reply[0], 0x17);
            if let Some([command, pin, ..]) = frame.last_chunk::<4>() {
                let sound = match command {
                    1 | 2 | 5 => matches!(pin, 2..=8 | 14..=16),
                    3 => *pin < 3,
                    4 => [3, 5, 6].contains(pin),
                    6 => matches!(pin & 0x0f, 2..=8),
                    7 | 40 => matches!(pin, 2..=8 | 14..=16),
                    9 | 10 => matches!(pin, 2..=8),
                    13..=15 | 50..=56 | 70..=79 | 91..=95 => matches!(pin, 2..=7),
                    _ => true,
                };
                wild += usize::from(!sound);
            } else if frame.len() == 1 {
                wild += 1;
            }
        }
        let violations = sim.pins().violations();
        let raced = |violation: &&Violation| matches!(violation, Violation::Raced(_));
        let races = violations.iter().filter(raced).count();
        prop_assert_eq!(violations.len() - races, wild);
    }
}
