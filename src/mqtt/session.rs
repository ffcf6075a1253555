//! The session: one task that connects, serves the connection, pauses, and begins again, for ever.

use super::connection::{BEAT, Connection, End};
use super::counters::{Counters, add};
use super::dial::dial;
use super::journal::Complaints;
use super::letter::Receipt;
use super::outbox::{Outbox, Shared};
use super::reconnect::{Ended, Failed, Reconnect};
use super::rejected::Rejected;
use super::subscriptions::Subscriptions;
use super::{Cause, Options, SessionError, reasons};
use crate::model::{Message, Topic, TopicFilter};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

/// What a session tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionEvent {
    /// The broker accepted us, and the subscriptions are asked for. Say every state now.
    Connected,
    /// The broker answered everything that was asked for on this connection: what is published from now on finds us
    /// listening. Comes once a connection, after `Connected`; with [`Options::kept_first`] after what was kept.
    Subscribed {
        /// How many subscriptions do not stand, since they were refused or are left out.
        refused: usize,
    },
    /// An attempt to connect failed for another reason than the one before; the session tries again by itself.
    CannotConnect {
        /// What happened, as a part of a sentence.
        reason: String,
        /// Whether it was the broker who refused us, or we who do not trust it: waiting mends neither.
        refused: bool,
        /// The same for a program.
        cause: Cause,
    },
    /// The connection is gone; the session tries again by itself.
    Disconnected {
        /// What happened, as a part of a sentence.
        reason: String,
    },
    /// A message for one of the subscriptions.
    Message(Message),
    /// The broker refused a subscription; it is asked for again by and by.
    SubscriptionRefused {
        /// The filter.
        filter: TopicFilter,
    },
    /// A subscription is left out for a while, since it brings packets over the hard cap.
    SubscriptionLeftOut {
        /// The filter.
        filter: TopicFilter,
    },
    /// The broker closed the connection for this message again and again; it and larger ones are not sent to it.
    MessageGivenUp {
        /// Where it was to go.
        topic: Topic,
        /// Its size in bytes of topic and payload.
        size: usize,
    },
    /// The broker certainly has the message that was promised with this receipt.
    Delivered(Receipt),
    /// The message that was promised with this receipt is given up: the broker closes the connection for its size, or
    /// for that of a smaller one. Say something shorter.
    Undeliverable {
        /// The receipt.
        receipt: Receipt,
        /// Its size in bytes of topic and payload.
        size: usize,
    },
    /// Another client uses our identifier: the session pauses so long before it tries again.
    DuplicateClientId {
        /// How long.
        pause: Duration,
    },
}

/// Where a session's events go.
pub(super) type Sink = Box<dyn FnMut(SessionEvent) + Send>;

/// How a session was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Closed {
    /// Everything was acknowledged and the broker was told: it will not publish the last will.
    pub clean: bool,
    /// Promises that the broker never acknowledged, those with receipts too.
    pub promises_left: usize,
}

/// A session with a broker: connected whenever that is possible, until it is closed.
///
/// Dropping it without [`Session::close`] cuts the connection, so that the broker publishes the last will.
#[derive(Debug)]
pub struct Session {
    outbox: Outbox,
    task: JoinHandle<()>,
}

impl Session {
    /// Starts a session on the current tokio runtime and returns at once; the broker need not be there.
    ///
    /// `sink` is called from the session's task and must not block: while it does, nothing is sent or received.
    ///
    /// # Errors
    /// An option is out of range, or there is no runtime.
    pub fn start(
        options: Options,
        sink: impl FnMut(SessionEvent) + Send + 'static,
    ) -> Result<Self, SessionError> {
        options.check()?;
        let broker = &options.broker;
        if broker.credentials.is_some() && !broker.url.is_tls() && !broker.url.is_loopback() {
            tracing::warn!(%broker, "the password goes to the broker readable by everybody on the way; mqtts:// would hide it");
        }
        let runtime = tokio::runtime::Handle::try_current().map_err(|_| SessionError::NoRuntime)?;
        let outbox = Outbox::new(&options);
        let driver = Driver {
            shared: outbox.shared(),
            subscriptions: Subscriptions::new(options.subscriptions.clone(), options.pace.clone())
                .kept_first(options.kept_first),
            reconnect: Reconnect::new(options.pace.clone()),
            rejected: Rejected::default(),
            complaints: Complaints::default(),
            sink: Box::new(sink),
            options,
        };
        let task = runtime.spawn(driver.run());
        Ok(Self { outbox, task })
    }

    /// Where messages are put for sending.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        self.outbox.clone()
    }

    /// What the session counts.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        Arc::clone(&self.outbox.shared().counters)
    }

    /// Whether the session's task still runs. It ends by [`Session::close`] alone; otherwise it is a fault of the
    /// program.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }

    /// Sends what waits, then `farewell`, waits for the acknowledgements, and leaves with a DISCONNECT; all within
    /// `patience`. Without a connection it returns at once, unless promises are open that have no receipt: those with
    /// one are left to who promised them.
    pub async fn close(mut self, farewell: Vec<Message>, patience: Duration) -> Closed {
        let shared = self.outbox.shared();
        shared.begin_closing(farewell);
        let ended = tokio::time::timeout(patience, &mut self.task).await.is_ok();
        let contents = shared.lock();
        let closed = Closed {
            clean: ended && contents.left_cleanly,
            promises_left: contents.queue.promises(),
        };
        drop(contents);
        tracing::info!(
            clean = closed.clean,
            promises_left = closed.promises_left,
            "session closed"
        );
        closed
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.outbox.shared().begin_closing(Vec::new());
        self.task.abort();
    }
}

