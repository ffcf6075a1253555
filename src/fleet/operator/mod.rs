//! The operator: a fleet walks through pipelines. A state machine without a socket, a file or a clock.
//!
//! | file | what it does |
//! |---|---|
//! | `events` | what goes in and what comes out |
//! | `task`, `summary` | what is asked of a client, and how it ended |
//! | `incoming` | who is there: registrations, `about`, `status` |
//! | `answers` | responses, progress, feedback |
//! | `forwarded` | what commanders are told of our own clients |
//! | `walk` | what a client does next, and sending it |
//! | `watch` | sending again, silence, coming back |
//! | `stages` | waiting, walking, serving, the end |
//! | `signed` | by which key commands are signed, and who wants that |
//! | `console` | typed lines, the loader, the interrupt |
//! | `resume` | what is written down, and going on from it |
//! | `dry_run` | what would be done |
//! | `script`, `barrier`, `pattern`, `wakes`, `client` | what these share |
//!
//! # Who is who
//!
//! A client is known by its registration (an *old peer*, spoken to on the governor's topics), or by an `about` that
//! shows an executor (ours, spoken to on its own topics), or by both: then it is one client, of ours, by the name with
//! which it registers. Of several executors of a thing the first is spoken to.
//!
//! # Old peers
//!
//! Each has one command at a time, sent once. Its answer is known by client and command text. When the peer registers
//! again more than 7 s after it did so last (a peer repeats its registration every 5 s until it is acknowledged), it was
//! restarted and its command is lost: the step failed. Unless we were cut off ourselves since the command was sent, and
//! are back for less than a minute: then the broker was restarted, not the peer, and the answer is waited for.
//!
//! # Our own topics
//!
//! With a key each of them is signed, and signed anew whenever it is said again ([`Operator::signing_with`]); on the
//! governor's topics nothing ever is. A command goes out again under the same id after 2, 4, 8, 15, 15, .. s and at every connect, until it is answered or
//! expired. An executor answers a repeated command with its progress while that waits or runs; whoever says nothing at
//! all for `silence` is lost.
//!
//! # The way back
//!
//! `cpufreq-set --restore`, which a plan has behind frequency steps, is for our own executors: an old peer skips it, and
//! where it is refused it is skipped as well.
//!
//! # Lost
//!
//! Nothing is waited for on a lost client's account, no step follows, and no barrier waits for it. When it is heard
//! again before all others are done, its walk goes on with the answer to what was asked.

mod answers;
mod barrier;
mod client;
mod console;
mod dry_run;
mod events;
mod forwarded;
mod incoming;
mod pattern;
mod resume;
mod script;
mod signed;
mod stages;
mod summary;
mod task;
mod wakes;
mod walk;
mod watch;

#[cfg(test)]
mod tests;

pub use events::{Effect, Input, OperatorEvent};
pub use resume::ResumeError;
pub use summary::{ClientSummary, Counts, Summary};
pub use task::{Answer, End, Outcome, StepRef, Task, Way};

use crate::fleet::pipeline::OperatorPlan;
use crate::fleet::signing::Signer;
use crate::model::{Message, Moment, Now, QoS, Topic, TopicFilter};
use barrier::Barrier;
use client::Client;
use forwarded::Forwarded;
use script::Script;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use wakes::Wakes;

/// The most clients; further ones are refused.
pub const MOST_CLIENTS: usize = 10_000;

/// The longest client id, in bytes.
pub const LONGEST_ID: usize = 256;

/// What the operator is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// For clients, until the moment; without one, for the first client.
    Waiting(Option<Moment>),
    /// The clients walk the pipelines.
    Walking,
    /// Typed lines and the loader's commands are served.
    Open,
    /// What was sent is still waited for.
    Leaving,
    Done,
}

/// Where the ids of lines and loader's commands begin: another run's, or another part of this one, had others.
fn micros(now: Now) -> u64 {
    let since = now.wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or_default()
}

/// The operator.
#[derive(Debug)]
pub struct Operator {
    plan: OperatorPlan,
    /// Signs what goes out on our own topics.
    signer: Option<Signer>,
    expected: Option<HashSet<Arc<str>>>,
    script: Script,
    token: String,
    now: Now,
    stage: Stage,
    /// A client was there.
    anyone: bool,
    connected: bool,
    connected_at: Moment,
    connections: u64,
    clients: Vec<Client>,
    /// By name, and by the id with which it registers.
    names: HashMap<Arc<str>, usize>,
    /// By the id of its thing.
    things: HashMap<Arc<str>, usize>,
    /// What the `status` of a thing said before its `about` came.
    statuses: HashMap<Box<str>, bool>,
    /// Which client has the command with this id.
    ids: HashMap<Arc<str>, usize>,
    wakes: Wakes,
    /// The pipelines with one.
    barriers: Vec<(usize, Barrier)>,
    /// Clients that may have something to do.
    ready: VecDeque<usize>,
    /// How many clients hold up the end of the pipelines.
    walking: usize,
    /// How many lines and loader's commands have not ended.
    open: usize,
    extra_ids: u64,
    /// How many clients have begun to walk.
    joined: usize,
    lines: VecDeque<String>,
    interrupted: bool,
    counts: Counts,
    forwarded: Forwarded,
    effects: Vec<Effect>,
}

