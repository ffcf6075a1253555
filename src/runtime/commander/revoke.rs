//! Revokes a key on every executor that checks signatures.

use super::{Commander, CommanderError};
use crate::fleet::Status;
use crate::fleet::own::{ExecutorTopics, Order, Response};
use crate::fleet::signing::KeyId;
use crate::model::Message;
use crate::runtime::client::Arrival;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// The first pause before it is said again; doubled each time.
const AGAIN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15);

/// What came of it at one executor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// The id of its thing.
    pub thing: String,
    /// Its name.
    pub executor: String,
    /// What came of it.
    pub end: Revoked,
}

/// How a revocation ended. Reasons are raw text from the network.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revoked {
    /// It obeys the key no more.
    Done,
    /// It was not obeyed itself.
    Refused(String),
    /// No answer came, and the thing does not say that it is gone.
    Silent,
    /// No answer came, and the thing is offline.
    Offline,
    /// It checks no signatures, so there is no key that it obeys.
    ChecksNone,
}

struct Asked {
    topics: ExecutorTopics,
    /// None where nothing is asked, since it checks no signatures.
    id: Option<String>,
    again_at: Instant,
    pause: Duration,
    answer: Option<Revoked>,
}

impl Asked {
    fn is_open(&self) -> bool {
        self.id.is_some() && self.answer.is_none()
    }
}

type AllAsked = BTreeMap<(String, String), Asked>;

impl Commander {
    /// Tells every executor that an `about` shows to obey a key no more, those that are offline as well: their broker may
    /// keep it for them. Returns when `find` is over and all have answered, or `wait` is over.
    ///
    /// Without [`Commander::sign_with`] nobody obeys it.
    ///
    /// # Errors
    /// It cannot be sent.
    pub async fn revoke(
        &mut self,
        key: &KeyId,
        find: Duration,
        wait: Duration,
    ) -> Result<Vec<Revocation>, CommanderError> {
        let began = Instant::now();
        let (found, over) = (began + find.min(wait), began + wait);
        let mut asked = AllAsked::new();
        loop {
            self.ask_new_ones(&mut asked);
            let now = Instant::now();
            let open = asked.values().any(Asked::is_open);
            if now >= over || now >= found && !open {
                break;
            }
            self.say_what_is_due(key, &mut asked, now)?;
            let again = asked.values().filter(|its| its.is_open());
            let again = again.map(|its| its.again_at);
            let searching = (now < found).then_some(found);
            let wake = again.chain(searching).chain([over]).min().unwrap_or(over);
            let Ok(heap) = timeout_at(wake, self.client.arrived()).await else {
                continue;
            };
            for arrival in heap {
                match arrival {
                    Arrival::Message(message) => self.hear_of_revocation(&message, &mut asked),
                    // a broker that forgot everything forgot the order as well
                    Arrival::Connected => asked.values_mut().for_each(|its| its.again_at = now),
                    _ => {}
                }
            }
        }
        Ok(self.came_to(asked))
    }

    fn ask_new_ones(&self, asked: &mut AllAsked) {
        for (thing, executors) in &self.executors {
            for executor in executors {
                let its = (thing.clone(), executor.name.clone());
                let id = || format!("revoke-{:016x}", rand::random::<u64>());
                let known = asked.entry(its).or_insert_with(|| Asked {
                    topics: executor.topics.clone(),
                    id: None,
                    again_at: Instant::now(),
                    pause: AGAIN,
                    answer: None,
                });
                // it may have learnt to check signatures since
                if executor.signed && known.id.is_none() {
                    known.id = Some(id());
                }
            }
        }
    }

    fn say_what_is_due(
        &mut self,
        key: &KeyId,
        asked: &mut AllAsked,
        now: Instant,
    ) -> Result<(), CommanderError> {
        for ((thing, _), its) in asked {
            let Some(id) = its
                .id
                .clone()
                .filter(|_| its.answer.is_none() && its.again_at <= now)
            else {
                continue;
            };
            its.again_at = now + its.pause;
            its.pause = (its.pause * 2).min(LONGEST);
            let order = Order::Revoke {
                id,
                key: key.clone(),
                client_id: Some(thing.clone()),
            };
            self.order(&order, &its.topics.commands)?;
        }
        Ok(())
    }

    fn hear_of_revocation(&mut self, message: &Message, asked: &mut AllAsked) {
        if self.learn(message) {
            return;
        }
        let its = asked
            .values_mut()
            .find(|its| its.is_open() && its.topics.responses == message.topic);
        let (Some(its), Ok(response)) = (its, Response::decode(&message.payload)) else {
            return;
        };
        if response.id == its.id {
            its.answer = Some(match response.status {
                Status::Succeeded => Revoked::Done,
                other => {
                    Revoked::Refused(response.reason.unwrap_or_else(|| other.as_str().to_owned()))
                }
            });
        }
    }

    fn came_to(&self, asked: AllAsked) -> Vec<Revocation> {
        let each = asked.into_iter().map(|((thing, executor), its)| {
            let end = match its.answer {
                Some(answer) => answer,
                None if its.id.is_none() => Revoked::ChecksNone,
                None if self.offline.contains(&thing) => Revoked::Offline,
                None => Revoked::Silent,
            };
            Revocation {
                thing,
                executor,
                end,
            }
        });
        each.collect()
    }
}
