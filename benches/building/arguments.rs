//! What the command line asks for, and how much of everything that means.

use crate::command_line::{self, Offer};
use std::time::Duration;

pub const HELP: &str = "\
cargo bench --bench building              ten thousand simulated sensors and the alarm over them, beside a Python
                                          counterpart; four minutes
cargo bench --bench building -- --quick   does the bench itself work? figures without weight

  --json           the figures as JSON on standard output
  --binary PATH    measure this binary, not the one that was just built
  --only PARTS     of usual,fastest; with commas";

pub type Arguments = command_line::Arguments<Extent>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub quick: bool,
    /// How often ours and the counterpart take turns.
    pub rounds: usize,
    /// How many floors of 100 rooms with 4 sensors each.
    pub floors: u32,
    /// How long everything runs before it is measured: each sensor has spoken then.
    pub warm_up: Duration,
    /// How long is measured.
    pub measured: Duration,
}

const FULL: Extent = Extent {
    quick: false,
    rounds: 2,
    floors: 25,
    warm_up: Duration::from_secs(16),
    measured: Duration::from_secs(20),
};

const QUICK: Extent = Extent {
    quick: true,
    rounds: 1,
    floors: 2,
    warm_up: Duration::from_millis(300),
    measured: Duration::from_millis(600),
};

/// `Err` holds what to print instead of measuring.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let offer = Offer {
        help: HELP,
        full: FULL,
        quick: QUICK,
        further: &[],
    };
    offer.parse(words)
}
