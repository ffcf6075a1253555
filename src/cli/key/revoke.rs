//! `mqtt-thing key revoke`: in this machine's own list. A revocation that goes to other machines over the network is a
//! signed order ([`mqtt_thing::fleet::own::Order::Revoke`]) and belongs beside [`Revoke::in_list`].

use super::super::output::print;
use super::TRUSTED_KEYS;
use super::list::{self, List};
use clap::Args;
use mqtt_thing::fleet::signing::trust_list;
use std::path::PathBuf;
use std::process::ExitCode;

/// Obey a key no more on this machine; its line stays, marked as revoked
#[derive(Debug, Args)]
pub(super) struct Revoke {
    /// The key's name on the list, or its id
    #[arg(value_name = "NAME|KEY-ID")]
    key: String,

    /// The list of trusted keys
    #[arg(long, value_name = "FILE", default_value = TRUSTED_KEYS)]
    file: PathBuf,
}

impl Revoke {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        self.in_list()
    }

    fn in_list(&self) -> anyhow::Result<ExitCode> {
        let list = List::read(&self.file)?;
        let edited = trust_list::named(list.text(), &self.key)
            .and_then(|key| Ok((key, trust_list::with_revoked(list.text(), &self.key)?)));
        let (trusted, text) = match edited {
            Ok(edited) => edited,
            Err(error) => return Ok(list::refused(&list, &error)),
        };
        let (name, id, file) = (trusted.name, trusted.key.id(), self.file.display());
        if trusted.revoked {
            print(&format!(
                "{name} ({id}) is revoked in {file} already; nothing is changed\n"
            ))?;
        } else {
            list.replace(&text)?;
            print(&format!("{name} ({id}) is revoked in {file} now\n"))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
