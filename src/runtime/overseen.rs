//! An overview of things, fed by a session; what changes waits until somebody takes it.

use super::onlooker::TakesIn;
use crate::model::{Now, TopicFilter};
use crate::mqtt::SessionEvent;
use crate::thing::overview::{Change, Overview};
use std::collections::{BTreeSet, VecDeque};
use std::time::SystemTime;

/// So many changes wait; of more the oldest are dropped and counted.
const MOST: usize = 10_000;

/// What is known of the things, and of the way to them.
#[derive(Debug)]
pub struct Overseen {
    /// The things.
    pub overview: Overview,
    /// The connection.
    pub link: Link,
    /// Subscriptions that the broker refused.
    pub refused: BTreeSet<TopicFilter>,
    changes: VecDeque<Happened>,
    lost: u64,
}

/// Whether the broker is heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// It was not reached yet.
    NotYet,
    /// It is.
    Up,
    /// Not any more.
    Lost {
        /// Since when.
        since: SystemTime,
        /// What happened last, as a part of a sentence.
        reason: String,
    },
}

/// A change, and when it was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happened {
    /// When.
    pub at: SystemTime,
    /// What.
    pub change: Change,
}

impl Overseen {
    /// Nothing was heard yet.
    #[must_use]
    pub const fn new(overview: Overview) -> Self {
        Self {
            overview,
            link: Link::NotYet,
            refused: BTreeSet::new(),
            changes: VecDeque::new(),
            lost: 0,
        }
    }

    /// Time has passed.
    pub fn wake(&mut self, now: Now) {
        let changes = self.overview.wake(now);
        self.put(changes, now);
    }

    /// What changed since the last time, and how much more of it there was no room for.
    pub fn take_changes(&mut self) -> (Vec<Happened>, u64) {
        let lost = std::mem::take(&mut self.lost);
        (self.changes.drain(..).collect(), lost)
    }

    fn put(&mut self, changes: Vec<Change>, now: Now) {
        for change in changes {
            if self.changes.len() >= MOST {
                self.changes.pop_front();
                self.lost += 1;
            }
            let at = now.wall;
            self.changes.push_back(Happened { at, change });
        }
    }

    fn lose(&mut self, reason: &str, now: Now) {
        self.overview.disconnected();
        let since = match &self.link {
            Link::NotYet => return,
            Link::Up => now.wall,
            Link::Lost { since, .. } => *since,
        };
        let reason = reason.to_owned();
        self.link = Link::Lost { since, reason };
    }
}

impl TakesIn for Overseen {
    fn take_in(&mut self, event: &SessionEvent, now: Now) {
        match event {
            SessionEvent::Message(message) => {
                let changes = self.overview.hear(message, now);
                self.put(changes, now);
            }
            SessionEvent::Connected => self.refused.clear(),
            SessionEvent::Subscribed { .. } => {
                self.link = Link::Up;
                self.overview.connected(now);
            }
            SessionEvent::Disconnected { reason } | SessionEvent::CannotConnect { reason, .. } => {
                self.lose(reason, now);
            }
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
    use crate::model::{Message, Moment, Topic};
    use std::time::Duration;

    #[test]
    fn changes_that_nobody_takes_are_bounded_and_counted() {
        let mut overseen = Overseen::new(Overview::new(Duration::from_secs(45)));
        let now = Now::new(Moment::ZERO, SystemTime::UNIX_EPOCH);
        for number in 0..MOST + 5 {
            let topic = Topic::new("10.0.0.1/status").unwrap();
            let word = if number % 2 == 0 { "online" } else { "offline" };
            let message = SessionEvent::Message(Message::event(topic, word));
            overseen.take_in(&message, now);
        }
        let (changes, lost) = overseen.take_changes();
        assert_eq!((changes.len(), lost), (MOST, 5));
        assert_eq!(overseen.take_changes(), (Vec::new(), 0));
    }

    #[test]
    fn a_connection_is_lost_since_it_was_lost_and_not_since_the_last_attempt() {
        let mut overseen = Overseen::new(Overview::new(Duration::from_secs(45)));
        let at = |seconds| {
            let passed = Duration::from_secs(seconds);
            Now::new(Moment::after(passed), SystemTime::UNIX_EPOCH + passed)
        };
        overseen.take_in(&SessionEvent::Subscribed { refused: 0 }, at(1));
        let lost = |reason: &str| SessionEvent::Disconnected {
            reason: reason.to_owned(),
        };
        overseen.take_in(&lost("one"), at(2));
        overseen.take_in(&lost("two"), at(3));
        let Link::Lost { since, reason } = &overseen.link else {
            panic!("{:?}", overseen.link);
        };
        assert_eq!((*since, reason.as_str()), (at(2).wall, "two"));
        assert_eq!(overseen.overview.next_wake(), None);
    }
}
