//! The one place where clocks are read.

use crate::model::{Moment, Now};
use std::time::{Instant, SystemTime};

/// Both clocks of the machine. Copies share an origin.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    origin: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            origin: Instant::now(),
        }
    }
}

impl Clock {
    /// What both clocks say.
    #[must_use]
    pub fn now(&self) -> Now {
        Now::new(Moment::after(self.origin.elapsed()), SystemTime::now())
    }

    /// The operating system's instant of a moment.
    #[must_use]
    pub fn instant(&self, moment: Moment) -> Instant {
        self.origin + moment.since_origin()
    }
}
