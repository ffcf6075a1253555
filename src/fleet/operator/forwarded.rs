//! What a commander is told on the governor's topics of a command that went to one of our own clients.
//!
//! A commander hears the governor's `responses` only, and our own executors answer elsewhere. So the operator says there
//! what an old client would have said. The broker gives it that message back, since it hears the topic itself.

use super::Operator;
use super::task::{Answer, Task};
use crate::fleet::governor::{Feedback, Form};
use crate::model::Message;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Those that were lost on the way back are forgotten by and by.
const MOST: usize = 1000;

/// The forwarded payloads that have not come back, as hashes: what is taken for one by mistake was asked by nobody.
#[derive(Debug, Default)]
pub(super) struct Forwarded(VecDeque<u64>);

/// Tells payloads apart, not attackers.
pub(super) fn fingerprint(payload: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    payload.hash(&mut hasher);
    hasher.finish()
}

impl Forwarded {
    fn add(&mut self, payload: &[u8]) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(fingerprint(payload));
    }

    /// Whether it is one of them; it comes back once.
    pub(super) fn take(&mut self, payload: &[u8]) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let sought = fingerprint(payload);
        let place = self.0.iter().position(|known| *known == sought);
        place.is_some_and(|place| self.0.remove(place).is_some())
    }
}

impl Operator {
    /// Tells commanders, if one of them asked.
    pub(super) fn forward(&mut self, index: usize, task: &Task, answer: &Answer) {
        let (Task::Loaded(_), Answer::Own(response)) = (task, answer) else {
            return;
        };
        let feedback = Feedback {
            client_id: self.clients[index].name.to_string(),
            ..response.feedback.clone()
        };
        let payload = feedback.encode(Form::of(self.plan.jsonify));
        self.forwarded.add(&payload);
        let topic = self.plan.topics.responses.clone();
        self.publish(Message::event(topic, payload));
    }
}
