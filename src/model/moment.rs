//! Time as an argument: the engine never reads a clock, so tests move time by hand.

use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

/// A point on the monotonic clock, counted from an origin that the caller chose (its start).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Moment(Duration);

impl Moment {
    /// The origin.
    pub const ZERO: Self = Self(Duration::ZERO);

    /// The moment that lies `elapsed` after the origin.
    #[must_use]
    pub const fn after(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// How long after the origin this moment lies.
    #[must_use]
    pub const fn since_origin(self) -> Duration {
        self.0
    }

    /// How long after `earlier` this moment lies; zero when it does not.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs))
    }
}

impl Sub<Duration> for Moment {
    type Output = Self;

    fn sub(self, rhs: Duration) -> Self {
        Self(self.0.saturating_sub(rhs))
    }
}

/// What both clocks say: the monotonic one for everything that waits, the wall's for what people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// The monotonic clock.
    pub moment: Moment,
    /// The wall clock. It may jump; nothing waits by it.
    pub wall: SystemTime,
}

impl Now {
    /// Both clocks together.
    #[must_use]
    pub const fn new(moment: Moment, wall: SystemTime) -> Self {
        Self { moment, wall }
    }
}
