//! Puts messages together to rounds: the state machine of a watch. Time is an argument.

use super::history::History;
use super::reading::Taken;
use super::{Rates, Reading, restarted};
use std::time::{Duration, Instant};

/// A round is whole when nothing has come for so long ..
const QUIET: Duration = Duration::from_millis(250);
/// .. or when it has taken so long.
const LONGEST: Duration = Duration::from_secs(1);
/// What comes sooner than this after a round began belongs to it, even an uptime: no broker tells more often than
/// once a second, but a network may hand over two rounds at once.
const SHORTEST: Duration = Duration::from_millis(500);

/// A whole round of figures.
#[derive(Debug, Clone, PartialEq)]
pub struct Update {
    /// Every figure that is known.
    pub reading: Reading,
    /// What the counters grew by; none for what the broker had kept, and at first.
    pub rates: Option<Rates>,
    /// It is not fresh, but what the broker had kept for whoever comes.
    pub kept: bool,
    /// The broker has started anew since the last one.
    pub restarted: bool,
}

/// Whether there is a broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Connection {
    /// It was not reached yet.
    NotYet,
    /// It is there.
    Since(Instant),
    /// It was there.
    Lost {
        /// When it went.
        since: Instant,
        /// What happened, as a part of a sentence.
        reason: String,
    },
}

/// Nothing comes from the broker for longer than is to be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// It is not there.
    NoBroker,
    /// It is there, and has refused the subscription.
    Refused,
    /// It is there, and has told nothing at all.
    Nothing,
    /// It is there, and what it tells is no figure that is known.
    Foreign,
    /// It has handed out what it had kept, and nothing fresh.
    OnlyKept,
    /// It has told its figures, and goes on no more.
    NoMore,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    began: Instant,
    last: Instant,
    has_uptime: bool,
    kept: bool,
}

/// The last whole round.
#[derive(Debug, Clone)]
struct Round {
    reading: Reading,
    /// When it was fresh, if that is known.
    at: Option<Instant>,
}

/// What is known of a broker.
#[derive(Debug)]
pub struct Watcher {
    reading: Reading,
    open: Option<Open>,
    last: Option<Round>,
    rates: Option<(Instant, Rates)>,
    updated: Option<Instant>,
    connection: Connection,
    began: Instant,
    refused: bool,
    foreign: bool,
    /// Not yet told by an update.
    restarted: bool,
    restarted_at: Option<Instant>,
    history: History,
}

impl Watcher {
    /// Nothing is known yet.
    #[must_use]
    pub fn new(now: Instant) -> Self {
        Self {
            reading: Reading::default(),
            open: None,
            last: None,
            rates: None,
            updated: None,
            connection: Connection::NotYet,
            began: now,
            refused: false,
            foreign: false,
            restarted: false,
            restarted_at: None,
            history: History::default(),
        }
    }

    /// The broker is there: it will say everything that it had kept.
    pub fn connected(&mut self, now: Instant) {
        self.connection = Connection::Since(now);
        (self.refused, self.foreign) = (false, false);
        // perhaps it is another broker, or the same after a restart
        (self.reading, self.open) = (Reading::default(), None);
    }

    /// The broker is gone.
    pub fn disconnected(&mut self, reason: String, now: Instant) {
        let since = match self.connection {
            Connection::Lost { since, .. } => since,
            _ => now,
        };
        self.connection = Connection::Lost { since, reason };
        self.open = None;
        self.history.gap(now);
    }

    /// The broker refuses to tell.
    pub fn refused(&mut self) {
        self.refused = true;
    }

    /// A message came. Returns the round before it, if that is whole now.
    pub fn message(
        &mut self,
        topic: &str,
        payload: &[u8],
        kept: bool,
        now: Instant,
    ) -> Option<Update> {
        // whether it begins a round must be known before it is taken
        let mut trial = Reading::default();
        let taken = trial.take(topic, payload);
        if matches!(taken, Taken::Other | Taken::Unreadable) {
            self.foreign = true;
            return None;
        }
        let is_next = self.open.is_some_and(|open| {
            let anew = taken == Taken::Uptime && open.has_uptime && now >= open.began + SHORTEST;
            anew || (open.kept && !kept)
        });
        let whole = is_next.then(|| self.close()).flatten();
        self.reading.take(topic, payload);
        let open = self.open.get_or_insert(Open {
            began: now,
            last: now,
            has_uptime: false,
            kept,
        });
        open.last = now;
        open.has_uptime |= taken == Taken::Uptime;
        whole
    }

