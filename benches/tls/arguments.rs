//! What the command line asks for, and how much of everything that means.

use std::path::PathBuf;

pub const HELP: &str = "\
cargo bench --bench tls                   what TLS costs, beside plain TCP; three minutes; with
                                          --no-default-features, of the Pi's binary
cargo bench --bench tls -- --quick        does the bench itself work? figures without weight

  --json           the figures as JSON on standard output
  --binary PATH    measure the memory of this binary, not of the one that was just built
  --only PARTS     of connect,distance,steady,sessions,idle; with commas";

#[derive(Debug, Clone)]
pub struct Arguments {
    pub json: bool,
    pub binary: PathBuf,
    pub only: Option<Vec<String>>,
    pub extent: Extent,
}

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
pub fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut arguments = Arguments {
        json: false,
        binary: PathBuf::from(env!("CARGO_BIN_EXE_mqtt-thing")),
        only: None,
        extent: FULL,
    };
    let mut asked_for = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} needs a value"));
        match word.as_str() {
            // cargo bench says so, and cargo test does not
            "--bench" => asked_for = true,
            "--quick" => arguments.extent = QUICK,
            "--json" => arguments.json = true,
            "--binary" => arguments.binary = PathBuf::from(value()?),
            "--only" => arguments.only = Some(value()?.split(',').map(str::to_owned).collect()),
            "--help" | "-h" => return Err(HELP.to_owned()),
            other => return Err(format!("unknown: {other}\n\n{HELP}")),
        }
    }
    if asked_for {
        Ok(arguments)
    } else {
        Err(format!("nothing is measured by a test run\n\n{HELP}"))
    }
}

impl Arguments {
    pub fn wants(&self, part: &str) -> bool {
        self.only
            .as_ref()
            .is_none_or(|only| only.iter().any(|wanted| wanted == part))
    }
}
