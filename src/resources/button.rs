//! A push button: pressed is high.
//!
//! Source: Grove Button wiki (a pull-down on the module, so released is low); firmware command 1.

use super::{Entity, Key, Kind, PortUse, Spec};
use crate::board::{Board, BoardError, DigitalPort, PinMode};
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Resource, Sensor};

pub(super) const KIND: Kind = Kind {
    name: "button",
    summary: "a push button; True while pressed, the first edge at once, bounces locked out",
    class: Class::Sensors,
    port: PortUse::Digital,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[
        Key::new("every_ms", 1, 60_000, 10, "how often the level is read"),
        Key::new(
            "debounce_ms",
            0,
            10_000,
            20,
            "how long contacts may bounce after an edge",
        ),
    ],
    value: |_| ValueKind::Bool,
    home: Entity::Press,
    can_follow: None,
    example: r#"button0 = { kind = "button", port = "D3" }  # every_ms = 10, debounce_ms = 20"#,
    build: |spec| polled_level(spec, true),
};

/// A level that bounces, as a resource: what every plain digital kind is. `yes` is the level that means True.
pub(super) fn polled_level(spec: &Spec, yes: bool) -> Box<dyn Resource> {
    let level = Level {
        port: spec.wired().digital(),
        yes,
    };
    let gate = Gate::Debounce {
        lock_out: spec.duration("debounce_ms"),
    };
    Box::new(Polled::new(
        level,
        spec.duration("every_ms"),
        gate,
        spec.channel(),
    ))
}

struct Level {
    port: DigitalPort,
    yes: bool,
}

impl Sensor for Level {
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.pin_mode(self.port, PinMode::Input)
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let level = board.digital_read(self.port)?;
        Ok(Value::Bool(level == self.yes).into())
    }
}
