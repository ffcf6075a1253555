//! What the command line asks for, and how much of everything that means.

use crate::command_line::{self, Offer};
use std::time::Duration;

pub const HELP: &str = "\
cargo bench --bench thing                 every figure, some six minutes; with
                                          --no-default-features, of the Pi's binary
cargo bench --bench thing -- --quick      does the bench itself work? less than a minute, figures without weight

  --tls            ours go to the broker over TLS; the counterpart stays with plain TCP
  --json           the figures as JSON on standard output
  --binary PATH    measure this binary, not the one that was just built
  --only PARTS     of latency,fastest,counterpart,resources,things; with commas";

pub type Arguments = command_line::Arguments<Extent>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub quick: bool,
    /// Presses, each with two edges, for the latency of ours.
    pub presses: usize,
    /// The same at one sample a millisecond.
    pub fastest_presses: usize,
    /// Presses of 20 ms, then of 100 ms.
    pub short_presses: [usize; 2],
    /// All three for the counterpart, which takes much longer over each.
    pub counterpart: [usize; 3],
    pub starts: usize,
    /// For how long a thing idles while its CPU time is counted.
    pub idle: Duration,
    /// Presses at each size of a thing and of a fleet.
    pub scale_presses: usize,
    pub scale_idle: Duration,
    pub resources: &'static [usize],
    pub things: &'static [usize],
}

const FULL: Extent = Extent {
    quick: false,
    presses: 500,
    fastest_presses: 500,
    short_presses: [1000, 100],
    counterpart: [80, 120, 60],
    starts: 20,
    idle: Duration::from_secs(20),
    scale_presses: 60,
    scale_idle: Duration::from_secs(4),
    resources: &[1, 2, 5, 10],
    things: &[1, 10, 100],
};

const QUICK: Extent = Extent {
    quick: true,
    presses: 20,
    fastest_presses: 20,
    short_presses: [30, 10],
    counterpart: [8, 10, 5],
    starts: 3,
    idle: Duration::from_secs(2),
    scale_presses: 10,
    scale_idle: Duration::from_secs(1),
    resources: &[1, 10],
    things: &[1, 10],
};

/// `Err` holds what to print instead of measuring.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let offer = Offer {
        help: HELP,
        full: FULL,
        quick: QUICK,
        further: &["--tls"],
    };
    offer.parse(words)
}
