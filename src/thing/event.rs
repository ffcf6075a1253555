//! What reaches a thing, what reaches a resource, and what comes out.

use super::ResourceError;
use crate::board::Firmware;
use crate::fleet::{News, Order};
use crate::model::{Message, Topic};

/// What happened outside.
#[derive(Debug, Clone)]
pub enum Input {
    /// The moment of [`super::Thing::next_wake`] has come, or something else woke the host.
    Wake,
    /// The broker accepted the connection: it may have forgotten everything, so every state is said again.
    Connected,
    /// Every state is to be said again, for another reason.
    SayAgain,
    /// The values that the broker does not keep are to be said again.
    SayUnkept,
    /// A message of a subscription.
    Message(Message),
    /// Something for the executor of that name.
    Executor(String, News),
}

/// What a resource is told.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// The board is there: set pin modes, put outputs to rest. Sent again if the board was away at first.
    Start,
    /// The board may have lost its modes and outputs, seen or unseen: set them again.
    Restore,
    /// The board was away and is back; follows the [`Event::Restore`]: say what was missed.
    Back,
    /// The broker may have forgotten everything: say every state again, and expect the same of others.
    Connected,
    /// Say every state again.
    SayAgain,
    /// The period, or a wake that was asked for, is over.
    Tick,
    /// A message on a topic that the resource listens to.
    Message(&'a Message),
    /// For executors: what became of an order.
    Executor(&'a News),
    /// The thing stops: outputs to rest.
    Stop,
}

/// A payload from the network that was not obeyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it came in.
    pub topic: Topic,
    /// What was found and what is allowed.
    pub reason: String,
}

/// What is to be done.
#[derive(Debug, Clone)]
pub enum Effect {
    /// Send a message.
    Publish(Message),
    /// Carry out what the executor of that name wants done.
    Executor(String, Order),
    /// Something went wrong with a resource: log it. The resource goes on.
    Fault {
        /// Its name.
        resource: String,
        /// What went wrong.
        error: ResourceError,
    },
    /// The resource of that name works again.
    Recovered(String),
    /// A payload was not obeyed: log it, within reason.
    Refused(Refusal),
    /// The board answers, for the first time or again, and tells its firmware.
    BoardUp(Firmware),
    /// The board stopped answering; it is probed until it does.
    BoardAway(ResourceError),
}
