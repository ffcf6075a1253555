//! Times that were measured, and what is said of them.

use serde::{Serialize, Serializer};
use std::time::Duration;

/// The latest measurements, as many as matter for what is shown.
#[derive(Debug, Clone, Default)]
pub struct Latency {
    sorted: Vec<Duration>,
    order: std::collections::VecDeque<Duration>,
}

/// Measurements that are kept.
const KEPT: usize = 10_000;

impl Latency {
    /// Adds one.
    pub fn add(&mut self, took: Duration) {
        let insert_at = |sorted: &[Duration], took| sorted.partition_point(|other| *other < took);
        if self.order.len() == KEPT {
            if let Some(oldest) = self.order.pop_front() {
                let at = insert_at(&self.sorted, oldest);
                self.sorted.remove(at);
            }
        }
        let at = insert_at(&self.sorted, took);
        self.sorted.insert(at, took);
        self.order.push_back(took);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sorted.len()
    }

    /// The smallest that so many hundredths do not exceed (nearest rank); `None` if there are none.
    #[must_use]
    pub fn percentile(&self, hundredths: usize) -> Option<Duration> {
        let rank = (self.sorted.len() * hundredths).div_ceil(100).max(1);
        self.sorted.get(rank - 1).copied()
    }

    /// The largest.
    #[must_use]
    pub fn max(&self) -> Option<Duration> {
        self.sorted.last().copied()
    }
}

/// Milliseconds with two places.
#[must_use]
pub(super) fn ms(took: Duration) -> f64 {
    (took.as_secs_f64() * 100_000.0).round() / 100.0
}

impl Serialize for Latency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Figures {
            count: usize,
            p50: Option<f64>,
            p90: Option<f64>,
            max: Option<f64>,
        }
        let figures = Figures {
            count: self.count(),
            p50: self.percentile(50).map(ms),
            p90: self.percentile(90).map(ms),
            max: self.max().map(ms),
        };
        figures.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let mut latency = Latency::default();
        assert_eq!(latency.percentile(50), None);
        for ms in [40, 10, 30, 20] {
            latency.add(Duration::from_millis(ms));
        }
        let ms = |hundredths| latency.percentile(hundredths).map(|took| took.as_millis());
        assert_eq!(
            [ms(0), ms(50), ms(51), ms(100)],
            [Some(10), Some(20), Some(30), Some(40)]
        );
        assert_eq!(latency.max(), Some(Duration::from_millis(40)));
    }

    #[test]
    fn old_measurements_make_room() {
        let mut latency = Latency::default();
        latency.add(Duration::from_secs(9));
        for _ in 0..KEPT {
            latency.add(Duration::from_millis(1));
        }
        assert_eq!(
            (latency.count(), latency.max()),
            (KEPT, Some(Duration::from_millis(1)))
        );
    }
}
