//! One session of a test, asked one thing after the other.

use super::canary::Canary;
use crate::model::{QoS, TopicFilter};
use crate::mqtt::{Endpoint, Options, Pace, Receipt, Session, SessionError, SessionEvent};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How long a session that is no longer needed may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);
/// What arrives on a test's subscriptions and is larger is none of ours, and not taken in.
const LARGEST: usize = 64 * 1024;
/// The pause after a connection that was broken again and again.
const UNDETERRED: Duration = Duration::from_millis(200);

/// Why something could not be found out.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Undecided {
    /// The broker does not let this user in, whose rights were to be tried.
    #[error("the broker does not let {who} in: {reason}")]
    NotLetIn {
        /// Who.
        who: String,
        /// What the broker says.
        reason: String,
    },
    /// It took too long.
    #[error("{what} did not come within {} s{}", limit.as_secs_f64(), because(reason.as_deref()))]
    Silent {
        /// What was waited for.
        what: String,
        /// How long the row had.
        limit: Duration,
        /// What the last trouble with the connection was.
        reason: Option<String>,
    },
    /// A message of the test could not be sent.
    #[error("{0}")]
    Unsendable(String),
}

fn because(reason: Option<&str>) -> String {
    reason.map_or_else(String::new, |reason| format!(" ({reason})"))
}

/// What is known of a session.
#[derive(Debug, Default)]
struct State {
    subscribed: bool,
    refused_filter: bool,
    /// The broker's word that it does not want us.
    refused: Option<String>,
    /// The last trouble.
    trouble: Option<String>,
    /// How many connections have ended.
    breaks: u64,
    delivered: HashSet<u64>,
    /// The canaries that are waited for, and whether they came. Nothing else is kept.
    awaited: HashMap<Canary, bool>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    news: Notify,
}

impl Shared {
    /// The lock is held for moments only and never across an await.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hear(&self, event: SessionEvent) {
        let mut state = self.lock();
        match event {
            SessionEvent::Subscribed { refused } => {
                // what is left out for a while was not refused: then nothing can be said
                state.subscribed = refused == 0 || state.refused_filter;
                state.refused = None;
            }
            SessionEvent::SubscriptionRefused { .. } => state.refused_filter = true,
            SessionEvent::CannotConnect {
                reason, refused, ..
            } => {
                state.refused = refused.then(|| reason.clone());
                state.trouble = Some(reason);
            }
            SessionEvent::Disconnected { reason } => {
                state.subscribed = false;
                state.refused_filter = false;
                state.breaks += 1;
                state.trouble = Some(reason);
            }
            SessionEvent::Delivered(receipt) => {
                state.delivered.insert(receipt.0);
            }
            SessionEvent::Message(message) => {
                let canary = Canary {
                    topic: message.topic,
                    payload: message.payload,
                };
                if let Some(came) = state.awaited.get_mut(&canary) {
                    *came = true;
                }
            }
            _ => return,
        }
        drop(state);
        self.news.notify_one();
    }
}

/// Until when, and what that was made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    at: Instant,
    of: Duration,
}

impl Limit {
    pub(super) fn from_now(of: Duration) -> Self {
        let at = Instant::now() + of;
        Self { at, of }
    }
}

/// A session of a test.
#[derive(Debug)]
pub(super) struct Peer {
    who: String,
    session: Session,
    shared: Arc<Shared>,
    receipts: u64,
}

impl Peer {
    /// Starts a session that subscribes at QoS 0: what the broker writes to it stays in its order, whatever it owes.
    pub(super) fn start(
        who: String,
        endpoint: Endpoint,
        client_id: &str,
        filters: impl IntoIterator<Item = TopicFilter>,
    ) -> Result<Self, SessionError> {
        let filters = filters.into_iter();
        let options = Options {
            subscriptions: filters.map(|filter| (filter, QoS::AtMostOnce)).collect(),
            largest_incoming: LARGEST,
            // nobody else has such an identifier: whoever breaks our connections is no rival
            pace: Pace {
                first_takeover: UNDETERRED,
                longest_takeover: UNDETERRED,
                ..Pace::default()
            },
            ..Options::new(endpoint, client_id)
        };
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let session = Session::start(options, move |event| theirs.hear(event))?;
        Ok(Self {
            who,
            session,
            shared,
            receipts: 0,
        })
    }

