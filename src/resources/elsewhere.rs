//! Topics that a kind speaks on beside its own, or in their place: the courses' (wire contract, section 5).

use crate::building::Quantity;

/// Where a kind's values are said other than below the thing's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Elsewhere {
    /// On this topic, which all things share, and on none of its own.
    Shared(&'static str),
    /// The same, as an answer to what is sent to the topic that is the session's client id.
    Answers(&'static str),
    /// Also in a building's room, where the file names one: each of its values as this, in their order.
    Room(&'static [Quantity]),
}

impl Elsewhere {
    /// The topic that all things share.
    #[must_use]
    pub const fn shared(self) -> Option<&'static str> {
        match self {
            Self::Shared(topic) | Self::Answers(topic) => Some(topic),
            Self::Room(_) => None,
        }
    }
}

/// The unit, in a room, of what is no more than a count of the board's converter: `512 of 1023` claims no lux and no
/// millimetre a second, which nobody measured.
pub const COUNTS: &str = "of 1023";
