//! `mqtt-thing broker`: what whoever runs the lab's Mosquitto needs. A file a subcommand.

mod acl;
mod cert;
mod init;
mod install;
mod watch;

use clap::{Args, Subcommand};
use std::process::ExitCode;

/// Set a Mosquitto up for a topology, test what it lets through, and watch it
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
    Acl(acl::AclCommand),
}

impl BrokerCommand {
    /// Whether its sessions try what may be refused.
    pub(super) const fn tries(&self) -> bool {
        matches!(self.what, What::Acl(_))
    }

    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::Init(init) => init.run(),
            What::Cert(cert) => cert.run(),
            What::Watch(watch) => watch.run(),
            What::Acl(acl) => acl.run(),
        }
    }
}
