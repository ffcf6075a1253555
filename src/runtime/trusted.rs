//! Whom the executors of a node trust, before it starts: what is wrong with a list, or beside it, is no start at all.

use crate::fleet::signing::Trust;
use crate::fleet::unsigned::too_wide;
use crate::fleet::{ExecutorSettings, GovernorFace, TRUSTED_KEYS};
use crate::resources::Spec;
use crate::system::{GuardedFile, GuardedFileError, Root};
use crate::topology::report;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// Why an executor does not start with its list of trusted keys.
#[derive(Debug, Error)]
pub enum TrustError {
    /// The list does not count.
    #[error("whom the executor `{executor}` trusts cannot be known: {source}")]
    File {
        /// The executor.
        executor: String,
        /// Why not.
        source: GuardedFileError,
    },
    /// The list has mistakes.
    #[error("the list of trusted keys has mistakes\n{}", .0.trim_end())]
    Mistakes(String),
    /// The governor's face is on, whose commands cannot be signed.
    #[error(
        "the executor `{executor}` obeys signed commands only ({}), and commands on the governor's topics cannot be \
         signed; say what may run unsigned: under [sut] `unsigned = true` and `governor_allow = ...` (or \
         --unsigned-allow 'PATTERN'), in a topology `governor = {{ unsigned = true, allow = [..] }}`; or remove the list",
        .list.display()
    )]
    Governor {
        /// The executor.
        executor: String,
        /// The list.
        list: PathBuf,
    },
    /// What may run unsigned is not narrower than what may run.
    #[error("what the executor `{executor}` may run unsigned is too much: {message}; {help}")]
    TooWide {
        /// The executor.
        executor: String,
        /// What was found.
        message: String,
        /// What is allowed.
        help: String,
    },
}

/// The specs, with the list of each executor that has one: the one that it names, or else the usual one if that is
/// there. From here on it is settled whether signatures are needed.
///
/// # Errors
/// A list does not count, or does not go together with the governor's face.
pub(super) fn settle(specs: Vec<Spec>) -> Result<Vec<Spec>, TrustError> {
    let settled = specs.into_iter().map(|mut spec| {
        if let Some(settings) = &spec.executor {
            let list = list(&spec.name, settings)?;
            if list != settings.trusted_keys {
                spec.executor = Some(Arc::new(ExecutorSettings {
                    trusted_keys: list,
                    ..ExecutorSettings::clone(settings)
                }));
            }
        }
        Ok(spec)
    });
    settled.collect()
}

fn list(executor: &str, settings: &ExecutorSettings) -> Result<Option<PathBuf>, TrustError> {
    let face = settings.governor.as_ref();
    if let Some(wide) = face.and_then(|face| wide(face, settings)) {
        return Err(TrustError::TooWide {
            executor: executor.to_owned(),
            message: wide.0,
            help: wide.1,
        });
    }
    let path = match &settings.trusted_keys {
        Some(path) => path.clone(),
        None => match usual(settings.system_root.as_deref()) {
            Some(path) => path,
            None => {
                tracing::info!(executor, "commands need no signature: no key is trusted");
                return Ok(None);
            }
        },
    };
    let trust = read(executor, &path)?;
    if face.is_some_and(|face| face.unsigned.is_none()) {
        return Err(TrustError::Governor {
            executor: executor.to_owned(),
            list: path,
        });
    }
    let usable = trust.keys().iter().filter(|key| !key.revoked);
    let names: Vec<&str> = usable.map(|key| key.name.as_str()).collect();
    tracing::info!(executor, list = %path.display(), ?names, "commands must be signed by a trusted key");
    if let Some(unsigned) = face.and_then(|face| face.unsigned.as_ref()) {
        tracing::warn!(
            executor,
            ?unsigned,
            "these run for the governor's operator although nobody signs them"
        );
    }
    Ok(Some(path))
}

fn wide(face: &GovernorFace, settings: &ExecutorSettings) -> Option<(String, String)> {
    let found = too_wide(face.unsigned.as_ref()?, &settings.allow);
    let first = found.into_iter().next()?;
    Some((first.message, first.help))
}

/// The usual list. Only where it is certain that there is none, nobody needs to sign.
fn usual(root: Option<&Path>) -> Option<PathBuf> {
    let root = root.map_or_else(Root::default, Root::at);
    let path = root.path(TRUSTED_KEYS);
    match std::fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        _ => Some(path),
    }
}

fn read(executor: &str, path: &Path) -> Result<Trust, TrustError> {
    let mut file = GuardedFile::new(path.to_owned());
    let text = file.read_if_changed().map_err(|source| TrustError::File {
        executor: executor.to_owned(),
        source,
    })?;
    let text = text.unwrap_or_default();
    Trust::parse(&text).map_err(|mistakes| {
        let name = path.display().to_string();
        TrustError::Mistakes(report(&name, &text, &mistakes, false))
    })
}
