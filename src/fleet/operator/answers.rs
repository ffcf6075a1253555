//! Answers, on our own topics and on the governor's, and progress.

use super::forwarded::fingerprint;
use super::task::{Answer, Way};
use super::{Operator, OperatorEvent};
use crate::fleet::governor::Feedback;
use crate::fleet::own::{Progress, Response};
use crate::model::{Message, Topic};

/// So many answers of a client of ours are known again.
const REMEMBERED: usize = 8;

const STRANGER: &str = "it came on another client's topic";

impl Operator {
    pub(super) fn own_answer(&mut self, message: Message) {
        let response = match Response::decode(&message.payload) {
            Ok(response) => response,
            Err(why) => return self.ignore(message.topic, why.to_string(), message.payload),
        };
        let id = response.id.as_deref().unwrap_or_default();
        let Some(index) = self.ids.get(id).copied() else {
            let ours = id.strip_prefix(&self.token);
            match ours.is_some_and(|rest| rest.starts_with('-')) {
                true => self.duplicate(id, &message),
                false => self.counts.foreign += 1,
            }
            return;
        };
        if !self.is_topic_of(index, &message.topic, false) {
            return self.ignore(message.topic, STRANGER, message.payload);
        }
        let answered = &mut self.clients[index].answered;
        if answered.len() >= REMEMBERED {
            answered.pop_front();
        }
        answered.push_back((id.into(), fingerprint(&message.payload)));
        self.answered(index, Answer::Own(Box::new(response)), message.payload);
    }

    /// An executor repeats its answer to the byte; another answer to the same is another executor's.
    fn duplicate(&mut self, id: &str, message: &Message) {
        self.counts.duplicates += 1;
        let thing = message.topic.as_str().split("/executors/").next();
        let Some(index) = thing.and_then(|thing| self.things.get(thing)).copied() else {
            return;
        };
        let print = fingerprint(&message.payload);
        let known = self.clients[index]
            .answered
            .iter()
            .find(|(of, _)| **of == *id);
        if known.is_some_and(|(_, answered)| *answered != print) {
            self.doubled(index, "a command was answered in two ways");
        }
    }

    pub(super) fn progress(&mut self, message: Message) {
        let progress = match Progress::decode(&message.payload) {
            Ok(progress) => progress,
            Err(why) => return self.ignore(message.topic, why.to_string(), message.payload),
        };
        // others' commands have their progress, too
        let Some(index) = self.ids.get(progress.id.as_str()).copied() else {
            return;
        };
        if !self.is_topic_of(index, &message.topic, true) {
            return self.ignore(message.topic, STRANGER, message.payload);
        }
        self.hear(index);
        let client = &mut self.clients[index];
        if let Some(flight) = &mut client.flight {
            flight.accepted = true;
            let (client, task) = (client.name.clone(), flight.task.clone());
            self.event(OperatorEvent::Progress {
                client,
                task,
                progress,
            });
        }
    }

    fn is_topic_of(&self, index: usize, topic: &Topic, progress: bool) -> bool {
        let own = self.clients[index].own.as_ref();
        own.is_some_and(|own| match progress {
            true => own.topics.progress == *topic,
            false => own.topics.responses == *topic,
        })
    }

    pub(super) fn governor_answer(&mut self, message: Message) {
        if self.forwarded.take(&message.payload) {
            return;
        }
        let feedback = match Feedback::decode(&message.payload) {
            Ok(feedback) => feedback,
            Err(why) => return self.ignore(message.topic, why.to_string(), message.payload),
        };
        let Some(index) = self.find(&feedback.client_id) else {
            return self.unasked(feedback, message.payload);
        };
        let flight = self.clients[index].flight.as_ref();
        let asked = flight
            .is_some_and(|flight| flight.way == Way::Governor && *flight.text == *feedback.command);
        if asked {
            let answer = Answer::Governor(Box::new(feedback));
            return self.answered(index, answer, message.payload);
        }
        let done_with = self.clients[index].done_with.as_deref();
        if done_with == Some(feedback.command.as_str()) {
            self.doubled(index, "a command was answered twice");
        }
        self.unasked(feedback, message.payload);
    }

    fn unasked(&mut self, feedback: Feedback, payload: Vec<u8>) {
        self.counts.unasked += 1;
        self.event(OperatorEvent::Unasked {
            client: feedback.client_id,
            command: feedback.command,
            payload,
        });
    }

    /// The answer to what a client was asked.
    fn answered(&mut self, index: usize, answer: Answer, payload: Vec<u8>) {
        self.hear(index);
        let client = &self.clients[index];
        let Some(flight) = &client.flight else {
            return;
        };
        let (client, task) = (client.name.clone(), flight.task.clone());
        let (attempt, way) = (flight.attempt, flight.way);
        let (end, why) = answer.end();
        self.forward(index, &task, &answer);
        self.event(OperatorEvent::Answered {
            client,
            task,
            attempt,
            way,
            answer,
            payload,
        });
        self.landed(index, end, why, true);
    }
}
