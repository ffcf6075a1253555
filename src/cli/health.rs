//! `mqtt-thing health`: how is the thing that runs on this machine?

use super::output::print;
use super::{EXIT_FAILED, EXIT_OK};
use anyhow::Context;
use clap::Args;
use mqtt_thing::model::escaped;
use mqtt_thing::runtime::{Health, REPORTS, Report, SILENT};
use mqtt_thing::system::Root;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// It runs, and the broker does not hear it.
const EXIT_OFFLINE: u8 = 3;
/// Nothing runs.
const EXIT_NOT_RUNNING: u8 = 4;

/// How often it looks while it waits.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How is the thing that runs on this machine: does the broker hear it, does its board answer, do all resources work?
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing health                      the thing of this machine\n  \
    mqtt-thing health --wait 30            wait until it is well, for 30 s at most\n\n\
    It reads what the running thing wrote, and touches neither board nor broker.\n\
    Exit codes: 0 well, 1 the broker hears it, but something does not work, 3 the broker does not hear it, \
    4 it does not run.")]
pub(super) struct HealthCommand {
    /// Only this thing of several
    thing: Option<String>,

    /// Wait until all is well, or for so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=86_400))]
    wait: u32,

    /// Only the report of this process: after a restart the one before may still lie there
    #[arg(long)]
    pid: Option<u32>,

    /// Where the reports lie
    #[arg(long, value_name = "DIR", default_value = REPORTS)]
    runtime: PathBuf,

    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl HealthCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let until = Instant::now() + Duration::from_secs(self.wait.into());
        loop {
            let reports = self.reports()?;
            let root = Root::default();
            let worst = reports
                .iter()
                .map(|report| report.health(&root, SystemTime::now()))
                .max();
            let health = worst.unwrap_or(Health::NotRunning);
            if health == Health::Well || Instant::now() >= until {
                self.show(&reports, &root)?;
                return Ok(ExitCode::from(match health {
                    Health::Well => EXIT_OK,
                    Health::Faulty => EXIT_FAILED,
                    Health::Offline => EXIT_OFFLINE,
                    Health::NotRunning => EXIT_NOT_RUNNING,
                }));
            }
            thread::sleep(LOOK_EVERY);
        }
    }

    fn reports(&self) -> anyhow::Result<Vec<Report>> {
        let all = Report::all(&self.runtime)
            .with_context(|| format!("{} cannot be read", self.runtime.display()))?;
        let meant = |report: &Report| {
            self.thing.as_ref().is_none_or(|name| *name == report.name)
                && self.pid.is_none_or(|pid| pid == report.pid)
        };
        Ok(all.into_iter().filter(meant).collect())
    }

    fn show(&self, reports: &[Report], root: &Root) -> anyhow::Result<()> {
        if self.json {
            return print(&format!("{}\n", serde_json::to_string(reports)?));
        }
        if reports.is_empty() {
            let place = self.runtime.display();
            return print(&format!(
                "no thing runs here as a service: there is no report in {place}\n"
            ));
        }
        let told: String = reports.iter().map(|report| told(report, root)).collect();
        print(&told)
    }
}

/// For a terminal: whoever can write there may have written anything.
fn safe(text: &str) -> String {
    escaped(text.as_bytes(), 300)
}

/// A thing in a few lines.
fn told(report: &Report, root: &Root) -> String {
    let (name, id) = (safe(&report.name), safe(&report.id));
    let broker = safe(&report.broker);
    let now = SystemTime::now();
    let mut lines = match report.health(root, now) {
        Health::NotRunning => {
            return format!(
                "{name} does not run any more: process {} has ended\n",
                report.pid
            );
        }
        Health::Offline if report.age(now) > SILENT => {
            return format!(
                "{name} ({id}) hangs: process {} is there and has told nothing for {} s, and should every 30 s\n",
                report.pid,
                report.age(now).as_secs()
            );
        }
        Health::Offline => vec![format!("{name} ({id}) runs, and {broker} does not hear it")],
        Health::Well | Health::Faulty => vec![format!("{name} ({id}) is online at {broker}")],
    };
    if let Some(cannot) = &report.cannot_connect {
        lines.push(format!("  it cannot connect: {}", safe(&cannot.reason)));
    } else if let (false, Some(reason)) = (report.connected, &report.disconnected) {
        lines.push(format!("  the connection ended: {}", safe(reason)));
    }
    match &report.board {
        Some(board) if board.up => {
            let firmware = board.firmware.as_deref().unwrap_or("unknown");
            lines.push(format!("  its board answers, firmware {}", safe(firmware)));
        }
        Some(board) => {
            let why = board.error.as_deref().unwrap_or("it was not asked yet");
            lines.push(format!("  its board does not answer: {}", safe(why)));
        }
        None => {}
    }
    for fault in &report.faults {
        let (resource, error) = (safe(&fault.resource), safe(&fault.error));
        lines.push(format!("  {resource} does not work: {error}"));
    }
    lines.push(String::new());
    lines.join("\n")
}
