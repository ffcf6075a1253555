//! `mqtt-thing key new`.

use super::super::output::print;
use super::{USUAL, name, place};
use anyhow::Context;
use clap::Args;
use mqtt_thing::fleet::signing::{SigningKey, is_usable_name};
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Make a key that signs your commands; its secret half stays in a file that only you can read
#[derive(Debug, Args)]
#[command(
    after_help = "Its file is NAME.pem in $XDG_CONFIG_HOME/mqtt-thing/keys, else ~/.config/mqtt-thing/keys. \
    It has the form that OpenSSL reads (PKCS #8, PEM). A file that is there is never overwritten."
)]
pub(super) struct New {
    /// What to call it
    #[arg(value_name = "NAME", default_value = USUAL, value_parser = name)]
    name: String,

    /// Keep it in this file instead
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl New {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let path = match &self.out {
            Some(path) => path.clone(),
            None => {
                let path = place(&self.name)?;
                private_folder(path.parent().unwrap_or(Path::new("/")))?;
                path
            }
        };
        let key = SigningKey::generate()?;
        keep(&path, &key.to_pem()).map_err(|error| {
            let there = error.kind() == io::ErrorKind::AlreadyExists;
            let error = anyhow::Error::from(error);
            let path = path.display();
            match there {
                true => error.context(format!("{path} is not overwritten; choose another name")),
                false => error.context(format!("{path} cannot be written")),
            }
        })?;
        print(&told(&path, &key, &self.trusted_as()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// A name by which Pis may know the key: its own, if it was given one, else that of its file or of the user.
    fn trusted_as(&self) -> String {
        let of_file = || Some(self.out.as_ref()?.file_stem()?.to_str()?.to_owned());
        let of_user = || std::env::var("USER").ok();
        let own = Some(self.name.clone()).filter(|name| name != USUAL);
        let found = own.or_else(of_file).or_else(of_user);
        let usable = found.filter(|name| is_usable_name(name));
        usable.unwrap_or_else(|| "me".to_owned())
    }
}

fn told(path: &Path, key: &SigningKey, name: &str) -> String {
    format!(
        "made        {}; who has this file can command your Pis, so it stays here\n\
         public key  {public}\n\
         id          {id}\n\n\
         On each Pi that shall obey it:\n  \
         sudo mqtt-thing key trust {name} {public}\n\
         or, for some programs only:\n  \
         sudo mqtt-thing key trust {name} {public} --allow 'stress-ng *'\n",
        path.display(),
        public = key.public(),
        id = key.public().id(),
    )
}

/// A folder that is only ours; one that is there is made so.
fn private_folder(folder: &Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    let ours = made.and_then(|()| fs::set_permissions(folder, Permissions::from_mode(0o700)));
    ours.with_context(|| format!("the folder {} cannot be used", folder.display()))
}

/// Writes a new file that nobody else can read; what is there stays, a link too.
fn keep(path: &Path, pem: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    let written = file
        .write_all(pem.as_bytes())
        .and_then(|()| file.sync_all());
    if written.is_err() {
        // half a key would only be in the way of the next try
        let _ = fs::remove_file(path);
        return written;
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    // not every file system syncs a folder; the key itself is on the disk
    let _ = File::open(folder.unwrap_or(Path::new("."))).and_then(|folder| folder.sync_all());
    Ok(())
}
