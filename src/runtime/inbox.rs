//! What waits for a host: bounded; of values the latest of each topic, of commands all.

use crate::fleet::News;
use crate::model::Message;
use crate::thing::Input;
use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// The most topics that wait. Subscriptions without wildcards can never have as many.
const MOST: usize = 1024;

/// The most commands that wait, and their bytes. An executor takes thousands a second into its own queue, which is
/// bounded by its settings and answers when it is full; this is for a flood that comes faster than even that.
const MOST_COMMANDS: usize = 20_000;
const MOST_COMMAND_BYTES: usize = 32 << 20;

/// A queue between the session and a host. Neither side ever waits for the other to be fast: of each topic the
/// latest message replaces an older one, since an actuator needs to know what holds now. Nonsense replaces nonsense
/// only, or it could take the place of a press that was not yet seen. Commands replace nothing.
#[derive(Debug, Default)]
pub struct Inbox {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    connected: bool,
    say_again: bool,
    say_unkept: bool,
    stop: bool,
    told: VecDeque<(String, News)>,
    command_bytes: usize,
    messages: VecDeque<(Message, Sense)>,
    replaced: u64,
    refused: u64,
    dropped: u64,
}

/// Whether a message can be understood at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sense {
    /// It can.
    Sense,
    /// It will be refused.
    Nonsense,
    /// It is a command or a request, or claims to be one: none takes the place of another.
    Command,
}

impl State {
    fn put_command(&mut self, message: Message) {
        let bytes = self.command_bytes + message.payload.len();
        if self.messages.len() >= MOST_COMMANDS || bytes > MOST_COMMAND_BYTES {
            self.dropped += 1;
            return;
        }
        self.command_bytes = bytes;
        self.messages.push_back((message, Sense::Command));
    }
}

/// What is in an inbox, and what never got out of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InboxCounts {
    /// Messages that wait.
    pub waiting: usize,
    /// Messages whose place a newer one of the same topic took.
    pub replaced: u64,
    /// Nonsense whose place newer nonsense took: refused unread.
    pub refused: u64,
    /// Messages that found no room.
    pub dropped: u64,
}

/// What came.
#[derive(Debug)]
#[allow(
    clippy::large_enum_variant,
    reason = "one at a time, and at once taken apart"
)]
pub enum Arrival {
    /// Something for the thing.
    Input(Input),
    /// The moment to wake has come.
    Time,
    /// The host shall stop.
    Stop,
}

impl Inbox {
    /// Puts a message in.
    pub fn put(&self, message: Message, sense: Sense) {
        let mut state = self.lock();
        if sense == Sense::Command {
            state.put_command(message);
            self.news.notify_one();
            return;
        }
        let same = |(waiting, its): &(Message, Sense)| {
            (&waiting.topic, waiting.retain, *its) == (&message.topic, message.retain, sense)
        };
        if let Some(index) = state.messages.iter().position(same) {
            state.messages.remove(index);
            match sense {
                Sense::Sense => state.replaced += 1,
                Sense::Nonsense => state.refused += 1,
                Sense::Command => {}
            }
        } else if state.messages.len() >= MOST {
            state.messages.pop_front();
            state.dropped += 1;
        }
        state.messages.push_back((message, sense));
        self.news.notify_one();
    }

    /// Tells the executor of that name something. Goes before messages, so that what is done makes room for more.
    pub fn tell(&self, executor: String, news: News) {
        self.lock().told.push_back((executor, news));
        self.news.notify_one();
    }

    /// Says that the broker forgot everything.
    pub fn connected(&self) {
        self.lock().connected = true;
        self.news.notify_one();
    }

    /// Asks for every state, for another reason.
    pub fn say_again(&self) {
        self.lock().say_again = true;
        self.news.notify_one();
    }

    /// Asks for the states that no broker keeps: somebody came who has the others from there.
    pub fn say_unkept(&self) {
        self.lock().say_unkept = true;
        self.news.notify_one();
    }

    /// Tells the host to stop; what waits is forgotten.
    pub fn stop(&self) {
        self.lock().stop = true;
        self.news.notify_one();
    }

    /// What is in it, and what never got out of it.
    #[must_use]
    pub fn counts(&self) -> InboxCounts {
        let state = self.lock();
        InboxCounts {
            waiting: state.messages.len(),
            replaced: state.replaced,
            refused: state.refused,
            dropped: state.dropped,
        }
    }

