//! The way out: any thread puts messages in and never waits; the session takes them out.

use super::counters::{Counters, add};
use super::letter::{Class, Letter, Receipt};
use super::queue::{Limits, Pushed, Queue};
use super::{Options, limits, options};
use crate::model::{Message, QoS, Topic};
use std::pin::pin;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use tokio::sync::Notify;

/// Why a message was not taken.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PublishError {
    /// It is larger than what the session sends.
    #[error(
        "the message to `{topic}` has {size} bytes of topic and payload; at most {limit} are allowed"
    )]
    TooLarge {
        /// Where it was to go.
        topic: Topic,
        /// Its size.
        size: usize,
        /// The largest allowed.
        limit: usize,
    },
    /// Brokers throw a client out for its topic, or it has QoS 2.
    #[error("the message to `{topic}` cannot be sent: {reason}")]
    Topic {
        /// Where it was to go.
        topic: Topic,
        /// What is wrong with it.
        reason: String,
    },
    /// There is no room: a promise while the broker is away or slow, or too many states at once.
    #[error(
        "the message to `{0}` finds no room: the broker is away or slow, and the outbox is full; try again later"
    )]
    Full(Topic),
    /// The session is closing or closed.
    #[error("the message to `{0}` comes too late: the session is closed")]
    Closed(Topic),
}

/// Where messages are put for sending. Cheap to clone; usable from any thread; never blocks on the network.
///
/// What a message *is* decides what happens to it when it cannot be sent at once:
///
/// | by | retain | QoS | it is | while connected | while not | when full |
/// |---|---|---|---|---|---|---|
/// | `publish` | yes | 0, 1 | a state | the latest of a topic waits | dropped: say it again at `Connected` | refused |
/// | `publish` | no | 0 | an event | waits its turn | dropped | dropped |
/// | `publish` | no | 1 | a promise | until acknowledged | kept, sent again, in order | refused |
/// | `promise` | any | 1 | a promise with a receipt | until acknowledged | kept, sent again, in order | refused |
/// | `promise` | any | 0 | a promise with a receipt | until a later packet is answered | kept, sent again, in order | refused |
///
/// Dropped messages are counted, refused ones are an error. The classes have bounds of their own, so a heap of
/// promises does not keep states from being said.
#[derive(Debug, Clone)]
pub struct Outbox {
    shared: Arc<Shared>,
}

/// What the session and all outboxes share.
#[derive(Debug)]
pub(super) struct Shared {
    contents: Mutex<Contents>,
    /// Wakes the session: something waits, or it shall close.
    pub(super) wake: Notify,
    /// Wakes who waits for room.
    room: Notify,
    pub(super) counters: Arc<Counters>,
}

#[derive(Debug)]
pub(super) struct Contents {
    /// The largest message that is taken; smaller once the broker has shown that it takes less.
    pub(super) largest: usize,
    pub(super) queue: Queue,
    /// The last connection ended by our DISCONNECT, with everything settled.
    pub(super) left_cleanly: bool,
    /// The last words, once the session is to close.
    pub(super) farewell: Option<Vec<Message>>,
}

impl Outbox {
    pub(super) fn new(options: &Options) -> Self {
        let limits = Limits {
            messages: options.outbox_messages,
            bytes: options.outbox_bytes,
        };
        let contents = Contents {
            largest: options.largest_outgoing.min(options::LARGEST_MESSAGE),
            queue: Queue::new(limits),
            left_cleanly: false,
            farewell: None,
        };
        Self {
            shared: Arc::new(Shared {
                contents: Mutex::new(contents),
                wake: Notify::new(),
                room: Notify::new(),
                counters: Arc::new(Counters::new()),
            }),
        }
    }

    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Puts a message in for sending, as the table above says. Returns at once.
    ///
    /// # Errors
    /// Too large, QoS 2, a topic that brokers end the connection for, no room for a state or a promise, or closed.
    pub fn publish(&self, message: Message) -> Result<(), PublishError> {
        self.put(message.into())
    }

