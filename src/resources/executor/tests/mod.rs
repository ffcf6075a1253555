//! The executor as a whole, in memory and with virtual time: messages and news go in, orders and answers come out.

mod audited;
mod governor;
mod own;
mod signed;

use crate::fleet::audit::Entry as Audited;
use crate::fleet::signing::KeyId;
use crate::fleet::{
    Captured, Entry, ExecutorSettings, GovernorFace, GovernorTopics, Job, JobEnd, JobNumber,
    JobOutcome, JournalNews, Known, News, NotObeyed, Order, Record, Request, Stage,
};
use crate::model::{Message, Moment, Now, QoS, Topic};
use crate::resources::{Spec, kind};
use crate::system::HostState;
use crate::thing::{Class, Effect, Input, Thing};
use serde_json::{Value as Json, json};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

mod turns;

const WALL: u64 = 1_795_000_000;

/// An executor with a journal that keeps everything at once, and processes that run until they are told to end.
struct Bench {
    thing: Thing,
    now: Duration,
    kept: Vec<(Request, Stage, Option<Record>)>,
    by_id: HashMap<String, usize>,
    /// While set, nothing can be written.
    full: bool,
    /// While set, what is to be written waits here.
    slow: bool,
    held: Vec<Entry>,
    /// While set, processes do not end when they are told to.
    stubborn: bool,
    running: Vec<Job>,
    /// What an earlier life had running.
    resumed: Vec<JobNumber>,
    said: Vec<Message>,
    answers: Vec<(JobNumber, Record)>,
    /// The highest number of each key, and the revoked keys.
    highest: HashMap<KeyId, u64>,
    revoked: BTreeSet<KeyId>,
    audited: Vec<Audited>,
}

fn settings() -> ExecutorSettings {
    ExecutorSettings {
        allow: vec!["*".to_owned()],
        shell: true,
        queue: 5,
        ..ExecutorSettings::default()
    }
}

fn governor() -> ExecutorSettings {
    ExecutorSettings {
        governor: Some(GovernorFace::new(
            GovernorTopics::default(),
            "c1".to_owned(),
        )),
        ..settings()
    }
}

impl Bench {
    fn new(settings: ExecutorSettings) -> Self {
        Self::with(settings, Vec::new())
    }

    fn with(settings: ExecutorSettings, opened: Vec<Known>) -> Self {
        Self::told(settings, None, opened)
    }

    /// What the journal tells first.
    fn told(settings: ExecutorSettings, keys: Option<JournalNews>, opened: Vec<Known>) -> Self {
        let id = Topic::new("10.0.0.1").unwrap();
        let kind = kind("executor").unwrap();
        let mut spec = Spec::new(id.clone(), "executor0".to_owned(), kind, None);
        spec.executor = Some(Arc::new(settings));
        let mut thing = Thing::new(id, None);
        thing.add(Class::Executors, "executor0", (kind.build)(&spec));
        let mut bench = Self {
            thing,
            now: Duration::ZERO,
            kept: Vec::new(),
            by_id: HashMap::new(),
            full: false,
            slow: false,
            held: Vec::new(),
            stubborn: false,
            running: Vec::new(),
            resumed: Vec::new(),
            said: Vec::new(),
            answers: Vec::new(),
            highest: HashMap::new(),
            revoked: BTreeSet::new(),
            audited: Vec::new(),
        };
        for known in &opened {
            let record = known.record.as_deref().cloned();
            bench
                .kept
                .push((known.request.clone(), known.stage, record));
        }
        let effects = bench.thing.start(bench.clock());
        bench.carry(effects);
        if let Some(news) = keys {
            bench.news(News::Journal(news));
        }
        bench.news(News::Journal(JournalNews::Opened(opened)));
        bench.input(Input::Connected);
        bench
    }

    fn clock(&self) -> Now {
        Now::new(
            Moment::after(self.now),
            SystemTime::UNIX_EPOCH + Duration::from_secs(WALL) + self.now,
        )
    }

