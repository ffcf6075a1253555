//! An announcement as the broker keeps it: somebody's bytes, of which little is believed.

use super::ORIGIN;
use crate::model::escaped;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use thiserror::Error;

/// The most components that are read; a thing of ours has a few dozen.
const MOST: usize = 500;

/// The longest key or platform that is read.
const LONGEST: usize = 200;

/// What is kept on a topic of discovery, if it is an announcement of this program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What identifies the device.
    pub identifier: String,
    /// How it is shown; harmless for a terminal.
    pub name: String,
    /// The topic that says whether the thing is there.
    pub status: Option<String>,
    /// The platform of each component.
    pub components: BTreeMap<String, String>,
}

/// Why it is none.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeptError {
    /// No JSON object, or one without a device.
    #[error("it is no announcement of a device")]
    Unreadable,
    /// Another program's.
    #[error("it comes from \"{0}\"")]
    Foreign(String),
}

impl Kept {
    /// Reads a payload. Components whose keys or platforms are none of ours are left out.
    ///
    /// # Errors
    /// It is not JSON, no device, or of another origin.
    pub fn read(payload: &[u8]) -> Result<Self, KeptError> {
        let whole: Json = serde_json::from_slice(payload).map_err(|_| KeptError::Unreadable)?;
        let text = |at: &str| whole.pointer(at).and_then(Json::as_str);
        let origin = text("/origin/name").ok_or(KeptError::Unreadable)?;
        if origin != ORIGIN {
            return Err(KeptError::Foreign(escaped(origin.as_bytes(), 64)));
        }
        let identifier = text("/device/identifiers/0").ok_or(KeptError::Unreadable)?;
        let name = text("/device/name").unwrap_or_default();
        let components = whole.get("components").and_then(Json::as_object);
        let components = components.ok_or(KeptError::Unreadable)?;
        Ok(Self {
            identifier: escaped(identifier.as_bytes(), LONGEST),
            name: escaped(name.as_bytes(), LONGEST),
            status: text("/components/thing-status/state_topic").map(str::to_owned),
            components: platforms(components),
        })
    }
}

fn platforms(components: &Map<String, Json>) -> BTreeMap<String, String> {
    let known = |word: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        !word.is_empty() && word.len() <= LONGEST && word.chars().all(fits)
    };
    let pairs = components.iter().filter_map(|(key, its)| {
        let platform = its.get("platform")?.as_str()?;
        (known(key) && known(platform)).then(|| (key.clone(), platform.to_owned()))
    });
    pairs.take(MOST).collect()
}
