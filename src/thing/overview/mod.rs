//! How the things of a network are, as they say themselves: messages in, changes out. Pure: time is an argument.
//!
//! What is read (wire contract, section 2): `status` and `about`, which brokers keep; `availability` of each resource, kept
//! too; `fault` and `health`, which are heard only by who listens at that time; and values, which show that somebody
//! speaks who has no status, as the labs' Python programs. All of it is hostile: bounded, and counted when it makes no
//! sense. A kept message has no time, so what was so before we listened has none here either.

mod about;
mod change;
mod hear;
mod member;
#[cfg(test)]
mod tests;

pub use about::{AboutSeen, ExecutorSeen, ResourceAbout};
pub use change::Change;
pub use member::{FaultSeen, HealthSeen, Member, ResourceSeen, State};

use crate::model::{Moment, Now, TopicFilter};
use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

/// The most things that are remembered.
pub const MOST_THINGS: usize = 4096;
/// The longest id, in bytes: an address, or what a person chose for one.
pub const LONGEST_ID: usize = 128;
/// How long a thing may tell no health until it counts as silent: it tells it every 30 s.
pub const SILENT_AFTER: Duration = Duration::from_secs(45);

/// All things that are known.
#[derive(Debug)]
pub struct Overview {
    members: BTreeMap<String, Member>,
    /// Names of things that are expected at an address that nobody knows beforehand.
    unaddressed: Vec<String>,
    silent_after: Duration,
    listening: Option<Listening>,
    ignored: Ignored,
}

/// Since when we listen without a gap.
#[derive(Debug, Clone, Copy)]
struct Listening {
    since: Now,
}

/// What was heard and not taken in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ignored {
    /// Messages that make no sense where they were said.
    pub malformed: u64,
    /// Messages of things for which there was no room.
    pub beyond: u64,
    /// What was wrong with the latest malformed one: its topic and the reason, not safe for a terminal.
    pub last: Option<(String, String)>,
}

impl Overview {
    /// Nobody is known yet. A thing that tells no health for `silent_after` counts as silent.
    #[must_use]
    pub fn new(silent_after: Duration) -> Self {
        Self {
            members: BTreeMap::new(),
            unaddressed: Vec::new(),
            silent_after,
            listening: None,
            ignored: Ignored::default(),
        }
    }

    /// What it wants to hear. `live` adds what only shows that somebody speaks, which may be much.
    #[must_use]
    pub fn filters(live: bool) -> Vec<TopicFilter> {
        let kept = ["+/status", "+/about", "+/+/+/availability"];
        let passing = ["+/+/+/fault", "+/health"];
        let speaking = ["+/sensors/#", "+/stuff/+"];
        let speaking = speaking.iter().filter(|_| live);
        let all = kept.iter().chain(&passing).chain(speaking);
        all.map(|text| TopicFilter::new(text).expect("it is a filter"))
            .collect()
    }

    /// A thing of this name belongs to the network: at `id`, or at an address that nobody knows beforehand.
    pub fn expect(&mut self, name: &str, id: Option<&str>) {
        match id {
            Some(id) => {
                let member = self.members.entry(id.to_owned());
                let member = member.or_insert_with(|| Member::new(id));
                member.expected = Some(name.to_owned());
            }
            None => self.unaddressed.push(name.to_owned()),
        }
    }

    /// From now on everything is heard.
    pub fn connected(&mut self, now: Now) {
        self.listening = Some(Listening { since: now });
    }

    /// From now on nothing is heard; nobody is silent for that.
    pub fn disconnected(&mut self) {
        self.listening = None;
    }

    /// The things that are known or expected, by their ids. Who only speaks without being a thing is among them once
    /// that is certain.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values().filter(|member| member.is_shown())
    }

    /// Expected names of which no thing was seen.
    pub fn missing(&self) -> impl Iterator<Item = &str> {
        let is_seen = |name: &str| self.members().any(|member| member.name() == Some(name));
        let missing = self.unaddressed.iter().map(String::as_str);
        missing.filter(move |name| !is_seen(name))
    }

    /// What was heard and not taken in.
    #[must_use]
    pub const fn ignored(&self) -> &Ignored {
        &self.ignored
    }

    /// Whether there are things, and all of them are online and without faults.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let mut ours = self.members().filter(|member| member.is_ours()).peekable();
        ours.peek().is_some() && ours.all(Member::is_well) && self.missing().next().is_none()
    }

    /// When [`Overview::wake`] has something to say unless something is heard before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        let listening = self.listening?;
        let due = |member: &Member| self.silent_at(member, listening);
        self.members.values().filter_map(due).min()
    }

    /// Time has passed: who is silent now?
    pub fn wake(&mut self, now: Now) -> Vec<Change> {
        let Some(listening) = self.listening else {
            return Vec::new();
        };
        let is_due = |member: &&Member| {
            let at = self.silent_at(member, listening);
            at.is_some_and(|at| at <= now.moment)
        };
        let due = self.members.values().filter(is_due);
        let due: Vec<String> = due.map(|member| member.id.clone()).collect();
        let mut changes = Vec::new();
        for id in due {
            if let Some(member) = self.members.get_mut(&id) {
                let heard = member.heard.map_or(listening.since.wall, |(_, wall)| wall);
                member.silent = true;
                member.since = Some(heard.max(listening.since.wall));
                changes.push(Change::State {
                    id,
                    from: Some(State::Online),
                    to: State::Silent,
                });
            }
        }
        changes
    }

    /// When a thing will be silent if it goes on saying nothing.
    fn silent_at(&self, member: &Member, listening: Listening) -> Option<Moment> {
        let says_health = member.about().is_some_and(|about| !about.simulated);
        let is_open = member.state() == State::Online && says_health;
        let heard = member.heard.map_or(Moment::ZERO, |(moment, _)| moment);
        is_open.then(|| heard.max(listening.since.moment) + self.silent_after)
    }

    /// Since when we listen, if we do.
    #[must_use]
    pub fn listening_since(&self) -> Option<SystemTime> {
        self.listening.map(|its| its.since.wall)
    }
}
