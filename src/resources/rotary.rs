//! A knob: the position of a potentiometer.
//!
//! Source: Grove Rotary Angle Sensor wiki (10 kOhm, linear over 300 degrees); firmware command 3.

use super::{Entity, Key, Kind, Measure, PortUse, Spec};
use crate::board::{AnalogPort, Board, BoardError, PinMode};
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Resource, Sensor};

pub(super) const KIND: Kind = Kind {
    name: "rotary",
    summary: "a knob; 0 at one end, 1023 at the other",
    class: Class::Sensors,
    port: PortUse::Analog,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[
        Key::new("every_ms", 1, 60_000, 50, "how often the voltage is read"),
        Key::new(
            "dead_band",
            1,
            512,
            4,
            "smallest change that is said, in counts; the ends are always reached",
        ),
        Key::new(
            "at_most_every_ms",
            0,
            60_000,
            50,
            "shortest time between two messages",
        ),
    ],
    value: |_| RANGE,
    home: Entity::Measured(Measure::COUNT),
    can_follow: None,
    example: r#"rotary0 = { kind = "rotary", port = "A0" }  # every_ms = 50, dead_band = 4"#,
    build: polled_voltage,
};

/// What the board's 10-bit converter yields.
pub(super) const RANGE: ValueKind = ValueKind::Integer { min: 0, max: 1023 };

/// The analog port. The topology gives one to every analog kind.
pub(super) fn analog(spec: &Spec) -> AnalogPort {
    spec.wired()
        .analog()
        .expect("the topology gives an analog port to an analog kind")
}

/// A voltage with a dead band, as a resource: what every plain analog kind is.
pub(super) fn polled_voltage(spec: &Spec) -> Box<dyn Resource> {
    let gate = Gate::dead_band(
        spec.setting("dead_band"),
        spec.duration("at_most_every_ms"),
        RANGE,
    );
    let polled = Polled::new(
        Voltage { port: analog(spec) },
        spec.duration("every_ms"),
        gate,
        spec.channel(),
    );
    Box::new(polled.in_room(spec.room_channels()))
}

/// The voltage on an analog port, as the converter's count.
struct Voltage {
    port: AnalogPort,
}

impl Sensor for Voltage {
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port.digital(), PinMode::Input)
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let count = board.analog_read(self.port)?;
        Ok(Value::Integer(count.into()).into())
    }
}
