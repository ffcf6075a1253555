//! `mqtt-thing key`: the keys that sign commands, and the list of those that this machine obeys.

mod list;
mod new;
mod revoke;
mod revoke_everywhere;
mod show;
mod trust;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};
use mqtt_thing::fleet::signing::{SigningKey, is_usable_name};
use mqtt_thing::system::{SecretError, config_folder, read_secret};
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The name of the key that is meant when none is named.
const USUAL: &str = "default";

/// The list of trusted keys of this machine.
const TRUSTED_KEYS: &str = "/etc/mqtt-thing/trusted-keys";

/// Make the keys that sign commands, and say whose commands this machine obeys
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing key new                                   on your own machine, once\n  \
    sudo mqtt-thing key trust alice ed25519:...          on each Pi: obey that key\n  \
    sudo mqtt-thing key trust bob bob.pem --allow 'stress-ng *'\n  \
    mqtt-thing key show --trusted                        whom this machine obeys\n  \
    sudo mqtt-thing key revoke bob                       and not any more\n  \
    mqtt-thing key revoke 0123456789abcdef --everywhere  on every Pi that the broker reaches\n\n\
    A key has a secret half, which stays on your machine, and a public one, which Pis know you by.\n\
    Exit codes: 0 well, 1 something failed, 2 the command line or the list cannot be used.")]
pub(super) struct KeyCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    New(new::New),
    Show(show::Show),
    Trust(trust::TrustKey),
    Revoke(Box<revoke::Revoke>),
}

impl KeyCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.what {
            What::New(new) => new.run(),
            What::Show(show) => show.run(),
            What::Trust(trust) => trust.run(),
            What::Revoke(revoke) => revoke.run(),
        }
    }
}

/// The name of a key of this user, for the command line.
fn name(text: &str) -> Result<String, String> {
    if is_usable_name(text) {
        Ok(text.to_owned())
    } else {
        Err("1 to 64 of A-Z a-z 0-9 . _ @ - are allowed".to_owned())
    }
}

/// Where this user's key of that name is kept.
fn place(name: &str) -> anyhow::Result<PathBuf> {
    let folder = config_folder(|name| std::env::var_os(name))
        .context("there is no place for keys: set HOME or XDG_CONFIG_HOME, or name a file")?;
    Ok(kept(&folder, name))
}

fn kept(folder: &Path, name: &str) -> PathBuf {
    folder.join("keys").join(format!("{name}.pem"))
}

/// The file that a name of a key, or a path, stands for: a path has a `/` or ends in `.pem`.
fn file(name_or_file: &str) -> anyhow::Result<PathBuf> {
    if name_or_file.contains('/') || name_or_file.ends_with(".pem") {
        return Ok(PathBuf::from(name_or_file));
    }
    match name(name_or_file) {
        Ok(name) => place(&name),
        Err(allowed) => bail!(
            "`{name_or_file}` is no name of a key ({allowed}), and no file, which has a `/` or ends in `.pem`"
        ),
    }
}

/// A key that signs, by its name among this user's or its file; and where it was.
pub(super) fn signing_key(name_or_file: &str) -> anyhow::Result<(SigningKey, PathBuf)> {
    let path = file(name_or_file)?;
    Ok((read(&path)?, path))
}

/// This user's usual key, if there is one; and where it is.
pub(super) fn usual_key() -> anyhow::Result<Option<(SigningKey, PathBuf)>> {
    let folder = config_folder(|name| std::env::var_os(name));
    let Some(path) = folder.map(|folder| kept(&folder, USUAL)) else {
        return Ok(None);
    };
    // what is no file either is told by whoever reads it
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => Ok(Some((read(&path)?, path))),
    }
}

fn read(path: &Path) -> anyhow::Result<SigningKey> {
    let pem = read_secret(path).map_err(|error| {
        let missing = matches!(&error, SecretError::Read { source, .. } if source.kind() == io::ErrorKind::NotFound);
        let error = anyhow::Error::from(error);
        match missing {
            true => error.context("there is no such key; `mqtt-thing key new` makes one"),
            false => error,
        }
    })?;
    let text = std::str::from_utf8(pem.expose()).ok();
    let text = text.with_context(|| format!("{} is no text", path.display()))?;
    SigningKey::from_pem(text).with_context(|| path.display().to_string())
}
