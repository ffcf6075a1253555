//! Who is there: registrations, `about`, `status`.

use super::client::{Client, Own, Walk};
use super::task::Way;
use super::{LONGEST_ID, MOST_CLIENTS, Operator, OperatorEvent, Stage};
use crate::fleet::governor;
use crate::fleet::own::{About, AboutExecutor};
use crate::model::Message;
use std::sync::Arc;
use std::time::Duration;

/// An old peer repeats its registration every 5 s until it is acknowledged: so long after one, another is a repetition.
const REPEATED: Duration = Duration::from_secs(7);

/// So long after our own reconnect a registration may be the broker's restart rather than the client's.
const BROKER_IS_BACK: Duration = Duration::from_secs(60);

const OLD: &str = "the broker had kept it, so it is old";

impl Operator {
    pub(super) fn message(&mut self, message: Message) {
        let topics = &self.plan.topics;
        let level = message.topic.as_str().rsplit('/').next();
        if message.topic == topics.registration {
            self.unless_old(message, Self::registration);
        } else if message.topic == topics.responses {
            self.unless_old(message, Self::governor_answer);
        } else if self.plan.receive_commands && message.topic == topics.command_loader {
            self.unless_old(message, Self::loader);
        } else {
            match level {
                Some("about") => self.about(message),
                Some("status") => self.status(message),
                Some("responses") => self.unless_old(message, Self::own_answer),
                Some("progress") => self.unless_old(message, Self::progress),
                _ => self.ignore(
                    message.topic,
                    "nobody asked for this topic",
                    message.payload,
                ),
            }
        }
    }

    fn unless_old(&mut self, message: Message, then: impl FnOnce(&mut Self, Message)) {
        if message.retain {
            self.ignore(message.topic, OLD, message.payload);
        } else {
            then(self, message);
        }
    }

    fn registration(&mut self, message: Message) {
        let id = match governor::client_id(&message.payload) {
            Ok(id) => id.to_owned(),
            Err(why) => return self.ignore(message.topic, why.to_string(), message.payload),
        };
        let known = self.find(&id);
        let why = if id.len() > LONGEST_ID {
            Some("its id is longer than 256 bytes")
        } else if known.is_none() && self.clients.len() >= MOST_CLIENTS {
            Some("there are 10000 clients already")
        } else {
            None
        };
        if let Some(why) = why {
            self.counts.refused += 1;
            return self.event(OperatorEvent::RegistrationRefused { client: id, why });
        }
        let acknowledgment = self.plan.topics.acknowledgment.clone();
        self.publish(Message::event(acknowledgment, message.payload));
        let index = known.unwrap_or_else(|| self.add(id.into(), Way::Governor));
        let client = &mut self.clients[index];
        let before = client.registered.replace(self.now.moment);
        let was_ours = client.way == Way::Own && client.online == Some(false);
        let asked = client.flight.as_ref().map(|flight| flight.way);
        if was_ours && asked != Some(Way::Own) {
            // the thing is gone and somebody else has its name, who knows nothing of our topics
            client.way = Way::Governor;
            client.own = None;
        }
        let (name, way, takes_part) = (client.name.clone(), client.way, client.takes_part);
        let again = before.is_some();
        self.event(OperatorEvent::Registered {
            client: name.clone(),
            again,
        });
        if known.is_none() || was_ours && way == Way::Governor {
            self.event(OperatorEvent::Known {
                client: name,
                way,
                takes_part,
            });
        }
        if let Some(before) = before {
            self.registered_again(index, before);
        }
        self.arrived(index);
    }

    /// A client that was restarted has lost its command.
    fn registered_again(&mut self, index: usize, before: crate::model::Moment) {
        let now = self.now.moment;
        let client = &self.clients[index];
        let Some(flight) = client.flight.as_ref().filter(|f| f.way == Way::Governor) else {
            return;
        };
        let repeated = now.since(before) <= REPEATED && !client.lost;
        let broker_was_away = self.connections > 1
            && flight.sent < self.connected_at
            && now.since(self.connected_at) < BROKER_IS_BACK;
        if repeated || broker_was_away {
            return;
        }
        self.hear(index);
        let why = "the client registered again, so its command is lost";
        self.failed_unanswered(index, why);
    }

    fn about(&mut self, message: Message) {
        if message.payload.is_empty() {
            let topic = message.topic.as_str();
            let thing = topic.strip_suffix("/about").unwrap_or_default().to_owned();
            return self.presence(&thing, false);
        }
        let about = match About::decode(&message.topic, &message.payload) {
            Ok(about) => about,
            Err(why) => return self.ignore(message.topic, why.to_string(), message.payload),
        };
        let Some(executor) = about.executors.into_iter().next() else {
            return;
        };
        let governor = executor.governor.as_deref().unwrap_or_default();
        if about.thing.len().max(governor.len()) > LONGEST_ID {
            let why = "an id is longer than 256 bytes";
            return self.ignore(message.topic, why, message.payload);
        }
        match self.client_of(&about.thing, executor.governor.as_deref()) {
            Some(index) => self.found(index, about.thing.into(), executor),
            None => self.ignore(
                message.topic,
                "there are 10000 clients already, or others have its names",
                message.payload,
            ),
        }
    }

