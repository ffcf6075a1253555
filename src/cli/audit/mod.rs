//! `mqtt-thing audit`: whether the audit log is the one that was written, and what is in it.

mod place;
mod show;
mod verify;

use clap::{Args, Subcommand};
use mqtt_thing::fleet::audit::WantedHead;
use place::Place;
use std::process::ExitCode;

/// See what was accepted, refused and run here, and whether that log is the one that was written
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing audit verify                              the log of this machine's executors\n  \
    mqtt-thing audit verify --head 4711:9f86d0..         against the head that `health` told\n  \
    mqtt-thing audit show --last 20                      the last lines\n  \
    mqtt-thing audit show --refused /var/lib/mqtt-thing/executors/inner\n\n\
    It works while the thing runs.\n\
    Exit codes: 0 well, 1 the log is not the one that was written, 2 there is no log to be read.")]
pub(super) struct AuditCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Verify(Verify),
    Show(Show),
}

/// Check that no line was changed, removed, put in or moved
#[derive(Debug, Args)]
#[command(
    after_help = "Nobody needs a key to make a new chain or to cut off its end, so note the head elsewhere: `health` of \
    the thing tells it, as `audit.number` and `audit.head`, and so does this. With --head the log is also checked to be \
    the one that had that line. A head that is older than what is left of the log proves nothing and is told as a fault."
)]
struct Verify {
    #[command(flatten)]
    place: Place,

    /// The head that was noted, as NUMBER:HASH or as HASH alone
    #[arg(long, value_name = "HEAD")]
    head: Option<WantedHead>,

    /// Print one object for a program
    #[arg(long)]
    json: bool,
}

/// Print what is in the log, the oldest first; nothing is verified
#[derive(Debug, Args)]
struct Show {
    #[command(flatten)]
    place: Place,

    /// Only the last so many lines
    #[arg(long, value_name = "N")]
    last: Option<usize>,

    /// Only what was refused
    #[arg(long)]
    refused: bool,

    /// Print the lines as they are for a program
    #[arg(long)]
    json: bool,
}

impl AuditCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Verify(verify) => verify.run(),
            What::Show(show) => show.run(),
        }
    }
}
