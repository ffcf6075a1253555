//! What a watch tells people, and what it wants done.

use crate::building::{Limit, Place, ReadingError};
use crate::model::{Message, Topic};
use std::borrow::Cow;
use std::fmt;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sign {
    /// A value is beyond a limit.
    Raised(Limit),
    /// It is back.
    Over(Limit),
    /// A sensor has not been heard for too long.
    Silent,
    /// It is heard again.
    Heard,
}

/// A line for people: `building floor wing room sensor value`.
#[derive(Debug, Clone, PartialEq)]
pub struct AlarmLine {
    /// Where.
    pub place: Place,
    /// The value; of a silent sensor, its last; no number if nobody knows it.
    pub value: f64,
    /// Its unit, as its readings tell it; from the network, so not safe for a terminal.
    pub unit: Cow<'static, str>,
    /// What happened.
    pub sign: Sign,
}

impl fmt::Display for AlarmLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.is_nan() {
            true => write!(f, "{} -", self.place),
            false => write!(f, "{} {}", self.place, self.value),
        }
    }
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum AlarmEffect {
    /// Tell people.
    Line(AlarmLine),
    /// Publish this.
    Publish(Message),
    /// The siren of that place in the list is to be on, or off.
    Siren(usize, bool),
    /// A reading cannot be understood: log it, within reason.
    Refused(Topic, ReadingError),
    /// There are more sensors than are watched. Told once, with how many are.
    Full(usize),
}
