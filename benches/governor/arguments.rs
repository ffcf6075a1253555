//! What the command line asks for, and how much of everything that means.

use crate::command_line::{self, Offer};
use std::time::Duration;

pub const HELP: &str = "\
cargo bench --bench governor                 every figure, some five minutes; with
                                             --no-default-features, of the Pi's binary
cargo bench --bench governor -- --quick      does the bench itself work? half a minute, figures without weight

  --tls            ours go to the broker over TLS; the counterpart stays with plain TCP
  --json           the figures as JSON on standard output
  --binary PATH    measure this binary, not the one that was just built
  --state DIR      where journals are kept; the disk decides what a synced one costs
  --only PARTS     of round-trip,queued,output,runner,idle,waiting,few,many; with commas";

pub type Arguments = command_line::Arguments<Extent>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub quick: bool,
    /// How often the first two figures are measured, in turn with the counterpart.
    pub rounds: usize,
    /// A round's.
    pub round_trips: usize,
    pub queued: usize,
    /// Bytes of one output: one that the governor's answer holds whole (16 MiB at most), and one that it cannot.
    pub outputs: [usize; 2],
    /// For how long CPU time is counted.
    pub idle: Duration,
    /// Clients that walk three commands, for both operators; a second each, for the counterpart.
    pub few: usize,
    /// Clients that walk three commands, for ours.
    pub many: usize,
    /// The same on the governor's topics, where each of them gets the commands of all.
    pub many_shared: usize,
}

const FULL: Extent = Extent {
    quick: false,
    rounds: 4,
    round_trips: 1000,
    queued: 1000,
    outputs: [16_000_000, 100_000_000],
    idle: Duration::from_secs(20),
    few: 20,
    many: 1000,
    many_shared: 1000,
};

const QUICK: Extent = Extent {
    quick: true,
    rounds: 1,
    round_trips: 50,
    queued: 50,
    outputs: [1_000_000, 20_000_000],
    idle: Duration::from_secs(2),
    few: 2,
    many: 50,
    many_shared: 20,
};

/// `Err` holds what to print instead of measuring.
pub fn parse(words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let offer = Offer {
        help: HELP,
        full: FULL,
        quick: QUICK,
        further: &["--tls", "--state"],
    };
    offer.parse(words)
}