    /// Waits until the broker has let it in and answered its subscriptions. Tells whether it granted all of them.
    pub(super) async fn ready(&self, limit: Limit) -> Result<bool, Undecided> {
        let what = format!("the broker's welcome to {}", self.who);
        let answered = |state: &State| match (&state.refused, state.subscribed) {
            (_, true) => Some(Ok(!state.refused_filter)),
            (Some(reason), _) => Some(Err(reason.clone())),
            _ => None,
        };
        let answer = self.until(limit, what, answered).await?;
        answer.map_err(|reason| Undecided::NotLetIn {
            who: self.who.clone(),
            reason,
        })
    }

    /// How many connections of it have ended.
    pub(super) fn breaks(&self) -> u64 {
        self.shared.lock().breaks
    }

    /// From now on it is noticed when this comes.
    pub(super) fn await_canary(&self, canary: &Canary) {
        self.shared.lock().awaited.insert(canary.clone(), false);
    }

    /// Whether it came.
    pub(super) fn has(&self, canary: &Canary) -> bool {
        self.shared.lock().awaited.get(canary) == Some(&true)
    }

    /// Waits until it has come, or until it may be lost: more than so many connections have ended.
    pub(super) async fn hears(
        &self,
        canary: &Canary,
        breaks: u64,
        limit: Limit,
    ) -> Result<(), Undecided> {
        let what = format!("a message on {} to {}", canary.topic, self.who);
        let is_over =
            |state: &State| state.awaited.get(canary) == Some(&true) || state.breaks > breaks;
        let over = |state: &State| is_over(state).then_some(());
        self.until(limit, what, over).await
    }

    /// Forgets what came and what was waited for.
    pub(super) fn forget(&self) {
        let mut state = self.shared.lock();
        state.awaited.clear();
        state.delivered.clear();
    }

    /// Sends a canary; tells what it is acknowledged by.
    pub(super) fn send(&mut self, canary: &Canary) -> Result<Receipt, Undecided> {
        self.receipts += 1;
        let receipt = Receipt(self.receipts);
        let sent = self.session.outbox().promise(canary.message(), receipt);
        sent.map_err(|error| Undecided::Unsendable(error.to_string()))?;
        Ok(receipt)
    }

    /// Waits until the broker has acknowledged it.
    pub(super) async fn acknowledged(
        &self,
        receipt: Receipt,
        limit: Limit,
    ) -> Result<(), Undecided> {
        let what = format!("the broker's acknowledgement to {}", self.who);
        let is_there = |state: &State| state.delivered.contains(&receipt.0).then_some(());
        self.until(limit, what, is_there).await
    }

    /// Sends a canary, and returns once the broker has acknowledged it.
    pub(super) async fn publish(&mut self, canary: &Canary, limit: Limit) -> Result<(), Undecided> {
        let receipt = self.send(canary)?;
        self.acknowledged(receipt, limit).await
    }

    pub(super) async fn leave(self) {
        self.session.close(Vec::new(), GOODBYE).await;
    }

    async fn until<T>(
        &self,
        limit: Limit,
        what: String,
        find: impl Fn(&State) -> Option<T>,
    ) -> Result<T, Undecided> {
        loop {
            if let Some(found) = find(&self.shared.lock()) {
                return Ok(found);
            }
            let news = self.shared.news.notified();
            if tokio::time::timeout_at(limit.at, news).await.is_err() {
                return Err(Undecided::Silent {
                    what,
                    limit: limit.of,
                    reason: self.shared.lock().trouble.clone(),
                });
            }
        }
    }
}
