//! A commander: sends commands to clients and hands their answers over. For programs; `mqtt-thing send` and
//! `mqtt-thing commander` are built on it, and `examples/commander.rs` shows it.
//!
//! There are these ways to a client, and an answer says by which it came:
//!
//! | way | for whom | what can be trusted |
//! |---|---|---|
//! | [`Commander::ask`] on our own topics | an executor that its thing's `about` shows | the command is repeated under one id until it is answered; the result comes once |
//! | [`Commander::ask`] on the governor's topics | an old client | sent once; anybody on the broker could answer |
//! | [`Commander::revoke`] on our own topics | every executor | as the first |
//! | [`Commander::load`] | whoever an operator knows, `all` too | the operator sends it on; all feedback is heard |

mod ask;
mod revoke;
mod target;

pub use ask::{Answered, AskError, AskOptions};
pub use revoke::{Revocation, Revoked};
pub use target::Target;

use super::client::{Arrival, Client, ClientError};
use crate::fleet::governor::{Command, Feedback, Form};
use crate::fleet::own::{About, AboutExecutor, Order};
use crate::fleet::signing::Signer;
use crate::fleet::{GovernorTopics, Malformed};
use crate::model::{Message, QoS, Topic, TopicFilter};
use crate::mqtt::{Options, Outbox, PublishError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};
use thiserror::Error;
use tokio::time::{Instant, timeout_at};

/// How long a clean close may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Why a command is not sent.
#[derive(Debug, Error)]
pub enum CommanderError {
    /// The broker is not reached.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The message found no room, is too large, or has a topic that brokers refuse.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The client id cannot be written in the text form.
    #[error("the command cannot be sent: {0}")]
    Command(#[from] Malformed),
}

/// Feedback as a commander hears it.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// Its topic.
    pub topic: Topic,
    /// What it says; an error if it is no feedback.
    pub feedback: Result<Feedback, Malformed>,
    /// Its bytes.
    pub payload: Vec<u8>,
}

/// A commander, connected.
pub struct Commander {
    client: Client,
    topics: GovernorTopics,
    form: Form,
    /// What `about` messages show, by the id that people use: the governor's where there is one.
    known: BTreeMap<String, Target>,
    /// All executors of each thing.
    executors: BTreeMap<String, Vec<AboutExecutor>>,
    /// Signs what goes out on our own topics.
    signer: Option<Signer>,
    /// Things that said, or of which their last will says, that they are gone.
    offline: BTreeSet<String>,
    /// What arrived and was not asked for yet.
    waiting: Vec<Message>,
}

impl Commander {
    /// Connects, and returns once the broker hears us and has our subscriptions. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The options are wrong, or the broker is not reached within `patience`.
    pub async fn connect(
        session: Options,
        topics: GovernorTopics,
        jsonify: bool,
        patience: Duration,
    ) -> Result<Self, CommanderError> {
        let own = |text| TopicFilter::new(text).expect("it is a filter");
        let subscriptions = [
            (topics.responses.clone().into(), QoS::AtMostOnce),
            (own("+/status"), QoS::AtMostOnce),
            (own("+/about"), QoS::AtMostOnce),
            (own("+/executors/+/responses"), QoS::AtLeastOnce),
            (own("+/executors/+/progress"), QoS::AtMostOnce),
        ];
        let mut client = Client::connect(session, subscriptions, patience).await?;
        let early = client.early();
        let mut commander = Self {
            client,
            topics,
            form: Form::of(jsonify),
            known: BTreeMap::new(),
            executors: BTreeMap::new(),
            signer: None,
            offline: BTreeSet::new(),
            waiting: Vec::new(),
        };
        early
            .into_iter()
            .for_each(|arrival| commander.take_in(arrival));
        Ok(commander)
    }

    fn take_in(&mut self, arrival: Arrival) {
        if let Arrival::Message(message) = arrival {
            self.sort(message);
        }
    }

    /// Keeps what an `about` says; anything else waits for whoever asks.
    fn sort(&mut self, message: Message) {
        if !self.learn(&message) {
            self.waiting.push(message);
        }
    }

