//! A resource in its place: its name, its beat, and whether it works.

use super::{Channel, Class, Effect, Resource, ResourceError};
use crate::model::{Message, Moment, Now, Topic};
use serde::Serialize;
use std::time::{Duration, SystemTime};

/// What is said on a resource's `fault` topic when its state changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// When it began, in Unix seconds.
    pub since: u64,
    /// What went wrong; `null` once it is over.
    pub error: Option<String>,
    /// How often something went wrong since the thing started.
    pub count: u64,
}

/// Failures in a row, the board answering in between, from which on it is the port that fails.
const STRIKES: u32 = 4;
/// How long an ill port is left alone at first.
const FIRST_ILL: Duration = Duration::from_millis(20);
/// How long it is left alone at most.
const LONGEST_ILL: Duration = Duration::from_secs(1);

pub(super) struct Slot {
    pub(super) name: String,
    pub(super) resource: Box<dyn Resource>,
    /// When the next beat is due.
    pub(super) tick: Option<Moment>,
    /// An extra beat that the resource asked for.
    pub(super) wake: Option<Moment>,
    /// It was started with the board there.
    pub(super) started: bool,
    /// Failures in a row, the board answering in between.
    strikes: u32,
    /// It is ill, which the board is not: it is left alone until then.
    ill_until: Option<Moment>,
    availability: Topic,
    fault_topic: Topic,
    available: Option<bool>,
    fault: Option<Fault>,
    count: u64,
}

impl Slot {
    /// `base` is the topic of the resource, `<id>/<class>/<name>`.
    pub(super) fn new(name: String, base: &Topic, resource: Box<dyn Resource>) -> Self {
        let below = |level: &str| {
            base.child(level)
                .expect("a short word below a checked topic is a topic")
        };
        Self {
            name,
            tick: None,
            wake: None,
            started: false,
            strikes: 0,
            ill_until: None,
            availability: below("availability"),
            fault_topic: below("fault"),
            available: None,
            fault: None,
            count: 0,
            resource,
        }
    }

    /// When it wants to be called, or looked after.
    pub(super) fn due(&self) -> Option<Moment> {
        let beats = || [self.tick, self.wake].into_iter().flatten().min();
        self.ill_until.or_else(beats)
    }

    /// Takes note of a failure that may be the board's. Once the board has answered in between for long enough, it is
    /// this port's: that is told, the port is left alone for a while, longer each time, and `true` is returned.
    pub(super) fn strike(
        &mut self,
        error: &ResourceError,
        now: Now,
        effects: &mut Vec<Effect>,
    ) -> bool {
        self.strikes = self.strikes.saturating_add(1);
        let Some(beyond) = self.strikes.checked_sub(STRIKES) else {
            return false;
        };
        self.fails(error, now, effects);
        let pause = FIRST_ILL
            .saturating_mul(1 << beyond.min(16))
            .min(LONGEST_ILL);
        self.ill_until = Some(now.moment + pause);
        true
    }

    /// Whether its port does not answer although the board does.
    pub(super) const fn is_ill(&self) -> bool {
        self.ill_until.is_some()
    }

    /// The board itself is away: whose fault the failures were is open again.
    pub(super) const fn acquit(&mut self) {
        (self.strikes, self.ill_until) = (0, None);
    }

    /// Takes the beats that are due. The next one is set so that the phase is kept, and what is late is not made up
    /// for: a stalled bus must not be followed by a burst.
    pub(super) fn take_due(&mut self, now: Moment) {
        if self.wake.is_some_and(|wake| wake <= now) {
            self.wake = None;
        }
        let Some(tick) = self.tick.filter(|tick| *tick <= now) else {
            return;
        };
        let period = self
            .resource
            .period()
            .unwrap_or(Duration::MAX)
            .max(Duration::from_micros(100));
        let next = tick + period;
        self.tick = Some(if next > now { next } else { now + period });
    }

    /// Takes note of how an event went, and says what changed.
    pub(super) fn note(
        &mut self,
        outcome: Result<(), ResourceError>,
        now: Now,
        effects: &mut Vec<Effect>,
    ) {
        match outcome {
            Ok(()) => self.works(effects),
            Err(error) => self.fails(&error, now, effects),
        }
    }

    /// Something worked: if it did not before, that is over.
    fn works(&mut self, effects: &mut Vec<Effect>) {
        self.acquit();
        if self.resource.needs_board() && self.available != Some(true) {
            self.available = Some(true);
            effects.push(Effect::Publish(self.say_availability(true)));
        }
        if let Some(fault) = self.fault.take() {
            effects.push(self.say_fault(&Fault {
                error: None,
                count: self.count,
                ..fault
            }));
            effects.push(Effect::Recovered(self.name.clone()));
        }
    }

    /// Something went wrong: the first time it is told.
    pub(super) fn fails(&mut self, error: &ResourceError, now: Now, effects: &mut Vec<Effect>) {
        self.count += 1;
        if self.resource.needs_board() && self.available != Some(false) {
            self.available = Some(false);
            effects.push(Effect::Publish(self.say_availability(false)));
        }
        if self.fault.is_none() {
            let since = now
                .wall
                .duration_since(SystemTime::UNIX_EPOCH)
                .map_or(0, |d| d.as_secs());
            let fault = Fault {
                since,
                error: Some(error.to_string()),
                count: self.count,
            };
            effects.push(self.say_fault(&fault));
            effects.push(Effect::Fault {
                resource: self.name.clone(),
                error: error.clone(),
            });
            self.fault = Some(fault);
        }
    }

    /// The broker forgot everything: says whether the port answers.
    pub(super) fn say_again(&self, effects: &mut Vec<Effect>) {
        if let Some(available) = self.available {
            effects.push(Effect::Publish(self.say_availability(available)));
        }
    }

    /// Every topic on which the broker keeps something of this resource.
    pub(super) fn retained(&self) -> impl Iterator<Item = Topic> + '_ {
        let kept = |channel: &&Channel| channel.retain;
        let values = self
            .resource
            .publishes()
            .iter()
            .filter(kept)
            .map(|channel| channel.topic.clone());
        values.chain(
            self.resource
                .needs_board()
                .then(|| self.availability.clone()),
        )
    }

    /// Every topic on which it may say something.
    pub(super) fn says(&self) -> impl Iterator<Item = Topic> + '_ {
        let channels = self.resource.publishes().iter();
        let values = channels.map(|channel| channel.topic.clone());
        let availability = self.resource.needs_board();
        let availability = availability.then(|| self.availability.clone());
        values
            .chain(availability)
            .chain(std::iter::once(self.fault_topic.clone()))
    }

    pub(super) const fn is_faulty(&self) -> bool {
        self.fault.is_some()
    }

    fn say_availability(&self, available: bool) -> Message {
        Message::state(
            self.availability.clone(),
            if available { "online" } else { "offline" },
        )
    }

    fn say_fault(&self, fault: &Fault) -> Effect {
        let json = serde_json::to_vec(fault).expect("a fault is plain JSON");
        Effect::Publish(Message::event(self.fault_topic.clone(), json))
    }
}

/// The topic of a resource, `<id>/<class>/<name>`.
pub(super) fn base(id: &Topic, class: Class, name: &str) -> Topic {
    id.child(&format!("{class}/{name}"))
        .expect("a checked name below a checked topic is a topic")
}