    fn input(&mut self, input: Input) {
        let effects = self.thing.handle(&input, self.clock());
        self.carry(effects);
    }

    fn news(&mut self, news: News) {
        self.input(Input::Executor("executor0".to_owned(), news));
    }

    fn carry(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Publish(message) => self.said.push(message),
                Effect::Executor(_, Order::Write(entries)) if self.slow => {
                    self.held.extend(entries);
                }
                Effect::Executor(_, Order::Write(entries)) => {
                    for entry in entries {
                        if let Some(news) = self.write(entry) {
                            self.news(News::Journal(news));
                        }
                    }
                }
                Effect::Executor(_, Order::Run(job)) => self.running.push(*job),
                Effect::Executor(_, Order::Resume(numbers)) => {
                    for number in numbers {
                        self.resumed.push(number);
                        self.news(News::Lost(number));
                    }
                }
                Effect::Executor(_, Order::Cancel(_)) if self.stubborn => {}
                Effect::Executor(_, Order::Cancel(number)) => {
                    self.done(number, JobEnd::Cancelled { signal: Some(15) });
                }
                Effect::Executor(_, Order::Answer(number, record)) => {
                    self.answers.push((number, *record));
                }
                Effect::Executor(_, Order::Audit(entries)) => self.audited.extend(entries),
                _ => {}
            }
        }
    }

    fn write(&mut self, entry: Entry) -> Option<JournalNews> {
        if self.full {
            return Some(JournalNews::Failed {
                entry: Box::new(entry),
                reason: "the disk is full".to_owned(),
            });
        }
        let place = |number: JobNumber| usize::try_from(number.0).unwrap() - 1;
        match entry {
            Entry::Accept { ref request, .. } | Entry::Begin { ref request, .. } => {
                let (request, begins) = (request.clone(), matches!(entry, Entry::Begin { .. }));
                if let Some(at) = request.id.as_ref().and_then(|id| self.by_id.get(id)) {
                    let (known, stage, _) = &self.kept[*at];
                    let known = Known {
                        number: JobNumber(*at as u64 + 1),
                        request: known.clone(),
                        stage: *stage,
                        record: None,
                    };
                    return Some(JournalNews::Known {
                        known: Box::new(known),
                        request,
                    });
                }
                if let Some(id) = &request.id {
                    self.by_id.insert(id.clone(), self.kept.len());
                }
                let stage = if begins {
                    Stage::Started
                } else {
                    Stage::Accepted
                };
                self.kept.push((request.clone(), stage, None));
                let number = JobNumber(self.kept.len() as u64);
                Some(match begins {
                    true => JournalNews::Begun(number, request),
                    false => JournalNews::Accepted(number, request),
                })
            }
            Entry::Start(_, number) => {
                self.kept[place(number)].1 = Stage::Started;
                Some(JournalNews::Started(number))
            }
            Entry::End(_, number, record) => {
                let kept = &mut self.kept[place(number)];
                (kept.1, kept.2) = (Stage::Ended, Some(*record));
                Some(JournalNews::Ended(number))
            }
            Entry::Deliver(_, number) => {
                self.kept[place(number)].1 = Stage::Delivered;
                None
            }
            Entry::Recall(_, number) => {
                let record = self.kept[place(number)].2.clone().map(Box::new);
                Some(JournalNews::Recalled(number, record))
            }
            Entry::Revoke { key, request, .. } => {
                self.revoked.insert(key.clone());
                Some(JournalNews::Revoked(key, request))
            }
            Entry::Signed(stamp, entry) => {
                let is_known = match &*entry {
                    Entry::Accept { request, .. } | Entry::Begin { request, .. } => {
                        let id = request.id.as_ref();
                        id.is_some_and(|id| self.by_id.contains_key(id))
                    }
                    _ => false,
                };
                let highest = self.highest.get(&stamp.key).copied();
                let why = match highest.filter(|highest| stamp.sequence <= *highest) {
                    _ if is_known => None,
                    _ if self.revoked.contains(&stamp.key) => Some(NotObeyed::Revoked),
                    highest => highest.map(|highest| NotObeyed::Replayed { highest }),
                };
                if let Some(why) = why {
                    return Some(JournalNews::NotObeyed { entry, why });
                }
                if !is_known {
                    self.highest.insert(stamp.key, stamp.sequence);
                }
                self.write(*entry)
            }
            Entry::Look(_, id) => {
                let known = self.by_id.get(&id).map(|at| Known {
                    number: JobNumber(*at as u64 + 1),
                    request: self.kept[*at].0.clone(),
                    stage: self.kept[*at].1,
                    record: None,
                });
                Some(JournalNews::Looked(id, known.map(Box::new)))
            }
        }
    }

    /// The disk catches up.
    fn catch_up(&mut self) {
        self.slow = false;
        for entry in std::mem::take(&mut self.held) {
            if let Some(news) = self.write(entry) {
                self.news(News::Journal(news));
            }
        }
    }

    fn done(&mut self, number: JobNumber, end: JobEnd) {
        let at = self
            .running
            .iter()
            .position(|job| job.number == number)
            .unwrap();
        self.running.remove(at);
        let wall = self.clock().wall;
        self.news(News::Done(Box::new(JobOutcome {
            executor: "executor0".to_owned(),
            number,
            started: wall,
            ended: wall,
            duration: Duration::from_secs(1),
            end,
            stdout: Captured {
                head: b"out\n".to_vec(),
                total: 4,
                ..Captured::default()
            },
            stderr: Captured::default(),
            usage: None,
            host: HostState::default(),
            clock_synchronised: None,
            notes: Vec::new(),
        })));
    }

    /// A message on the executor's own topic.
    fn own(&mut self, payload: &Json, retain: bool) {
        let topic = Topic::new("10.0.0.1/executors/executor0/commands").unwrap();
        self.input(Input::Message(Message {
            topic,
            payload: payload.to_string().into_bytes(),
            qos: QoS::AtLeastOnce,
            retain,
        }));
    }

    fn command(&mut self, id: &str, command: &str) {
        self.own(
            &json!({"id": id, "client_id": "10.0.0.1", "command": command}),
            false,
        );
    }

    fn governor(&mut self, payload: &str) {
        let topic = Topic::new("system_performance/commands").unwrap();
        self.input(Input::Message(Message::event(topic, payload)));
    }

    /// What was said on a topic that ends so since the last look.
    fn said(&mut self, end: &str) -> Vec<Json> {
        let all = std::mem::take(&mut self.said);
        let its = all.iter().filter(|m| m.topic.as_str().ends_with(end));
        its.map(|m| serde_json::from_slice(&m.payload).unwrap())
            .collect()
    }

    /// What runs, by the command's text.
    fn runs(&self) -> Vec<String> {
        let numbers = self
            .running
            .iter()
            .map(|job| usize::try_from(job.number.0).unwrap() - 1);
        numbers.map(|at| self.kept[at].0.command.clone()).collect()
    }

    fn statuses(&self) -> Vec<(&str, &str)> {
        let told = |record: &'_ Record| (record.status.as_str(),);
        self.answers
            .iter()
            .map(|(_, record)| (record.command.as_str(), told(record).0))
            .collect()
    }
}

fn known(number: u64, id: &str, stage: Stage) -> Known {
    let request = Request {
        face: crate::fleet::Face::Own,
        id: Some(id.to_owned()),
        command: format!("echo {id}"),
        run: crate::fleet::Run::Shell(format!("echo {id}")),
        time_limit: None,
        expires: None,
        signed_by: None,
    };
    Known {
        number: JobNumber(number),
        request,
        stage,
        record: None,
    }
}
