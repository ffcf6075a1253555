//! What is subscribed to, what the broker said to it, and what is asked next. Pure: time comes in as an argument.
//!
//! **Too large packets.** A packet over the hard cap ends the connection before anything but its length was read.
//! If it is retained, subscribing brings it again, for ever. So after such an end the filters are asked one at a
//! time, each followed by a *fence* (an UNSUBSCRIBE of a topic that nobody uses: its acknowledgement comes after what
//! the broker had to say). The filter at which the connection breaks again is left out for a while.

use super::Pace;
use super::reconnect::doubled;
use crate::model::{QoS, TopicFilter};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::Instant;

/// So many filters at most go into one SUBSCRIBE.
const A_PACKET: usize = 50;
/// So many fences are set up while messages keep coming; a busy filter is let through then.
const FENCES: u8 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Wanted,
    Asked,
    /// Granted, but its fence has not been passed yet; messages came since the fence was set.
    Fenced {
        noisy: bool,
        fences: u8,
    },
    Standing,
    /// Refused or left out; asked again then.
    Later(Instant),
}

#[derive(Debug)]
struct Subscription {
    filter: TopicFilter,
    qos: QoS,
    state: State,
    refusals: u32,
    left_out: bool,
}

/// What to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ask {
    Subscribe(Vec<(TopicFilter, QoS)>),
    Fence,
}

/// A SUBSCRIBE on its way: its identifier once it is written, and which filters it holds.
#[derive(Debug)]
struct Asked {
    packet: Option<u16>,
    filters: Vec<usize>,
}

/// A filter that the broker refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) filter: TopicFilter,
    pub(super) again_in: Duration,
    /// It was granted or not yet asked before: worth a line in the log.
    pub(super) news: bool,
}

#[derive(Debug)]
pub(super) struct Subscriptions {
    pace: Pace,
    all: Vec<Subscription>,
    asked: VecDeque<Asked>,
    one_at_a_time: bool,
    /// The identifier of the latest fence, once it is written.
    fence: Option<u16>,
    /// That everything is answered was told on this connection.
    told: bool,
    /// What the broker had kept counts as part of the answer.
    kept_first: bool,
    kept: Kept,
}

/// Whether what the broker had kept for the subscriptions has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    NotYet,
    /// A fence stands behind it.
    Fenced,
    Come,
}

impl Subscriptions {
    pub(super) fn new(wanted: Vec<(TopicFilter, QoS)>, pace: Pace) -> Self {
        let all = wanted.into_iter().map(|(filter, qos)| Subscription {
            filter,
            qos,
            state: State::Wanted,
            refusals: 0,
            left_out: false,
        });
        Self {
            pace,
            all: all.collect(),
            asked: VecDeque::new(),
            one_at_a_time: false,
            fence: None,
            told: false,
            kept_first: false,
            kept: Kept::NotYet,
        }
    }

    /// Lets everything be answered only when what the broker had kept has come, too.
    pub(super) const fn kept_first(mut self, kept_first: bool) -> Self {
        self.kept_first = kept_first;
        self
    }

    /// A new connection: the broker knows nothing.
    pub(super) fn connected(&mut self) {
        self.asked.clear();
        self.fence = None;
        self.told = false;
        self.kept = Kept::NotYet;
        for subscription in &mut self.all {
            match subscription.state {
                State::Later(_) if subscription.left_out => {}
                _ => subscription.state = State::Wanted,
            }
        }
    }

    /// What is to be sent now. Marks it as asked: call it only when it can be sent.
    pub(super) fn next(&mut self, now: Instant) -> Option<Ask> {
        for subscription in &mut self.all {
            if matches!(subscription.state, State::Later(at) if at <= now) {
                subscription.state = State::Wanted;
                // what was left out has to prove itself
                self.one_at_a_time |= subscription.left_out;
            }
        }
        if self.one_at_a_time {
            return self.next_alone();
        }
        let wanted = |(index, subscription): (usize, &Subscription)| {
            (subscription.state == State::Wanted).then_some(index)
        };
        let filters = self.all.iter().enumerate().filter_map(wanted);
        let filters: Vec<usize> = filters.take(A_PACKET).collect();
        let is_due = self.kept_first && self.kept == Kept::NotYet && self.asked.is_empty();
        if filters.is_empty() && is_due {
            self.kept = Kept::Fenced;
            return Some(Ask::Fence);
        }
        self.subscribe(filters)
    }

    fn next_alone(&mut self) -> Option<Ask> {
        let busy = |s: &&mut Subscription| matches!(s.state, State::Asked | State::Fenced { .. });
        if let Some(subscription) = self.all.iter_mut().find(busy) {
            return match &mut subscription.state {
                State::Fenced { noisy, fences } if *noisy && *fences < FENCES => {
                    *noisy = false;
                    *fences += 1;
                    Some(Ask::Fence)
                }
                _ => None,
            };
        }
        let Some(index) = self.all.iter().position(|s| s.state == State::Wanted) else {
            self.one_at_a_time = false;
            return None;
        };
        self.subscribe(vec![index])
    }

