//! What a thing told about itself, as far as an overview shows it.

use serde::Deserialize;

/// The longest `about` that is read, in bytes.
const LONGEST: usize = 256 * 1024;
/// The most resources and executors of a thing, and topics and channels of a resource, that are remembered.
const MOST: usize = 256;
/// The longest text that is remembered, in characters.
const LONGEST_TEXT: usize = 120;

/// A thing's `about`. Its texts are as they came, but short: not safe for a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AboutSeen {
    /// Its name in its topology.
    pub name: Option<String>,
    /// The program's version.
    pub version: Option<String>,
    /// Its board's firmware, once that is known.
    pub firmware: Option<String>,
    /// It is a part of a simulated fleet, and tells no health.
    pub simulated: bool,
    /// What it has.
    pub resources: Vec<ResourceAbout>,
    /// Who takes commands on it.
    pub executors: Vec<ExecutorSeen>,
}

/// A resource in `about`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResourceAbout {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: String,
    /// Where it is plugged in.
    pub port: Option<String>,
    /// Its unit, if it has one.
    pub unit: Option<String>,
    /// Where its value is said, each channel's if it has several.
    pub channels: Vec<String>,
}

/// An executor in `about`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorSeen {
    /// Its name.
    pub name: String,
    /// Whether it obeys signed commands only.
    pub signed: bool,
}

#[derive(Deserialize)]
struct Told {
    name: Option<String>,
    version: Option<String>,
    firmware: Option<String>,
    simulated: Option<bool>,
    resources: Option<Vec<ToldResource>>,
    executors: Option<Vec<ToldExecutor>>,
}

#[derive(Deserialize)]
struct ToldResource {
    name: String,
    kind: String,
    port: Option<String>,
    unit: Option<String>,
    #[serde(default)]
    topics: ToldTopics,
    #[serde(default)]
    channels: Vec<ToldChannel>,
}

#[derive(Default, Deserialize)]
struct ToldTopics {
    value: Option<String>,
}

#[derive(Deserialize)]
struct ToldChannel {
    topic: String,
}

#[derive(Deserialize)]
struct ToldExecutor {
    name: String,
    #[serde(default)]
    signed: Option<bool>,
}

impl AboutSeen {
    /// Reads the payload of an `about`.
    ///
    /// # Errors
    /// Why it makes no sense, as a part of a sentence.
    pub(super) fn read(payload: &[u8]) -> Result<Self, String> {
        if payload.len() > LONGEST {
            return Err(format!(
                "it has {} bytes, at most {LONGEST} are read",
                payload.len()
            ));
        }
        let told: Told = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
        if told.name.is_none() && told.version.is_none() {
            return Err("it has neither name nor version".to_owned());
        }
        let resources = told.resources.unwrap_or_default().into_iter().take(MOST);
        let executors = told.executors.unwrap_or_default().into_iter().take(MOST);
        Ok(Self {
            name: told.name.map(short),
            version: told.version.map(short),
            firmware: told.firmware.map(short),
            simulated: told.simulated.unwrap_or(false),
            resources: resources.map(ToldResource::short).collect(),
            executors: executors
                .map(|executor| ExecutorSeen {
                    name: short(executor.name),
                    signed: executor.signed.unwrap_or(false),
                })
                .collect(),
        })
    }
}

impl ToldResource {
    fn short(self) -> ResourceAbout {
        let several = self.channels.into_iter().map(|channel| channel.topic);
        let channels = self.topics.value.into_iter().chain(several);
        ResourceAbout {
            name: short(self.name),
            kind: short(self.kind),
            port: self.port.map(short),
            unit: self.unit.map(short),
            channels: channels.take(16).map(short).collect(),
        }
    }
}

/// A text that takes a bounded place.
pub(super) fn short(text: String) -> String {
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text,
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}
