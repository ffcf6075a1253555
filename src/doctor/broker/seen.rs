//! What the broker keeps, as somebody sees it who subscribes.

use super::{PATIENCE, Subject};
use crate::model::Topic;
use crate::mqtt::{Endpoint, Failure, Heard, Line, Peer};
use crate::thing::ThingTopics;
use crate::topology::rights::{self, Access};
use std::collections::BTreeMap;

/// So many old addresses are looked into.
const OLD: usize = 3;

/// The retained messages that came.
#[derive(Debug, Default)]
pub(super) struct Seen {
    kept: BTreeMap<Topic, Vec<u8>>,
    /// Subscriptions that the broker refused.
    pub(super) refused: Vec<String>,
}

impl Seen {
    pub(super) fn of(heard: Vec<Heard>) -> Self {
        let mut seen = Self::default();
        seen.add(heard);
        seen
    }

    fn add(&mut self, heard: Vec<Heard>) {
        let kept = heard.into_iter().filter(|message| message.retained);
        self.kept
            .extend(kept.map(|message| (message.topic, message.payload)));
    }

    /// As somebody without an account sees it; nothing where such cannot be tried.
    pub(super) async fn by_anybody(subject: &Subject<'_>) -> Option<Result<Self, Failure>> {
        let endpoint = subject.without_account()?;
        Some(Self::at(subject, &endpoint).await)
    }

    async fn at(subject: &Subject<'_>, endpoint: &Endpoint) -> Result<Self, Failure> {
        let line = Line::open(endpoint, PATIENCE).await?;
        let id = subject.client_id();
        let mut peer = line.login(endpoint, &id, true, PATIENCE).await?;
        let seen = Self::wide(subject, &mut peer).await;
        peer.leave().await;
        seen
    }

    /// All that the thing may read, all below its id, and what things say of themselves.
    pub(super) async fn wide(subject: &Subject<'_>, peer: &mut Peer) -> Result<Self, Failure> {
        let id = &subject.id;
        let own = format!("{id}/#");
        let account = rights::of_thing(subject.plan, id);
        let read = account.grants.iter();
        let read = read.filter(|grant| grant.access != Access::Write);
        let mut filters: Vec<&str> = read.map(|grant| grant.filter.as_str()).collect();
        let needed = filters.len();
        filters.extend([own.as_str(), "+/about", "+/status"]);
        let granted = peer.subscribe(&filters).await?;
        let mut seen = Self::of(peer.take_heard());
        let pairs = filters.iter().zip(&granted).take(needed);
        seen.refused = pairs
            .filter(|(_, granted)| !**granted)
            .map(|(filter, _)| (*filter).to_owned())
            .collect();
        let old: Vec<String> = seen
            .old_ids(subject)
            .take(OLD)
            .map(|id| format!("{id}/#"))
            .collect();
        if !old.is_empty() {
            let old: Vec<&str> = old.iter().map(String::as_str).collect();
            peer.subscribe(&old).await?;
            seen.add(peer.take_heard());
        }
        Ok(seen)
    }

    /// Whether the broker keeps this word there.
    pub(super) fn says(&self, topic: &Topic, word: &[u8]) -> bool {
        self.kept.get(topic).is_some_and(|kept| kept == word)
    }

    /// Whether the broker keeps something there.
    pub(super) fn has(&self, topic: &Topic) -> bool {
        self.kept.contains_key(topic)
    }

    /// Everything below an id.
    pub(super) fn below(&self, id: &str) -> impl Iterator<Item = &Topic> {
        let below = move |topic: &&Topic| {
            let rest = topic.as_str().strip_prefix(id);
            rest.is_some_and(|rest| rest.starts_with('/'))
        };
        self.kept.keys().filter(below)
    }

    /// Other ids under which a thing with our name is told of.
    pub(super) fn old_ids(&self, subject: &Subject<'_>) -> impl Iterator<Item = String> {
        let about = ThingTopics::of(&subject.id).about;
        self.kept.iter().filter_map(move |(topic, payload)| {
            let id = topic.as_str().strip_suffix("/about")?;
            let told: serde_json::Value = serde_json::from_slice(payload).ok()?;
            let ours = *topic != about && told["name"] == subject.plan.name.as_str();
            ours.then(|| id.to_owned())
        })
    }
}