struct Driver {
    options: Options,
    shared: Arc<Shared>,
    subscriptions: Subscriptions,
    reconnect: Reconnect,
    rejected: Rejected,
    complaints: Complaints,
    sink: Sink,
}

impl Driver {
    async fn run(mut self) {
        while !self.nothing_left_to_do() {
            let Some(dialled) = self.dial().await else {
                return;
            };
            let pause = match dialled {
                Err(error) => self.failed(&error),
                Ok((client, events)) => {
                    self.connected();
                    let connection = Connection::new(
                        client,
                        &self.options,
                        &self.shared,
                        &mut self.subscriptions,
                        &mut self.sink,
                    );
                    let end = connection.serve(events).await;
                    match self.ended(end) {
                        Some(pause) => pause,
                        None => return,
                    }
                }
            };
            self.pause(pause).await;
        }
    }

    /// Whether the session is to close and has nothing that is worth waiting for a broker.
    fn nothing_left_to_do(&self) -> bool {
        let contents = self.shared.lock();
        contents.farewell.is_some() && contents.queue.promises_of_ours() == 0
    }

    /// Tries to connect; `None` when that is no longer wanted.
    async fn dial(
        &mut self,
    ) -> Option<Result<(rumqttc::AsyncClient, rumqttc::EventLoop), rumqttc::ConnectionError>> {
        let mut dial = pin!(dial(&self.options));
        loop {
            self.shared.counters.progress();
            tokio::select! {
                dialled = &mut dial => return Some(dialled),
                () = tokio::time::sleep(BEAT) => {}
                () = self.shared.wake.notified() => {
                    if self.nothing_left_to_do() {
                        return None;
                    }
                }
            }
        }
    }

    async fn pause(&mut self, pause: Duration) {
        let until = Instant::now() + pause;
        while Instant::now() < until && !self.nothing_left_to_do() {
            self.shared.counters.progress();
            // a long pause is cut into pieces, so that the watchdog sees the session turn
            let piece = until.min(Instant::now() + BEAT);
            tokio::select! {
                () = tokio::time::sleep_until(piece) => {}
                () = self.shared.wake.notified() => {}
            }
        }
    }

    fn connected(&mut self) {
        add(&self.shared.counters.connects, 1);
        self.reconnect.connected(Instant::now());
        let (broker, client_id) = (&self.options.broker, &self.options.client_id);
        let failed_before = self.complaints.over();
        tracing::info!(%broker, client_id, failed_before, "connected");
    }

    fn failed(&mut self, error: &rumqttc::ConnectionError) -> Duration {
        add(&self.shared.counters.failed_connects, 1);
        self.rejected = Rejected::default();
        let (broker, reason) = (&self.options.broker, reasons::in_words(error));
        let why = reasons::failed(error);
        if let Some(times) = self.complaints.again(&reason) {
            tracing::warn!(%broker, reason, times, "cannot connect; trying again for ever");
            let refused = why == Failed::Refused;
            let cause = reasons::cause(error);
            (self.sink)(SessionEvent::CannotConnect {
                reason,
                refused,
                cause,
            });
        }
        self.reconnect.failed(why, rand::random())
    }

    /// Returns how long to pause, or nothing after a clean close.
    fn ended(&mut self, end: End) -> Option<Duration> {
        let (largest_open, dropped) = {
            let mut contents = self.shared.lock();
            contents.left_cleanly = matches!(end, End::Closed);
            let largest_open = contents.queue.largest_open();
            let dropped = contents.queue.disconnected();
            self.shared.took(&contents.queue);
            (largest_open, dropped)
        };
        let End::Lost {
            how,
            reason,
            too_large,
        } = end
        else {
            return None;
        };
        if how == Ended::ByPeer {
            if let Some((topic, size)) = self.rejected.closed_on(largest_open) {
                self.give_up(topic, size);
            }
        }
        add(&self.shared.counters.disconnects, 1);
        add(&self.shared.counters.dropped, dropped);
        let (broker, client_id) = (&self.options.broker, &self.options.client_id);
        tracing::info!(%broker, reason, dropped, "disconnected");
        (self.sink)(SessionEvent::Disconnected { reason });
        let now = Instant::now();
        if too_large {
            add(&self.shared.counters.refused_too_large, 1);
            if let Some(filter) = self.subscriptions.too_large(now) {
                let pause_s = self.options.pace.left_out.as_secs();
                tracing::error!(%filter, pause_s, "the subscription brings packets over the hard cap; it is left out");
                (self.sink)(SessionEvent::SubscriptionLeftOut { filter });
            }
        }
        let verdict = self.reconnect.ended(how, now, rand::random());
        if verdict.taken_over {
            let pause_s = (verdict.pause.as_secs_f64() * 100.0).round() / 100.0;
            tracing::warn!(
                client_id, %broker, pause_s,
                "the broker throws us out again and again: most likely another client uses the same identifier"
            );
            (self.sink)(SessionEvent::DuplicateClientId {
                pause: verdict.pause,
            });
        }
        Some(verdict.pause)
    }

    fn give_up(&mut self, topic: Topic, size: usize) {
        let given_up = {
            let mut contents = self.shared.lock();
            contents.largest = contents.largest.min(size - 1);
            contents.queue.give_up(size)
        };
        let promises = given_up.len();
        add(&self.shared.counters.dropped, promises);
        self.reconnect.explained();
        tracing::error!(
            %topic, size, promises,
            "the broker closes the connection for a message of this size; it and larger ones are given up"
        );
        (self.sink)(SessionEvent::MessageGivenUp { topic, size });
        for letter in given_up {
            let size = letter.size();
            if let Some(receipt) = letter.receipt {
                (self.sink)(SessionEvent::Undeliverable { receipt, size });
            }
        }
    }
}
