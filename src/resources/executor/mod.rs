//! Runs commands that come over MQTT, in order, if the Pi's own file allows them, and answers each exactly once.
//!
//! ```text
//!  Message -> admit: allowed? -> Write(Accept) -> on the disk -> its turn? -> Write(Start) -> on the disk
//!                                Write(Begin), both in one, if its turn is now                -> on the disk
//!          -> Run -> Done -> Write(End) -> on the disk -> Answer -> Delivered -> Write(Deliver)
//! ```
//! At the start it asks what became of jobs that an earlier life had started: Opened -> Resume -> Done or Lost. They go on
//! where they run in a process that outlives the thing.
//!
//! Nothing is done on the strength of something that is not on the disk yet, so that a power cut at any point leaves
//! each command run once or not at all, and its answer says which.
//!
//! | file | what it decides |
//! |---|---|
//! | `admit`, `commands` | what a message is, whether it may run, and what becomes of it if not |
//! | `jobs` | who waits, who runs, whose turn it is |
//! | `answers` | which answers are on their way, which wait in the journal |
//! | `refusals` | how often a refusal is answered |
//! | `signing`, `trusted` | whose commands are obeyed, where keys are trusted |
//! | `audited` | what the audit log is told |
//!
//! Source: the wire contract, sections 3 and 4.

mod admit;
mod answers;
mod audited;
mod channels;
mod commands;
mod jobs;
mod journal;
mod refusals;
mod signing;
#[cfg(test)]
mod tests;
mod trusted;

use super::{Entity, Kind, PortUse, Spec};
use crate::fleet::own::ExecutorTopics;
use crate::fleet::policy::Policy;
use crate::fleet::registration::Registration;
use crate::fleet::{
    Entry, ExecutorCounts, ExecutorSettings, Face, JobNumber, JobOutcome, JobProgress, News, Order,
    Record, Request, SignedBy, Status, own,
};
use crate::model::{Message, Moment, QoS, TopicFilter, ValueKind};
use crate::system::{Programs, Root, User};
use crate::thing::{Channel, Class, Context, Event, Resource, ResourceError};
use answers::{Answers, Turn};
use audited::Audited;
use channels::channels;
use jobs::Jobs;
use refusals::Refusals;
use signing::{PolicyOf, Signing};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub(super) const KIND: Kind = Kind {
    name: "executor",
    summary: "runs commands from the network that `allow` permits, and answers; needs no port",
    class: Class::Executors,
    port: PortUse::None,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value: |_| ValueKind::Text,
    home: Entity::None,
    can_follow: None,
    example: r#"executor0 = { kind = "executor", allow = ["stress-ng *"] }  # see resources/every-key.toml"#,
    build: |spec| Box::new(Executor::new(spec)),
};

/// How soon something that the journal could not write is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(5);
/// How often those that wait are looked at for an end of their time.
const LOOK: Duration = Duration::from_secs(1);
/// How long a delivery waits for something else that is to be written: each transaction of its own would hold up the
/// next command. A crash in between has the answer told once more, as a power cut does anyhow.
const TOGETHER: Duration = Duration::from_millis(50);

struct Executor {
    name: String,
    client_id: String,
    settings: Arc<ExecutorSettings>,
    policy: Policy,
    /// Where signatures are needed, or the governor's face has a list of its own: what may run there.
    unsigned: Option<Policy>,
    signing: Option<Signing>,
    /// Who signed the cancellations that the journal has now, by the ids of the commands.
    cancelling: BTreeMap<String, SignedBy>,
    topics: ExecutorTopics,
    filters: Vec<TopicFilter>,
    channels: Vec<Channel>,
    jobs: Jobs,
    answers: Answers,
    refusals: Refusals,
    audited: Audited,
    registration: Option<Registration>,
    counts: ExecutorCounts,
    /// Why the journal cannot be written now.
    trouble: Option<String>,
    try_again: Option<Moment>,
    closing: bool,
    /// What is to be written when the event has been handled.
    writes: Vec<Entry>,
    /// What is to be written along with that, and by when if there is nothing else.
    deliveries: Vec<Entry>,
    deliver_by: Option<Moment>,
}

/// The executor's policy, and what makes one of fewer entries.
fn policies(settings: &ExecutorSettings, programs: Programs) -> (Policy, PolicyOf) {
    let programs = Arc::new(programs);
    let find = Arc::clone(&programs);
    let policy = Policy::new(settings, move |name| find.find(name));
    let fewer = ExecutorSettings {
        allow: Vec::new(),
        shell: false,
        ..settings.clone()
    };
    let policy_of = move |allow: &[String]| {
        let allow = allow.to_vec();
        let settings = ExecutorSettings {
            allow,
            ..fewer.clone()
        };
        let find = Arc::clone(&programs);
        Policy::new(&settings, move |name| find.find(name))
    };
    (policy, Box::new(policy_of))
}

