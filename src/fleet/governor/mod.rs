//! The governor's protocol (wire contract, section 4): its topics and every payload, decoded leniently and encoded
//! strictly, as JSON or as text.

mod answer;
mod command;
mod feedback;
mod time;

pub(in crate::fleet) use answer::Answer;
pub use answer::{WHOLE, feedback};
pub use command::{Command, client_id};
pub use feedback::Feedback;
pub(in crate::fleet) use feedback::KEYS as FEEDBACK_KEYS;
pub use time::{time_of, time_text};

use crate::model::Topic;

/// How payloads are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// JSON: `jsonify` is on.
    Json,
    /// Text: `jsonify` is off.
    Text,
}

impl Form {
    /// What `jsonify` says.
    #[must_use]
    pub const fn of(jsonify: bool) -> Self {
        if jsonify { Self::Json } else { Self::Text }
    }
}

/// The topics of the governor's protocol, as a configuration names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GovernorTopics {
    /// SUT to operator: the bare client id.
    pub registration: Topic,
    /// Operator to SUT: the registration's payload, echoed.
    pub acknowledgment: Topic,
    /// Operator to every SUT.
    pub commands: Topic,
    /// SUT to operator and commanders.
    pub responses: Topic,
    /// Commander to operator.
    pub command_loader: Topic,
}

impl Default for GovernorTopics {
    fn default() -> Self {
        let topic = |text: &str| Topic::new(text).expect("the protocol's names are topics");
        Self {
            registration: topic("clients/registration"),
            acknowledgment: topic("clients/acknowledgment"),
            commands: topic("system_performance/commands"),
            responses: topic("system_performance/responses"),
            command_loader: topic("system_performance/command_loader"),
        }
    }
}