    /// Takes in an `about` or a `status`; returns whether it was one.
    fn learn(&mut self, message: &Message) -> bool {
        if let Some(thing) = message.topic.as_str().strip_suffix("/status") {
            match message.payload.as_slice() {
                b"offline" => self.offline.insert(thing.to_owned()),
                _ => self.offline.remove(thing),
            };
            return true;
        }
        if !message.topic.as_str().ends_with("/about") {
            return false;
        }
        // one that is wrong, or was cleared, shows no executor
        let about = About::decode(&message.topic, &message.payload);
        let Ok(About { thing, executors }) = about else {
            return true;
        };
        if let Some(first) = executors.first() {
            let name = first.governor.clone().unwrap_or_else(|| thing.clone());
            let target = Target::own(&name, &thing, first.clone());
            self.known.insert(name, target);
        }
        self.executors.insert(thing, executors);
        true
    }

    /// The client of that name, by its `about`; waits for that no longer than `patience`. A client that is not found
    /// is an old one, or none.
    pub async fn find(&mut self, name: &str, patience: Duration) -> Target {
        let until = Instant::now() + patience;
        loop {
            let by_thing = |target: &&Target| target.thing() == Some(name);
            let found = self
                .known
                .get(name)
                .or_else(|| self.known.values().find(by_thing));
            if let Some(target) = found {
                return target.clone();
            }
            if !self.more_until(until).await {
                return Target::old(name);
            }
        }
    }

    /// Whether a client of ours is known to be gone: a command would wait for it to come back.
    #[must_use]
    pub fn is_offline(&self, target: &Target) -> bool {
        target
            .thing()
            .is_some_and(|thing| self.offline.contains(thing))
    }

    /// Every client that an `about` shows within `patience` and that is not known to be gone, by name.
    pub async fn find_all(&mut self, patience: Duration) -> Vec<Target> {
        let until = Instant::now() + patience;
        while self.more_until(until).await {}
        let there = self
            .known
            .values()
            .filter(|target| !self.is_offline(target));
        there.cloned().collect()
    }

    async fn more_until(&mut self, until: Instant) -> bool {
        let Ok(heap) = timeout_at(until, self.client.arrived()).await else {
            return false;
        };
        heap.into_iter().for_each(|arrival| self.take_in(arrival));
        true
    }

    /// Gives a command to the operator that serves commanders, for one client or for `all`. Sent once.
    ///
    /// # Errors
    /// The message finds no room, or cannot be written in the text form.
    pub fn load(&self, client_id: &str, command: &str) -> Result<(), CommanderError> {
        let command = Command {
            client_id: client_id.to_owned(),
            command: command.to_owned(),
        };
        let payload = command.encode(self.form)?;
        let message = Message::event(self.topics.command_loader.clone(), payload);
        Ok(self.outbox().publish(message)?)
    }

    /// The next feedback, of whichever client, on the governor's topics. What an operator of ours had done on a client's own
    /// topics it repeats there, so that each is heard once.
    pub async fn feedback(&mut self) -> Heard {
        loop {
            while !self.waiting.is_empty() {
                let message = self.waiting.remove(0);
                if message.topic == self.topics.responses {
                    return Heard {
                        feedback: Feedback::decode(&message.payload),
                        topic: message.topic,
                        payload: message.payload,
                    };
                }
            }
            let heap = self.client.arrived().await;
            heap.into_iter().for_each(|arrival| self.take_in(arrival));
        }
    }

    /// Has every order on our own topics signed, at the moment when it goes out. The governor's have no place for that.
    pub fn sign_with(&mut self, signer: Signer) {
        self.signer = Some(signer);
    }

    /// Sends an order to an executor of ours, signed now if there is a key.
    fn order(&mut self, order: &Order, commands: &Topic) -> Result<(), CommanderError> {
        let payload = match &mut self.signer {
            Some(signer) => signer.sign(order, commands, SystemTime::now()),
            None => order.encode(),
        };
        Ok(self.outbox().publish(Message {
            topic: commands.clone(),
            payload,
            qos: QoS::AtLeastOnce,
            retain: false,
        })?)
    }

    fn outbox(&self) -> Outbox {
        self.client.outbox()
    }

    /// Sends what waits, and leaves.
    pub async fn close(self) {
        self.client.close(CLOSE_WITHIN).await;
    }
}
