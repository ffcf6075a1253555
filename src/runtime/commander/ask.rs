//! Asks clients to run something, and waits for their answers.

use super::{Commander, CommanderError, Target};
use crate::fleet::governor::{Command as OldCommand, Feedback};
use crate::fleet::operator::Answer;
use crate::fleet::own::{Command, ExecutorTopics, Order, Progress, Response};
use crate::fleet::signing::whole_second_from;
use crate::fleet::{StepCommand, words};
use crate::model::Message;
use crate::runtime::client::Arrival;
use std::time::{Duration, SystemTime};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

/// The first pause before a command is said again under its id; doubled each time.
const AGAIN: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(15);

/// How something is asked.
#[derive(Debug, Clone, Default)]
pub struct AskOptions {
    /// The time limit that the client keeps; our own executors only.
    pub time_limit: Option<Duration>,
    /// How long an answer is waited for, and the command worth running; for ever when absent. With zero it is sent once,
    /// and nothing is waited for.
    pub patience: Option<Duration>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AskError {
    /// Nothing came in time.
    #[error("no answer of {client} within {patience:?}")]
    Silent {
        /// Who.
        client: String,
        /// How long was waited.
        patience: Duration,
    },
    /// It was cancelled by us, and has not told how it ended.
    #[error("given up; {client} has not told how it ended")]
    GivenUp {
        /// Who.
        client: String,
    },
}

/// What comes of asking.
#[derive(Debug)]
pub enum Answered {
    /// It waits or runs.
    Progress(String, Progress),
    /// The answer of that client, and its bytes.
    Answer(String, Box<Answer>, Vec<u8>),
    /// No answer of that client.
    None(String, AskError),
}

/// What is asked.
enum What {
    /// On our own topics; repeated.
    Own(Order),
    /// On the governor's: the bytes.
    Governor(Vec<u8>),
}

struct Pending {
    target: Target,
    id: Option<String>,
    what: What,
    text: String,
    again_at: Instant,
    pause: Duration,
}

impl Pending {
    /// Whether what is said of it comes on a topic of its executor for which this holds.
    fn is_told_on(&self, is: impl Fn(&ExecutorTopics) -> bool) -> bool {
        self.target.topics().is_some_and(is)
    }
}

impl Commander {
    /// Asks clients to run a command, and tells what comes of it as it comes. Returns when all have answered or the
    /// patience is over. A word on `cancel` asks our own executors to cancel; another one gives up.
    ///
    /// # Errors
    /// A command cannot be sent.
    pub async fn ask(
        &mut self,
        targets: &[Target],
        command: &StepCommand,
        options: &AskOptions,
        cancel: &mut mpsc::Receiver<()>,
        mut tell: impl FnMut(Answered),
    ) -> Result<(), CommanderError> {
        let until = options.patience.map(|patience| Instant::now() + patience);
        let mut pending = Vec::new();
        for target in targets {
            let asked = self.pending(target, command, options)?;
            self.say(&asked)?;
            pending.push(asked);
        }
        let mut cancelled = false;
        while !pending.is_empty() {
            let again = pending
                .iter()
                .filter(|its| its.id.is_some())
                .map(|its| its.again_at)
                .min();
            let wake = [until, again].into_iter().flatten().min();
            let wake = async {
                match wake {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                heap = self.client.arrived() => {
                    for arrival in heap {
                        match arrival {
                            Arrival::Message(message) => self.hear(&message, &mut pending, &mut tell),
                            // a broker that forgot everything forgot the command as well
                            Arrival::Connected => pending.iter_mut().for_each(|its| its.again_at = Instant::now()),
                            Arrival::Disconnected(_)
                            | Arrival::CannotConnect { .. }
                            | Arrival::Trouble(_) => {}
                        }
                    }
                }
                () = wake => {
                    let now = Instant::now();
                    if until.is_some_and(|until| until <= now) {
                        let patience = options.patience.unwrap_or_default();
                        for its in pending.drain(..) {
                            let client = its.target.name().to_owned();
                            tell(Answered::None(client.clone(), AskError::Silent { client, patience }));
                        }
                    }
                    for its in pending.iter_mut().filter(|its| its.id.is_some() && its.again_at <= now) {
                        its.pause = (its.pause * 2).min(LONGEST);
                        its.again_at = now + its.pause;
                        self.say(its)?;
                    }
                }
                word = cancel.recv() => {
                    let can = pending.iter().any(|its| its.id.is_some());
                    if word.is_none() || cancelled || !can {
                        for its in pending.drain(..) {
                            let client = its.target.name().to_owned();
                            tell(Answered::None(client.clone(), AskError::GivenUp { client }));
                        }
                    }
                    cancelled = true;
                    for its in &pending {
                        self.cancel(its)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn pending(
        &self,
        target: &Target,
        command: &StepCommand,
        options: &AskOptions,
    ) -> Result<Pending, CommanderError> {
        let text = match command {
            StepCommand::Text(text) => text.clone(),
            StepCommand::Argv(argv) => words::quoted(argv),
        };
        let (id, what) = match target.thing() {
            Some(thing) => {
                let id = format!("send-{:016x}", rand::random::<u64>());
                let its = Command {
                    id: id.clone(),
                    client_id: thing.to_owned(),
                    command: command.clone(),
                    time_limit: options.time_limit,
                    // nobody waits for it any more then
                    expires: options
                        .patience
                        .filter(|patience| !patience.is_zero())
                        .map(|patience| self.expiry(SystemTime::now() + patience)),
                };
                (Some(id), What::Own(Order::Run(its)))
            }
            None => {
                let its = OldCommand {
                    client_id: target.name().to_owned(),
                    command: text.clone(),
                };
                (None, What::Governor(its.encode(self.form)?))
            }
        };
        Ok(Pending {
            target: target.clone(),
            id,
            what,
            text,
            again_at: Instant::now() + AGAIN,
            pause: AGAIN,
        })
    }

    /// A signature counts for whole seconds.
    fn expiry(&self, at: SystemTime) -> SystemTime {
        match self.signer {
            Some(_) => whole_second_from(at),
            None => at,
        }
    }

    /// Says it, or says it again: what is signed is signed anew, so that its number rises.
    fn say(&mut self, its: &Pending) -> Result<(), CommanderError> {
        match (&its.what, its.target.topics()) {
            (What::Own(order), Some(topics)) => self.order(order, &topics.commands),
            (What::Own(_), None) => Ok(()),
            (What::Governor(payload), _) => {
                let message = Message::event(self.topics.commands.clone(), payload.clone());
                Ok(self.outbox().publish(message)?)
            }
        }
    }

    fn cancel(&mut self, its: &Pending) -> Result<(), CommanderError> {
        let (Some(id), Some(topics)) = (&its.id, its.target.topics()) else {
            return Ok(());
        };
        let order = Order::Cancel {
            id: id.clone(),
            client_id: its.target.thing().map(str::to_owned),
        };
        self.order(&order, &topics.commands)
    }

    fn hear(
        &mut self,
        message: &Message,
        pending: &mut Vec<Pending>,
        tell: &mut impl FnMut(Answered),
    ) {
        if message.topic == self.topics.responses {
            let Ok(feedback) = Feedback::decode(&message.payload) else {
                return;
            };
            let asked = |its: &Pending| {
                its.id.is_none()
                    && its.target.name() == feedback.client_id
                    && its.text == feedback.command
            };
            if let Some(at) = pending.iter().position(asked) {
                let its = pending.remove(at);
                let answer = Box::new(Answer::Governor(Box::new(feedback)));
                tell(Answered::Answer(
                    its.target.name().to_owned(),
                    answer,
                    message.payload.clone(),
                ));
            }
            return;
        }
        if let Some(at) = pending
            .iter()
            .position(|its| its.is_told_on(|topics| topics.progress == message.topic))
        {
            if let Ok(progress) = Progress::decode(&message.payload) {
                if pending[at].id.as_ref() == Some(&progress.id) {
                    tell(Answered::Progress(
                        pending[at].target.name().to_owned(),
                        progress,
                    ));
                }
            }
            return;
        }
        let Some(at) = pending
            .iter()
            .position(|its| its.is_told_on(|topics| topics.responses == message.topic))
        else {
            self.learn(message);
            return;
        };
        if let Ok(response) = Response::decode(&message.payload) {
            if response.id == pending[at].id {
                let its = pending.remove(at);
                let answer = Box::new(Answer::Own(Box::new(response)));
                tell(Answered::Answer(
                    its.target.name().to_owned(),
                    answer,
                    message.payload.clone(),
                ));
            }
        }
    }
}
