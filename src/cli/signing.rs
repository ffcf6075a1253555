//! The signing options: by which key the commands that go out are signed.

use super::key;
use anyhow::Context;
use clap::Args;
use mqtt_thing::fleet::signing::{LONGEST_VALID, PublicKey, Signer};
use mqtt_thing::store::SequenceFile;
use mqtt_thing::system::state_folder;
use std::path::PathBuf;
use std::time::Duration;

/// By which key commands are signed
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Signing")]
pub(super) struct SigningArgs {
    /// Sign with this key of yours, or the one in this file; else with `default`, if there is one (`mqtt-thing key new`)
    #[arg(long = "key", value_name = "NAME|FILE", env = "MQTT_THING_SIGNING_KEY")]
    signing_key: Option<String>,

    /// Sign nothing, whatever key there is
    #[arg(long)]
    no_key: bool,

    /// How long after it went out a signed command may begin, in seconds, at most 86400; by default as long as its
    /// answer is waited for. One that waits for its turn needs the time that it waits
    #[arg(long, value_name = "SECONDS", value_parser = valid)]
    valid: Option<Duration>,
}

fn valid(text: &str) -> Result<Duration, String> {
    let most = LONGEST_VALID.as_secs();
    match text.parse() {
        Ok(seconds) if (1..=most).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("1 to {most} whole seconds are allowed")),
    }
}

/// What commands are signed with.
pub(super) struct Signing {
    pub(super) signer: Signer,
    pub(super) by: SignedBy,
}

/// By which key: what people may see of it.
#[derive(Debug, Clone)]
pub(super) struct SignedBy {
    pub(super) key: PublicKey,
    pub(super) file: PathBuf,
}

impl SignedBy {
    /// The key's name among this user's, or its file's without what it ends in.
    pub(super) fn name(&self) -> String {
        let name = self.file.file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

impl SigningArgs {
    /// What to sign with; none if nothing is to be signed, or there is no key and none was named.
    ///
    /// # Errors
    /// The key cannot be used, or there is no place for the numbers that it gives.
    pub(super) fn signing(&self) -> anyhow::Result<Option<Signing>> {
        if self.no_key {
            return Ok(None);
        }
        let (key, file) = match &self.signing_key {
            Some(named) => key::signing_key(named).context("the key that signs")?,
            None => match key::usual_key().context("the key that signs")? {
                Some(found) => found,
                None => return Ok(None),
            },
        };
        let by = SignedBy {
            key: key.public().clone(),
            file,
        };
        let state = state_folder(|name| std::env::var_os(name))
            .context("a key that signs needs a place for its numbers")?;
        let sequence = SequenceFile::open(&state, &by.key.id())?;
        let valid = self.valid.unwrap_or(LONGEST_VALID);
        let signer = Signer::new(key, Box::new(sequence), valid);
        Ok(Some(Signing { signer, by }))
    }

    /// Whether it was asked for that nothing is signed.
    pub(super) const fn is_refused(&self) -> bool {
        self.no_key
    }
}
