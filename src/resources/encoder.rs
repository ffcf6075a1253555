//! A rotary encoder: how many steps it stands above its start, from 0 to `steps`.
//!
//! Source: Grove Encoder wiki; firmware commands 14 (on), 13 (read) and 12 (which are on). It takes the socket's pin and
//! the next one's. The firmware counts by interrupts, so no step is lost between two readings, and stops at both ends.
//!
//! It begins at 0 whenever it is switched on: at each start of the program, and after a reset of the board. Of the
//! number that the firmware answers only the low 16 bits mean something.

use super::interrupts::{active, ask, set};
use super::{Entity, Key, Kind, Measure, PortUse, Spec};
use crate::board::{Board, BoardError, DigitalPort, Request};
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Sensor};
use std::time::Duration;

pub(super) const KIND: Kind = Kind {
    name: "encoder",
    summary: "a knob without ends; counts steps from 0 to `steps`, beginning at 0",
    class: Class::Sensors,
    port: PortUse::Pair,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[
        Key::new("every_ms", 5, 60_000, 50, "how often the count is read"),
        Key::new("steps", 1, 255, 32, "where it ends"),
    ],
    value: range,
    home: Entity::Measured(Measure::COUNT),
    can_follow: None,
    example: r#"encoder0 = { kind = "encoder", port = "D2" }  # steps = 32, every_ms = 50"#,
    build: |spec| {
        let encoder = Encoder {
            port: spec.wired().digital(),
            steps: u8::try_from(spec.setting("steps")).unwrap_or(u8::MAX),
            begun: false,
        };
        let gate = Gate::dead_band(1, Duration::ZERO, range(spec));
        Box::new(Polled::new(
            encoder,
            spec.duration("every_ms"),
            gate,
            spec.channel(),
        ))
    },
};

fn range(spec: &Spec) -> ValueKind {
    ValueKind::Integer {
        min: 0,
        max: spec.setting("steps"),
    }
}

struct Encoder {
    port: DigitalPort,
    steps: u8,
    /// It has been switched on by us, at least once.
    begun: bool,
}

impl Sensor for Encoder {
    /// Switching on puts the count back to 0, so only what is off is switched on.
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        let both = 0b11 << self.port.pin();
        if self.begun && active(self.port, board)? & both == both {
            return Ok(());
        }
        set(
            Request::new(14, self.port.pin(), self.steps, 0),
            self.port,
            board,
        )?;
        self.begun = true;
        Ok(())
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let request = Request::new(13, self.port.pin(), 0, 0);
        let [_, low, high, _, _] = ask(request, self.port, board)?;
        let count = u16::from_le_bytes([low, high]);
        if count > self.steps.into() {
            return Err(BoardError::OutOfRange {
                request,
                found: count.into(),
                most: self.steps.into(),
            });
        }
        Ok(Value::Integer(count.into()).into())
    }
}
