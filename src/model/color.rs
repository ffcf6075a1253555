//! A colour on the wire: `#rrggbb`, or JSON as home automation says it.

use serde_json::Value as Json;
use std::fmt;

/// A mixture of red, green and blue light, each 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Color {
    /// How much red.
    pub red: u8,
    /// How much green.
    pub green: u8,
    /// How much blue.
    pub blue: u8,
}

impl Color {
    /// No light.
    pub const BLACK: Self = Self::grey(0);
    /// All of the light.
    pub const WHITE: Self = Self::grey(255);

    /// As much of each.
    #[must_use]
    pub const fn grey(level: u8) -> Self {
        Self {
            red: level,
            green: level,
            blue: level,
        }
    }

    /// How much light it is in all, 0 to 765.
    #[must_use]
    pub fn light(self) -> u16 {
        u16::from(self.red) + u16::from(self.green) + u16::from(self.blue)
    }

    /// `#rrggbb`, in any case; anything else is no colour.
    pub(super) fn from_word(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?.as_bytes();
        if digits.len() != 6 || !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
        Some(Self {
            red: part(1)?,
            green: part(3)?,
            blue: part(5)?,
        })
    }

    /// `{"r": 255, "g": 0, "b": 0}`, or the word.
    pub(super) fn from_json(json: &Json) -> Option<Self> {
        if let Json::String(word) = json {
            return Self::from_word(word);
        }
        let part = |name| u8::try_from(json.get(name)?.as_u64()?).ok();
        Some(Self {
            red: part("r")?,
            green: part("g")?,
            blue: part("b")?,
        })
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}
