//! What waits to be sent and what waits for its acknowledgement. Pure: no clock, no socket, no lock.
//!
//! The client library loses queued requests on any error and forgets which publish an acknowledgement belongs to,
//! so the truth is kept here: a message leaves this queue when it is settled, not when it was handed over.

use super::letter::{Class, Letter, Receipt};
use crate::model::Topic;
use std::collections::{HashMap, VecDeque};
use wire::Wire;

mod wire;

/// A fence is set when nothing else is to be sent, or after so many messages that need one.
const A_FLOCK: usize = 64;

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
    /// It is a state or an event, and nobody is connected.
    Dropped,
    /// There is no room.
    Full,
}

/// What to hand to the client library.
#[derive(Debug)]
pub(super) enum Next {
    Letter(Letter),
    Fence,
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
    waiting: VecDeque<Letter>,
    /// The running number of the first in `waiting`.
    first: u64,
    /// The running number of the waiting state of each topic.
    states: HashMap<Topic, u64>,
    wire: Wire,
    tallies: [Tally; 3],
    /// How many of the promises have a receipt.
    receipts: usize,
}

impl Queue {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            connected: false,
            waiting: VecDeque::new(),
            first: 0,
            states: HashMap::new(),
            wire: Wire::default(),
            tallies: [Tally::default(); 3],
            receipts: 0,
        }
    }

    pub(super) fn is_connected(&self) -> bool {
        self.connected
    }

    pub(super) fn set_connected(&mut self) {
        self.connected = true;
    }

    /// How many messages wait or are not settled.
    pub(super) fn depth(&self) -> usize {
        self.waiting.len() + self.wire.depth()
    }

    /// How many promises are not settled.
    pub(super) fn promises(&self) -> usize {
        self.tallies[Class::Promise as usize].messages
    }

    /// How many of them nobody else remembers: those without a receipt.
    pub(super) fn promises_of_ours(&self) -> usize {
        self.promises() - self.receipts
    }

    pub(super) fn push(&mut self, letter: Letter) -> Pushed {
        let class = letter.class();
        if class != Class::Promise && !self.connected {
            return Pushed::Dropped;
        }
        if class == Class::State {
            if let Some(number) = self.states.get(&letter.topic) {
                return self.replace(*number, letter);
            }
        }
        let tally = self.tallies[class as usize];
        let full = tally.messages >= self.limits.messages
            || tally.bytes + letter.size() > self.limits.bytes;
        if full {
            return Pushed::Full;
        }
        self.append(letter);
        Pushed::Waits
    }

    /// The same for who waits for room: no older state of its topic goes unsaid.
    pub(super) fn push_behind(&mut self, letter: Letter) -> Pushed {
        match letter.class() == Class::State && self.states.contains_key(&letter.topic) {
            true => Pushed::Full,
            false => self.push(letter),
        }
    }

    /// Appends the last words of a session, said when nothing else will be pushed. They are few: no limit.
    pub(super) fn push_farewell(&mut self, letter: Letter) {
        self.append(letter);
    }

    fn append(&mut self, letter: Letter) {
        self.count(&letter);
        if letter.class() == Class::State {
            let number = self.first + self.waiting.len() as u64;
            self.states.insert(letter.topic.clone(), number);
        }
        self.waiting.push_back(letter);
    }

    fn replace(&mut self, number: u64, letter: Letter) -> Pushed {
        let index =
            usize::try_from(number - self.first).expect("a waiting state lies within memory");
        let tally = &mut self.tallies[Class::State as usize];
        let bytes = tally.bytes - self.waiting[index].size() + letter.size();
        if bytes > self.limits.bytes {
            return Pushed::Full;
        }
        tally.bytes = bytes;
        self.waiting[index] = letter;
        Pushed::Waits
    }

    /// What to hand to the client library next; nothing that takes a packet identifier while `window` of these are
    /// on their way.
    ///
    /// The window spans from the oldest unacknowledged message on, whatever was acknowledged behind it: the
    /// library's packet identifiers wrap, and must not come round to one that is still open.
    pub(super) fn next(&mut self, window: usize) -> Option<Next> {
        let room = self.wire.identifiers() < window;
        if room && self.wire.to_be_fenced() >= A_FLOCK {
            self.wire.hand_over_fence();
            return Some(Next::Fence);
        }
        if let Some(letter) = self.next_letter(room) {
            return Some(Next::Letter(letter));
        }
        if room && self.wire.to_be_fenced() > 0 {
            self.wire.hand_over_fence();
            return Some(Next::Fence);
        }
        None
    }

    fn next_letter(&mut self, room: bool) -> Option<Letter> {
        if self.waiting.front()?.is_acknowledged() && !room {
            return None;
        }
        let letter = self.waiting.pop_front()?;
        self.first += 1;
        let class = letter.class();
        if class == Class::State {
            self.states.remove(&letter.topic);
        }
        // a promise stays counted until it is settled
        if class != Class::Promise {
            self.discount(&letter);
        }
        self.wire.hand_over(&letter);
        Some(letter)
    }

    /// The library wrote the oldest handed-over message or fence that was not written yet.
    pub(super) fn written(&mut self, packet: u16) {
        self.wire.written(packet);
    }

    /// The broker acknowledged a message. Returns the receipts that are due by that; nothing if none waited for it.
    pub(super) fn acknowledged(&mut self, packet: u16) -> Option<Vec<Receipt>> {
        let settled = self.wire.answered(packet, false)?;
        Some(self.settle(settled))
    }

    /// The broker acknowledged a fence, likewise.
    pub(super) fn fence_passed(&mut self, packet: u16) -> Option<Vec<Receipt>> {
        let settled = self.wire.answered(packet, true)?;
        Some(self.settle(settled))
    }

    /// A PINGREQ was written.
    pub(super) fn pinged(&mut self) {
        self.wire.pinged();
    }

    /// It was answered. Returns the receipts that are due by that.
    pub(super) fn ponged(&mut self) -> Vec<Receipt> {
        let settled = self.wire.ponged();
        self.settle(settled)
    }

    fn settle(&mut self, letters: Vec<Letter>) -> Vec<Receipt> {
        let promises = letters.iter().filter(|l| l.class() == Class::Promise);
        promises.for_each(|letter| self.discount(letter));
        letters.iter().filter_map(|letter| letter.receipt).collect()
    }

    /// The largest message that is not settled.
    pub(super) fn largest_open(&self) -> Option<(Topic, usize)> {
        let largest = self.wire.letters().max_by_key(|letter| letter.size())?;
        Some((largest.topic.clone(), largest.size()))
    }

    /// Forgets the waiting promises of this size and more, and returns them.
    pub(super) fn give_up(&mut self, smallest: usize) -> Vec<Letter> {
        let (gone, kept) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition::<Vec<_>, _>(|letter| letter.size() >= smallest);
        self.waiting = kept.into();
        gone.iter().for_each(|letter| self.discount(letter));
        gone
    }

    /// Whether the broker owes an acknowledgement.
    pub(super) fn owed(&self) -> bool {
        self.wire.owed()
    }

    /// The connection is gone: open promises go back to the front in their order; states and events are dropped,
    /// their number is returned.
    pub(super) fn disconnected(&mut self) -> usize {
        self.connected = false;
        self.states = HashMap::new();
        let waiting = std::mem::take(&mut self.waiting);
        let before = waiting.len();
        let is_promise = |letter: &Letter| letter.class() == Class::Promise;
        self.waiting = self.wire.end().filter(is_promise).collect();
        let again = self.waiting.len();
        self.waiting.extend(waiting.into_iter().filter(is_promise));
        self.tallies[Class::State as usize] = Tally::default();
        self.tallies[Class::Event as usize] = Tally::default();
        before + again - self.waiting.len()
    }

    fn count(&mut self, letter: &Letter) {
        let tally = &mut self.tallies[letter.class() as usize];
        tally.messages += 1;
        tally.bytes += letter.size();
        self.receipts += usize::from(letter.receipt.is_some());
    }

    fn discount(&mut self, letter: &Letter) {
        let tally = &mut self.tallies[letter.class() as usize];
        tally.messages -= 1;
        tally.bytes -= letter.size();
        self.receipts -= usize::from(letter.receipt.is_some());
    }
}

#[cfg(test)]
mod tests;
