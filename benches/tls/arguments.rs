//! What the command line asks for, and how much of everything that means.

use crate::command_line::{self, Offer};

pub const HELP: &str = "\
cargo bench --bench tls                   what TLS costs, beside plain TCP; three minutes; with
                                          --no-default-features, of the Pi's binary
cargo bench --bench tls -- --quick        does the bench itself work? figures without weight

  --json           the figures as JSON on standard output
  --binary PATH    measure the memory of this binary, not of the one that was just built
  --only PARTS     of connect,distance,steady,sessions,idle; with commas";

pub type Arguments = command_line::Arguments<Extent>;

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    pub quick: bool,
    /// How often everything is measured, in turn; what is told is the median.
    pub rounds: usize,
    /// A round's connects.
    pub connects: usize,
    /// Connects from afar, for the round trips.
    pub from_afar: usize,
    /// A round's messages one after the other: small and large.
    pub in_sequence: [usize; 2],
    /// And all at once.
    pub in_bulk: [usize; 2],
    /// Sessions that are held, for what each takes.
    pub held: usize,
    /// Processes of each kind, for what they take; of these the median.
    pub starts: usize,
}

const FULL: Extent = Extent {
    quick: false,
    rounds: 7,
    connects: 100,
    from_afar: 10,
    in_sequence: [2000, 300],
    in_bulk: [20_000, 500],
    held: 201,
    starts: 5,
};

const QUICK: Extent = Extent {
    quick: true,
    rounds: 1,
    connects: 10,
    from_afar: 3,
    in_sequence: [100, 20],
    in_bulk: [500, 30],
    held: 21,
    starts: 1,
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