impl Operator {
    /// An operator that has seen nobody. `token` begins the id of every command and must be new for every run; what
    /// of it is no character of an id is dropped, and what is beyond 16.
    #[must_use]
    pub fn new(plan: OperatorPlan, token: &str, now: Now) -> Self {
        let script = Script::of(&plan);
        let barriers = plan.pipelines.iter().enumerate();
        let barriers = barriers
            .filter(|(_, pipeline)| pipeline.barrier)
            .map(|(index, _)| (index, Barrier::new(script.length(index))))
            .collect();
        let expected = plan.clients.as_ref();
        Self {
            expected: expected.map(|names| names.iter().map(|name| name.as_str().into()).collect()),
            token: resume::usable_token(token),
            script,
            barriers,
            now,
            stage: Stage::Waiting(None),
            anyone: false,
            connected: false,
            connected_at: now.moment,
            connections: 0,
            clients: Vec::new(),
            names: HashMap::new(),
            things: HashMap::new(),
            statuses: HashMap::new(),
            ids: HashMap::new(),
            wakes: Wakes::default(),
            ready: VecDeque::new(),
            walking: 0,
            open: 0,
            extra_ids: micros(now),
            joined: 0,
            lines: VecDeque::new(),
            interrupted: false,
            counts: Counts::default(),
            forwarded: Forwarded::default(),
            effects: Vec::new(),
            signer: None,
            plan,
        }
    }

    /// What the session has to subscribe to.
    ///
    /// # Panics
    /// Never: the filters are fixed.
    #[must_use]
    pub fn subscriptions(&self) -> Vec<(TopicFilter, QoS)> {
        let topics = &self.plan.topics;
        let own = |text| TopicFilter::new(text).expect("it is a filter");
        let mut filters = vec![
            (topics.registration.clone().into(), QoS::AtMostOnce),
            (topics.responses.clone().into(), QoS::AtMostOnce),
            (own("+/about"), QoS::AtMostOnce),
            (own("+/status"), QoS::AtMostOnce),
            (own("+/executors/+/responses"), QoS::AtLeastOnce),
            (own("+/executors/+/progress"), QoS::AtMostOnce),
        ];
        if self.plan.receive_commands {
            filters.push((topics.command_loader.clone().into(), QoS::AtMostOnce));
        }
        filters
    }

    /// What is to be done about what happened. Nothing, once `Finished` was among it.
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        self.now = now;
        if self.stage == Stage::Done {
            return Vec::new();
        }
        match input {
            Input::Connected => self.connected(),
            Input::Disconnected => self.connected = false,
            Input::Message(message) => self.message(message),
            Input::Wake => self.wake(),
            Input::Line(line) => self.line(line),
            Input::Interrupt => self.interrupt(),
        }
        self.settle();
        std::mem::take(&mut self.effects)
    }

    /// When it wants a [`Input::Wake`], if nothing else happens before.
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        let begin = match self.stage {
            Stage::Done => return None,
            Stage::Waiting(until) if self.connected => until,
            _ => None,
        };
        begin.into_iter().chain(self.wakes.next()).min()
    }

    /// The plan that it follows.
    #[must_use]
    pub const fn plan(&self) -> &OperatorPlan {
        &self.plan
    }

    fn event(&mut self, event: OperatorEvent) {
        self.effects.push(Effect::Event(event));
    }

    fn publish(&mut self, message: Message) {
        self.effects.push(Effect::Publish(message));
    }

    fn ignore(&mut self, topic: Topic, why: impl Into<String>, payload: Vec<u8>) {
        self.counts.ignored += 1;
        let why = why.into();
        self.event(OperatorEvent::Ignored {
            topic,
            why,
            payload,
        });
    }

    /// A client by its name, the id with which it registers, or its thing's id.
    fn find(&self, id: &str) -> Option<usize> {
        let named = self.names.get(id);
        named.or_else(|| self.things.get(id)).copied()
    }

    /// Changes where a client is; whoever waits for that at a barrier becomes ready.
    fn change(&mut self, index: usize, change: impl FnOnce(&mut Client)) {
        let before = (
            self.clients[index].is_walking(),
            self.places(&self.clients[index]),
        );
        change(&mut self.clients[index]);
        let client = &self.clients[index];
        let after = (client.is_walking(), self.places(client));
        self.walking = self.walking + usize::from(after.0) - usize::from(before.0);
        for ((_, barrier), (from, to)) in self
            .barriers
            .iter_mut()
            .zip(before.1.into_iter().zip(after.1))
        {
            barrier.moved(from, to);
            self.ready.extend(barrier.released());
        }
    }

    /// The slot of a client at each barrier.
    fn places(&self, client: &Client) -> Vec<Option<usize>> {
        let place = |pipeline: usize| {
            let client::Walk::At { entry, .. } = client.walk else {
                return None;
            };
            let at = self.script.entries[entry].at.pipeline;
            let leaves = client.leaving.stopped || client.leaving.interrupted;
            match at.cmp(&pipeline) {
                _ if client.lost => None,
                std::cmp::Ordering::Equal => Some(self.script.slot(entry)),
                std::cmp::Ordering::Less if !leaves => {
                    let choice = &self.plan.pipelines[pipeline].clients;
                    choice.takes(&client.name).then_some(0)
                }
                _ => None,
            }
        };
        let barriers = self.barriers.iter();
        barriers.map(|(pipeline, _)| place(*pipeline)).collect()
    }
}