impl Executor {
    fn new(spec: &Spec) -> Self {
        let settings = spec.executor.clone().unwrap_or_default();
        let programs = Programs::new(Root::default(), User::effective());
        let (policy, policy_of) = policies(&settings, programs);
        let face = settings.governor.as_ref();
        let unsigned = face.and_then(|face| face.unsigned.clone());
        // without a list of its own, nothing: signatures would be worth nothing
        let needed = face.is_some() && settings.trusted_keys.is_some();
        let unsigned = unsigned.or_else(|| needed.then(Vec::new));
        let unsigned = unsigned.map(|allow| policy_of(&allow));
        let signing = Signing::of(&spec.name, &settings, policy_of);
        for problem in policy.problems() {
            tracing::warn!(executor = %spec.name, "{problem}");
        }
        let topics = ExecutorTopics::of(&spec.id, &spec.name)
            .expect("a checked name below a checked topic is a topic");
        let mut filters = vec![TopicFilter::from(topics.commands.clone())];
        let channels = channels(&topics, settings.governor.as_ref());
        let registration = settings.governor.clone().map(|face| {
            // in this order, as the original does
            filters.push(face.topics.commands.clone().into());
            filters.push(face.topics.acknowledgment.clone().into());
            Registration::new(face)
        });
        Self {
            name: spec.name.clone(),
            client_id: spec.id.to_string(),
            jobs: Jobs::new(&spec.name, &settings),
            policy,
            unsigned,
            signing,
            cancelling: BTreeMap::new(),
            topics,
            filters,
            channels,
            answers: Answers::default(),
            refusals: Refusals::default(),
            audited: Audited::default(),
            registration,
            counts: ExecutorCounts::default(),
            trouble: None,
            try_again: None,
            closing: false,
            writes: Vec::new(),
            deliveries: Vec::new(),
            deliver_by: None,
            settings,
        }
    }

    /// The client id that an answer by this protocol has.
    fn client_id(&self, face: Face) -> &str {
        match (&self.registration, face) {
            (Some(registration), Face::GovernorJson | Face::GovernorText) => {
                &registration.face().client_id
            }
            _ => &self.client_id,
        }
    }

    fn progress(&self, progress: &JobProgress, cx: &mut Context<'_>) {
        let Some(active) = self.jobs.running.get(&progress.number) else {
            return;
        };
        if let (Face::Own, Some(id)) = (active.request.face, &active.request.id) {
            let progress = own::Progress {
                id: id.clone(),
                state: own::State::Running,
                elapsed: progress.elapsed,
                last: progress.last.clone(),
            };
            let payload = progress.encode();
            cx.publish(Message::event(self.topics.progress.clone(), payload));
        }
    }

    fn done(&mut self, outcome: &JobOutcome, cx: &mut Context<'_>) {
        let Some(active) = self.jobs.running.remove(&outcome.number) else {
            return;
        };
        let client_id = self.client_id(active.request.face);
        let record = Record::of(&active.request, client_id, outcome.clone());
        self.end(outcome.number, record);
        self.start_next(cx);
    }

    fn end_unrun(
        &mut self,
        number: JobNumber,
        request: &Request,
        status: Status,
        reason: &str,
        cx: &mut Context<'_>,
    ) {
        let client_id = self.client_id(request.face);
        let record = Record::without_running(request, client_id, status, reason, cx.now.wall);
        self.end(number, record);
    }

    fn end(&mut self, number: JobNumber, record: Record) {
        let record = Box::new(record);
        self.jobs.ending.insert(number, record.clone());
        self.writes
            .push(Entry::End(self.name.clone(), number, record));
    }

    /// Begins what has its turn, and says of the others that they wait.
    fn start_next(&mut self, cx: &mut Context<'_>) {
        if self.closing {
            return;
        }
        self.withdraw(cx);
        let (signing, wall) = (self.signing.as_ref(), cx.now.wall);
        let over = |request: &Request| {
            let now = signing.map_or(wall, |signing| signing.floor(request, wall));
            request.expires.is_some_and(|end| end <= now)
        };
        for (number, request) in self.jobs.take(over) {
            self.end_unrun(number, &request, Status::Expired, admit::EXPIRED, cx);
        }
        while let Some(number) = self.jobs.next() {
            self.writes.push(Entry::Start(self.name.clone(), number));
        }
    }