    /// When [`Watcher::wake`] is to be called.
    #[must_use]
    pub fn next_wake(&self) -> Option<Instant> {
        let open = self.open?;
        Some((open.last + QUIET).min(open.began + LONGEST))
    }

    /// Time has gone by. Returns the round that is whole now.
    pub fn wake(&mut self, now: Instant) -> Option<Update> {
        (now >= self.next_wake()?).then(|| self.close()).flatten()
    }

    fn close(&mut self) -> Option<Update> {
        let open = self.open.take()?;
        let reading = self.reading.clone();
        self.updated = Some(open.began);
        if self
            .last
            .as_ref()
            .is_some_and(|last| restarted(&last.reading, &reading))
        {
            (self.restarted, self.restarted_at) = (true, Some(open.began));
            (self.last, self.rates) = (None, None);
            self.history.gap(open.began);
        }
        if open.kept {
            return Some(self.close_kept(reading));
        }
        let rates = self.last.as_ref().and_then(|last| {
            let apart = last.at.map(|at| open.began.saturating_duration_since(at));
            Rates::between(&last.reading, &reading, apart)
        });
        match &rates {
            Some(rates) => {
                self.history.push(open.began, Some(rates.clone()));
                self.rates = Some((open.began, rates.clone()));
            }
            None => self.history.gap(open.began),
        }
        self.last = Some(Round {
            reading: reading.clone(),
            at: Some(open.began),
        });
        Some(Update {
            reading,
            rates,
            kept: false,
            restarted: std::mem::take(&mut self.restarted),
        })
    }

    fn close_kept(&mut self, reading: Reading) -> Update {
        // of the round that is known already, it is known when it was fresh
        let is_known = self
            .last
            .as_ref()
            .is_some_and(|last| last.reading.uptime() == reading.uptime());
        if !is_known {
            self.last = Some(Round {
                reading: reading.clone(),
                at: None,
            });
        }
        Update {
            reading,
            rates: None,
            kept: true,
            restarted: self.restarted,
        }
    }

    /// Why nothing comes, if nothing has for `patience`.
    #[must_use]
    pub fn silence(&self, patience: Duration, now: Instant) -> Option<Silence> {
        let longer = |since: Instant| now.saturating_duration_since(since) >= patience;
        let since = match self.connection {
            Connection::NotYet => return longer(self.began).then_some(Silence::NoBroker),
            Connection::Lost { since, .. } => return longer(since).then_some(Silence::NoBroker),
            Connection::Since(since) => since,
        };
        let heard = self.updated.filter(|updated| *updated >= since);
        // a broker that tells every minute is not silent after 12 s
        let usual = self
            .rates
            .as_ref()
            .map_or(Duration::ZERO, |(_, rates)| rates.over() * 2);
        let longer =
            |since: Instant| longer(since) && now.saturating_duration_since(since) >= usual;
        match heard {
            None if self.refused && longer(since) => Some(Silence::Refused),
            None if !longer(since) => None,
            None if self.foreign => Some(Silence::Foreign),
            None => Some(Silence::Nothing),
            Some(heard) if !longer(heard) => None,
            Some(_) => {
                let fresh = self.rates.as_ref().is_some_and(|(at, _)| *at >= since);
                Some(if fresh {
                    Silence::NoMore
                } else {
                    Silence::OnlyKept
                })
            }
        }
    }

    /// The figures as far as they are known.
    #[must_use]
    pub const fn reading(&self) -> &Reading {
        &self.reading
    }

    /// The last rates, and when they were fresh.
    #[must_use]
    pub fn rates(&self) -> Option<(Instant, &Rates)> {
        self.rates.as_ref().map(|(at, rates)| (*at, rates))
    }

    /// When the last round came.
    #[must_use]
    pub const fn updated(&self) -> Option<Instant> {
        self.updated
    }

    /// Whether there is a broker.
    #[must_use]
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// When it was seen that the broker has started anew.
    #[must_use]
    pub const fn restarted_at(&self) -> Option<Instant> {
        self.restarted_at
    }

    /// The rates of the last minutes.
    #[must_use]
    pub const fn history(&self) -> &History {
        &self.history
    }
}

#[cfg(test)]
mod tests;
