//! The parts of a place, as types that hold nothing wrong.

use crate::model::{Topic, escaped};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use thiserror::Error;

/// A part of a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The building's name.
    Building,
    /// The floor.
    Floor,
    /// The wing.
    Wing,
    /// The room.
    Room,
    /// The sensor.
    Sensor,
}

impl Part {
    /// What is allowed there.
    #[must_use]
    pub const fn allowed(self) -> &'static str {
        match self {
            Self::Building => {
                "one level of a topic, up to 128 bytes: no `/`, `+`, `#` or control character, not beginning with `$`"
            }
            Self::Floor => "a number from 0 to 999 without leading zeros, or P_ and that number",
            Self::Wing => "N, S, E, or O (also W) for the west",
            Self::Room => "a number from 0 to 9999 without leading zeros",
            Self::Sensor => "TEMP, HUM, LUX or VIBR",
        }
    }

    /// What is allowed on the wire, where there is one way only to say it.
    #[must_use]
    pub const fn allowed_in_topic(self) -> &'static str {
        match self {
            Self::Floor => "P_ and a number from 0 to 999 without leading zeros",
            Self::Wing => "N, S, E, and O for the west",
            Self::Building | Self::Room | Self::Sensor => self.allowed(),
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Building => "building",
            Self::Floor => "floor",
            Self::Wing => "wing",
            Self::Room => "room",
            Self::Sensor => "sensor",
        })
    }
}

/// Why something is no place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PlaceError {
    /// One part is wrong.
    #[error("`{found}` is no {part}; allowed is {}", part.allowed())]
    Part {
        /// Which.
        part: Part,
        /// What was found, escaped.
        found: String,
    },
    /// One level of a topic is wrong.
    #[error("`{found}` is no {part} in a topic; allowed there is {}", part.allowed_in_topic())]
    InTopic {
        /// Which.
        part: Part,
        /// What was found, escaped.
        found: String,
    },
    /// A room has another number of levels.
    #[error("`{room}` has {levels} levels; a room has four: building, floor, wing, room")]
    RoomLevels {
        /// The room, escaped.
        room: String,
        /// How many it has.
        levels: usize,
    },
    /// The topic has another number of levels.
    #[error(
        "`{topic}` has {levels} levels; a sensor's topic has five: building, P_ and the floor, wing, room, sensor"
    )]
    Levels {
        /// The topic, escaped.
        topic: String,
        /// How many it has.
        levels: usize,
    },
}

pub(super) fn wrong(part: Part, found: &str) -> PlaceError {
    let found = escaped(found.as_bytes(), 64);
    PlaceError::Part { part, found }
}

/// A number as it is said: without sign and leading zeros, up to `most`.
fn number(part: Part, text: &str, most: u16) -> Result<u16, PlaceError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let plain = digits && (text == "0" || !text.starts_with('0'));
    let number = text.parse().ok().filter(|number| plain && *number <= most);
    number.ok_or_else(|| wrong(part, text))
}

/// The longest name of a building, in bytes: who watches keeps the names of all.
const LONGEST_NAME: usize = 128;

/// A building's name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Building(Arc<str>);

impl Building {
    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Building {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let level = !text.contains('/') && !text.starts_with('$') && Topic::new(text).is_ok();
        let fits = level && text.len() <= LONGEST_NAME;
        match fits {
            true => Ok(Self(text.into())),
            false => Err(wrong(Part::Building, text)),
        }
    }
}

impl fmt::Display for Building {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A floor, 0 to 999; 0 is at street level. `P_7` on the wire; `7` is understood, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Floor(u16);

impl Floor {
    const MOST: u16 = 999;

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl FromStr for Floor {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let digits = text.strip_prefix("P_").unwrap_or(text);
        number(Part::Floor, digits, Self::MOST)
            .map(Self)
            .map_err(|_| wrong(Part::Floor, text))
    }
}

impl fmt::Display for Floor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "P_{}", self.0)
    }
}

/// A wing. The west is `O` (oeste, ovest, ouest) on the wire; `W` and small letters are understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Wing {
    /// `N`.
    North,
    /// `S`.
    South,
    /// `E`.
    East,
    /// `O`.
    West,
}

impl Wing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::North, Self::South, Self::East, Self::West];

    const fn letter(self) -> &'static str {
        match self {
            Self::North => "N",
            Self::South => "S",
            Self::East => "E",
            Self::West => "O",
        }
    }
}

impl FromStr for Wing {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        match text {
            "N" | "n" => Ok(Self::North),
            "S" | "s" => Ok(Self::South),
            "E" | "e" => Ok(Self::East),
            "O" | "o" | "W" | "w" => Ok(Self::West),
            _ => Err(wrong(Part::Wing, text)),
        }
    }
}

impl fmt::Display for Wing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.letter())
    }
}

/// A room of a wing, 0 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Room(u16);

impl Room {
    const MOST: u16 = 9999;

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u16 {
        self.0
    }
}

impl FromStr for Room {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        number(Part::Room, text, Self::MOST).map(Self)
    }
}

impl fmt::Display for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What a sensor measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantity {
    /// `TEMP`, in degrees Celsius.
    Temperature,
    /// `HUM`, relative, in percent.
    Humidity,
    /// `LUX`, in lux.
    Illuminance,
    /// `VIBR`, the peak velocity in mm/s, as DIN 4150-3 judges buildings by.
    Vibration,
}

impl Quantity {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Temperature,
        Self::Humidity,
        Self::Illuminance,
        Self::Vibration,
    ];

    /// Its unit, as readings say it.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Temperature => "C",
            Self::Humidity => "%",
            Self::Illuminance => "lx",
            Self::Vibration => "mm/s",
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Temperature => "TEMP",
            Self::Humidity => "HUM",
            Self::Illuminance => "LUX",
            Self::Vibration => "VIBR",
        }
    }
}

impl FromStr for Quantity {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let named = |quantity: &Self| text.eq_ignore_ascii_case(quantity.word());
        let found = Self::ALL.into_iter().find(named);
        found.ok_or_else(|| wrong(Part::Sensor, text))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
