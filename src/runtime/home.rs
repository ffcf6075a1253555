//! How a node keeps itself known to Home Assistant: when it is announced, when again, and what is taken back. Pure:
//! messages come in with the time, messages go out.
//!
//! ```text
//! connected          nothing yet: what the broker kept is the only record of what was there, and comes first
//! that has come,     the announcement, in which what only the kept one has is removed, by its platform alone;
//! or there is none   if anything changed the same again after a while, and later one that leaves the removals out
//! `online` heard     Home Assistant is back: in a moment the announcement again, and then what nobody keeps
//! ```
//! Announcing in two steps, first without the removals, would lose them: the core's `discovery.py` drops the rest of a
//! message at the first component that it still works on. For the same reason changes are said twice. Whoever is cut off
//! meanwhile finds them in the kept announcement: a component with nothing but its platform is still to be removed.
//!
//! Source: Home Assistant's documentation of its MQTT integration: "Device discovery payload", "Discovery messages and
//! availability", "Birth and last will messages" (which asks for some random delay).

use crate::model::{Message, Moment, QoS, TopicFilter, escaped};
use crate::mqtt::Options;
use crate::resources::Spec;
use crate::thing::Class;
use crate::topology::discovery::{Announcing, Kept, KeptError};
use std::collections::BTreeMap;
use std::time::Duration;

/// What is answered to `online` waits so long at least and so much longer at most: a whole lab hears it at once.
const ANSWER_AFTER: Duration = Duration::from_millis(500);
const SPREAD: Duration = Duration::from_millis(2500);

/// States follow an announcement after so long: Home Assistant subscribes to them only when it has read that.
const STATES_AFTER: Duration = Duration::from_secs(2);

/// What the broker kept is waited for so long at most; one that keeps nothing has mostly told that long before.
const KEPT_WITHIN: Duration = Duration::from_secs(2);

/// An announcement that changes or removes something is made again after so long: Home Assistant may have been busy.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// What was removed is left out after so long, when Home Assistant has certainly read that it is.
const TIDY_AFTER: Duration = Duration::from_secs(10);

/// A node's announcement.
#[derive(Debug)]
pub(super) struct Home {
    its: Announcing,
    /// Some of its values are kept by nobody, so they have to be said again for whoever comes later.
    forgotten: bool,
    /// What was announced once, key and platform.
    gone: BTreeMap<String, String>,
    /// What the broker kept is still to come, and is waited for until then.
    kept_by: Option<Moment>,
    announce_at: Option<Moment>,
    again_at: Option<Moment>,
    states_at: Option<Moment>,
    tidy_at: Option<Moment>,
    warned: bool,
}

/// What is due.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Due {
    pub(super) message: Option<Message>,
    /// What nobody keeps is to be said again.
    pub(super) states: bool,
}

impl Home {
    /// The announcement of a thing with these resources.
    fn new(its: Announcing, specs: &[Spec]) -> Self {
        let told = |spec: &&Spec| matches!(spec.kind.class, Class::Sensors | Class::Stuff);
        let mut told = specs.iter().filter(told);
        Self {
            its,
            forgotten: told.any(|spec| !spec.channel().retain),
            gone: BTreeMap::new(),
            kept_by: None,
            announce_at: None,
            again_at: None,
            states_at: None,
            tidy_at: None,
            warned: false,
        }
    }

    /// The same, with what it has to hear subscribed to; nothing, if nothing is announced or taken back.
    pub(super) fn subscribed(
        its: Option<Announcing>,
        specs: &[Spec],
        session: &mut Options,
    ) -> Option<Self> {
        let home = Self::new(its?, specs);
        session.subscriptions.extend(home.subscriptions());
        session.kept_first = true;
        Some(home)
    }

    /// Its own announcement, as the broker keeps it, and Home Assistant's return.
    fn subscriptions(&self) -> Vec<(TopicFilter, QoS)> {
        let own = TopicFilter::from(self.its.topic.clone());
        let status = TopicFilter::from(self.its.status.clone());
        let announces = self.its.announcement.is_some();
        let filters = std::iter::once(own).chain(announces.then_some(status));
        filters.map(|filter| (filter, QoS::AtLeastOnce)).collect()
    }

    /// The broker hears it. It says nothing before it knows what was said before.
    pub(super) fn connected(&mut self, now: Moment) {
        (self.announce_at, self.states_at, self.warned) = (None, None, false);
        (self.again_at, self.tidy_at) = (None, None);
        self.kept_by = self.its.announcement.is_some().then(|| now + KEPT_WITHIN);
    }

