//! `mqtt-thing doctor`: what is wrong with this machine as a thing, and what mends it?

mod told;

use super::output::{print, tinted};
use super::{EXIT_FAILED, EXIT_OK};
use clap::Args;
use mqtt_thing::doctor::{Patient, RULES, Severity, examine};
use mqtt_thing::model::harmless_json;
use mqtt_thing::system::Root;
use mqtt_thing::topology::FILE;
use std::path::PathBuf;
use std::process::ExitCode;

/// What is wrong with this machine as a thing, and what mends it?
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sudo mqtt-thing doctor                 look at everything\n  \
    mqtt-thing doctor --topology lab.toml  with another file than the service's\n  \
    mqtt-thing doctor --json               for a script\n\n\
    It changes nothing, and does not disturb a thing that runs: that one's own report is read, and neither its board nor its \
    account at the broker is touched.\n\
    Exit codes: 0 nothing is wrong, 1 something is or will be, 2 the command line cannot be used.")]
pub(super) struct Doctor {
    /// The topology file; else /etc/mqtt-thing/topology.toml
    #[arg(long, value_name = "FILE", env = "MQTT_THING_TOPOLOGY")]
    topology: Option<PathBuf>,

    /// Which thing of the file this machine is, whatever its address is
    #[arg(long, value_name = "NAME", env = "MQTT_THING_THING")]
    thing: Option<String>,

    /// Where /proc, /sys, /dev, /etc, /run and /var are found
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    root: PathBuf,

    /// Print JSON
    #[arg(long)]
    json: bool,

    /// Only list what is looked for, in the order in which it is best mended
    #[arg(long)]
    rules: bool,
}

impl Doctor {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if self.rules {
            let text = match self.json {
                true => format!("{}\n", serde_json::to_string_pretty(RULES)?),
                false => told::rules(),
            };
            print(&text)?;
            return Ok(ExitCode::from(EXIT_OK));
        }
        let root = Root::at(self.root);
        let patient = Patient {
            file: self.topology.unwrap_or_else(|| root.path(FILE)),
            root,
            thing: self.thing,
        };
        let diagnosis = examine(&patient);
        if self.json {
            let json = serde_json::to_string_pretty(&diagnosis)?;
            print(&format!("{}\n", harmless_json(json)))?;
        } else {
            print(&tinted(&told::diagnosis(&patient, &diagnosis)))?;
        }
        let well = diagnosis
            .findings
            .iter()
            .all(|finding| finding.severity == Severity::Note);
        Ok(ExitCode::from(if well { EXIT_OK } else { EXIT_FAILED }))
    }
}
