//! What waits to be sent and what waits for its acknowledgement. Pure: no clock, no socket, no lock.
//!
//! The client library loses queued requests on any error and forgets which publish an acknowledgement belongs to,
//! so the truth is kept here: a message leaves this queue when it is settled, not when it was handed over.

use crate::model::{Message, QoS, Topic};
use std::collections::{HashMap, VecDeque};

/// What a message is to its sender; it follows from the retain flag and the quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Retained: only the latest of a topic counts, and all are said again at every connect.
    State,
    /// QoS 0: worth nothing when late.
    Event,
    /// QoS 1: kept until the broker has acknowledged it.
    Promise,
}

impl Class {
    pub(super) fn of(message: &Message) -> Self {
        match (message.retain, message.qos) {
            (true, _) => Self::State,
            (false, QoS::AtMostOnce) => Self::Event,
            (false, QoS::AtLeastOnce) => Self::Promise,
        }
    }
}

/// How much of each class may wait.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) messages: usize,
    pub(super) bytes: usize,
}

/// What became of a message that was to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pushed {
    /// It waits, perhaps in the place of an older state.
    Waits,
    /// It is a state or an event, and nobody is connected; or an event, and there is no room.
    Dropped,
    /// It is a state or a promise, and there is no room.
    Full,
}

/// A QoS 1 message that was handed to the client library.
#[derive(Debug)]
struct Sent {
    /// The message, if it has to be sent again on the next connection.
    promise: Option<Message>,
    /// Known once the library has written it.
    packet: Option<u16>,
    acknowledged: bool,
    topic: Topic,
    size: usize,
}

#[derive(Debug, Default, Clone, Copy)]
struct Tally {
    messages: usize,
    bytes: usize,
}

#[derive(Debug)]
pub(super) struct Queue {
    limits: Limits,
    connected: bool,
    waiting: VecDeque<Message>,
    /// The running number of the first in `waiting`.
    first: u64,
    /// The running number of the waiting state of each topic.
    states: HashMap<Topic, u64>,
    sent: VecDeque<Sent>,
    tallies: [Tally; 3],
}

