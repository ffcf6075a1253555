//! A session that only listens. What arrives is taken in at once, on the session's task: nothing waits in a queue, so what
//! a network can make it remember is bounded by who takes it in.

use super::Clock;
use super::client::ClientError;
use crate::model::{Now, QoS, TopicFilter};
use crate::mqtt::{Options, Session, SessionEvent};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::timeout;

/// How long a clean close may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Who takes in what arrives.
pub trait TakesIn: Send + 'static {
    /// Something arrived. Must not block: while it runs, nothing else is received.
    fn take_in(&mut self, event: &SessionEvent, now: Now);
}

/// A listener that is connected whenever that is possible.
pub struct Onlooker<T> {
    session: Session,
    shared: Arc<Shared<T>>,
    clock: Clock,
    broker: crate::mqtt::BrokerUrl,
}

struct Shared<T> {
    heard: Mutex<Heard<T>>,
    news: Notify,
}

struct Heard<T> {
    taken: T,
    caught_up: bool,
    refused: bool,
    trouble: Option<String>,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Heard<T>> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: TakesIn> Onlooker<T> {
    /// Listens to `filters` from now on, and lets `taken` take in what arrives. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The options are wrong.
    pub fn start(
        mut session: Options,
        filters: impl IntoIterator<Item = TopicFilter>,
        taken: T,
    ) -> Result<Self, ClientError> {
        let filters = filters.into_iter();
        let filters = filters.map(|filter| (filter, QoS::AtMostOnce));
        session.subscriptions.extend(filters);
        session.kept_first = true;
        let broker = session.broker.url.clone();
        let shared = Arc::new(Shared {
            heard: Mutex::new(Heard {
                taken,
                caught_up: false,
                refused: false,
                trouble: None,
            }),
            news: Notify::new(),
        });
        let clock = Clock::default();
        let taker = Arc::clone(&shared);
        let session = Session::start(session, move |event| {
            let mut heard = taker.lock();
            match &event {
                SessionEvent::Subscribed { .. } => heard.caught_up = true,
                SessionEvent::CannotConnect {
                    reason, refused, ..
                } => {
                    heard.refused = *refused;
                    heard.trouble = Some(reason.clone());
                }
                SessionEvent::Disconnected { reason } => heard.trouble = Some(reason.clone()),
                _ => {}
            }
            heard.taken.take_in(&event, clock.now());
            drop(heard);
            taker.news.notify_one();
        })?;
        Ok(Self {
            session,
            shared,
            clock,
            broker,
        })
    }

    /// Waits until everything has been taken in that the broker had kept.
    ///
    /// # Errors
    /// The broker refuses us, or is not reached within `patience`.
    pub async fn caught_up(&self, patience: Duration) -> Result<(), ClientError> {
        let caught_up = async {
            loop {
                {
                    let heard = self.shared.lock();
                    if heard.caught_up || heard.refused {
                        return heard.caught_up;
                    }
                }
                self.shared.news.notified().await;
            }
        };
        let caught_up = timeout(patience, caught_up).await;
        let reason = self.shared.lock().trouble.clone();
        let reason = reason.unwrap_or_else(|| "it does not answer".to_owned());
        let broker = self.broker.clone();
        match caught_up {
            Ok(true) => Ok(()),
            Ok(false) => Err(ClientError::Refused { broker, reason }),
            Err(_) => Err(ClientError::NotConnected {
                broker,
                patience,
                reason,
            }),
        }
    }

    /// Waits until something has arrived since the last time.
    pub async fn news(&self) {
        self.shared.news.notified().await;
    }

    /// Looks at what was taken in, or changes it. Nothing is received meanwhile.
    pub fn with<R>(&self, look: impl FnOnce(&mut T, Now) -> R) -> R {
        let mut heard = self.shared.lock();
        look(&mut heard.taken, self.clock.now())
    }

    /// When a moment of [`Onlooker::with`] is.
    #[must_use]
    pub fn instant(&self, at: crate::model::Moment) -> tokio::time::Instant {
        tokio::time::Instant::from_std(self.clock.instant(at))
    }

    /// Leaves.
    pub async fn close(self) {
        self.session.close(Vec::new(), CLOSE_WITHIN).await;
    }
}

impl<T> std::fmt::Debug for Onlooker<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Onlooker(..)")
    }
}
