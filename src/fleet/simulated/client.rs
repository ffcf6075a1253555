//! A simulated client: what comes in, and what it says.

use super::admission::{self, Admission};
use super::script::Script;
use super::work::{Answerer, Ended, Turn, Work};
use crate::fleet::own::{self, AboutExecutor, ExecutorTopics};
use crate::fleet::python_json::Object;
use crate::fleet::registration::Registration;
use crate::fleet::{Face, GovernorFace, GovernorTopics, Record, Request, Status, governor};
use crate::model::{Message, Moment, Now, QoS, Topic, TopicError, TopicFilter};
use std::sync::Arc;
use std::time::Duration;

/// The executor's name in the client's own topics.
const NAME: &str = "executor0";
/// How often progress is said while a command runs, as an executor does.
const PROGRESS: Duration = Duration::from_secs(1);

/// By which protocols a client can be reached.
#[derive(Debug, Clone)]
pub struct Faces {
    /// Our own topics, and an `about` by which operators find them.
    pub own: bool,
    /// The governor's topics: it registers and hears the commands of all.
    pub governor: Option<GovernorTopics>,
}

/// What happens to a client.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The broker accepted it.
    Connected,
    /// A message for it, or for all.
    Message(&'a Message),
    /// It is time.
    Wake,
}

/// What a client, or a fleet, did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SimulatedCounts {
    /// Whether its registration was acknowledged; of a fleet, how many were.
    pub registered: u64,
    /// Commands that it took, each once.
    pub commands: u64,
    /// Answers that it gave, repeated ones too.
    pub answers: u64,
    /// Commands that it never answers.
    pub silent: u64,
    /// Messages that were no commands.
    pub malformed: u64,
}

impl SimulatedCounts {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            registered: self.registered + other.registered,
            commands: self.commands + other.commands,
            answers: self.answers + other.answers,
            silent: self.silent + other.silent,
            malformed: self.malformed + other.malformed,
        }
    }
}

/// One client. It reads no clock and knows no socket.
#[derive(Debug)]
pub struct SimulatedClient {
    id: Topic,
    number: usize,
    script: Arc<Script>,
    seed: u64,
    own: Option<ExecutorTopics>,
    registration: Option<Registration>,
    work: Work,
    /// Since when the command runs of which progress is said, and when it is said next.
    progress: Option<(Moment, Moment)>,
    counts: SimulatedCounts,
}

impl SimulatedClient {
    /// The client of that number, from 1. Its id is both the first level of its own topics and the name by which it
    /// registers.
    ///
    /// # Errors
    /// The id with its executor's levels behind it is too long for a topic.
    pub fn new(
        id: Topic,
        number: usize,
        faces: &Faces,
        script: Arc<Script>,
        seed: u64,
    ) -> Result<Self, TopicError> {
        let own = faces.own.then(|| ExecutorTopics::of(&id, NAME));
        let client_id = id.to_string();
        let registration = faces
            .governor
            .clone()
            .map(|topics| Registration::new(GovernorFace::new(topics, client_id)));
        Ok(Self {
            own: own.transpose()?,
            id,
            number,
            script,
            seed,
            registration,
            work: Work::default(),
            progress: None,
            counts: SimulatedCounts::default(),
        })
    }

    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &Topic {
        &self.id
    }

    /// What it subscribes to, in the order in which the original does.
    #[must_use]
    pub fn listens_to(&self) -> Vec<(TopicFilter, QoS)> {
        let own = self.own.iter().map(|own| (&own.commands, QoS::AtLeastOnce));
        let governors = self.registration.iter().flat_map(|registration| {
            let topics = &registration.face().topics;
            [&topics.commands, &topics.acknowledgment].map(|topic| (topic, QoS::AtMostOnce))
        });
        let all = own.chain(governors);
        all.map(|(topic, qos)| (topic.clone().into(), qos))
            .collect()
    }

    /// What the broker is to say when it is lost; none if it has no topics of its own, as an old client.
    #[must_use]
    pub fn will(&self) -> Option<Message> {
        self.own.as_ref().map(|_| self.status("offline"))
    }

    /// What it says last: that it is offline; and what the broker keeps of it is cleared, since it never was.
    #[must_use]
    pub fn last_words(&self) -> Vec<Message> {
        let cleared = ["about", "status"].map(|level| Message::state(self.below(level), ""));
        self.will()
            .into_iter()
            .flat_map(|will| std::iter::once(will).chain(cleared.clone()))
            .collect()
    }

    /// What it did so far.
    #[must_use]
    pub fn counts(&self) -> SimulatedCounts {
        let registered = self
            .registration
            .as_ref()
            .is_some_and(Registration::is_acknowledged);
        SimulatedCounts {
            registered: registered.into(),
            ..self.counts
        }
    }

    /// When it wants to be woken, as seen from `now`.
    #[must_use]
    pub fn next_wake(&self, now: Moment) -> Option<Moment> {
        let registration = self.registration.as_ref().and_then(Registration::due);
        let progress = self.progress.map(|(_, due)| due);
        let all = [registration, self.work.next_wake(now), progress];
        all.into_iter().flatten().min()
    }

    /// Takes what happened, and returns what it says to that.
    pub fn handle(&mut self, input: &Input<'_>, now: Now) -> Vec<Message> {
        let mut said = Vec::new();
        match input {
            Input::Connected => {
                if let Some(registration) = &mut self.registration {
                    registration.connected(now.moment);
                }
                if let Some(own) = &self.own {
                    said.push(self.status("online"));
                    said.push(Message::state(self.below("about"), self.about(own)));
                }
            }
            Input::Message(message) => self.message(message, now, &mut said),
            Input::Wake => {
                if let Some(registration) = &mut self.registration {
                    said.extend(registration.take_due(now.moment));
                }
            }
        }
        self.end_due(now, &mut said);
        self.say_progress(now, &mut said);
        said
    }

