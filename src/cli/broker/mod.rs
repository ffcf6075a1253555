//! `mqtt-thing broker`: what whoever runs the lab's Mosquitto needs. A file a subcommand.

mod watch;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// See how a broker is doing
#[derive(Debug, Args)]
pub(super) struct BrokerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Watch(watch::WatchArgs),
}

impl BrokerCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Watch(watch) => watch.run(),
        }
    }
}
