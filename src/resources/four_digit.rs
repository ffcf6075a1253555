//! A display of four digits: a whole number from 0 to 9999, or dark.
//!
//! Source: Grove 4-Digit Display wiki (chip TM1637); firmware commands 70 (begin), 71 (brightness), 72 (number without
//! leading zeros) and 79 (all dark), `TM1637.cpp`. Its clock is the socket's own pin, its data the next socket's. Until
//! it is told a brightness the chip stays dark. Commands 74 to 76 write past a buffer in the firmware and are not used,
//! so there is neither a sign nor a point: what can be negative or has a point belongs on a `rgb_lcd`.
//!
//! At rest it is dark, and its state topic is cleared: a zero would be a number that nobody said.

use super::{Entity, Key, Kind, PortUse, Spec};
use crate::board::{Board, BoardError, Port, Request};
use crate::model::{Value, ValueKind};
use crate::thing::{Actuator, Class, Driven, Follow, Source};

pub(super) const KIND: Kind = Kind {
    name: "four_digit",
    summary: "four digits; shows a whole number as it is, 0..9999; dark at rest",
    class: Class::Actuators,
    port: PortUse::Pair,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[Key::new("brightness", 0, 7, 7, "how bright, 0 to 7")],
    value: |_| NUMBERS,
    home: Entity::Number,
    can_follow: Some(can_follow),
    example: r#"digits0 = { kind = "four_digit", port = "D7", follows = "inner/rotary0" }  # brightness = 7"#,
    build: |spec| {
        let display = FourDigit {
            pin: spec.wired().digital().pin(),
            brightness: u8::try_from(spec.setting("brightness")).unwrap_or(7),
        };
        Box::new(Driven::new(
            display,
            unscaled(spec),
            spec.set_topic(),
            spec.channel(),
        ))
    },
};

const NUMBERS: ValueKind = ValueKind::Integer { min: 0, max: 9999 };

fn can_follow(_: Option<Port>, value: ValueKind) -> Result<(), String> {
    match value {
        ValueKind::Integer {
            min: 0..,
            max: ..=9999,
        } => Ok(()),
        other => Err(format!(
            "it shows whole numbers, 0..9999, and its source says {other}"
        )),
    }
}

/// What it follows, with its own range for each: a number is shown as it is.
fn unscaled(spec: &Spec) -> Follow {
    let as_they_are = |source: &Source| Source {
        value: NUMBERS,
        ..source.clone()
    };
    let sources = spec.sources.iter().map(as_they_are).collect();
    Follow::new(sources, spec.combine, spec.on_source_lost.clone())
}

struct FourDigit {
    pin: u8,
    brightness: u8,
}

impl Actuator for FourDigit {
    fn accepts(&self) -> ValueKind {
        NUMBERS
    }

    /// Nothing to show.
    fn rest(&self) -> Value {
        Value::Text(String::new())
    }

    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.transact(Request::new(70, self.pin, 0, 0), &mut [])?;
        board.transact(Request::new(71, self.pin, self.brightness, 0), &mut [])
    }

    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError> {
        let shown = match value {
            Value::Integer(number) => u16::try_from(*number).ok(),
            _ => None,
        };
        let request = match shown {
            Some(number) => {
                let [low, high] = number.min(9999).to_le_bytes();
                Request::new(72, self.pin, low, high)
            }
            None => Request::new(79, self.pin, 0, 0),
        };
        board.transact(request, &mut [])
    }
}
