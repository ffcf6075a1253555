//! One thing of an overview.

use super::AboutSeen;
use crate::model::Moment;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// How a thing is, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It says that it is there.
    Online,
    /// It says so, and has told no health for too long.
    Silent,
    /// It said that it leaves, or the broker says that it is lost.
    Offline,
    /// It belongs to the network, and nothing of it was seen.
    NeverSeen,
    /// It speaks, and has no status, as the labs' Python programs.
    NoStatus,
}

impl State {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Silent => "silent",
            Self::Offline => "offline",
            Self::NeverSeen => "never seen",
            Self::NoStatus => "no status",
        }
    }
}

/// A thing, or somebody who speaks as one.
#[derive(Debug, Clone)]
pub struct Member {
    /// What its topics begin with; not safe for a terminal.
    pub id: String,
    /// Its name in the topology, if that was asked.
    pub expected: Option<String>,
    /// When its state was seen to change; for a silent one, when it was heard last or since when we listen.
    pub since: Option<SystemTime>,
    /// What its last `health` said.
    pub health: Option<HealthSeen>,
    /// When it was heard live.
    pub(super) heard: Option<(Moment, SystemTime)>,
    pub(super) said: Option<bool>,
    pub(super) silent: bool,
    /// It says values.
    pub(super) speaks: bool,
    /// It told an `about` that makes no sense.
    pub(super) unreadable: bool,
    pub(super) told: Option<AboutSeen>,
    pub(super) resources: BTreeMap<String, ResourceSeen>,
}

/// A resource, as far as messages told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceSeen {
    /// Whether its port answers; none if it said nothing of it.
    pub available: Option<bool>,
    /// What is wrong with it, as long as it is.
    pub fault: Option<FaultSeen>,
    /// What was wrong with it the last time, since we listen.
    pub last_fault: Option<FaultSeen>,
}

/// What is wrong with a resource. Its text is not safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultSeen {
    /// When it began, in Unix seconds, by the thing's own clock.
    pub since: u64,
    /// What went wrong.
    pub error: String,
    /// How often something went wrong since the thing started.
    pub count: u64,
}

/// What a thing told of its health.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct HealthSeen {
    /// For how long it runs.
    pub uptime_s: u64,
    /// How often something went wrong since it started.
    #[serde(default)]
    pub faults: u64,
    /// How many resources do not work.
    #[serde(default)]
    pub faulty_resources: u64,
    /// Messages that it did not understand.
    #[serde(default)]
    pub refused_messages: u64,
    /// Messages that it had no room for.
    #[serde(default)]
    pub dropped_messages: u64,
    /// How often it connected.
    #[serde(default)]
    pub connects: u64,
    /// Its memory, in KiB.
    #[serde(default)]
    pub resident_kib: Option<u64>,
    /// When it was told.
    #[serde(skip, default = "long_ago")]
    pub at: SystemTime,
}

const fn long_ago() -> SystemTime {
    SystemTime::UNIX_EPOCH
}

impl HealthSeen {
    /// For how long it runs by now.
    #[must_use]
    pub fn uptime(&self, now: SystemTime) -> Duration {
        let since = now.duration_since(self.at).unwrap_or_default();
        Duration::from_secs(self.uptime_s).saturating_add(since)
    }
}

impl Member {
    pub(super) fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            expected: None,
            since: None,
            health: None,
            heard: None,
            said: None,
            silent: false,
            speaks: false,
            unreadable: false,
            told: None,
            resources: BTreeMap::new(),
        }
    }

    /// How it is.
    #[must_use]
    pub const fn state(&self) -> State {
        match (self.said, self.silent) {
            (Some(true), true) => State::Silent,
            (Some(true), false) => State::Online,
            (Some(false), _) => State::Offline,
            (None, _) if self.told.is_none() && !self.speaks && !self.unreadable => {
                State::NeverSeen
            }
            (None, _) => State::NoStatus,
        }
    }

    /// What it told about itself.
    #[must_use]
    pub const fn about(&self) -> Option<&AboutSeen> {
        self.told.as_ref()
    }

    /// Its name: that of the topology, else its own.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        let own = self.told.as_ref().and_then(|about| about.name.as_deref());
        self.expected.as_deref().or(own)
    }

    /// Whether it is one of our things, and not only somebody with a topic of the same form.
    #[must_use]
    pub const fn is_ours(&self) -> bool {
        self.told.is_some() || self.expected.is_some() || self.unreadable
    }

    /// Its `about` makes no sense.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.unreadable
    }

    /// When it was heard live.
    #[must_use]
    pub fn heard(&self) -> Option<SystemTime> {
        self.heard.map(|(_, wall)| wall)
    }

    /// What messages told of its resources. Of what its `about` does not know, nothing.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &ResourceSeen)> {
        let is_known = |name: &str| {
            self.told.as_ref().is_none_or(|about| {
                about.resources.iter().any(|its| its.name == name)
                    || about.executors.iter().any(|its| its.name == name)
            })
        };
        let all = self
            .resources
            .iter()
            .map(|(name, its)| (name.as_str(), its));
        all.filter(move |(name, _)| is_known(name))
    }

    /// How many resources it has, and how many of them do not answer; none if that is not known.
    #[must_use]
    pub fn available(&self) -> Option<(usize, usize)> {
        let about = self.told.as_ref()?;
        let away = self
            .resources()
            .filter(|(_, its)| its.available == Some(false));
        Some((about.resources.len(), away.count()))
    }

    /// How many resources have a fault: as their faults say, or as its health counts them.
    #[must_use]
    pub fn faulty(&self) -> u64 {
        let known = self.resources().filter(|(_, its)| its.fault.is_some());
        let counted = self.health.as_ref().map_or(0, |its| its.faulty_resources);
        counted.max(known.count() as u64)
    }

    /// Whether it is online, and nothing is wrong with it.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let away = self.available().is_some_and(|(_, away)| away > 0);
        self.state() == State::Online && !away && self.faulty() == 0 && !self.unreadable
    }

    /// Whether enough was heard to show it.
    pub(super) const fn is_shown(&self) -> bool {
        self.is_ours() || self.said.is_some() || self.speaks
    }
}
