//! Edges between two looks: how many there were in the last complete window.
//!
//! Source: firmware commands 6 (count), 10 (read) and 12 (which count). Pulses down to 5 us are counted by interrupts,
//! whatever else is on the bus.
//!
//! # What it is no good for
//! A total. The count is that of the last *complete* window and reading does not clear it. Windows carry no number, so
//! two equal ones look like one that was read twice, and say nothing new. It tells *that* there were edges and how many
//! in a window; whoever adds them up is wrong. Each window is looked at twice, so that none is missed.
//!
//! Counting switches the pin's pull-up on; it is switched off again, or a sensor that drives high only would never be
//! seen low. An open collector needs a pull-up of its own. Counting itself is never switched off by the program: the
//! firmware would leave the pin as an output that drives high.

use super::interrupts::{active, ask, set};
use super::{Entity, Key, Kind, Measure, PortUse};
use crate::board::{Board, BoardError, DigitalPort, PinMode, Request};
use crate::model::{Value, ValueKind};
use crate::thing::{Class, Gate, Polled, Reading, Sensor};
use std::time::Duration;

pub(super) const KIND: Kind = Kind {
    name: "counter",
    summary: "edges in the last complete window, also short ones; tells windows, never a total",
    class: Class::Sensors,
    port: PortUse::Counting,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[
        Key::new("window_ms", 20, 60_000, 1000, "how long a window is"),
        Key::one_of(
            "edge",
            &[1, 2, 3],
            "what is counted: 1 both edges, 2 falling, 3 rising",
        ),
    ],
    value: |_| COUNTS,
    home: Entity::Measured(Measure::COUNT),
    can_follow: None,
    example: r#"counter0 = { kind = "counter", port = "D3" }  # window_ms = 1000, edge = 3"#,
    build: |spec| {
        let window = u16::try_from(spec.setting("window_ms")).unwrap_or(u16::MAX);
        let edge = u8::try_from(spec.setting("edge")).unwrap_or(3);
        let port = spec.wired().digital();
        let [high, low] = window.to_be_bytes();
        let counter = Counter {
            port,
            count: Request::new(6, port.pin() | edge << 6, high, low),
            doubtful: 0,
        };
        let look = Duration::from_millis(u64::from(window) / 2);
        let gate = Gate::dead_band(1, Duration::ZERO, COUNTS);
        Box::new(Polled::new(counter, look, gate, spec.channel()))
    },
};

/// As many as 60 s hold of the shortest pulses.
const COUNTS: ValueKind = ValueKind::Integer {
    min: 0,
    max: 6_000_000,
};

/// Looks after which the count is that of a window that was counted from its beginning to its end.
const TWO_WINDOWS: u8 = 5;

struct Counter {
    port: DigitalPort,
    /// The command that makes it count.
    count: Request,
    /// Looks that are not believed yet.
    doubtful: u8,
}

impl Sensor for Counter {
    /// Setting begins the window anew, so only what does not count is set.
    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        let begun = self.doubtful > 0;
        if begun && active(self.port, board)? & 1 << self.port.pin() != 0 {
            return Ok(());
        }
        set(self.count, self.port, board)?;
        board.pin_mode(self.port, PinMode::Input)?;
        self.doubtful = TWO_WINDOWS;
        Ok(())
    }

    fn sample(&mut self, board: &mut dyn Board) -> Result<Reading, BoardError> {
        let request = Request::new(10, self.port.pin(), 0, 0);
        let [_, a, b, c, d] = ask(request, self.port, board)?;
        if self.doubtful > 1 {
            self.doubtful -= 1;
            return Ok(Reading::NOTHING);
        }
        Ok(Value::Integer(u32::from_le_bytes([a, b, c, d]).into()).into())
    }
}
