//! An id that a thing had before its address changed. When the connection died with the address, the last words under
//! the old id are left to the node that goes on under the new one.

use super::presence;
use crate::model::{Message, Moment, QoS, Topic};
use std::time::Duration;

/// After so many keep-alives the broker has noticed the death of a connection (section 3.1.2.10: one and a half) and
/// published its last will.
const WILL_WITHIN: u32 = 3;

/// An id that is not used any more, and the topics on which the broker may still keep something of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    pub(super) id: Topic,
    pub(super) retained: Vec<Topic>,
}

impl Former {
    /// Not retained, so that the clearing which follows does not take its place in the outbox.
    fn offline(&self) -> Message {
        let word = presence::status(&self.id, false);
        Message {
            retain: false,
            qos: QoS::AtLeastOnce,
            ..word
        }
    }

    /// Takes away what the broker keeps.
    pub(super) fn clears(&self) -> impl Iterator<Item = Message> + '_ {
        let topics = self.retained.iter();
        topics.map(|topic| Message::state(topic.clone(), ""))
    }
}

/// The former ids that are still to be cleared away.
#[derive(Debug)]
pub(super) struct Formers {
    list: Vec<Former>,
    will_within: Duration,
    /// When nothing can come back any more; known once the broker was reached.
    over: Option<Moment>,
}

impl Formers {
    /// `now` is the id that the thing has now: what is said on it is not cleared.
    pub(super) fn new(mut list: Vec<Former>, now: &Topic, keep_alive: Duration) -> Self {
        list.retain(|former| former.id != *now);
        Self {
            list,
            will_within: keep_alive * WILL_WITHIN,
            over: None,
        }
    }

    /// What is to be said at a connection: `offline` at the first, and the clearing at each, as one may be lost.
    pub(super) fn connected(&mut self, now: Moment) -> Vec<Message> {
        let first = self.over.is_none();
        self.over.get_or_insert(now + self.will_within);
        let said = self.list.iter().flat_map(|former| {
            let offline = first.then(|| former.offline());
            offline.into_iter().chain(former.clears())
        });
        said.collect()
    }

    /// What is to be said while connected: the clearing once more when the last will of the connection that died must
    /// have been published, since that is kept again. Then they are forgotten.
    pub(super) fn take_due(&mut self, now: Moment) -> Vec<Message> {
        if self.over.is_none_or(|over| now < over) {
            return Vec::new();
        }
        let list = self.take();
        list.iter().flat_map(Former::clears).collect()
    }

    /// What is left.
    pub(super) fn take(&mut self) -> Vec<Former> {
        std::mem::take(&mut self.list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Topic {
        Topic::new(text).unwrap()
    }

    fn former(id: &str) -> Former {
        let id = topic(id);
        let retained = presence::retained(&id).to_vec();
        Former { id, retained }
    }

    fn said(messages: &[Message]) -> Vec<String> {
        messages.iter().map(|m| format!("{m:?}")).collect()
    }

    const CLEARS: [&str; 2] = [
        "old/status \"\" AtLeastOnce retained",
        "old/about \"\" AtLeastOnce retained",
    ];

    #[test]
    fn offline_is_said_once_and_what_is_kept_is_cleared_until_the_late_will_has_come() {
        let at = |s| Moment::after(Duration::from_secs(s));
        let mut formers = Formers::new(vec![former("old")], &topic("new"), Duration::from_secs(10));
        assert_eq!(formers.take_due(at(1000)), []);
        let first = said(&formers.connected(at(1000)));
        assert_eq!(first[0], "old/status \"offline\" AtLeastOnce");
        assert_eq!(first[1..], CLEARS);
        assert_eq!(said(&formers.connected(at(1010))), CLEARS);
        assert_eq!(formers.take_due(at(1029)), []);
        assert_eq!(said(&formers.take_due(at(1030))), CLEARS);
        assert_eq!(formers.take_due(at(1031)), []);
        assert_eq!(formers.connected(at(1040)), []);
    }

    #[test]
    fn an_id_that_the_thing_has_again_is_not_cleared() {
        let list = vec![former("old"), former("new")];
        let mut formers = Formers::new(list, &topic("new"), Duration::from_secs(10));
        assert_eq!(formers.take(), [former("old")]);
    }
}
