//! The rates of the last minutes, for graphs.

use super::{Figure, Rates};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// So many rounds are remembered: an hour of a broker that tells every 5 s.
const REMEMBERED: usize = 720;

/// One round.
#[derive(Debug, Clone)]
pub struct Point {
    /// When it came.
    pub at: Instant,
    /// Its rates; none where the broker was away or started anew.
    pub rates: Option<Rates>,
}

/// The last rounds, oldest first.
#[derive(Debug, Clone, Default)]
pub struct History(VecDeque<Point>);

impl History {
    /// Remembers a round.
    pub fn push(&mut self, at: Instant, rates: Option<Rates>) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(Point { at, rates });
    }

    /// A gap, unless there is one already.
    pub fn gap(&mut self, at: Instant) {
        if self.0.back().is_some_and(|point| point.rates.is_some()) {
            self.push(at, None);
        }
    }

    /// The last so many rates of a counter, oldest first; none where there is a gap.
    #[must_use]
    pub fn last(&self, figure: Figure, most: usize) -> Vec<Option<f64>> {
        let points = self.0.iter().skip(self.0.len().saturating_sub(most));
        let rate = |point: &Point| point.rates.as_ref()?.per_second(figure);
        points.map(rate).collect()
    }

    /// From when the last so many are.
    #[must_use]
    pub fn since(&self, most: usize) -> Option<Instant> {
        let first = self.0.get(self.0.len().saturating_sub(most))?;
        // a rate is of the time before it
        let over = first.rates.as_ref().map_or(Duration::ZERO, Rates::over);
        Some(first.at.checked_sub(over).unwrap_or(first.at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_remembered_and_a_gap_is_one_gap() {
        let mut history = History::default();
        let now = Instant::now();
        history.gap(now);
        assert_eq!(history.last(Figure::BytesSent, 10), []);
        for n in 0..1000_u64 {
            history.push(now + Duration::from_secs(n), None);
        }
        history.gap(now);
        assert_eq!(
            history.last(Figure::BytesSent, usize::MAX).len(),
            REMEMBERED
        );
        assert_eq!(history.since(10), Some(now + Duration::from_secs(990)));
        assert_eq!(history.since(0), None);
    }
}