    fn found(&mut self, index: usize, thing: Arc<str>, executor: AboutExecutor) {
        self.things.insert(thing.clone(), index);
        if let Some(governor) = executor.governor {
            self.names.entry(governor.into()).or_insert(index);
        }
        let online = self.statuses.get(&*thing).copied();
        let takes_part = self.is_expected(&thing);
        let client = &mut self.clients[index];
        let new = client.own.is_none();
        let wanted_before = client.own.as_ref().is_some_and(|own| own.signed);
        client.takes_part |= takes_part;
        client.way = Way::Own;
        client.online = online;
        client.own = Some(Own {
            thing,
            topics: executor.topics,
            signed: executor.signed,
        });
        let (name, way, takes_part) = (client.name.clone(), client.way, client.takes_part);
        if new {
            self.event(OperatorEvent::Known {
                client: name,
                way,
                takes_part,
            });
            self.save_client(index);
        }
        if executor.signed && !wanted_before {
            self.signature_wanted(index);
        }
        if online != Some(false) {
            self.arrived(index);
            if new {
                self.send_again(index);
            }
        }
    }

    /// Which client a thing is, whichever way it was known before.
    fn client_of(&mut self, thing: &str, governor: Option<&str>) -> Option<usize> {
        if let Some(index) = self.things.get(thing) {
            return Some(*index);
        }
        for name in governor.into_iter().chain([thing]) {
            match self.names.get(name) {
                Some(index) if self.clients[*index].own.is_none() => return Some(*index),
                Some(index) => {
                    let why = "two things say that they register with it";
                    self.doubled(*index, why);
                }
                None => {}
            }
        }
        if self.clients.len() >= MOST_CLIENTS {
            return None;
        }
        let listed = self.expected.as_ref().is_some_and(|e| e.contains(thing));
        let mut names = governor.filter(|_| !listed).into_iter().chain([thing]);
        let name = names.find(|name| !self.names.contains_key(*name))?;
        Some(self.add(name.into(), Way::Own))
    }

    /// A client that was not known. It can be spoken to when it has registered, or its executor is known.
    pub(super) fn add(&mut self, name: Arc<str>, way: Way) -> usize {
        let index = self.clients.len();
        let takes_part = self.is_expected(&name);
        let client = Client::new(name.clone(), way, takes_part, self.now.moment);
        self.clients.push(client);
        self.names.insert(name, index);
        index
    }

    fn is_expected(&self, name: &str) -> bool {
        self.expected
            .as_ref()
            .is_none_or(|expected| expected.contains(name))
    }

    fn status(&mut self, message: Message) {
        let online = match message.payload.as_slice() {
            b"online" => true,
            b"offline" => false,
            _ => {
                let why = "a status is online or offline";
                return self.ignore(message.topic, why, message.payload);
            }
        };
        let topic = message.topic.as_str();
        let thing = topic.strip_suffix("/status").unwrap_or_default();
        if thing.len() <= LONGEST_ID
            && (self.statuses.len() < MOST_CLIENTS || self.statuses.contains_key(thing))
        {
            self.statuses.insert(thing.into(), online);
        }
        self.presence(thing, online);
    }

    fn presence(&mut self, thing: &str, online: bool) {
        let Some(index) = self.things.get(thing).copied() else {
            return;
        };
        let client = &mut self.clients[index];
        let before = client.online.replace(online);
        let name = client.name.clone();
        // that it is there at first is no news
        if before.unwrap_or(true) != online {
            self.event(OperatorEvent::Presence {
                client: name,
                online,
            });
        }
        if online && self.clients[index].own.is_some() {
            self.arrived(index);
            if before == Some(false) {
                self.send_again(index);
            }
        }
    }

    /// A client is there, or there again.
    fn arrived(&mut self, index: usize) {
        self.hear(index);
        if !self.clients[index].is_there() {
            return;
        }
        match self.stage {
            Stage::Waiting(_) => self.one_more(),
            Stage::Walking => {
                let client = &self.clients[index];
                if client.takes_part && client.walk == Walk::NotBegun && !self.interrupted {
                    let client = client.name.clone();
                    self.event(OperatorEvent::JoinedLate { client });
                    self.join(index);
                }
            }
            _ => {}
        }
        self.ready.push_back(index);
    }

    pub(super) fn doubled(&mut self, index: usize, why: &'static str) {
        let client = &mut self.clients[index];
        if !std::mem::replace(&mut client.doubled, true) {
            let client = client.name.clone();
            self.event(OperatorEvent::TwoWithOneName { client, why });
        }
    }
}
