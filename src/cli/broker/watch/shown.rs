//! What there is to show.

use mqtt_thing::broker::watch::{Figure, Look, Rates, Reading, Watcher};
use std::time::{Duration, Instant};

/// One moment of a watch.
pub(super) struct Shown<'a> {
    /// Where the broker is.
    pub(super) broker: &'a str,
    pub(super) watcher: &'a Watcher,
    pub(super) look: &'a Look,
    /// How long one waits.
    pub(super) patience: Duration,
    pub(super) now: Instant,
}

impl Shown<'_> {
    pub(super) const fn reading(&self) -> &Reading {
        self.watcher.reading()
    }

    pub(super) fn figure(&self, figure: Figure) -> Option<u64> {
        self.reading().figure(figure)
    }

    /// The last rate.
    pub(super) fn rate(&self, figure: Figure) -> Option<f64> {
        self.rates()?.per_second(figure)
    }

    pub(super) fn rates(&self) -> Option<&Rates> {
        self.watcher.rates().map(|(_, rates)| rates)
    }

    /// How long ago something was.
    pub(super) fn ago(&self, at: Instant) -> Duration {
        self.now.saturating_duration_since(at)
    }
}