    /// Waits for what comes first: a stop, a connection, a message, or the moment to wake.
    pub fn next(&self, wake: Option<Instant>) -> Arrival {
        let mut state = self.lock();
        loop {
            if state.stop {
                return Arrival::Stop;
            }
            if std::mem::take(&mut state.connected) {
                (state.say_again, state.say_unkept) = (false, false);
                return Arrival::Input(Input::Connected);
            }
            if std::mem::take(&mut state.say_again) {
                state.say_unkept = false;
                return Arrival::Input(Input::SayAgain);
            }
            if std::mem::take(&mut state.say_unkept) {
                return Arrival::Input(Input::SayUnkept);
            }
            if let Some((executor, news)) = state.told.pop_front() {
                return Arrival::Input(Input::Executor(executor, news));
            }
            if let Some((message, sense)) = state.messages.pop_front() {
                if sense == Sense::Command {
                    state.command_bytes -= message.payload.len();
                }
                return Arrival::Input(Input::Message(message));
            }
            let left = wake.map(|wake| wake.saturating_duration_since(Instant::now()));
            state = match left {
                Some(left) if left.is_zero() => return Arrival::Time,
                Some(left) => self
                    .news
                    .wait_timeout(state, left)
                    .map_or_else(|e| e.into_inner().0, |(state, _)| state),
                None => self
                    .news
                    .wait(state)
                    .unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // every change is whole before the lock is given back, so a poisoned one is still right
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;

    fn message(topic: &str, payload: &str) -> Message {
        Message::event(Topic::new(topic).unwrap(), payload)
    }

    fn next(inbox: &Inbox) -> String {
        match inbox.next(Some(Instant::now())) {
            Arrival::Input(Input::Message(message)) => format!("{message:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn of_each_topic_the_latest_waits_in_the_order_of_arrival() {
        let inbox = Inbox::default();
        for (topic, payload) in [("a", "1"), ("b", "1"), ("a", "2")] {
            inbox.put(message(topic, payload), Sense::Sense);
        }
        assert_eq!(next(&inbox), "b \"1\" AtMostOnce");
        assert_eq!(next(&inbox), "a \"2\" AtMostOnce");
        assert_eq!(next(&inbox), "Time");
        assert_eq!(inbox.counts().replaced, 1);
    }

    #[test]
    fn nonsense_does_not_take_the_place_of_a_press() {
        let inbox = Inbox::default();
        inbox.put(message("a", "True"), Sense::Sense);
        for _ in 0..1000 {
            inbox.put(message("a", "x"), Sense::Nonsense);
        }
        assert_eq!(next(&inbox), "a \"True\" AtMostOnce");
        assert_eq!(next(&inbox), "a \"x\" AtMostOnce");
        assert_eq!(next(&inbox), "Time");
        assert_eq!(inbox.counts().refused, 999);
    }

    #[test]
    fn every_command_waits_and_a_flood_of_them_is_bounded_by_number_and_bytes() {
        let inbox = Inbox::default();
        for _ in 0..3 {
            inbox.put(message("c", "x"), Sense::Command);
        }
        assert_eq!(inbox.counts().waiting, 3);
        let large = "x".repeat(MOST_COMMAND_BYTES / 4);
        for _ in 0..4 {
            inbox.put(message("c", &large), Sense::Command);
        }
        assert_eq!((inbox.counts().waiting, inbox.counts().dropped), (6, 1));
        for _ in 0..6 {
            next(&inbox);
        }
        for _ in 0..=MOST_COMMANDS {
            inbox.put(message("c", "x"), Sense::Command);
        }
        let counts = inbox.counts();
        assert_eq!((counts.waiting, counts.dropped), (MOST_COMMANDS, 2));
    }

    #[test]
    fn a_flood_of_topics_stays_bounded() {
        let inbox = Inbox::default();
        for n in 0..5000 {
            inbox.put(message(&format!("t/{n}"), "x"), Sense::Sense);
        }
        let counts = inbox.counts();
        assert_eq!((counts.waiting, counts.dropped), (MOST, 5000 - MOST as u64));
    }

    #[test]
    fn a_stop_goes_before_everything_and_a_connection_before_messages() {
        let inbox = Inbox::default();
        inbox.put(message("a", "1"), Sense::Sense);
        inbox.connected();
        assert!(matches!(inbox.next(None), Arrival::Input(Input::Connected)));
        inbox.stop();
        assert!(matches!(inbox.next(None), Arrival::Stop));
    }

    #[test]
    fn whoever_says_everything_says_what_nobody_keeps_with_it() {
        let said = |ask: fn(&Inbox)| {
            let inbox = Inbox::default();
            inbox.say_unkept();
            ask(&inbox);
            [next(&inbox), next(&inbox)]
        };
        assert_eq!(said(|_| {}), ["Input(SayUnkept)", "Time"]);
        assert_eq!(said(Inbox::say_again), ["Input(SayAgain)", "Time"]);
        assert_eq!(said(Inbox::connected), ["Input(Connected)", "Time"]);
    }
}