    /// The same for who has time: waits until there is room, so that nothing is dropped for coming too fast, and no state
    /// takes an older one's place. While nobody is connected, states and events are dropped as ever.
    ///
    /// # Errors
    /// It can never be sent: too large, QoS 2, a topic that brokers end the connection for, or closed.
    pub async fn publish_patiently(&self, message: Message) -> Result<(), PublishError> {
        let letter = Letter::from(message);
        loop {
            let mut room = pin!(self.shared.room.notified());
            // from here on no room that is made is missed
            room.as_mut().enable();
            match self.try_put(letter.clone(), Queue::push_behind) {
                Err(PublishError::Full(_)) => room.await,
                put => return put,
            }
        }
    }

    /// Puts a message in that is kept until the broker certainly has it, over any number of connections, and in the
    /// order of all promises. Then the sink gets `SessionEvent::Delivered` with the receipt, once; or
    /// `SessionEvent::Undeliverable`, when the broker closes the connection for the message's size again and again.
    /// The broker may get it twice, as with QoS 1 always: when the connection ends before its answer is here. Nobody
    /// keeps it when the process ends: who promises has a journal, and a close does not wait for an absent broker.
    ///
    /// # Errors
    /// Too large, QoS 2, a topic that brokers end the connection for, no room, or closed. The receipt is then not used.
    pub fn promise(&self, message: Message, receipt: Receipt) -> Result<(), PublishError> {
        self.put(Letter::with_receipt(message, receipt))
    }

    fn put(&self, letter: Letter) -> Result<(), PublishError> {
        let is_event = letter.class() == Class::Event;
        match self.try_put(letter, Queue::push) {
            Err(PublishError::Full(topic)) if is_event => {
                add(&self.shared.counters.dropped, 1);
                tracing::trace!(%topic, "dropped an event: the outbox is full");
                Ok(())
            }
            Err(error) => {
                add(&self.shared.counters.refused, 1);
                Err(error)
            }
            Ok(()) => Ok(()),
        }
    }

    fn try_put(
        &self,
        letter: Letter,
        push: fn(&mut Queue, Letter) -> Pushed,
    ) -> Result<(), PublishError> {
        let shared = &self.shared;
        let topic = letter.topic.clone();
        if let Err(reason) = limits::deliverable(topic.as_str()) {
            return Err(PublishError::Topic { topic, reason });
        }
        if letter.qos == QoS::ExactlyOnce {
            let reason = limits::NO_QOS_2.to_owned();
            return Err(PublishError::Topic { topic, reason });
        }
        let size = letter.size();
        let mut contents = shared.lock();
        let limit = contents.largest;
        if size > limit {
            return Err(PublishError::TooLarge { topic, size, limit });
        }
        if contents.farewell.is_some() {
            return Err(PublishError::Closed(topic));
        }
        let pushed = push(&mut contents.queue, letter);
        let connected = contents.queue.is_connected();
        shared.note_depth(&contents.queue);
        drop(contents);
        match pushed {
            Pushed::Waits if connected => shared.wake.notify_one(),
            Pushed::Waits => {}
            Pushed::Dropped => {
                add(&shared.counters.dropped, 1);
                tracing::trace!(%topic, "dropped: nobody is connected");
            }
            Pushed::Full => return Err(PublishError::Full(topic)),
        }
        Ok(())
    }
}

impl Shared {
    /// The lock is held for moments only and never across an await.
    pub(super) fn lock(&self) -> MutexGuard<'_, Contents> {
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_depth(&self, queue: &Queue) {
        let depth = queue.depth() as u64;
        self.counters.queue_depth.store(depth, Relaxed);
    }

    /// The session took something out, or something was settled: there may be room.
    pub(super) fn took(&self, queue: &Queue) {
        self.note_depth(queue);
        self.room.notify_waiters();
    }

    /// No more messages from outside; these are the last ones.
    pub(super) fn begin_closing(&self, farewell: Vec<Message>) {
        self.lock().farewell = Some(farewell);
        self.wake.notify_one();
        self.room.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mqtt::BrokerUrl;

    #[test]
    fn qos_2_is_refused_and_never_made_less() {
        let url = BrokerUrl::new("localhost", 1).unwrap();
        let outbox = Outbox::new(&Options::new(url, "thing"));
        let message = Message {
            qos: QoS::ExactlyOnce,
            ..Message::event(Topic::new("a").unwrap(), *b"x")
        };
        let told = outbox.publish(message).unwrap_err().to_string();
        assert!(
            told.contains("it has QoS 2; a session speaks QoS 0 and 1"),
            "{told}"
        );
    }
}
