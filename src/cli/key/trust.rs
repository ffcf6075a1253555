//! `mqtt-thing key trust`.

use super::super::output::print;
use super::list::{self, List};
use super::{TRUSTED_KEYS, name, read};
use anyhow::Context;
use clap::Args;
use mqtt_thing::fleet::signing::{PublicKey, trust_list};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The largest file that is taken for a key, in bytes.
const LARGEST: u64 = 64 * 1024;

/// Obey the commands of a key on this machine
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sudo mqtt-thing key trust alice ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n  \
    sudo mqtt-thing key trust bob bob.pem --allow 'stress-ng *' --allow 'vcgencmd measure_temp'\n\n\
    With --allow the key may have run what one of its patterns and the executor's own `allow` both allow.")]
pub(super) struct TrustKey {
    /// What to call it here
    #[arg(value_name = "NAME", value_parser = name)]
    name: String,

    /// The key, as `key show` prints it, or a PEM file with it
    #[arg(value_name = "PUBLIC-KEY|FILE")]
    key: String,

    /// The list of trusted keys
    #[arg(long, value_name = "FILE", default_value = TRUSTED_KEYS)]
    file: PathBuf,

    /// Only for this program with arguments of this pattern; may be given again
    #[arg(long, value_name = "PATTERN")]
    allow: Vec<String>,

    /// It may revoke other keys by a signed message
    #[arg(long)]
    may_revoke: bool,
}

impl TrustKey {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let key = self.public_key()?;
        let list = List::open(&self.file)?;
        let edited =
            trust_list::with_key(list.text(), &self.name, &key, &self.allow, self.may_revoke);
        let text = match edited {
            Ok(text) => text,
            Err(error) => return Ok(list::refused(&list, &error)),
        };
        let (name, id, file) = (&self.name, key.id(), self.file.display());
        if text == list.text() {
            print(&format!(
                "{name} ({id}) is trusted in {file} already; nothing is changed\n"
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        list.replace(&text)?;
        let what = match self.allow.as_slice() {
            [] => "all that an executor allows".to_owned(),
            patterns => format!("`{}`, where an executor allows it", patterns.join("`, `")),
        };
        print(&format!(
            "{name} ({id}) is trusted in {file} now, for {what}\n"
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    fn public_key(&self) -> anyhow::Result<PublicKey> {
        let is_file = self.key.contains('/') || self.key.ends_with(".pem");
        // base64 has `/` as well
        if self.key.starts_with("ed25519:") || !is_file {
            return self.key.parse().context(
                "the key is neither a public one nor a file, which has a `/` or ends in `.pem`",
            );
        }
        let path = Path::new(&self.key);
        let mut text = String::new();
        let read_all =
            File::open(path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
        read_all.with_context(|| format!("{} cannot be read", path.display()))?;
        if text.contains("PRIVATE KEY") {
            // once more, as a secret: one that others may read is nobody's in particular
            return Ok(read(path)?.public().clone());
        }
        PublicKey::from_pem(&text).with_context(|| path.display().to_string())
    }
}
