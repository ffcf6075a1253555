//! A display of two lines of sixteen characters with a coloured light behind them.
//!
//! Source: Grove LCD RGB Backlight wiki; data sheets of AIP31068L (text, I2C address 0x3e) and PCA9633 (light, 0x62).
//! The two are devices of their own on the board's I2C socket; the firmware has no part in it.
//!
//! ```text
//! 3e  80 28   two lines          80 0c   on, no cursor     80 06   from left to right
//! 3e  80 80   first line         40 ..   its 16 characters, one after the other
//! 3e  80 c0   second line        40 ..
//! 62  00 00   01 00   08 aa      the light is dimmed by the registers 04 red, 03 green, 02 blue
//! ```
//! Both lines are always written whole, with blanks, so the display is never cleared, which would take 50 ms. A line
//! ends at a line break or after sixteen characters; what goes beyond the second is not shown. The controller has no
//! other letters than ASCII: anything else is shown as `?`, but for the degree sign. An empty text is dark.

use super::{Entity, Key, Kind, PortUse, Spec};
use crate::board::{Board, BoardError};
use crate::model::{Value, ValueKind};
use crate::thing::{Actuator, Class, Driven};

pub(super) const KIND: Kind = Kind {
    name: "rgb_lcd",
    summary: "two lines of 16 characters on an I2C socket; text as it is, or what anything says; dark when empty",
    class: Class::Actuators,
    port: PortUse::Bus,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[
        Key::new("red", 0, 255, 255, "how much red the light behind it has"),
        Key::new("green", 0, 255, 255, "how much green"),
        Key::new("blue", 0, 255, 255, "how much blue"),
    ],
    value: |_| ValueKind::Text,
    home: Entity::Text(32),
    can_follow: Some(|_, _| Ok(())),
    example: r#"lcd0 = { kind = "rgb_lcd", follows = "inner/clock0" }  # red = 255, green = 255, blue = 255"#,
    build: |spec| {
        let part = |name| light(spec, name);
        let display = Lcd {
            light: [part("blue"), part("green"), part("red")],
        };
        Box::new(Driven::new(
            display,
            spec.follow(),
            spec.set_topic(),
            spec.channel(),
        ))
    },
};

fn light(spec: &Spec, name: &str) -> u8 {
    u8::try_from(spec.setting(name)).unwrap_or(u8::MAX)
}

const TEXT: u8 = 0x3e;
const LIGHT: u8 = 0x62;
/// Control byte: a command follows.
const COMMAND: u8 = 0x80;
/// Control byte: characters follow, to the end of the transfer.
const CHARACTERS: u8 = 0x40;
/// Where each line begins.
const LINES: [u8; 2] = [0x80, 0xc0];
const COLUMNS: usize = 16;

struct Lcd {
    /// Registers 2, 3 and 4: blue, green, red.
    light: [u8; 3],
}

/// The characters of both lines, as the controller has them.
fn laid_out(text: &str) -> [[u8; COLUMNS]; 2] {
    let mut lines = [[b' '; COLUMNS]; 2];
    let (mut line, mut column) = (0, 0);
    for c in text.chars().filter(|c| *c != '\r') {
        if c == '\n' || column == COLUMNS {
            (line, column) = (line + 1, 0);
        }
        if c == '\n' {
            continue;
        }
        let Some(place) = lines.get_mut(line).and_then(|line| line.get_mut(column)) else {
            break;
        };
        *place = character(c);
        column += 1;
    }
    lines
}

/// The controller has a yen sign and arrows where ASCII has a backslash and a tilde.
fn character(c: char) -> u8 {
    match c {
        '\u{b0}' => 0xdf,
        '\\' | '~' => b'?',
        ' '..='}' => u8::try_from(c).unwrap_or(b'?'),
        _ => b'?',
    }
}

impl Actuator for Lcd {
    fn accepts(&self) -> ValueKind {
        ValueKind::Text
    }

    fn rest(&self) -> Value {
        Value::Text(String::new())
    }

    fn prepare(&mut self, board: &mut dyn Board) -> Result<(), BoardError> {
        for command in [0x28, 0x0c, 0x06] {
            board.write_to(TEXT, &[COMMAND, command])?;
        }
        for register in [[0x00, 0x00], [0x01, 0x00], [0x08, 0xaa]] {
            board.write_to(LIGHT, &register)?;
        }
        Ok(())
    }

    fn apply(&mut self, value: &Value, board: &mut dyn Board) -> Result<(), BoardError> {
        let text = match value {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        for (start, line) in LINES.into_iter().zip(laid_out(text)) {
            board.write_to(TEXT, &[COMMAND, start])?;
            let mut bytes = [CHARACTERS; COLUMNS + 1];
            bytes[1..].copy_from_slice(&line);
            board.write_to(TEXT, &bytes)?;
        }
        for (register, level) in (2..).zip(self.light) {
            let level = if text.is_empty() { 0 } else { level };
            board.write_to(LIGHT, &[register, level])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> [String; 2] {
        laid_out(text).map(|line| line.into_iter().map(char::from).collect())
    }

    #[test]
    fn a_text_is_broken_at_its_break_and_after_sixteen_characters() {
        assert_eq!(
            shown("21.5 C\n40 %"),
            ["21.5 C          ", "40 %            "]
        );
        assert_eq!(
            shown("0123456789abcdefgh"),
            ["0123456789abcdef", "gh              "]
        );
        // a break after a full line is that one break
        assert_eq!(
            shown("0123456789abcdef\r\nx"),
            ["0123456789abcdef", "x               "]
        );
        let long = "x".repeat(1000);
        assert_eq!(shown(&long), ["x".repeat(16), "x".repeat(16)]);
        assert_eq!(shown("\n\n\nx"), [" ".repeat(16), " ".repeat(16)]);
    }

    #[test]
    fn what_the_controller_lacks_is_a_question_mark() {
        assert_eq!(laid_out("\u{b0}C")[0][..2], [0xdf, b'C']);
        assert_eq!(shown("\u{fc}\\~\u{7}}")[0].trim_end(), "????}");
    }
}
