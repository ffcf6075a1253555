//! What arrived for an operator or a commander: bounded by number and bytes. What finds no room is counted and told; on our own topics
//! its sender says it again when the command is repeated.

use crate::model::Message;
use crate::mqtt::SessionEvent;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// The most messages that wait.
const MOST: usize = 100_000;
/// The most bytes that wait; a single message may be larger.
const MOST_BYTES: usize = 512 << 20;

/// Something that arrived.
#[derive(Debug)]
pub enum Arrival {
    /// The broker hears us, and has our subscriptions.
    Connected,
    /// The broker does not hear us, and why.
    Disconnected(String),
    /// The broker was not reached, or refused us, and why.
    CannotConnect {
        /// What happened.
        reason: String,
        /// Whether it was refused: waiting does not mend that.
        refused: bool,
    },
    /// A message of a subscription.
    Message(Message),
    /// Something was lost on the way.
    Trouble(String),
}

impl Arrival {
    fn bytes(&self) -> usize {
        match self {
            Self::Message(message) => message.payload.len(),
            _ => 0,
        }
    }
}

#[derive(Debug, Default)]
struct Waiting {
    list: VecDeque<Arrival>,
    bytes: usize,
    dropped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Arrivals {
    waiting: Mutex<Waiting>,
    news: Notify,
}

impl Arrivals {
    pub(super) fn put(&self, arrival: Arrival) {
        let mut waiting = self.lock();
        let bytes = arrival.bytes();
        let full = waiting.list.len() >= MOST
            || (bytes > 0 && waiting.bytes > 0 && waiting.bytes + bytes > MOST_BYTES);
        // that we are connected, or not, is never dropped: it is rare, and everything depends on it
        if full && matches!(arrival, Arrival::Message(_)) {
            waiting.dropped += 1;
            return;
        }
        waiting.bytes += bytes;
        waiting.list.push_back(arrival);
        drop(waiting);
        self.news.notify_one();
    }

    /// Waits until something is there, and takes up to so many.
    pub(super) async fn take(&self, most: usize) -> Vec<Arrival> {
        loop {
            let taken = self.take_now(most);
            if !taken.is_empty() {
                return taken;
            }
            self.news.notified().await;
        }
    }

    fn take_now(&self, most: usize) -> Vec<Arrival> {
        let mut waiting = self.lock();
        let count = waiting.list.len().min(most);
        let mut taken: Vec<Arrival> = waiting.list.drain(..count).collect();
        waiting.bytes -= taken.iter().map(Arrival::bytes).sum::<usize>();
        let dropped = std::mem::take(&mut waiting.dropped);
        if dropped > 0 {
            let text = format!(
                "{dropped} messages came faster than they could be taken in, and were dropped"
            );
            taken.push(Arrival::Trouble(text));
        }
        taken
    }

    /// Puts in what a session tells, as far as it matters here.
    pub(super) fn put_event(&self, event: SessionEvent) {
        match event {
            SessionEvent::Subscribed { .. } => self.put(Arrival::Connected),
            SessionEvent::CannotConnect {
                reason, refused, ..
            } => {
                self.put(Arrival::CannotConnect { reason, refused });
            }
            SessionEvent::Disconnected { reason } => self.put(Arrival::Disconnected(reason)),
            SessionEvent::Message(message) => self.put(Arrival::Message(message)),
            SessionEvent::SubscriptionRefused { filter } => {
                let text = format!("the broker refuses the subscription to {filter}");
                self.put(Arrival::Trouble(text));
            }
            SessionEvent::MessageGivenUp { topic, size } => {
                let text =
                    format!("the broker takes no message of {size} bytes; it was for {topic}");
                self.put(Arrival::Trouble(text));
            }
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;

    fn message(bytes: usize) -> Arrival {
        let topic = Topic::new("t").unwrap();
        Arrival::Message(Message::event(topic, vec![0; bytes]))
    }

    #[test]
    fn a_flood_is_bounded_and_what_was_dropped_is_told_once() {
        let arrivals = Arrivals::default();
        for _ in 0..MOST + 3 {
            arrivals.put(message(1));
        }
        arrivals.put(Arrival::Disconnected("gone".to_owned()));
        let taken = arrivals.take_now(10);
        assert_eq!(taken.len(), 11);
        assert!(matches!(&taken[10], Arrival::Trouble(text) if text.starts_with("3 messages")));
        let rest = arrivals.take_now(usize::MAX);
        assert_eq!(
            rest.len(),
            MOST - 10 + 1,
            "that the connection is gone is never dropped"
        );
    }

    #[test]
    fn one_message_of_any_size_has_room_and_a_heap_of_large_ones_has_not() {
        let arrivals = Arrivals::default();
        arrivals.put(message(MOST_BYTES + 1));
        arrivals.put(message(1));
        assert_eq!(
            arrivals.take_now(9).len(),
            2,
            "the large one, and that one was dropped"
        );
        arrivals.put(message(1));
        assert_eq!(arrivals.take_now(9).len(), 1);
    }
}
