//! What is plugged into the sockets beyond levels and voltages, and the firmware's commands for it.
//!
//! Written from `grovepi.ino` 1.4.0 (`processIO`, `sendData`) and the figures measured on its image, not from the
//! resources.

use super::displays::Displays;
use super::interrupts::Interrupts;
use super::reply::Reply;
use std::time::Duration;

/// The microcontroller's pins, as the firmware numbers them.
pub(super) const PINS: usize = 20;

/// How long the ranger's echo is waited for.
const NO_ECHO: Duration = Duration::from_millis(75);
/// How long a DHT is read, whether it answers or not.
const DHT: Duration = Duration::from_millis(271);
/// What lay in memory where the reading should have been.
const GARBAGE: [u8; 8] = [0x93, 0x03, 0x28, 0x7f, 0x04, 0x00, 0xc0, 0xff];

/// The modules on a board's sockets, and what the firmware knows of them.
#[derive(Debug)]
pub(super) struct Modules {
    /// How far away something stands; 0 when no echo comes.
    distance_cm: [u16; PINS],
    /// Degrees and percent around a DHT; `None` when none answers.
    climate: [Option<[f32; 2]>; PINS],
    pub(super) interrupts: Interrupts,
    pub(super) displays: Displays,
}

impl Modules {
    /// Nothing is plugged in.
    pub(super) fn none() -> Self {
        Self {
            distance_cm: [0; PINS],
            climate: [None; PINS],
            interrupts: Interrupts::default(),
            displays: Displays::default(),
        }
    }

    /// The firmware starts anew; what is plugged in stays.
    pub(super) fn reset(&mut self) {
        self.interrupts = Interrupts::default();
        self.displays.reset();
    }

    pub(super) fn set_distance(&mut self, pin: u8, cm: Option<u16>) {
        self.distance_cm[usize::from(pin)] = cm.unwrap_or(0);
    }

    pub(super) fn set_climate(&mut self, pin: u8, climate: Option<[f32; 2]>) {
        self.climate[usize::from(pin)] = climate;
    }

    /// Whether this frame makes the firmware read or write beside its tables.
    pub(super) fn is_wild([command, pin, ..]: [u8; 4]) -> bool {
        match command {
            7 | 40 => !matches!(pin, 2..=8 | 14..=16),
            6 => !matches!(pin & 0x0f, 2..=8),
            9 | 10 => !matches!(pin, 2..=8),
            13..=15 | 50..=56 | 70..=79 | 91..=95 => !matches!(pin, 2..=7),
            _ => false,
        }
    }

    /// How long the main loop is busy with this frame, if it is one of theirs that takes long.
    pub(super) fn takes(&self, frame: [u8; 4]) -> Option<Duration> {
        let [command, pin, ..] = frame;
        let pin = usize::from(pin);
        match command {
            7 => Some(match self.distance_cm.get(pin) {
                Some(cm) if *cm > 0 => Duration::from_micros(58 * u64::from(*cm) + 500),
                _ => NO_ECHO,
            }),
            40 => Some(DHT),
            _ => self.displays.takes(frame),
        }
    }

    /// Carries out a frame that is not wild; `None` for one without a reply.
    pub(super) fn execute(&mut self, frame: [u8; 4], now: Duration) -> Option<Reply> {
        let [command, pin, ..] = frame;
        let pin = usize::from(pin);
        match command {
            7 => {
                let [high, low] = self.distance_cm[pin].to_be_bytes();
                Some(Reply::of(&[7, high, low]))
            }
            40 => {
                let mut bytes = [40; 9];
                bytes[1..].copy_from_slice(&GARBAGE);
                if let Some([celsius, percent]) = self.climate[pin] {
                    bytes[1..5].copy_from_slice(&celsius.to_le_bytes());
                    bytes[5..].copy_from_slice(&percent.to_le_bytes());
                }
                Some(Reply::of(&bytes))
            }
            50..=95 => self.displays.execute(frame),
            _ => self.interrupts.execute(frame, now),
        }
    }
}