    fn message(&mut self, message: &Message, now: Now, said: &mut Vec<Message>) {
        let id = self.id.as_str();
        let own = self.own.as_ref().map(|own| &own.commands);
        let admission = if own == Some(&message.topic) {
            admission::own(&message.payload, message.retain, id, now.wall)
        } else if let Some(registration) = &mut self.registration {
            let topics = &registration.face().topics;
            if message.topic == topics.acknowledgment {
                registration.acknowledged(&message.payload);
                return;
            }
            admission::governors(&message.payload, message.retain, id)
        } else {
            return;
        };
        match admission {
            Admission::Foreign => {}
            Admission::Malformed => self.counts.malformed += 1,
            Admission::Refuse(request, status, reason) => {
                self.refuse(&request, status, &reason, now, said);
            }
            Admission::Cancel(id) => self.cancel(&id, now, said),
            Admission::Accept(request) => self.accept(request, now, said),
        }
    }

    fn accept(&mut self, request: Request, now: Now, said: &mut Vec<Message>) {
        let (face, id) = (request.face, request.id.clone());
        let copy = request.clone();
        match self.with_work(|work, who| work.take(request, who, now)) {
            Turn::Begins => self.counts.commands += 1,
            Turn::Known => self.say_queued(face, id, said),
            Turn::Waits => {
                self.counts.commands += 1;
                self.say_queued(face, id, said);
            }
            Turn::Again(record) => said.extend(self.answer(&record)),
            Turn::Refused(reason) => self.refuse(&copy, Status::Refused, &reason, now, said),
        }
    }

    fn say_queued(&self, face: Face, id: Option<String>, said: &mut Vec<Message>) {
        if let (Face::Own, Some(id)) = (face, id) {
            said.extend(self.progress(&id, own::State::Queued, Duration::ZERO));
        }
    }

    fn cancel(&mut self, id: &str, now: Now, said: &mut Vec<Message>) {
        match self.with_work(|work, who| work.cancel(id, who, now)) {
            Ok(record) => said.extend(record.and_then(|record| self.answer(&record))),
            Err(()) => {
                let request = admission::request(Face::Own, Some(id.to_owned()), "");
                let reason = "there is no command with this id to cancel";
                self.refuse(&request, Status::Refused, reason, now, said);
            }
        }
    }

    fn refuse(
        &mut self,
        request: &Request,
        status: Status,
        reason: &str,
        now: Now,
        said: &mut Vec<Message>,
    ) {
        let record = Record::without_running(request, self.id.as_str(), status, reason, now.wall);
        said.extend(self.answer(&record));
    }

    fn end_due(&mut self, now: Now, said: &mut Vec<Message>) {
        while let Some(ended) = self.with_work(|work, who| work.end_due(who, now)) {
            match ended {
                Ended::Answered(record) => said.extend(self.answer(&record)),
                Ended::Silent => self.counts.silent += 1,
            }
        }
    }

    fn say_progress(&mut self, now: Now, said: &mut Vec<Message>) {
        let Some((id, since)) = self.work.running() else {
            self.progress = None;
            return;
        };
        let due = match self.progress {
            Some((of, due)) if of == since => due,
            _ => since + PROGRESS,
        };
        self.progress = Some((since, due));
        if due <= now.moment {
            let id = id.to_owned();
            said.extend(self.progress(&id, own::State::Running, now.moment.since(since)));
            self.progress = Some((since, now.moment + PROGRESS));
        }
    }

    fn progress(&self, id: &str, state: own::State, elapsed: Duration) -> Option<Message> {
        let progress = own::Progress {
            id: id.to_owned(),
            state,
            elapsed,
            last: String::new(),
        };
        let topic = self.own.as_ref()?.progress.clone();
        Some(Message::event(topic, progress.encode()))
    }

    fn answer(&mut self, record: &Record) -> Option<Message> {
        self.counts.answers += 1;
        match record.face {
            Face::Own => Some(Message {
                topic: self.own.as_ref()?.responses.clone(),
                payload: own::Response::encode(record),
                qos: QoS::AtLeastOnce,
                retain: false,
            }),
            Face::GovernorJson | Face::GovernorText => {
                let topic = &self.registration.as_ref()?.face().topics.responses;
                Some(Message::event(
                    topic.clone(),
                    governor::feedback(record, &[], &[]),
                ))
            }
        }
    }

    fn with_work<T>(&mut self, act: impl FnOnce(&mut Work, Answerer<'_>) -> T) -> T {
        let who = Answerer {
            id: self.id.as_str(),
            number: self.number,
            script: &self.script,
            seed: self.seed,
        };
        act(&mut self.work, who)
    }

    fn about(&self, own: &ExecutorTopics) -> Vec<u8> {
        let executor = own::about_json(&AboutExecutor {
            name: NAME.to_owned(),
            topics: own.clone(),
            governor: self.registration.as_ref().map(|_| self.id.to_string()),
            signed: false,
        });
        Object::default()
            .text("name", &format!("sim {}", self.id))
            .text("version", env!("CARGO_PKG_VERSION"))
            .json("simulated", "true")
            .json("resources", "[]")
            .json("executors", [b"[".as_slice(), &executor, b"]"].concat())
            .finish()
    }

    fn status(&self, word: &str) -> Message {
        Message::state(self.below("status"), word)
    }

    fn below(&self, level: &str) -> Topic {
        self.id
            .child(level)
            .expect("an id that has room for an executor's topics has room for this")
    }
}
