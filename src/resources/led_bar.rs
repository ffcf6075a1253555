//! A bar of ten LEDs: a level from 0 (dark) to 10.
//!
//! Source: Grove LED Bar wiki (chip MY9221); firmware commands 50 (begin) and 52 (level). Its data wire is the socket's
//! own pin, its clock the next socket's. `begin` sends nothing to the bar, so saying it again is not seen.

use super::{Entity, Key, Kind, PortUse};
use crate::board::{Board, BoardError, Port, Request};
use crate::model::{Value, ValueKind};
use crate::thing::{Actuator, Class, Driven};

pub(super) const KIND: Kind = Kind {
    name: "led_bar",
    summary: "ten LEDs in a row; 0 is dark, 10 all; what it follows is scaled to that",
    class: Class::Actuators,
    port: PortUse::Pair,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[Key::new(
        "green_to_red",
        0,
        1,
        0,
        "1 when it fills from the green end",
    )],
    value: |_| LEVELS,
    home: Entity::Number,
    can_follow: Some(can_follow),
    example: r#"bar0 = { kind = "led_bar", port = "D5", follows = "inner/rotary0" }  # green_to_red = 0"#,
    build: |spec| {
        let bar = LedBar {
            pin: spec.wired().digital().pin(),
            green_to_red: u8::from(spec.setting("green_to_red") == 1),
        };
        Box::new(Driven::new(
            bar,
            spec.follow(),
            spec.set_topic(),
            spec.channel(),
        ))
    },
};

const LEVELS: ValueKind = ValueKind::Integer { min: 0, max: 10 };

fn can_follow(_: Option<Port>, value: ValueKind) -> Result<(), String> {
    match value {
        ValueKind::Bool | ValueKind::Integer { .. } => Ok(()),
        ValueKind::Decimal => Err("a number without a range fills no bar".to_owned()),
        ValueKind::Color | ValueKind::Text => Err("it shows a level".to_owned()),
    }
}

struct LedBar {
    pin: u8,
    green_to_red: u8,
}

impl Actuator for LedBar {
    fn accepts(&self) -> ValueKind {
        LEVELS
    }

    fn rest(&self) -> Value {
        Value::Integer(0)
    }

    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        board.transact(Request::new(50, self.pin, self.green_to_red, 0), &mut [])
    }

    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError> {
        let level = match value {
            Value::Integer(level) => u8::try_from(*level).unwrap_or(0).min(10),
            _ => 0,
        };
        board.transact(Request::new(52, self.pin, level, 0), &mut [])
    }
}
