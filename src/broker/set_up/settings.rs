//! What a set-up is made with, kept beside it so that it need not be said again.

use super::folder::Files;
use super::{SetUpError, place};
use crate::mqtt::BrokerUrl;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The names by which a broker is reached on its own machine.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
const DAYS: u32 = 825;
const THINGS_PORT: u16 = 8883;
const PEOPLE_PORT: u16 = 8884;
const INSTALLED_AT: &str = "/etc/mosquitto";

/// What is asked for; what is not said stays as it was, or is as usual.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Further names of the broker's machine, beside the topology's.
    pub names: Vec<String>,
    /// The port of the listener for things, 8883.
    pub things_port: Option<u16>,
    /// The port of the listener for people, 8884.
    pub people_port: Option<u16>,
    /// Where the broker's machine will have the files, `/etc/mosquitto`.
    pub installed_at: Option<String>,
    /// How many days a certificate lasts, 825.
    pub days: Option<u32>,
    /// Whether there is an account for `broker acl test`, which may read and write everything; no.
    pub prover: Option<bool>,
}

/// What a set-up is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    version: u32,
    /// The broker's host, as the topology names it.
    pub host: String,
    /// Further names of it.
    pub names: Vec<String>,
    /// The port of the listener for things.
    pub things_port: u16,
    /// The port of the listener for people.
    pub people_port: u16,
    /// Where the broker's machine has the files.
    pub installed_at: String,
    /// How many days a certificate lasts.
    pub days: u32,
    /// Whether somebody else gave the server's certificate.
    pub own_certificate: bool,
    /// Whether clients know that one by the system's list of CAs.
    pub system_ca: bool,
    /// Whether there is an account that may read and write everything.
    #[serde(default)]
    pub prover: bool,
}

impl Settings {
    /// Those of a new set-up for a broker on that host.
    ///
    /// # Errors
    /// A name, a port or the path cannot be used.
    pub fn new(host: &str, options: &Options) -> Result<Self, SetUpError> {
        let usual = Self {
            version: 1,
            host: host.to_owned(),
            names: Vec::new(),
            things_port: THINGS_PORT,
            people_port: PEOPLE_PORT,
            installed_at: INSTALLED_AT.to_owned(),
            days: DAYS,
            own_certificate: false,
            system_ca: false,
            prover: false,
        };
        usual.with(host, options)
    }

    /// The same, with what is asked for now.
    pub(super) fn with(mut self, host: &str, options: &Options) -> Result<Self, SetUpError> {
        host.clone_into(&mut self.host);
        for name in &options.names {
            BrokerUrl::new(name, 1).map_err(|_| SetUpError::Name(name.clone()))?;
            if !self.names.contains(name) {
                self.names.push(name.clone());
            }
        }
        self.things_port = options.things_port.unwrap_or(self.things_port);
        self.people_port = options.people_port.unwrap_or(self.people_port);
        if self.things_port == self.people_port {
            return Err(SetUpError::OnePort(self.things_port));
        }
        if let Some(path) = &options.installed_at {
            path.clone_into(&mut self.installed_at);
        }
        let path = &self.installed_at;
        // Mosquitto cuts blanks off the end of a line
        let odd = |path: &str| path.contains(char::is_control) || path.trim_end() != path;
        if !Path::new(path).is_absolute() || odd(path) {
            return Err(SetUpError::InstalledAt(path.clone()));
        }
        self.prover = options.prover.unwrap_or(self.prover);
        self.days = options.days.unwrap_or(self.days);
        Ok(self)
    }

    pub(super) fn read(files: &Files) -> Result<Option<Self>, SetUpError> {
        let Some(bytes) = files.bytes(place::SETTINGS) else {
            return Ok(None);
        };
        let damaged = |message: String| SetUpError::damaged(place::SETTINGS, message);
        let settings: Self = serde_json::from_slice(bytes).map_err(|error| {
            let found = match bytes.trim_ascii() {
                [] => "it is empty".to_owned(),
                _ => format!("it is not what was written: {error}"),
            };
            damaged(format!(
                "{found}; put it back from a copy of the folder, or begin anew in another folder"
            ))
        })?;
        match settings.version {
            1 => Ok(Some(settings)),
            other => Err(damaged(format!(
                "it is of version {other}, which a later mqtt-thing wrote; this one knows version 1"
            ))),
        }
    }

    pub(super) fn json(&self) -> String {
        let json = serde_json::to_string_pretty(self).expect("settings are plain JSON");
        json + "\n"
    }

    /// Every name of the broker's machine, each once.
    pub(super) fn all_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let local = LOCAL.into_iter().map(str::to_owned);
        let all = std::iter::once(self.host.clone()).chain(self.names.iter().cloned());
        for name in all.chain(local) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }
}
