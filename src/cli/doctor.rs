//! `mqtt-thing doctor`: what is wrong with this machine as a thing, and what mends it?

use super::output::{print, tinted};
use super::{EXIT_FAILED, EXIT_OK};
use clap::Args;
use mqtt_thing::doctor::{Cure, Finding, Patient, Severity, examine};
use mqtt_thing::system::Root;
use owo_colors::OwoColorize;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// What is wrong with this machine as a thing, and what mends it?
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    sudo mqtt-thing doctor                 look at everything\n  \
    mqtt-thing doctor --json               for a script\n\n\
    It changes nothing, and does not disturb a thing that runs.\n\
    Exit codes: 0 nothing is wrong, 1 something is, 2 the command line cannot be used.")]
pub(super) struct Doctor {
    /// The topology file
    #[arg(
        long,
        value_name = "FILE",
        env = "MQTT_THING_TOPOLOGY",
        default_value = "/etc/mqtt-thing/topology.toml"
    )]
    topology: PathBuf,

    /// Which thing of the file this machine is, whatever its address is
    #[arg(long, value_name = "NAME", env = "MQTT_THING_THING")]
    thing: Option<String>,

    /// Where /proc, /sys, /dev, /etc, /run and /var are found
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    root: PathBuf,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Doctor {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let findings = examine(&Patient {
            root: Root::at(self.root),
            file: self.topology,
            thing: self.thing,
        });
        if self.json {
            print(&format!("{}\n", serde_json::to_string_pretty(&findings)?))?;
        } else {
            print(&tinted(&told(&findings)))?;
        }
        let well = findings
            .iter()
            .all(|finding| finding.severity == Severity::Note);
        Ok(ExitCode::from(if well { EXIT_OK } else { EXIT_FAILED }))
    }
}

fn told(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "nothing is wrong\n".to_owned();
    }
    let mut text = String::new();
    for (number, finding) in findings.iter().enumerate() {
        let severity = match finding.severity {
            Severity::Broken => "broken".red().bold().to_string(),
            Severity::Warning => "warning".yellow().bold().to_string(),
            Severity::Note => "note".bold().to_string(),
        };
        let _ = writeln!(
            text,
            "{}. {severity} {}: {}",
            number + 1,
            finding.rule,
            finding.cause
        );
        for cure in &finding.cures {
            let _ = match cure {
                Cure::Run(command) => writeln!(text, "     $ {command}"),
                Cure::Do(advice) => writeln!(text, "     {advice}"),
            };
        }
    }
    text
}
