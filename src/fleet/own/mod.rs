//! Our own topics (wire contract, section 3): the topics of an executor, commands, responses, progress, and what a
//! thing says about itself.

mod about;
mod command;
mod progress;
mod response;

pub use about::{About, AboutExecutor, about_json};
pub(crate) use command::expires_at;
pub use command::{Command, DecodeError, Order, Signed, is_usable_id};
pub use progress::{Progress, State};
pub use response::Response;

use crate::model::{Topic, TopicError};

/// The topics of one executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorTopics {
    /// To the executor.
    pub commands: Topic,
    /// From it, QoS 1.
    pub responses: Topic,
    /// From it, QoS 0.
    pub progress: Topic,
}

impl ExecutorTopics {
    /// The topics of the executor `name` of the thing `id`.
    ///
    /// # Errors
    /// A name that is no level of a topic.
    pub fn of(id: &Topic, name: &str) -> Result<Self, TopicError> {
        let below = |last: &str| id.child(&format!("executors/{name}/{last}"));
        Ok(Self {
            commands: below("commands")?,
            responses: below("responses")?,
            progress: below("progress")?,
        })
    }
}
