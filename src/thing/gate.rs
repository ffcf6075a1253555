//! When a new reading is worth a message.

use crate::model::{Moment, Value, ValueKind};
use std::time::Duration;

/// Keeps contact bounce and converter noise from becoming traffic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Gate {
    /// The first edge passes at once; then nothing passes until the lock-out, less an eighth, is over. A level that then differs
    /// from what was said passes as the next edge, so no lasting change is lost.
    Debounce {
        /// How long contacts may bounce after an edge.
        lock_out: Duration,
    },
    /// A value passes when it lies at least `counts` from what was said, or newly at an end of its range; and no
    /// sooner than `at_most_every`, less an eighth for the beat's jitter, after the last one. What had to wait is
    /// compared again by the next reading.
    DeadBand {
        /// Smallest step that counts.
        counts: f64,
        /// Shortest time between two messages.
        at_most_every: Duration,
        /// The range, for its ends.
        range: ValueKind,
    },
}

impl Gate {
    /// A dead band of so many whole counts.
    #[must_use]
    // a setting is at most 60 000, which an f64 holds exactly
    #[allow(clippy::cast_precision_loss)]
    pub const fn dead_band(counts: i64, at_most_every: Duration, range: ValueKind) -> Self {
        Self::DeadBand {
            counts: counts as f64,
            at_most_every,
            range,
        }
    }

    /// Whether `new` passes, when `said` passed at `since`.
    #[must_use]
    pub fn passes(&self, said: Option<(&Value, Moment)>, new: &Value, now: Moment) -> bool {
        let Some((last, since)) = said else {
            return true;
        };
        if last == new {
            return false;
        }
        let passed = now.since(since);
        match *self {
            Self::Debounce { lock_out } => passed >= in_time(lock_out),
            Self::DeadBand {
                counts,
                at_most_every,
                range,
            } => passed >= in_time(at_most_every) && (far(last, new, counts) || is_end(range, new)),
        }
    }
}

/// Beats come a little early or late; one that is a moment early must not cost a whole beat.
pub(super) fn in_time(pause: Duration) -> Duration {
    pause - pause / 8
}

fn far(last: &Value, new: &Value, counts: f64) -> bool {
    match (number(last), number(new)) {
        (Some(last), Some(new)) => (new - last).abs() >= counts,
        _ => true,
    }
}

fn is_end(range: ValueKind, value: &Value) -> bool {
    match (range, value) {
        (ValueKind::Integer { min, max }, Value::Integer(n)) => *n == min || *n == max,
        _ => false,
    }
}

fn number(value: &Value) -> Option<f64> {
    match value {
        // readings of converters and counters lie far below 2^53
        #[allow(clippy::cast_precision_loss)]
        Value::Integer(n) => Some(*n as f64),
        Value::Decimal(n) => Some(*n),
        Value::Bool(_) | Value::Color(_) | Value::Text(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Moment {
        Moment::after(Duration::from_millis(ms))
    }

    #[test]
    fn the_first_edge_passes_at_once_and_bounces_do_not() {
        let gate = Gate::Debounce {
            lock_out: Duration::from_millis(20),
        };
        let (on, off) = (Value::Bool(true), Value::Bool(false));
        assert!(gate.passes(None, &off, ms(0)));
        assert!(gate.passes(Some((&off, ms(0))), &on, ms(1000)));
        assert!(!gate.passes(Some((&on, ms(1000))), &off, ms(1017)));
        assert!(gate.passes(Some((&on, ms(1000))), &off, ms(1020)));
        // the beat after it may come a moment early; it must not cost another beat
        assert!(gate.passes(Some((&on, ms(1000))), &off, ms(1019)));
    }

    #[test]
    fn noise_inside_the_dead_band_stays_inside_but_the_ends_are_reached() {
        let gate = Gate::DeadBand {
            counts: 4.0,
            at_most_every: Duration::from_millis(50),
            range: ValueKind::Integer { min: 0, max: 1023 },
        };
        let at = |n| Value::Integer(n);
        assert!(!gate.passes(Some((&at(500), ms(0))), &at(503), ms(100)));
        assert!(gate.passes(Some((&at(500), ms(0))), &at(504), ms(100)));
        assert!(!gate.passes(Some((&at(500), ms(0))), &at(900), ms(40)));
        assert!(
            gate.passes(Some((&at(500), ms(0))), &at(900), ms(49)),
            "a beat that is a moment early is no second message"
        );
        assert!(gate.passes(Some((&at(1021), ms(0))), &at(1023), ms(100)));
        assert!(!gate.passes(Some((&at(1023), ms(0))), &at(1022), ms(100)));
        assert!(gate.passes(Some((&at(2), ms(0))), &at(0), ms(100)));
    }
}
