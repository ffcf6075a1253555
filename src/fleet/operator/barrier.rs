//! Lock-step: no client begins a step of a pipeline before all that walk it have ended the one before.

use std::collections::{BTreeMap, BTreeSet};

/// Where the clients of one pipeline are. Slot 0 is before it, slot `n` its step `n` counted from 1.
#[derive(Debug)]
pub(super) struct Barrier {
    counts: Vec<u32>,
    /// The lowest slot with a client; behind the last one when there is none.
    floor: usize,
    waiting: BTreeMap<usize, BTreeSet<usize>>,
}

impl Barrier {
    pub(super) fn new(steps: usize) -> Self {
        Self {
            counts: vec![0; steps + 1],
            floor: steps + 1,
            waiting: BTreeMap::new(),
        }
    }

    /// A client moved, came (from nowhere) or left (to nowhere).
    pub(super) fn moved(&mut self, from: Option<usize>, to: Option<usize>) {
        if let Some(to) = to {
            self.counts[to] += 1;
            self.floor = self.floor.min(to);
        }
        if let Some(from) = from {
            self.counts[from] -= 1;
        }
        while self.counts.get(self.floor) == Some(&0) {
            self.floor += 1;
        }
    }

    /// Whether the step of a slot may begin; if not, the client is among those that [`Barrier::released`] returns.
    pub(super) fn may_begin(&mut self, slot: usize, client: usize) -> bool {
        let may = self.floor >= slot;
        if !may {
            self.waiting.entry(slot).or_default().insert(client);
        }
        may
    }

    /// The clients whose step may begin now.
    pub(super) fn released(&mut self) -> Vec<usize> {
        let mut released = Vec::new();
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.floor {
                break;
            }
            released.extend(entry.remove());
        }
        released
    }
}
