//! `mqtt-thing broker`: sets a broker up, tests what it lets through, shows how it is doing.

mod cert;
mod init;
mod install;
mod watch;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Set a Mosquitto up for a topology, and look after it
#[derive(Debug, Args)]
pub(super) struct BrokerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Init(init::Init),
    Cert(cert::Cert),
    Watch(watch::WatchArgs),
}

impl BrokerCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Init(init) => init.run(),
            What::Cert(cert) => cert.run(),
            What::Watch(watch) => watch.run(),
        }
    }
}
