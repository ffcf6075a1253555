//! The topics on which a thing speaks of itself as a whole.

use crate::model::Topic;
use std::time::Duration;

/// How often a thing says how it is doing.
pub const HEALTH_EVERY: Duration = Duration::from_secs(30);

/// What a thing says of itself (wire contract, section 2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThingTopics {
    /// Whether it is there; also its last will.
    pub status: Topic,
    /// What it has.
    pub about: Topic,
    /// How it is doing.
    pub health: Topic,
}

impl ThingTopics {
    /// Those of the thing with that id.
    #[must_use]
    pub fn of(id: &Topic) -> Self {
        let below = |level: &str| {
            id.child(level)
                .expect("a short word below a checked topic is a topic")
        };
        Self {
            status: below("status"),
            about: below("about"),
            health: below("health"),
        }
    }
}
