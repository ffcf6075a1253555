//! `mqtt-thing key revoke --everywhere`: a signed order to every executor that can be reached, and who obeyed it.

use super::super::connection::ConnectionArgs;
use super::super::output::{columns, print};
use super::super::signing::{SignedBy, SigningArgs};
use super::super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, governor};
use super::list::List;
use anstream::eprintln;
use anyhow::{Context, bail};
use clap::Args;
use mqtt_thing::fleet::signing::{KeyId, mending, trust_list};
use mqtt_thing::model::escaped;
use mqtt_thing::runtime::commander::{Revocation, Revoked};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// How long to look for executors: what the broker keeps of them comes at once.
const FIND: Duration = Duration::from_secs(2);

/// How it is told everywhere
#[derive(Debug, Args)]
pub(super) struct EverywhereArgs {
    /// Not in this machine's list, but on every executor that the broker knows
    #[arg(long)]
    pub(super) everywhere: bool,

    /// How long to wait for those that do not answer, in seconds
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=86_400), default_value_t = 30, requires = "everywhere")]
    wait: u64,

    /// The governor's configuration, for its broker; else config.ini of this folder
    #[arg(long, value_name = "FILE", requires = "everywhere")]
    config: Option<PathBuf>,

    #[command(flatten)]
    signing: SigningArgs,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl EverywhereArgs {
    /// Revokes the key that `named` stands for; `list` is where names of others' keys are looked up.
    pub(super) fn revoke(&self, named: &str, list: &Path) -> anyhow::Result<ExitCode> {
        let key = match meant(named, list) {
            Ok(key) => key,
            Err(error) => return Ok(unusable(&error)),
        };
        let signing = match self.signing.signing() {
            Ok(Some(signing)) => signing,
            Ok(None) => {
                let why =
                    "a revocation is signed, and there is no key to sign with; name one with --key";
                return Ok(unusable(&anyhow::anyhow!(why)));
            }
            Err(error) => return Ok(unusable(&error)),
        };
        let Some(way) = governor::way(self.config.as_deref(), &self.connection)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let (signer, by) = (signing.signer, signing.by);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let told = runtime.block_on(async {
            let mut commander = way.connect("key").await?;
            commander.sign_with(signer);
            let wait = Duration::from_secs(self.wait);
            let told = commander.revoke(&key, FIND, wait).await;
            commander.close().await;
            told
        })?;
        if told.is_empty() {
            eprintln!(
                "mqtt-thing: no executor was found; are you connected to their broker, and may you read `+/about`?"
            );
            return Ok(ExitCode::from(EXIT_FAILED));
        }
        print(&table(&told))?;
        Ok(ExitCode::from(conclusion(&told, &key, &by)))
    }
}

fn unusable(error: &anyhow::Error) -> ExitCode {
    eprintln!("mqtt-thing: {}", super::super::whole(error.as_ref()));
    ExitCode::from(EXIT_USAGE)
}

/// The id of the key: as it is, of a name on the list, or of a key of this user.
fn meant(named: &str, list: &Path) -> anyhow::Result<KeyId> {
    let listed = trust_list::named(List::read(list)?.text(), named);
    if let Ok(trusted) = listed {
        return Ok(trusted.key.id());
    }
    if let Ok(id) = named.parse() {
        return Ok(id);
    }
    match super::signing_key(named) {
        Ok((key, _)) => Ok(key.public().id()),
        Err(error) if super::file(named).is_ok_and(|path| path.exists()) => {
            Err(error).with_context(|| format!("the key `{named}`"))
        }
        Err(_) => bail!(
            "`{named}` is no key: neither the id of one (16 of 0-9 and a-f, as `mqtt-thing key show` prints it), nor a \
             name in {}, nor a key of yours",
            list.display()
        ),
    }
}

fn table(told: &[Revocation]) -> String {
    let head = ["THING", "EXECUTOR", "ANSWERED", "WHAT"].map(str::to_owned);
    let mut rows = vec![head.to_vec()];
    rows.extend(told.iter().map(|its| {
        let (answered, what) = match &its.end {
            Revoked::Done => ("yes", "revoked".to_owned()),
            Revoked::Refused(reason) => (
                "yes",
                format!("refused: {}", escaped(reason.as_bytes(), 300)),
            ),
            Revoked::Silent => ("no", "it was told, and does not answer".to_owned()),
            Revoked::Offline => ("no", "offline".to_owned()),
            Revoked::ChecksNone => (
                "-",
                "it checks no signatures, so it was not asked".to_owned(),
            ),
        };
        let shown = |text: &str| escaped(text.as_bytes(), 80);
        vec![
            shown(&its.thing),
            shown(&its.executor),
            answered.to_owned(),
            what,
        ]
    }));
    columns("", &rows)
}

/// What is left to do, and the exit code.
fn conclusion(told: &[Revocation], key: &KeyId, by: &SignedBy) -> u8 {
    let open: Vec<&Revocation> = told
        .iter()
        .filter(|its| !matches!(its.end, Revoked::Done | Revoked::ChecksNone))
        .collect();
    if open.is_empty() {
        return EXIT_OK;
    }
    let reasons = open.iter().filter_map(|its| match &its.end {
        Revoked::Refused(reason) => mending(reason, Some(&by.key)),
        _ => None,
    });
    for advice in reasons.collect::<BTreeSet<_>>() {
        eprintln!("mqtt-thing: {advice}");
    }
    let things: BTreeSet<String> = open
        .iter()
        .filter(|its| matches!(its.end, Revoked::Silent | Revoked::Offline))
        .map(|its| escaped(its.thing.as_bytes(), 80))
        .collect();
    if !things.is_empty() {
        let things = things.into_iter().collect::<Vec<_>>().join(", ");
        eprintln!(
            "mqtt-thing: these may obey the key still: {things}\n  \
             the broker may keep the order for them, for a day at most; make sure of it: run this again once they are \
             back,\n  or on each of them: sudo mqtt-thing key revoke {key}"
        );
    }
    EXIT_FAILED
}
