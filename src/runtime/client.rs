//! A session for a command that asks, watches or says something: connected once, then messages as they come.

use super::arrivals::Arrivals;
use crate::model::{Message, QoS, TopicFilter};
use crate::mqtt::{BrokerUrl, Closed, Options, Outbox, PublishError, Session, SessionError};
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use tokio::time::timeout;

pub use super::arrivals::Arrival;

/// What arrived is taken in heaps of at most so many.
const HEAP: usize = 1024;

/// Why a client is not connected.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The session's options are wrong.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The broker was not reached.
    #[error("the broker {broker} was not reached within {patience:?}: {reason}")]
    NotConnected {
        /// Where it should be.
        broker: BrokerUrl,
        /// How long was waited.
        patience: Duration,
        /// What happened last.
        reason: String,
    },
    /// The broker refused us, or is not to be trusted: waiting mends neither.
    #[error("the broker {broker} and we do not come together: {reason}")]
    Refused {
        /// Where it is.
        broker: BrokerUrl,
        /// What happened.
        reason: String,
    },
    /// A message cannot be sent.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// A connected client. It connects again by itself.
#[derive(Debug)]
pub struct Client {
    session: Session,
    arrivals: Arc<Arrivals>,
    /// What came together with the connection.
    early: Vec<Arrival>,
}

impl Client {
    /// Connects, and returns once the broker hears us and has our subscriptions. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The options are wrong, or the broker refuses us or is not reached within `patience`.
    pub async fn connect(
        mut session: Options,
        subscriptions: impl IntoIterator<Item = (TopicFilter, QoS)>,
        patience: Duration,
    ) -> Result<Self, ClientError> {
        session.subscriptions.extend(subscriptions);
        let arrivals = Arc::new(Arrivals::default());
        let arrived = Arc::clone(&arrivals);
        let broker = session.broker.url.clone();
        let session = Session::start(session, move |event| arrived.put_event(event))?;
        let mut client = Self {
            session,
            arrivals,
            early: Vec::new(),
        };
        let mut last = "it does not answer".to_owned();
        let connected = timeout(patience, client.connected(&mut last)).await;
        let reason = last;
        match connected {
            Ok(true) => Ok(client),
            Ok(false) => Err(ClientError::Refused { broker, reason }),
            Err(_) => Err(ClientError::NotConnected {
                broker,
                patience,
                reason,
            }),
        }
    }

    /// Waits until it is connected; `false` once it is refused. `last` is what went wrong last.
    async fn connected(&mut self, last: &mut String) -> bool {
        let mut connected = false;
        while !connected {
            // what came behind it in the same heap is not to be lost
            for arrival in self.arrivals.take(HEAP).await {
                match arrival {
                    Arrival::Connected => connected = true,
                    Arrival::CannotConnect { reason, refused } => {
                        *last = reason;
                        if refused {
                            return false;
                        }
                    }
                    Arrival::Disconnected(reason) => *last = reason,
                    other => self.early.push(other),
                }
            }
        }
        true
    }

    /// What came together with the connection, now instead of by [`Client::arrived`].
    pub(super) fn early(&mut self) -> Vec<Arrival> {
        std::mem::take(&mut self.early)
    }

    /// What arrived, at least one thing; waits for it.
    pub async fn arrived(&mut self) -> Vec<Arrival> {
        match self.early.is_empty() {
            true => self.arrivals.take(HEAP).await,
            false => std::mem::take(&mut self.early),
        }
    }

    /// The way out.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.session.outbox()
    }

    /// Says something, and waits for room if there is none: nothing is dropped for being said too fast. Without a
    /// connection, what is not retained and has no acknowledgement is dropped.
    ///
    /// # Errors
    /// It can never be sent.
    pub async fn say(&self, message: Message) -> Result<(), ClientError> {
        Ok(self.session.outbox().publish_patiently(message).await?)
    }

    /// Sends what waits, and leaves.
    pub async fn close(self, patience: Duration) -> Closed {
        self.session.close(Vec::new(), patience).await
    }
}
