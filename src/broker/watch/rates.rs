//! How fast the broker's counters grow, from two rounds of its figures.

use super::figures::FIGURE_COUNT;
use super::{Figure, Reading};
use std::time::Duration;

/// The least time that a rate is told of.
const LEAST: Duration = Duration::from_millis(500);
/// The broker's uptime is in whole seconds: what lies between two of them may be so much more or less.
const GRAIN: Duration = Duration::from_secs(1);

/// What the counters grow by in a second, on average between two rounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Rates {
    per_second: [Option<f64>; FIGURE_COUNT],
    over: Duration,
}

impl Rates {
    /// Between two rounds that came `apart` from each other by our clock, if that is known. The broker's own uptime
    /// has the last word where the two differ, as they do when the network kept the figures back, or a computer slept.
    /// None if there is too little time between them, or the broker started anew.
    #[must_use]
    pub fn between(before: &Reading, after: &Reading, apart: Option<Duration>) -> Option<Self> {
        let by_broker = match (before.uptime(), after.uptime()) {
            (Some(before), Some(after)) => Some(after.checked_sub(before)?),
            _ => None,
        };
        let over = match (apart, by_broker) {
            (Some(apart), Some(broker)) => {
                apart.clamp(broker.saturating_sub(GRAIN), broker.saturating_add(GRAIN))
            }
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return None,
        };
        if over < LEAST {
            return None;
        }
        let mut per_second = [None; FIGURE_COUNT];
        for figure in Figure::all().filter(|figure| figure.grows()) {
            let numbers = before.figure(figure).zip(after.figure(figure));
            let grown = numbers.and_then(|(before, after)| after.checked_sub(before));
            // a rate needs no more than the 53 bits of its mantissa
            per_second[figure as usize] = grown.map(|grown| grown as f64 / over.as_secs_f64());
        }
        Some(Self { per_second, over })
    }

    /// A counter's rate a second.
    #[must_use]
    pub const fn per_second(&self, figure: Figure) -> Option<f64> {
        self.per_second[figure as usize]
    }

    /// Between which rounds: the time between them.
    #[must_use]
    pub const fn over(&self) -> Duration {
        self.over
    }
}

/// Whether the broker started anew between two rounds: its uptime, or a counter, went back.
#[must_use]
pub fn restarted(before: &Reading, after: &Reading) -> bool {
    let back = |figure: Figure| {
        let numbers = before.figure(figure).zip(after.figure(figure));
        numbers.is_some_and(|(before, after)| after < before)
    };
    let times = before.uptime().zip(after.uptime());
    times.is_some_and(|(before, after)| after < before)
        || Figure::all().filter(|figure| figure.grows()).any(back)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reading(uptime: u64, bytes: u64) -> Reading {
        let mut reading = Reading::default();
        reading.take("$SYS/broker/uptime", format!("{uptime} seconds").as_bytes());
        reading.take(&Figure::BytesSent.topic(), bytes.to_string().as_bytes());
        reading
    }

    fn rate(before: &Reading, after: &Reading, apart_ms: Option<u64>) -> Option<f64> {
        let apart = apart_ms.map(Duration::from_millis);
        Rates::between(before, after, apart)?.per_second(Figure::BytesSent)
    }

    #[test]
    fn our_clock_is_finer_and_the_brokers_uptime_bounds_it() {
        let (before, after) = (reading(100, 1000), reading(110, 11_500));
        assert_eq!(rate(&before, &after, Some(10_500)), Some(1000.0));
        assert_eq!(rate(&before, &after, None), Some(1050.0));
        // came late, all at once: by our clock it would be 100 times as much
        assert_eq!(rate(&before, &after, Some(100)), Some(10_500.0 / 9.0));
        assert_eq!(rate(&before, &after, Some(60_000)), Some(10_500.0 / 11.0));
    }

    #[test]
    fn a_broker_that_started_anew_has_no_rate() {
        let (before, after) = (reading(100, 1000), reading(2, 50));
        assert!(restarted(&before, &after));
        assert!(!restarted(&after, &before));
        assert_eq!(rate(&before, &after, Some(10_000)), None);
        // away so long that its uptime is larger again
        let long_after = reading(200, 50);
        assert!(restarted(&before, &long_after));
        assert_eq!(rate(&before, &long_after, Some(100_000)), None);
    }

    #[test]
    fn without_time_between_them_there_is_no_rate() {
        let (before, after) = (reading(100, 1000), reading(100, 2000));
        assert_eq!(rate(&before, &after, None), None);
        assert_eq!(rate(&before, &after, Some(3)), None);
        assert_eq!(
            Rates::between(&Reading::default(), &Reading::default(), None),
            None
        );
        let rates =
            Rates::between(&before, &reading(101, 1), Some(Duration::from_secs(1))).unwrap();
        assert_eq!(
            rates.per_second(Figure::ClientsConnected),
            None,
            "it does not only grow"
        );
    }

    proptest! {
        #[test]
        fn a_rate_is_a_finite_number_that_is_not_negative(
            up in any::<[u64; 2]>(), bytes in any::<[u64; 2]>(), apart in proptest::option::of(any::<u64>()),
        ) {
            let (before, after) = (reading(up[0], bytes[0]), reading(up[1], bytes[1]));
            let _ = restarted(&before, &after);
            if let Some(rate) = rate(&before, &after, apart) {
                prop_assert!(rate.is_finite() && rate >= 0.0);
            }
        }
    }
}
