//! What became different.

use super::State;

/// One change, as far as it was seen to happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A thing is in another state; without `from` it was not known before.
    State {
        /// Which thing.
        id: String,
        /// As it was.
        from: Option<State>,
        /// As it is.
        to: State,
    },
    /// It told something else about itself than before: another version, other resources.
    About {
        /// Which thing.
        id: String,
    },
    /// The port of a resource answers, or not.
    Available {
        /// Which thing.
        id: String,
        /// Which resource.
        resource: String,
        /// Whether it answers.
        available: bool,
    },
    /// A resource does not work, or does again.
    Fault {
        /// Which thing.
        id: String,
        /// Which resource.
        resource: String,
        /// What is wrong; none when it is over.
        error: Option<String>,
    },
    /// All that the broker kept of it was cleared.
    Gone {
        /// Which thing.
        id: String,
    },
}

impl Change {
    /// Which thing it is about.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::State { id, .. }
            | Self::About { id }
            | Self::Available { id, .. }
            | Self::Fault { id, .. }
            | Self::Gone { id } => id,
        }
    }
}