/// What a message takes of the outbox, and what is compared with the size limits.
pub(super) fn size(message: &Message) -> usize {
    message.topic.as_str().len() + message.payload.len()
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            connected: false,
            waiting: VecDeque::new(),
            first: 0,
            states: HashMap::new(),
            sent: VecDeque::new(),
            tallies: [Tally::default(); 3],
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }

    pub(super) fn set_connected(&mut self) {
        self.connected = true;
    }

    /// How many messages wait or are unacknowledged.
    pub(super) fn depth(&self) -> usize {
        self.waiting.len() + self.sent.len()
    }

    /// How many promises are not acknowledged.
    pub(super) fn promises(&self) -> usize {
        self.tallies[Class::Promise as usize].messages
    }

    pub(super) fn push(&mut self, message: Message) -> Pushed {
        let class = Class::of(&message);
        if class != Class::Promise && !self.connected {
            return Pushed::Dropped;
        }
        if class == Class::State {
            if let Some(number) = self.states.get(&message.topic) {
                return self.replace(*number, message);
            }
        }
        let tally = self.tallies[class as usize];
        let full = tally.messages >= self.limits.messages
            || tally.bytes + size(&message) > self.limits.bytes;
        match (full, class) {
            (true, Class::Event) => return Pushed::Dropped,
            (true, _) => return Pushed::Full,
            _ => {}
        }
        self.count(&message);
        self.append(message);
        Pushed::Waits
    }

    /// Appends the last words of a session, said when nothing else will be pushed. They are few: no limit.
    pub(super) fn push_farewell(&mut self, message: Message) {
        self.count(&message);
        self.append(message);
    }

    fn append(&mut self, message: Message) {
        if Class::of(&message) == Class::State {
            let number = self.first + self.waiting.len() as u64;
            self.states.insert(message.topic.clone(), number);
        }
        self.waiting.push_back(message);
    }

    fn replace(&mut self, number: u64, message: Message) -> Pushed {
        let index =
            usize::try_from(number - self.first).expect("a waiting state lies within memory");
        let tally = &mut self.tallies[Class::State as usize];
        let bytes = tally.bytes - size(&self.waiting[index]) + size(&message);
        if bytes > self.limits.bytes {
            return Pushed::Full;
        }
        tally.bytes = bytes;
        self.waiting[index] = message;
        Pushed::Waits
    }

    /// The next message to hand to the client library, unless it is QoS 1 and `window` of these are on their way.
    ///
    /// The window spans from the oldest unacknowledged message on, whatever was acknowledged behind it: the
    /// library's packet identifiers wrap, and must not come round to one that is still open.
    pub(super) fn next(&mut self, window: usize) -> Option<Message> {
        let acknowledged = self.waiting.front()?.qos == QoS::AtLeastOnce;
        if acknowledged && self.sent.len() >= window {
            return None;
        }
        let message = self.waiting.pop_front()?;
        self.first += 1;
        let class = Class::of(&message);
        if class == Class::State {
            self.states.remove(&message.topic);
        }
        // a promise stays counted until it is settled
        if class != Class::Promise {
            self.discount(&message);
        }
        if acknowledged {
            self.sent.push_back(Sent {
                promise: (class == Class::Promise).then(|| message.clone()),
                packet: None,
                acknowledged: false,
                topic: message.topic.clone(),
                size: size(&message),
            });
        }
        Some(message)
    }

    /// The library wrote the oldest handed-over QoS 1 message that has no identifier yet.
    pub(super) fn written(&mut self, packet: u16) {
        if let Some(sent) = self.sent.iter_mut().find(|sent| sent.packet.is_none()) {
            sent.packet = Some(packet);
        }
    }

    /// The broker acknowledged a packet. Returns whether one was waiting for that.
    pub(super) fn acknowledged(&mut self, packet: u16) -> bool {
        let open = |sent: &&mut Sent| sent.packet == Some(packet) && !sent.acknowledged;
        let Some(sent) = self.sent.iter_mut().find(open) else {
            return false;
        };
        sent.acknowledged = true;
        if let Some(promise) = sent.promise.take() {
            self.discount(&promise);
        }
        while self.sent.front().is_some_and(|sent| sent.acknowledged) {
            self.sent.pop_front();
        }
        true
    }

    /// The largest message that is not acknowledged.
    pub(super) fn largest_open(&self) -> Option<(Topic, usize)> {
        let open = self.sent.iter().filter(|sent| !sent.acknowledged);
        let largest = open.max_by_key(|sent| sent.size)?;
        Some((largest.topic.clone(), largest.size))
    }

    /// Forgets the waiting promises of this size and more; returns how many there were.
    pub(super) fn give_up(&mut self, smallest: usize) -> usize {
        let (gone, kept) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<VecDeque<_>, _>(|message| size(message) >= smallest);
        self.waiting = kept;
        for message in &gone {
            self.discount(message);
        }
        gone.len()
    }

    /// Whether the broker owes an acknowledgement.
    pub(super) fn owed(&self) -> bool {
        !self.sent.is_empty()
    }

    /// The connection is gone: open promises go back to the front in their order; states and events are dropped,
    /// their number is returned.
    pub(super) fn disconnected(&mut self) -> usize {
        self.connected = false;
        self.states = HashMap::new();
        let waiting = std::mem::take(&mut self.waiting);
        let before = waiting.len();
        let sent = std::mem::take(&mut self.sent);
        self.waiting = sent.into_iter().filter_map(|sent| sent.promise).collect();
        let again = self.waiting.len();
        let kept = waiting
            .into_iter()
            .filter(|message| Class::of(message) == Class::Promise);
        self.waiting.extend(kept);
        self.tallies[Class::State as usize] = Tally::default();
        self.tallies[Class::Event as usize] = Tally::default();
        before + again - self.waiting.len()
    }

    fn count(&mut self, message: &Message) {
        let tally = &mut self.tallies[Class::of(message) as usize];
        tally.messages += 1;
        tally.bytes += size(message);
    }

    fn discount(&mut self, message: &Message) {
        let tally = &mut self.tallies[Class::of(message) as usize];
        tally.messages -= 1;
        tally.bytes -= size(message);
    }
}

#[cfg(test)]
mod tests;
