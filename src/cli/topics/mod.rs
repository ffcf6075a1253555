//! `mqtt-thing topics`: what topic filters mean.
//!
//! | file | what it does |
//! |---|---|
//! | `matching` | the command: filters in, topics from somewhere, an exit code |
//! | `sources` | topics of the command line, of a topology, of a running broker |
//! | `judged` | which filter matches which topic, and why not |
//! | `told`, `json` | that for a person, and for a program |
//! | `wrong` | what is no filter or no topic |

mod json;
mod judged;
mod matching;
mod sources;
mod told;
mod wrong;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// See what topic filters mean, and what they match
#[derive(Debug, Args)]
pub(super) struct TopicsCommand {
    #[command(subcommand)]
    command: Commands,
}

#[derive(Debug, Subcommand)]
enum Commands {
    Match(Box<matching::Match>),
}

impl TopicsCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Commands::Match(command) => command.run(),
        }
    }
}
