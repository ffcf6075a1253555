//! `mqtt-thing topics match`.

use super::judged::Judged;
use super::{json, sources, told, wrong};
use crate::cli::connection::{ConnectionArgs, broker_help};
use crate::cli::output::print;
use crate::cli::seconds::seconds;
use crate::cli::{EXIT_FAILED, EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::model::{TopicFilter, harmless_json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// Say in words what a topic filter means, and which topics it matches
#[derive(Debug, Args)]
#[command(
    mut_arg("broker", |arg| arg.help(broker_help("Ask this broker which topics it has"))),
    after_help = "Examples:\n  \
    mqtt-thing topics match '/machines/+/sensors/#'              its meaning\n  \
    mqtt-thing topics match '+/sensors/#' --topology lab.toml    what of a lab\n  \
    mqtt-thing topics match '+/status' '#' --broker mqtt://pi    what of a broker\n  \
    mqtt-thing topics match 'a/+' --topic a/b --topic a/b/c --all\n  \
    mosquitto_sub -t '#' -F %t -W 10 | mqtt-thing topics match 'a/+' --topic -\n\n\
    Quote filters: a shell takes # for a comment and may replace +. \
    A broker is asked only if --broker names it here: for the filters themselves and \
    for #, so that it also shows what is not matched, and for $SYS if a filter begins \
    so. It shows a user only what that user may read.\n\n\
    Exit codes: 0 something matches, or nothing was to be matched; 1 nothing matches; \
    2 a filter or a topic is wrong, or the topics cannot be had."
)]
pub(super) struct Match {
    /// Topic filters: / between levels, + for one level, # at the end for the rest
    #[arg(value_name = "FILTER", required = true, num_args = 1..=32)]
    filters: Vec<String>,

    /// A topic to be matched; may be given again; - reads them from standard input, one a line
    #[arg(long, value_name = "TOPIC")]
    topic: Vec<String>,

    /// The topics of this topology: all that its things publish and listen to
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,

    /// How long to listen at the broker for what it does not keep, in seconds; at least until all is there that it keeps
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds, default_value = "2")]
    long: Duration,

    /// Tell also what does not match, and why
    #[arg(long)]
    all: bool,

    /// Print one JSON object
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Match {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(filters) = self.checked() else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let mut found = sources::Found::default();
        if !found.given(&self.topic) {
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        if let Some(path) = &self.topology {
            if !found.topology(path) {
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        }
        if is_broker_named() {
            if let Err(error) = found.broker(&self.connection, &filters, self.long) {
                eprintln!("mqtt-thing: {}", crate::cli::whole(error.as_ref()));
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        }
        let judged = Judged::new(&filters, found);
        match self.json {
            true => {
                let object = json::of(&judged, self.all);
                print(&harmless_json(format!("{object}\n")))?;
            }
            false => print(&crate::cli::output::tinted(&told::of(&judged, self.all)))?,
        }
        let is_well = !judged.was_asked() || judged.matched() > 0;
        Ok(ExitCode::from(if is_well { EXIT_OK } else { EXIT_FAILED }))
    }

    /// The filters; what is wrong with any of them is shown on standard error.
    fn checked(&self) -> Option<Vec<TopicFilter>> {
        let mut filters = Vec::new();
        for text in &self.filters {
            match TopicFilter::new(text) {
                Ok(filter) => filters.push(filter),
                Err(error) => wrong::told("filter", text, &error),
            }
        }
        (filters.len() == self.filters.len()).then_some(filters)
    }
}

/// Whether the command line names a broker. One of the environment is for commands that need one: who asks what a filter
/// means does not want to wait for it.
fn is_broker_named() -> bool {
    std::env::args_os().any(|word| {
        let word = word.to_string_lossy();
        word == "--broker" || word.starts_with("--broker=")
    })
}
