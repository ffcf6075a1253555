//! Which messages lead to which host.

use super::{Inbox, Sense};
use crate::model::{Message, TopicFilter};
use crate::resources::Spec;
use std::sync::Arc;

/// Which filters lead to which host, and its resources, who know what makes sense.
pub(super) struct Route {
    pub(super) filters: Vec<TopicFilter>,
    /// What comes there are commands: each counts.
    pub(super) commands: bool,
    pub(super) specs: Vec<Spec>,
    pub(super) inbox: Arc<Inbox>,
}

impl Route {
    /// Whether each message on that topic wants an answer of its own, rather than the latest to hold.
    fn each_counts(&self, message: &Message) -> bool {
        let mut asked = self.specs.iter().filter_map(Spec::asked_on);
        self.commands || asked.any(|topic| *topic == message.topic)
    }
}

/// Puts a message into the inbox of each host that listens to it.
pub(super) fn route(routes: &[Route], message: &Message) {
    for route in routes {
        let mut filters = route.filters.iter();
        if filters.any(|filter| filter.matches(&message.topic)) {
            let sense = match route.specs.iter().all(|spec| spec.understands(message)) {
                _ if route.each_counts(message) => Sense::Command,
                true => Sense::Sense,
                false => Sense::Nonsense,
            };
            route.inbox.put(message.clone(), sense);
        }
    }
}