    fn subscribe(&mut self, filters: Vec<usize>) -> Option<Ask> {
        if filters.is_empty() {
            return None;
        }
        let mut asked = Vec::with_capacity(filters.len());
        for index in &filters {
            let subscription = &mut self.all[*index];
            subscription.state = State::Asked;
            asked.push((subscription.filter.clone(), subscription.qos));
        }
        self.asked.push_back(Asked {
            packet: None,
            filters,
        });
        Some(Ask::Subscribe(asked))
    }

    /// The library wrote the oldest SUBSCRIBE that has no identifier yet.
    pub(super) fn written(&mut self, packet: u16) {
        if let Some(asked) = self.asked.iter_mut().find(|asked| asked.packet.is_none()) {
            asked.packet = Some(packet);
        }
    }

    /// The broker's answer; `granted` has one entry a filter. Returns what it refused.
    pub(super) fn answered(&mut self, packet: u16, granted: &[bool], now: Instant) -> Vec<Refused> {
        let Some(at) = self
            .asked
            .iter()
            .position(|asked| asked.packet == Some(packet))
        else {
            return Vec::new();
        };
        let filters = self
            .asked
            .remove(at)
            .map(|asked| asked.filters)
            .unwrap_or_default();
        let mut refused = Vec::new();
        for (place, index) in filters.into_iter().enumerate() {
            let subscription = &mut self.all[index];
            // an answer that is too short grants nothing
            if granted.get(place).copied().unwrap_or(false) {
                subscription.refusals = 0;
                subscription.state = match self.one_at_a_time {
                    // noisy from the start: the first fence is still to be set
                    true => State::Fenced {
                        noisy: true,
                        fences: 0,
                    },
                    false => State::Standing,
                };
                continue;
            }
            let first = self.pace.subscribe_again;
            let again_in = doubled(first, subscription.refusals, first * 60);
            let news = subscription.refusals == 0;
            subscription.refusals = subscription.refusals.saturating_add(1);
            subscription.state = State::Later(now + again_in);
            let filter = subscription.filter.clone();
            refused.push(Refused {
                filter,
                again_in,
                news,
            });
        }
        refused
    }

    /// A message came in: what stands behind the fence is not all yet.
    pub(super) fn message_came(&mut self) {
        if self.one_at_a_time {
            for subscription in &mut self.all {
                if let State::Fenced { noisy, .. } = &mut subscription.state {
                    *noisy = true;
                }
            }
        }
    }

    /// The library wrote a fence.
    pub(super) fn fence_written(&mut self, packet: u16) {
        self.fence = Some(packet);
    }

    /// The broker acknowledged a fence. Returns whether it was the latest of ours.
    pub(super) fn fence_passed(&mut self, packet: u16) -> bool {
        if self.fence != Some(packet) {
            return false;
        }
        self.fence = None;
        if self.kept == Kept::Fenced {
            self.kept = Kept::Come;
        }
        for subscription in &mut self.all {
            if matches!(subscription.state, State::Fenced { noisy, fences } if !noisy || fences >= FENCES)
            {
                subscription.state = State::Standing;
                subscription.left_out = false;
            }
        }
        true
    }

    /// A packet over the hard cap ended the connection. Returns the filter that is left out for it, if it is known.
    pub(super) fn too_large(&mut self, now: Instant) -> Option<TopicFilter> {
        if !std::mem::replace(&mut self.one_at_a_time, true) {
            return None;
        }
        let guilty = |s: &&mut Subscription| matches!(s.state, State::Asked | State::Fenced { .. });
        let subscription = self.all.iter_mut().find(guilty)?;
        subscription.state = State::Later(now + self.pace.left_out);
        subscription.left_out = true;
        Some(subscription.filter.clone())
    }

    /// Once a connection, when the broker has answered everything that was asked on it, and what it had kept is there if
    /// that is waited for: how many filters do not stand,
    /// since they were refused or are left out.
    pub(super) fn all_answered(&mut self) -> Option<usize> {
        let open = |s: &Subscription| matches!(s.state, State::Wanted | State::Asked);
        let is_open = self.kept_first && self.kept != Kept::Come;
        if self.told || is_open || self.all.iter().any(open) {
            return None;
        }
        self.told = true;
        let later = |s: &&Subscription| matches!(s.state, State::Later(_));
        Some(self.all.iter().filter(later).count())
    }

    /// Whether the broker owes an answer.
    pub(super) fn owed(&self) -> bool {
        !self.asked.is_empty()
    }

    /// When the next refused or left-out filter is to be asked again.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        let later = |subscription: &Subscription| match subscription.state {
            State::Later(at) => Some(at),
            _ => None,
        };
        self.all.iter().filter_map(later).min()
    }
}

#[cfg(test)]
mod tests;
