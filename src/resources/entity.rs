//! What a kind is in a home: the entity as which home automation shows it.
//!
//! Source of the words: Home Assistant's documentation of its entities' device classes
//! (`/integrations/binary_sensor/#device-class`, `/integrations/sensor/#device-class`).

/// An entity of Home Assistant's, as a kind's row names it. What follows from the port and from what an actuator
/// follows, as whether a light can be dimmed, is told by the values of its channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// None: it is not for a home. Commands are never run from a home's screen.
    None,
    /// Yes or no, with a device class where one fits.
    Level(Option<&'static str>),
    /// Yes while a finger is on it, and an event for each press.
    Press,
    /// A number that is measured.
    Measured(Measure),
    /// Each of its channels a number that is measured, in the order of the channels.
    Several(&'static [Measure]),
    /// Text that it says and nobody sets. Off until somebody wants it, since a home keeps the history of each change.
    Told,
    /// A light: on and off, dimmed, or of a colour.
    Light,
    /// On and off; a number where it is driven by one.
    Switch,
    /// A number that is set.
    Number,
    /// Text that is set, of at most so many characters.
    Text(u8),
}

/// A number that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The device class; none for counts of a converter, which are no illuminance and no sound pressure.
    pub class: Option<&'static str>,
    /// The unit as home automation writes it.
    pub unit: Option<&'static str>,
}

impl Measure {
    /// A bare number.
    pub(super) const COUNT: Self = Self {
        class: None,
        unit: None,
    };

    /// A quantity with its unit.
    pub(super) const fn of(class: &'static str, unit: &'static str) -> Self {
        Self {
            class: Some(class),
            unit: Some(unit),
        }
    }

    /// Degrees Celsius.
    pub(super) const CELSIUS: Self = Self::of("temperature", "\u{b0}C");
}
