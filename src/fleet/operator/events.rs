//! What goes into the operator and what comes out.

use super::summary::Summary;
use super::task::{Answer, Outcome, Task, Way};
use crate::fleet::own::Progress;
use crate::model::{Message, Moment, Topic};
use std::sync::Arc;

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// The broker hears us and has our subscriptions.
    Connected,
    /// The broker does not hear us.
    Disconnected,
    /// A message came.
    Message(Message),
    /// The moment of `next_wake` has come.
    Wake,
    /// A line was typed.
    Line(String),
    /// Ctrl-C, or a signal that asks to end.
    Interrupt,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Publish it.
    Publish(Message),
    /// Tell people, files and the run store.
    Event(OperatorEvent),
    /// Append this line to the run's progress, on the disk before the effects that follow it.
    Save(String),
    /// All is done. Nothing comes after it.
    Finished(Box<Summary>),
}

/// What people, files and the run store want to know. Text from the network is raw: escape it before it is shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum OperatorEvent {
    /// A client is there, or is spoken to another way than before.
    Known {
        /// Its name.
        client: Arc<str>,
        /// How it is spoken to.
        way: Way,
        /// Whether it is one of those that are expected.
        takes_part: bool,
    },
    /// A client obeys signed commands only, and there is no key: it will refuse what it is sent.
    SignatureWanted {
        /// Its name.
        client: Arc<str>,
    },
    /// A client registered and was acknowledged.
    Registered {
        /// Its name.
        client: Arc<str>,
        /// Whether it had registered before.
        again: bool,
    },
    /// A registration was not accepted.
    RegistrationRefused {
        /// The id.
        client: String,
        /// Why.
        why: &'static str,
    },
    /// One of our things said, or its last will, that it is there or gone. It is not lost yet.
    Presence {
        /// The client's name.
        client: Arc<str>,
        /// Whether it is there.
        online: bool,
    },
    /// The first client is there; others are waited for.
    Waiting {
        /// Until when.
        until: Moment,
    },
    /// The pipelines begin.
    Begun {
        /// How many clients walk them.
        clients: usize,
        /// Who was expected and is not there.
        missing: Vec<Arc<str>>,
    },
    /// A client came after the pipelines had begun, and walks them from the beginning.
    JoinedLate {
        /// Its name.
        client: Arc<str>,
    },
    /// A client begins a pipeline.
    PipelineBegun {
        /// Its name.
        client: Arc<str>,
        /// The pipeline's place in the plan.
        pipeline: usize,
    },
    /// A client has left a pipeline.
    PipelineEnded {
        /// Its name.
        client: Arc<str>,
        /// The pipeline's place in the plan.
        pipeline: usize,
    },
    /// A command went out.
    Sent {
        /// To whom.
        client: Arc<str>,
        /// What for.
        task: Task,
        /// The how-manieth attempt, from 1.
        attempt: u32,
        /// Which way.
        way: Way,
        /// Its id, on our own topics.
        id: Option<Arc<str>>,
        /// Whether the same command went out before: no answer had come.
        again: bool,
    },
    /// A command waits or runs.
    Progress {
        /// Where.
        client: Arc<str>,
        /// Which.
        task: Task,
        /// How far.
        progress: Progress,
    },
    /// An answer came.
    Answered {
        /// From whom.
        client: Arc<str>,
        /// To what.
        task: Task,
        /// To which attempt, from 1.
        attempt: u32,
        /// Which way.
        way: Way,
        /// What it says.
        answer: Answer,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// A task has ended for good: no further attempt follows.
    Ended {
        /// Whose.
        client: Arc<str>,
        /// Which.
        task: Task,
        /// How.
        outcome: Outcome,
    },
    /// A client was silent for too long. Nothing is waited for on its account; it may come back.
    Lost {
        /// Its name.
        client: Arc<str>,
        /// How it was silent.
        why: String,
    },
    /// A lost client is heard again.
    Back {
        /// Its name.
        client: Arc<str>,
    },
    /// An answer that nobody asked for. It advances nothing.
    Unasked {
        /// Who it says it is.
        client: String,
        /// To which command.
        command: String,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// There seem to be two clients with one name.
    TwoWithOneName {
        /// The name.
        client: Arc<str>,
        /// How that shows.
        why: &'static str,
    },
    /// A message was not understood, or is not to be heeded.
    Ignored {
        /// Where it came.
        topic: Topic,
        /// Why.
        why: String,
        /// Its bytes.
        payload: Vec<u8>,
    },
    /// The loader's command goes to so many clients.
    LoaderAccepted {
        /// Whom it is for; `all` as it was written.
        client_id: String,
        /// The command.
        command: String,
        /// How many clients get it.
        clients: usize,
    },
    /// The loader's command goes to nobody.
    LoaderRefused {
        /// Whom it is for.
        client_id: String,
        /// The command.
        command: String,
        /// Why.
        why: &'static str,
    },
    /// A typed line goes to so many clients.
    Line {
        /// The line.
        command: String,
        /// How many clients get it.
        clients: usize,
    },
    /// A typed line has its turn after the pipelines.
    LineQueued {
        /// The line.
        command: String,
    },
    /// A typed line goes to nobody, or not to this client.
    LineRefused {
        /// The line.
        command: String,
        /// Why.
        why: &'static str,
    },
    /// All clients have left the pipelines. Realtime mode or the loader's service follows, or the end.
    Walked,
    /// The operator was asked to end: once, it goes on with `finally`; again, it ends.
    Interrupted {
        /// Whether it was the second time.
        again: bool,
    },
}