    /// What the broker had kept has come; whoever still waits for it announces now.
    pub(super) fn caught_up(&mut self, now: Moment) -> Option<Message> {
        self.kept_by?;
        self.announce(now)
    }

    fn announce(&mut self, now: Moment) -> Option<Message> {
        let removes = !self.gone.is_empty();
        self.kept_by = None;
        self.again_at = removes.then(|| now + AGAIN_AFTER);
        self.tidy_at = removes.then(|| now + TIDY_AFTER);
        self.states_at = self.forgotten.then(|| now + STATES_AFTER);
        self.announcement()
    }

    fn announcement(&self) -> Option<Message> {
        let announcement = self.its.announcement.as_ref()?;
        Some(announcement.message(&self.its.topic, &self.gone))
    }

    /// Takes what came; what is to be said at once. `share` is from 0 to 1, at random.
    pub(super) fn hear(&mut self, message: &Message, now: Moment, share: f64) -> Option<Message> {
        if message.topic == self.its.topic {
            return match message.retain {
                true => self.kept(&message.payload, now),
                false => {
                    self.watch(&message.payload);
                    None
                }
            };
        }
        // one that is kept is older than this connection, which announces anyway
        let is_back = message.topic == self.its.status && message.payload.as_slice() == b"online";
        if is_back && !message.retain && self.its.announcement.is_some() {
            let wait = ANSWER_AFTER + SPREAD.mul_f64(share.clamp(0.0, 1.0));
            self.announce_at.get_or_insert(now + wait);
        }
        None
    }

    /// The announcement that the broker kept, from an earlier life.
    fn kept(&mut self, payload: &[u8], now: Moment) -> Option<Message> {
        let topic = &self.its.topic;
        let kept = match Kept::read(payload) {
            Ok(kept) => kept,
            Err(error) => {
                if let KeptError::Foreign(_) = error {
                    tracing::warn!(%topic, "there was an announcement that is not this program's: {error}");
                }
                return self.caught_up(now);
            }
        };
        let Some(announcement) = &self.its.announcement else {
            tracing::info!(%topic, "announced no more: Home Assistant forgets this thing");
            return Some(Message::state(topic.clone(), ""));
        };
        let differs = announcement.message(topic, &self.gone).payload != payload;
        let mut gone = announcement.without(&kept);
        gone.retain(|key, _| !self.gone.contains_key(key));
        if gone.is_empty() {
            let said = self.caught_up(now)?;
            if differs {
                self.again_at = Some(now + AGAIN_AFTER);
            }
            return Some(said);
        }
        let names: Vec<&str> = gone.keys().map(String::as_str).collect();
        tracing::info!(%topic, "removed from Home Assistant: {}", names.join(", "));
        self.gone.extend(gone);
        self.announce(now)
    }

    /// An announcement that somebody made just now: this thing's own comes back to it as well.
    fn watch(&mut self, payload: &[u8]) {
        let Some(announcement) = &self.its.announcement else {
            return;
        };
        let Ok(Kept {
            status: Some(status),
            ..
        }) = Kept::read(payload)
        else {
            return;
        };
        let own = announcement.reads();
        let is_own = own.iter().any(|topic| topic.as_str() == status);
        if !is_own && !std::mem::replace(&mut self.warned, true) {
            let topic = &self.its.topic;
            let status = escaped(status.as_bytes(), 100);
            tracing::warn!(
                %topic,
                "another thing announces itself in this one's place, whose status is {status}: give each lab a name, \
                 `lab` in [home_assistant], or each thing one of its own"
            );
        }
    }

    /// What is due by now.
    pub(super) fn take_due(&mut self, now: Moment) -> Due {
        let past = |at: &mut Option<Moment>| at.take_if(|at| *at <= now).is_some();
        if self.kept_by.is_some_and(|by| by <= now) {
            return Due {
                message: self.announce(now),
                states: false,
            };
        }
        let announce = past(&mut self.announce_at);
        let again = past(&mut self.again_at);
        let states = past(&mut self.states_at);
        // after a long stall the removals are still said twice
        let tidy = !again && past(&mut self.tidy_at);
        if tidy {
            self.gone.clear();
        }
        if announce && self.forgotten {
            self.states_at = Some(now + STATES_AFTER);
        }
        let says = announce || again || tidy;
        Due {
            message: says.then(|| self.announcement()).flatten(),
            states,
        }
    }
}

#[cfg(test)]
mod tests;
