//! What a node is started with, and why it does not start.

use super::RunnerPlace;
use super::former::Former;
use super::trusted::TrustError;
use crate::board::Board;
use crate::model::{Topic, TopicError};
use crate::mqtt::{Options, SessionError};
use crate::resources::Spec;
use crate::store::StoreError;
use crate::topology::discovery::Announcing;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// What a node is started with.
pub struct NodeOptions {
    /// The thing's name in the topology.
    pub name: String,
    /// The topic that all of its topics begin with.
    pub id: Topic,
    /// Its resources.
    pub specs: Vec<Spec>,
    /// Its board; needed if a resource has a port.
    pub board: Option<Box<dyn Board>>,
    /// How to reach the broker. Will and subscriptions are the node's own business.
    pub session: Options,
    /// The ids that it had before, as [`Node::leave`](super::Node::leave) returned them: it clears away what the broker keeps of them.
    pub formers: Vec<Former>,
    /// The folder where its executors keep journal, spool and working folder; needed if there is one.
    pub state: Option<PathBuf>,
    /// The runner in another process that runs its executors' jobs; without one they run in this process.
    pub runner: Option<RunnerPlace>,
    /// What it announces to Home Assistant, if anything is to be said there.
    pub home: Option<Announcing>,
}

/// Why a node does not start.
#[derive(Debug, Error)]
pub enum NodeError {
    /// The session's options are wrong.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The session's client id is no topic, so nobody could ask the thing there.
    #[error("the client id cannot be a topic: {0}")]
    ClientId(#[source] TopicError),
    /// The operating system gave no thread.
    #[error("cannot start a thread: {0}")]
    Thread(#[from] io::Error),
    /// The journal of its executors cannot be opened.
    #[error(transparent)]
    Journal(#[from] StoreError),
    /// It is not known whom its executors trust.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// There are executors, and no folder for them.
    #[error("an executor needs a folder for its journal, and none was given")]
    NoState,
}
