//! Where an [`Operator`] meets the world: the session with the broker, the clock, the run store, and whoever watches.
//!
//! ```text
//!  session ──> Arrivals (bounded) ──┐                 ┌──> Recorder (run store, feedback file), before anything goes out
//!  typed lines, Ctrl-C ─────────────┼─> Operator ─────┼──> session's outbox
//!  timer ───────────────────────────┘                 └──> watch: each event, for people and scripts
//! ```
//! It decides nothing.

mod recorder;

pub use recorder::{Recorder, RecorderError};

use super::Clock;
use super::arrivals::{Arrival, Arrivals};
use crate::fleet::operator::{Effect, Input, Operator, OperatorEvent, Summary};
use crate::model::Message;
use crate::mqtt::{Options, PublishError, Session, SessionError};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::sync::mpsc;

/// What arrived is taken in heaps of at most so many, each recorded in one go.
const HEAP: usize = 256;
/// How long a clean close may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(3);

/// What a person asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ask {
    /// A typed line.
    Line(String),
    /// To end; asked twice, at once.
    Interrupt,
}

/// What a watcher sees.
#[derive(Debug)]
pub enum Sight<'a> {
    /// The broker hears us.
    Connected,
    /// The broker does not hear us; we try again.
    Disconnected(&'a str),
    /// An event of the operator.
    Event(&'a OperatorEvent),
    /// Something that was lost on this side: a message that found no room.
    Trouble(String),
}

/// Why a console does not start, or does not go on.
#[derive(Debug, Error)]
pub enum ConsoleError {
    /// The session's options are wrong.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// What came back cannot be kept.
    #[error(transparent)]
    Recorder(#[from] RecorderError),
}

/// An operator at work.
pub struct Console {
    /// The state machine.
    pub operator: Operator,
    /// The clock that it was made with.
    pub clock: Clock,
    /// How to reach the broker; the subscriptions are the operator's.
    pub session: Options,
    /// Where what comes back is kept.
    pub recorder: Recorder,
}

impl Console {
    /// Goes on until the operator has finished. `asked` brings what a person asks for; when it closes, nothing more is
    /// asked. `watch` is called for each event and must not block for long.
    ///
    /// # Errors
    /// The session's options are wrong, or a result could not be written: then nothing more is sent, since a result
    /// that is not kept would be lost.
    pub async fn run(
        mut self,
        mut asked: mpsc::Receiver<Ask>,
        mut watch: impl FnMut(Sight<'_>),
    ) -> Result<Summary, ConsoleError> {
        let arrivals = Arc::new(Arrivals::default());
        self.session.subscriptions = self.operator.subscriptions();
        let arrived = Arc::clone(&arrivals);
        let session = Session::start(self.session.clone(), move |event| arrived.put_event(event))?;
        let outbox = session.outbox();
        let mut open = true;
        let summary = loop {
            let wake = self.operator.next_wake().map(|at| self.clock.instant(at));
            let wake = async {
                match wake {
                    Some(at) => tokio::time::sleep_until(at.into()).await,
                    None => std::future::pending().await,
                }
            };
            let mut inputs = Vec::new();
            tokio::select! {
                ask = asked.recv(), if open => match ask {
                    Some(Ask::Line(line)) => inputs.push(Input::Line(line)),
                    Some(Ask::Interrupt) => inputs.push(Input::Interrupt),
                    None => open = false,
                },
                heap = arrivals.take(HEAP) => {
                    inputs.extend(heap.into_iter().filter_map(|arrival| input(arrival, &mut watch)));
                }
                () = wake => inputs.push(Input::Wake),
            }
            let mut effects = Vec::new();
            for input in inputs {
                effects.extend(self.operator.handle(input, self.clock.now()));
            }
            // what came back is on the disk before anything follows from it
            let kept = self.recorder.keep(self.operator.plan(), &effects);
            if let Err(error) = kept {
                session.close(Vec::new(), CLOSE_WITHIN).await;
                return Err(error.into());
            }
            let mut finished = None;
            for effect in effects {
                match effect {
                    Effect::Publish(message) => publish(&outbox, message, &mut watch),
                    Effect::Event(event) => watch(Sight::Event(&event)),
                    Effect::Save(_) => {}
                    Effect::Finished(summary) => finished = Some(*summary),
                }
            }
            if let Some(summary) = finished {
                break summary;
            }
        };
        session.close(Vec::new(), CLOSE_WITHIN).await;
        self.recorder.finish(self.operator.plan(), &summary)?;
        Ok(summary)
    }
}

/// What arrived, for the operator; some of it is for whoever watches.
fn input(arrival: Arrival, watch: &mut impl FnMut(Sight<'_>)) -> Option<Input> {
    match arrival {
        Arrival::Connected => {
            watch(Sight::Connected);
            Some(Input::Connected)
        }
        Arrival::Disconnected(reason) => {
            watch(Sight::Disconnected(&reason));
            Some(Input::Disconnected)
        }
        Arrival::Message(message) => Some(Input::Message(message)),
        Arrival::CannotConnect { reason, .. } => {
            watch(Sight::Trouble(format!("cannot connect: {reason}")));
            None
        }
        Arrival::Trouble(text) => {
            watch(Sight::Trouble(text));
            None
        }
    }
}

/// A message that finds no room is told; on our own topics the command is sent again by and by.
fn publish(outbox: &crate::mqtt::Outbox, message: Message, watch: &mut impl FnMut(Sight<'_>)) {
    match outbox.publish(message) {
        Ok(()) | Err(PublishError::Closed(_)) => {}
        Err(error) => watch(Sight::Trouble(error.to_string())),
    }
}
