//! `mqtt-thing broker`: sets a broker up, tests what it lets through, shows how it is doing.

mod cert;
mod init;
mod install;
//! `mqtt-thing broker`: what whoever runs the lab's Mosquitto needs. A file a subcommand.

mod watch;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Set a Mosquitto up for a topology, and look after it
/// See how a broker is doing
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
