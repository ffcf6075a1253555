//! Chainable RGB LEDs: one colour for the whole chain.
//!
//! Source: Grove Chainable RGB LED wiki (chip P9813); firmware commands 90 (store a colour), 91 (begin), 93 (show it; 3
//! is from this LED outwards), `ChainableLED.cpp`. The clock is the socket's own pin, the data the next socket's.
//!
//! # What `begin` costs
//! Each `begin` darkens the chain and takes memory of the firmware that it never gives back, so it must not be said on
//! every beat. Whether the board has been reset since is found out by a LED bar that is not there: it is begun on the
//! same pins, which sends nothing to them, and asked for its bits (56) on each beat. A firmware that has been reset
//! knows no such bar and answers what lay in its buffer, which is made a version first. Each start of the program begins
//! anew and costs 5 bytes with one LED; the board's reset frees them.
//!
//! A longer chain takes longer, with the square of its length: 4 ms for one LED and 50 ms for five, in which nothing
//! else on the board is served. So five is the most.

use super::{Entity, Key, Kind, PortUse};
use crate::board::{Board, BoardError, Port, Request};
use crate::model::{Color, Value, ValueKind};
use crate::thing::{Actuator, Class, Driven};

pub(super) const KIND: Kind = Kind {
    name: "chainable_led",
    summary: "RGB LEDs in a chain, all in one colour; white as bright as a number that it follows",
    class: Class::Actuators,
    port: PortUse::Pair,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[Key::new("leds", 1, 5, 1, "how many LEDs the chain has")],
    value: |_| ValueKind::Color,
    home: Entity::Light,
    can_follow: Some(can_follow),
    example: r#"lamp0 = { kind = "chainable_led", port = "D7", follows = "inner/button0" }  # leds = 1"#,
    build: |spec| {
        let chain = Chain {
            pin: spec.wired().digital().pin(),
            leds: u8::try_from(spec.setting("leds")).unwrap_or(1),
            begun: false,
        };
        Box::new(Driven::new(
            chain,
            spec.follow(),
            spec.set_topic(),
            spec.channel(),
        ))
    },
};

fn can_follow(_: Option<Port>, value: ValueKind) -> Result<(), String> {
    match value {
        ValueKind::Bool | ValueKind::Integer { .. } | ValueKind::Color => Ok(()),
        ValueKind::Decimal => Err("a number without a range is no brightness".to_owned()),
        ValueKind::Text => Err("it cannot show text".to_owned()),
    }
}

struct Chain {
    pin: u8,
    leds: u8,
    /// It has been begun by us, at least once.
    begun: bool,
}

impl Chain {
    /// Whether the firmware still has what was begun.
    fn is_known(&self, board: &mut dyn Board) -> Result<bool, BoardError> {
        if !self.begun {
            return Ok(false);
        }
        board.firmware_version()?;
        match board.transact(Request::new(56, self.pin, 0, 0), &mut [0; 3]) {
            Ok(()) => Ok(true),
            Err(BoardError::Echo { found: 8, .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }
}

impl Actuator for Chain {
    fn accepts(&self) -> ValueKind {
        ValueKind::Color
    }

    fn rest(&self) -> Value {
        Value::Color(Color::BLACK)
    }

    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        if self.is_known(board)? {
            return Ok(());
        }
        board.transact(Request::new(91, self.pin, self.leds, 0), &mut [])?;
        // last, so that a chain that was not begun is never taken for one that was
        board.transact(Request::new(50, self.pin, 0, 0), &mut [])?;
        self.begun = true;
        Ok(())
    }

    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError> {
        let Color { red, green, blue } = match value {
            Value::Color(color) => *color,
            _ => Color::BLACK,
        };
        board.transact(Request::new(90, red, green, blue), &mut [])?;
        board.transact(Request::new(93, self.pin, 3, 0), &mut [])
    }
}
