//! A distance by ultrasound, in centimetres.
//!
//! Source: Grove Ultrasonic Ranger wiki (3 to 350 cm); firmware command 7, `pulseIn` with a limit of 75 ms.
//!
//! While it listens for the echo, up to 75 ms, the whole board waits. The firmware answers 0 when none came: too far,
//! too near, or a soft or slanting surface. That is no distance, so nothing is said then, and what was said before
//! stays. Whoever has to know whether the way is free cannot learn it from silence.
//!
//! **What cannot be told**: the reply carries no pin and no number. When a write is lost without an error, the answer to
//! the ranger asked before it, on whatever port, looks like this one's.

use super::{Entity, Key, Kind, Measure, PortUse};
use crate::board::{Board, BoardError, DigitalPort, PinMode, Request};
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Sensor};
use std::time::Duration;

pub(super) const KIND: Kind = Kind {
    name: "ultrasonic",
    summary: "a distance in cm; silent without an echo; each reading holds the board for up to 0.075 s",
    class: Class::Sensors,
    port: PortUse::Digital,
    unit: Some("cm"),
    channels: &[],
    holds_board: Some(Duration::from_millis(75)),
    elsewhere: None,
    keys: &[
        Key::new(
            "every_ms",
            100,
            60_000,
            500,
            "how often it is read; faster would stall the board",
        ),
        Key::new(
            "dead_band",
            1,
            512,
            2,
            "smallest change that is said, in cm",
        ),
        Key::new(
            "at_most_every_ms",
            0,
            60_000,
            500,
            "shortest time between two messages",
        ),
    ],
    value: |_| RANGE,
    home: Entity::Measured(Measure::of("distance", "cm")),
    can_follow: None,
    example: r#"ultrasonic0 = { kind = "ultrasonic", port = "D4" }  # every_ms = 500, dead_band = 2"#,
    build: |spec| {
        let ranger = Ranger {
            port: spec.wired().digital(),
        };
        let gate = Gate::dead_band(
            spec.setting("dead_band"),
            spec.duration("at_most_every_ms"),
            RANGE,
        );
        Box::new(Polled::new(
            ranger,
            spec.duration("every_ms"),
            gate,
            spec.channel(),
        ))
    },
};

/// What the firmware can answer; the module itself is good for 3 to 350.
const RANGE: ValueKind = ValueKind::Integer { min: 1, max: 1293 };

struct Ranger {
    port: DigitalPort,
}

impl Sensor for Ranger {
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port, PinMode::Input)
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let mut reply = [0; 3];
        board.transact(Request::new(7, self.port.pin(), 0, 0), &mut reply)?;
        Ok(match u16::from_be_bytes([reply[1], reply[2]]) {
            0 => Reading::NOTHING,
            cm => Value::Integer(cm.into()).into(),
        })
    }

    fn only_on_beat(&self) -> bool {
        true
    }
}
