//! Which topics a broker speaks on: those that it has kept something on, and those that pass.

use super::onlooker::TakesIn;
use crate::model::{Now, Topic, TopicFilter};
use crate::mqtt::SessionEvent;
use std::collections::BTreeSet;

/// The most topics that are remembered.
pub const MOST_TOPICS: usize = 50_000;
/// The most bytes that they may have together.
const MOST_BYTES: usize = 16 << 20;

/// The topics that were heard, each once; payloads are not kept.
#[derive(Debug, Default)]
pub struct TopicsHeard {
    /// In their order.
    pub topics: BTreeSet<Topic>,
    /// Messages on further topics, for which there was no room.
    pub beyond: u64,
    /// Subscriptions that the broker refused.
    pub refused: BTreeSet<TopicFilter>,
    bytes: usize,
}

impl TopicsHeard {
    /// Remembers a topic if there is room.
    pub fn add(&mut self, topic: &Topic) {
        if self.topics.contains(topic) {
            return;
        }
        let size = topic.as_str().len();
        if self.topics.len() >= MOST_TOPICS || self.bytes + size > MOST_BYTES {
            self.beyond = self.beyond.saturating_add(1);
            return;
        }
        self.bytes += size;
        self.topics.insert(topic.clone());
    }
}

impl TakesIn for TopicsHeard {
    fn take_in(&mut self, event: &SessionEvent, _now: Now) {
        match event {
            SessionEvent::Message(message) => self.add(&message.topic),
            SessionEvent::SubscriptionRefused { filter } => {
                self.refused.insert(filter.clone());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_topics_is_bounded_and_counted() {
        let mut heard = TopicsHeard::default();
        for number in 0..MOST_TOPICS + 3 {
            let topic = Topic::new(format!("a/{number}")).unwrap();
            heard.add(&topic);
            heard.add(&topic);
        }
        assert_eq!(heard.topics.len(), MOST_TOPICS);
        assert_eq!(heard.beyond, 6);
        let mut heard = TopicsHeard::default();
        for number in 0..400 {
            heard.add(&Topic::new(format!("{number}{}", "x".repeat(60_000))).unwrap());
        }
        assert!(heard.bytes <= MOST_BYTES && heard.beyond > 100);
    }
}
