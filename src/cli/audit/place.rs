//! Which log is meant.

use crate::cli::sut::SUT_STATE;
use anyhow::bail;
use clap::Args;
use mqtt_thing::store::{AuditPart, audit_parts};
use mqtt_thing::system::{executor_place, executor_places_with, state_place};
use std::path::{Path, PathBuf};

const LOG: &str = "audit.log";

#[derive(Debug, Args)]
pub(super) struct Place {
    /// The log, or the folder that it is in; else it is looked for in the state folder
    #[arg(value_name = "PATH", conflicts_with_all = ["state", "thing"])]
    path: Option<PathBuf>,

    /// The state folder, as `sut --state`; else $STATE_DIRECTORY, else the XDG state folder
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    /// The log of this thing, or of the `sut` with this client id; not needed if there is only one
    #[arg(long, value_name = "NAME")]
    thing: Option<String>,
}

impl Place {
    /// The files of the log, the oldest first.
    pub(super) fn parts(&self) -> anyhow::Result<Vec<AuditPart>> {
        Ok(audit_parts(&self.found()?)?)
    }

    fn found(&self) -> anyhow::Result<PathBuf> {
        if let Some(path) = &self.path {
            return Ok(path.clone());
        }
        let state = match &self.state {
            Some(state) => state.clone(),
            None => state_place(|name| std::env::var_os(name))?,
        };
        let states = [state.clone(), state.join(SUT_STATE)];
        let all: Vec<PathBuf> = states
            .iter()
            .flat_map(|state| executor_places_with(state, LOG))
            .collect();
        let folders: Vec<PathBuf> = match &self.thing {
            Some(thing) => {
                let its = states.iter().map(|state| executor_place(state, thing));
                its.filter(|folder| folder.join(LOG).exists()).collect()
            }
            None => all.clone(),
        };
        match &folders[..] {
            [folder] => Ok(folder.clone()),
            [] if all.is_empty() => bail!(
                "there is no {LOG} below {}; a service has its state elsewhere: say --state DIR, as in /var/lib/mqtt-thing, \
                 or the PATH of the log",
                state.display()
            ),
            [] => bail!("there is no such log; there are {}", listed(&all)),
            several => bail!(
                "which log is meant? say --thing NAME or the PATH; there are {}",
                listed(several)
            ),
        }
    }
}

fn listed(folders: &[PathBuf]) -> String {
    let names = folders
        .iter()
        .map(|folder| Path::display(folder).to_string());
    names.collect::<Vec<_>>().join(", ")
}