    fn send(&mut self, number: JobNumber, record: Box<Record>, turn: &Turn, cx: &mut Context<'_>) {
        if *turn == Turn::Send {
            cx.order(Order::Answer(number, record));
        }
    }

    /// Asks the journal for answers for which there is room now.
    fn recall(&mut self) {
        while let Some(number) = self.answers.next() {
            self.writes.push(Entry::Recall(self.name.clone(), number));
        }
    }

    fn told(&mut self, news: &News, cx: &mut Context<'_>) {
        match news {
            News::Journal(news) => self.journal(news, cx),
            News::Progress(progress) => self.progress(progress, cx),
            News::Done(outcome) => self.done(outcome, cx),
            News::Lost(number) => self.lost(*number, cx),
            News::Delivered(number) => {
                if self.answers.gone(*number) {
                    let entry = Entry::Deliver(self.name.clone(), *number);
                    self.deliveries.push(entry);
                    self.deliver_by.get_or_insert(cx.now.moment + TOGETHER);
                }
                self.recall();
            }
            News::TooLarge(number, size) => {
                tracing::error!(executor = %self.name, %number, size, "the broker takes no answer of this size; it is dropped");
                self.counts.dropped += 1;
                self.answers.gone(*number);
                self.writes.push(Entry::Deliver(self.name.clone(), *number));
                self.recall();
            }
            News::NoRoom(number) => {
                self.answers.wait(*number);
                self.try_again = Some(cx.now.moment + TRY_AGAIN);
            }
            News::Audit(trouble) => self.audited.told(trouble.as_ref(), cx.now),
            News::Closing => self.closing = true,
        }
    }

    fn tick(&mut self, cx: &mut Context<'_>) {
        self.audited.tick();
        if let Some(registration) = &mut self.registration {
            if let Some(message) = registration.take_due(cx.now.moment) {
                cx.publish(message);
            }
        }
        if self.try_again.is_some_and(|at| at <= cx.now.moment) {
            self.try_again = None;
            self.write_again();
            self.recall();
        }
        self.start_next(cx);
    }

    fn next_wake(&self, now: Moment) -> Option<Moment> {
        let registration = self.registration.as_ref().and_then(Registration::due);
        let look = self.jobs.any_expires().then(|| now + LOOK);
        let audit = self.audited.due();
        [registration, self.try_again, look, self.deliver_by, audit]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Resource for Executor {
    fn publishes(&self) -> &[Channel] {
        &self.channels
    }

    fn listens_to(&self) -> &[TopicFilter] {
        &self.filters
    }

    fn listens_at(&self, filter: &TopicFilter) -> QoS {
        // the governor's protocol is QoS 0 throughout: a command that came twice would be run twice
        match filter.as_str() == self.topics.commands.as_str() {
            true => QoS::AtLeastOnce,
            false => QoS::AtMostOnce,
        }
    }

    fn executing(&self) -> ExecutorCounts {
        ExecutorCounts {
            waiting: self.jobs.waiting() as u64,
            running: (self.jobs.active() + self.jobs.ending.len()) as u64,
            undelivered: self.answers.undelivered() as u64,
            ..self.counts
        }
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        match event {
            Event::Connected => {
                if let Some(registration) = &mut self.registration {
                    registration.connected(cx.now.moment);
                }
            }
            Event::Tick => self.tick(cx),
            Event::Message(message) => self.message(message, cx),
            Event::Executor(news) => self.told(news, cx),
            Event::Stop => self.closing = true,
            Event::Start | Event::Restore | Event::Back | Event::SayAgain => {}
        }
        self.hand_over_audit(cx);
        let due = self.deliver_by.is_some_and(|by| by <= cx.now.moment);
        if !self.writes.is_empty() || due || self.closing {
            self.deliver_by = None;
            let mut writes = std::mem::take(&mut self.deliveries);
            writes.append(&mut self.writes);
            if !writes.is_empty() {
                cx.order(Order::Write(writes));
            }
        }
        cx.wake_at(self.next_wake(cx.now.moment));
        match (&self.trouble, &self.audited.trouble, event) {
            (Some(trouble), _, Event::Tick | Event::Executor(_)) => {
                Err(ResourceError::Journal(trouble.clone()))
            }
            (_, Some(trouble), Event::Tick | Event::Executor(_)) => {
                Err(ResourceError::Audit(trouble.clone()))
            }
            _ => Ok(()),
        }
    }
}
