//! `mqtt-thing key revoke`: in this machine's own list, or by a signed order on every machine.

use super::super::output::print;
use super::TRUSTED_KEYS;
use super::list::{self, List};
use super::revoke_everywhere::EverywhereArgs;
use clap::Args;
use mqtt_thing::fleet::signing::trust_list;
use std::path::PathBuf;
use std::process::ExitCode;

/// Obey a key no more on this machine; its line stays, marked as revoked
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sudo mqtt-thing key revoke bob                                  on this machine\n  \
    mqtt-thing key revoke 0123456789abcdef --everywhere --key admin   on every Pi, signed by a key with `may-revoke`\n  \
    mqtt-thing key revoke default --everywhere                      your own key: it may always revoke itself\n\n\
    Everywhere, exit code 1 says that somebody did not obey it or did not answer; it is named.")]
pub(super) struct Revoke {
    /// The key's name on the list, or its id; with --everywhere also a key of yours
    #[arg(value_name = "NAME|KEY-ID")]
    key: String,

    /// The list of trusted keys
    #[arg(long, value_name = "FILE", default_value = TRUSTED_KEYS)]
    file: PathBuf,

    #[command(flatten)]
    everywhere: EverywhereArgs,
}

impl Revoke {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.everywhere.everywhere {
            true => self.everywhere.revoke(&self.key, &self.file),
            false => self.in_list(),
        }
    }

    fn in_list(&self) -> anyhow::Result<ExitCode> {
        let list = List::open(&self.file)?;
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
