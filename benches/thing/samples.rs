//! Numbers of one figure, and what is told of them.

use std::time::Duration;

/// Durations in milliseconds, in order of size.
#[derive(Debug, Clone, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    pub fn of(durations: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<f64> = durations
            .into_iter()
            .map(|duration| duration.as_secs_f64() * 1e3)
            .collect();
        all.sort_by(f64::total_cmp);
        Self(all)
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The smallest of the numbers that at least `percent` of them do not exceed (nearest rank).
    pub fn percentile(&self, percent: f64) -> f64 {
        let rank = (percent / 100.0 * self.0.len() as f64).ceil() as usize;
        let last = self.0.len().saturating_sub(1);
        let found = self.0.get(rank.saturating_sub(1).min(last));
        found.copied().unwrap_or(f64::NAN)
    }

    pub fn max(&self) -> f64 {
        self.percentile(100.0)
    }
}
