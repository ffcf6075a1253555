//! A client, and the way to it.

use crate::fleet::own::{AboutExecutor, ExecutorTopics};

/// A client, and the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    name: String,
    own: Option<(String, ExecutorTopics)>,
    signed: bool,
}

impl Target {
    /// An executor of ours.
    pub(super) fn own(name: &str, thing: &str, executor: AboutExecutor) -> Self {
        Self {
            name: name.to_owned(),
            own: Some((thing.to_owned(), executor.topics)),
            signed: executor.signed,
        }
    }

    /// A client that knows the governor's topics only.
    #[must_use]
    pub fn old(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            own: None,
            signed: false,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The id of its thing, if it is one of ours.
    #[must_use]
    pub fn thing(&self) -> Option<&str> {
        self.own.as_ref().map(|(thing, _)| thing.as_str())
    }

    /// Whether it obeys signed commands only, for all that its `about` says.
    #[must_use]
    pub const fn wants_signature(&self) -> bool {
        self.signed
    }

    /// The topics of its executor, if it is one of ours.
    #[must_use]
    pub fn topics(&self) -> Option<&ExecutorTopics> {
        self.own.as_ref().map(|(_, topics)| topics)
    }
}
