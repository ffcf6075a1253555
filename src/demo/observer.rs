//! A session of its own that only looks: what the broker really hands out, and when.

use super::{Station, input};
use crate::model::{Message, QoS, Topic, TopicError, TopicFilter};
use crate::mqtt::{Endpoint, Options, Outbox, Session, SessionError, SessionEvent};
use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::sync::Notify;

/// Messages that are remembered.
const REMEMBERED: usize = 10_000;

/// Why nobody observes.
#[derive(Debug, Error)]
pub enum ObserverError {
    /// No broker in time.
    #[error("no broker answers at {broker} within {} s{}", patience.as_secs(), reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default())]
    Unreachable {
        /// Where it should be.
        broker: Endpoint,
        /// How long was waited.
        patience: Duration,
        /// What the session said last, if it was connected once.
        reason: Option<String>,
    },
    /// Somebody is there already.
    #[error(
        "{} on {broker}: taken for a real thing. Stop it, or give the demo's things other names, as with --prefix demo-",
        there_is(.ids)
    )]
    Occupied {
        /// The broker.
        broker: Endpoint,
        /// Whose status says `online`.
        ids: Vec<String>,
    },
    /// The session's options are wrong.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// A name is no topic.
    #[error(transparent)]
    Topic(#[from] TopicError),
}

fn there_is(ids: &[String]) -> String {
    let verb = if ids.len() == 1 { "is" } else { "are" };
    format!("{} {verb} online", ids.join(", "))
}

/// One message as it came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its number, from 0.
    pub number: u64,
    /// When it came.
    pub at: Instant,
    /// What came.
    pub message: Message,
}

#[derive(Debug, Default)]
struct State {
    seen: VecDeque<Seen>,
    next: u64,
    connected: bool,
    reason: Option<String>,
}

#[derive(Debug, Default)]
struct Log {
    state: Mutex<State>,
    news: Condvar,
    awake: Notify,
}

impl Log {
    fn lock(&self) -> MutexGuard<'_, State> {
        // every change is whole before the lock is given back, so a poisoned one is still right
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, event: SessionEvent) {
        let mut state = self.lock();
        match event {
            SessionEvent::Connected => state.connected = true,
            SessionEvent::Disconnected { reason } => {
                state.connected = false;
                state.reason = Some(reason);
            }
            SessionEvent::Message(message) => {
                let (number, at) = (state.next, Instant::now());
                state.next += 1;
                state.seen.push_back(Seen {
                    number,
                    at,
                    message,
                });
                if state.seen.len() > REMEMBERED {
                    state.seen.pop_front();
                }
            }
            _ => {}
        }
        drop(state);
        self.news.notify_all();
        self.awake.notify_one();
    }
}

/// The observer. Sees every topic of the stations and every topic that they follow.
#[derive(Debug)]
pub struct Observer {
    session: Session,
    log: Arc<Log>,
    first: u64,
}

impl Observer {
    /// Connects and subscribes; returns once the broker has shown everything that it had kept.
    ///
    /// # Errors
    /// No broker within `patience`, or one of the ids is in use there.
    pub async fn start(
        stations: &[Station],
        broker: &Endpoint,
        patience: Duration,
    ) -> Result<Self, ObserverError> {
        let first = stations
            .first()
            .map_or("lab", |station| station.id.as_str());
        let client_id = format!("{first}-demo-{:08x}", rand::random::<u32>());
        let marker = Topic::new(&client_id)?.child("marker")?;
        let mut filters: Vec<TopicFilter> = vec![marker.clone().into()];
        for station in stations {
            filters.push(TopicFilter::new(format!("{}/#", station.id))?);
        }
        for topic in input::followed(stations).chain(input::shared(stations)) {
            if !filters.iter().any(|filter| filter.matches(&topic)) {
                filters.push(topic.into());
            }
        }
        let mut options = Options::new(broker.clone(), client_id);
        options.subscriptions = filters
            .into_iter()
            .map(|filter| (filter, QoS::AtMostOnce))
            .collect();
        let log = Arc::new(Log::default());
        let sink = Arc::clone(&log);
        let session = Session::start(options, move |event| sink.take(event))?;
        let mut observer = Self {
            session,
            log,
            first: 0,
        };
        // what was kept comes before what is sent after subscribing, so its end is known by a message of our own
        let looked_around = observer.looked_around(&marker);
        if tokio::time::timeout(patience, looked_around).await.is_err() {
            let reason = observer.log.lock().reason.clone();
            return Err(ObserverError::Unreachable {
                broker: broker.clone(),
                patience,
                reason,
            });
        }
        observer.first = observer.next_number();
        let ids = observer.occupied(stations);
        if ids.is_empty() {
            Ok(observer)
        } else {
            observer.close().await;
            Err(ObserverError::Occupied {
                broker: broker.clone(),
                ids,
            })
        }
    }

    async fn looked_around(&self, marker: &Topic) {
        let mut sent = false;
        loop {
            {
                let state = self.log.lock();
                if state.seen.iter().any(|seen| seen.message.topic == *marker) {
                    return;
                }
                if state.connected && !sent {
                    // an event is refused only by a closed session
                    let _ = self
                        .outbox()
                        .publish(Message::event(marker.clone(), "here"));
                }
                sent = state.connected;
            }
            self.log.awake.notified().await;
        }
    }

    fn occupied(&self, stations: &[Station]) -> Vec<String> {
        let state = self.log.lock();
        let is_there = |station: &&Station| {
            let status = format!("{}/status", station.id);
            state.seen.iter().any(|seen| {
                seen.message.topic.as_str() == status && seen.message.payload == b"online"
            })
        };
        stations
            .iter()
            .filter(is_there)
            .map(|station| station.id.to_string())
            .collect()
    }

    /// The way to say something as a stranger would.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.session.outbox()
    }

    /// The number of the first message that was not there before.
    #[must_use]
    pub const fn first(&self) -> u64 {
        self.first
    }

    /// The number that the next message gets.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.log.lock().next
    }

    /// Waits until `deadline` for a message from `number` on that is the wanted one.
    #[must_use]
    pub fn wait(
        &self,
        number: u64,
        deadline: Instant,
        wanted: impl Fn(&Seen) -> bool,
    ) -> Option<Seen> {
        let mut state = self.log.lock();
        loop {
            let found = state
                .seen
                .iter()
                .find(|seen| seen.number >= number && wanted(seen));
            if let Some(found) = found {
                return Some(found.clone());
            }
            let left = deadline.checked_duration_since(Instant::now())?;
            state = self
                .log
                .news
                .wait_timeout(state, left)
                .map_or_else(|poisoned| poisoned.into_inner().0, |(state, _)| state);
        }
    }

    /// Everything from `number` on.
    #[must_use]
    pub fn since(&self, number: u64) -> Vec<Seen> {
        let state = self.log.lock();
        state
            .seen
            .iter()
            .filter(|seen| seen.number >= number)
            .cloned()
            .collect()
    }

    /// Why it is not connected; `None` while it is.
    #[must_use]
    pub fn away(&self) -> Option<String> {
        let state = self.log.lock();
        let unknown = || "the broker cannot be reached".to_owned();
        (!state.connected).then(|| state.reason.clone().unwrap_or_else(unknown))
    }

    /// Leaves the broker.
    pub async fn close(self) {
        self.session.close(Vec::new(), Duration::from_secs(1)).await;
    }
}
