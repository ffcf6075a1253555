//! What is known of one client.

use super::resume::InFlight;
use super::script::Leaving;
use super::task::{Outcome, Task, Way};
use crate::fleet::own::ExecutorTopics;
use crate::model::Moment;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// One client, however many ways it is known.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) name: Arc<str>,
    /// How it is spoken to.
    pub(super) way: Way,
    /// Its executor, once its `about` was seen.
    pub(super) own: Option<Own>,
    /// What its `status` said last.
    pub(super) online: Option<bool>,
    /// When it registered last.
    pub(super) registered: Option<Moment>,
    pub(super) takes_part: bool,
    /// Its place among those that walk, in the ids of its steps.
    pub(super) number: Option<usize>,
    pub(super) walk: Walk,
    pub(super) leaving: Leaving,
    /// By place in the script; short while the steps behind have not ended.
    pub(super) outcomes: Vec<Option<Outcome>>,
    pub(super) flight: Option<Flight>,
    /// What was in flight when the operator was killed.
    pub(super) in_flight: Option<InFlight>,
    /// Lines and the loader's commands that wait for their turn.
    pub(super) extras: VecDeque<Task>,
    /// When it was heard last, or spoken to first after a pause.
    pub(super) heard: Moment,
    pub(super) lost: bool,
    /// The governor's command that was answered last, or given up because the client registered again.
    pub(super) done_with: Option<Arc<str>>,
    /// The newest answers on our own topics: the id, and what tells the payload from another.
    pub(super) answered: VecDeque<(Box<str>, u64)>,
    /// It was reported that there seem to be two of them.
    pub(super) doubled: bool,
    /// When it is to be looked after.
    pub(super) wake: Option<Moment>,
}

/// An executor of ours.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) thing: Arc<str>,
    pub(super) topics: ExecutorTopics,
    /// It obeys signed commands only.
    pub(super) signed: bool,
}

/// Where a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Walk {
    NotBegun,
    /// At a step of the script: about to begin it, or waiting for its answer.
    At {
        entry: usize,
        attempt: u32,
    },
    Ended,
}

/// A command that was sent and not answered.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) task: Task,
    /// The step's place in the script.
    pub(super) entry: Option<usize>,
    pub(super) attempt: u32,
    pub(super) way: Way,
    pub(super) id: Option<Arc<str>>,
    pub(super) text: Arc<str>,
    pub(super) sent: Moment,
    /// When it was said last; at most once at a time.
    pub(super) said: Option<Moment>,
    pub(super) expires: Option<SystemTime>,
    pub(super) again_at: Moment,
    pub(super) pause: Duration,
    /// The client said that it has it.
    pub(super) accepted: bool,
    pub(super) cancelled: bool,
}

impl Client {
    pub(super) fn new(name: Arc<str>, way: Way, takes_part: bool, now: Moment) -> Self {
        Self {
            name,
            way,
            own: None,
            online: None,
            registered: None,
            takes_part,
            number: None,
            walk: Walk::NotBegun,
            leaving: Leaving {
                stopped: false,
                interrupted: false,
            },
            outcomes: Vec::new(),
            flight: None,
            in_flight: None,
            extras: VecDeque::new(),
            heard: now,
            lost: false,
            done_with: None,
            answered: VecDeque::new(),
            doubled: false,
            wake: None,
        }
    }

    /// Whether it can be spoken to, for all that is known.
    pub(super) fn is_there(&self) -> bool {
        match self.way {
            Way::Own => self.own.is_some() && self.online != Some(false),
            Way::Governor => self.registered.is_some(),
        }
    }

    /// Whether the pipelines are not over on its account.
    pub(super) fn is_walking(&self) -> bool {
        matches!(self.walk, Walk::At { .. }) && !self.lost
    }

    /// The step that it was asked for and has not answered.
    pub(super) fn asked(&self) -> Option<usize> {
        let before = self.in_flight.map(|flight| flight.entry);
        before.or_else(|| self.flight.as_ref()?.entry)
    }

    /// Whether it walks, after an absence of the operator, and its `about` has not come yet.
    pub(super) fn is_awaited(&self) -> bool {
        self.way == Way::Own && self.own.is_none() && self.is_walking()
    }

    pub(super) fn set_outcome(&mut self, entry: usize, outcome: Outcome) {
        if self.outcomes.len() <= entry {
            self.outcomes.resize(entry + 1, None);
        }
        self.outcomes[entry] = Some(outcome);
    }
}
