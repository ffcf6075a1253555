//! What a watch tells people, and what it wants done.

use crate::building::{Limit, Place, PlaceError, ReadingError, plain};
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
    /// The broker keeps it of an earlier life, and its value is an alarm by the rules of this one.
    Kept(Limit),
    /// The broker keeps it of an earlier life, and it tells that the sensor is silent.
    KeptSilent,
    /// The broker keeps an alarm that nothing here explains: no siren is on for it.
    Unexplained,
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
    /// Of one that the broker kept: since when it says that it stands; from the network, so not safe for a terminal.
    pub since: Option<Box<str>>,
}

impl fmt::Display for AlarmLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value.is_nan() {
            true => write!(f, "{} -", self.place),
            false => write!(f, "{} {}", self.place, plain(self.value)),
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
    /// Somebody speaks where a sensor might, on a topic that is no sensor's: log it, within reason.
    NoPlace(Topic, PlaceError),
    /// There are more sensors than are watched. Told once, with how many are.
    Full(usize),
}
