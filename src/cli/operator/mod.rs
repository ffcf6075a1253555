//! `mqtt-thing operator`: walk a fleet through pipelines, and keep what comes back.

mod form;
mod json;
pub(super) mod lines;
mod plain;
mod plan;
mod summary;
mod table;
mod typed;

use super::connection::ConnectionArgs;
use super::signing::{SignedBy, Signing, SigningArgs};
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, governor};
use anstream::eprintln;
use anyhow::Context;
use clap::Args;
use form::Form;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{Operator, Summary};
use mqtt_thing::mqtt::Endpoint;
use mqtt_thing::runtime::Clock;
use mqtt_thing::runtime::console::{Ask, Console, Recorder};
use mqtt_thing::store::{RunId, Runs};
use mqtt_thing::system::state_folder;
use plan::Planned;
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::SystemTime;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use typed::Typing;

/// A command for each of many clients may wait at once.
const MOST_COMMANDS: usize = 50_000;
const MOST_COMMAND_BYTES: usize = 64 << 20;

/// Walk a fleet through pipelines: commands to many clients, every answer kept
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing operator resources/pipelines/three-frequencies.toml --broker mqtt://10.0.0.1\n  \
    mqtt-thing operator --config config.ini             the original's configuration, as it is\n  \
    mqtt-thing operator lab.toml --client 'pi*' --dry-run\n  \
    mqtt-thing operator lab.toml --resume               go on where an operator was killed\n  \
    mqtt-thing runs show latest                         what came of it\n\n\
    With a key (`mqtt-thing key new`) what goes out on the clients' own topics is signed.\n\
    Ctrl-C once ends in order: what runs is cancelled, `finally` steps are run. Twice ends at once.\n\
    Exit codes: 0 every step of every client succeeded, 1 something did not, 2 the command line or the file cannot be used.")]
pub(super) struct OperatorArgs {
    /// Pipelines as TOML; without it the governor's configuration is read
    #[arg(value_name = "PIPELINES")]
    file: Option<PathBuf>,

    /// The governor's configuration; else config.ini of this folder
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    config: Option<PathBuf>,

    /// Only these clients walk: a name, or a pattern with * and ?; may be given again
    #[arg(long, value_name = "CLIENT")]
    client: Vec<String>,

    /// These clients are expected, and no others take part: names with commas between
    #[arg(long, value_name = "CLIENTS", value_delimiter = ',')]
    expect: Vec<String>,

    /// Only these pipelines, by their names; may be given again
    #[arg(long, value_name = "NAME")]
    pipeline: Vec<String>,

    /// How long to wait for more clients after the first one, in seconds
    #[arg(long, value_name = "SECONDS")]
    wait: Option<f64>,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,

    /// Print an event a line for a program
    #[arg(long)]
    json: bool,

    /// Print lines also on a terminal, not a table
    #[arg(long)]
    plain: bool,

    /// Go on with a run that was cut off: the newest, or this one
    #[arg(long, value_name = "RUN", num_args = 0..=1, default_missing_value = "")]
    resume: Option<String>,

    /// The run store; by default `runs.db` in the state folder
    #[arg(long, value_name = "FILE", env = "MQTT_THING_RUNS")]
    store: Option<PathBuf>,

    /// Keep nothing in the run store
    #[arg(long, conflicts_with_all = ["store", "resume"])]
    no_store: bool,

    /// Append every answer to this file, in the governor's form
    #[arg(long, value_name = "FILE")]
    feedback_file: Option<PathBuf>,

    #[command(flatten)]
    signing: SigningArgs,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl OperatorArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(planned) = plan::load(&self)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        if self.dry_run {
            for line in Operator::dry_run(&planned.plan, &self.expect) {
                super::output::print(&format!("{line}\n"))?;
            }
            return Ok(ExitCode::from(EXIT_OK));
        }
        let url = planned.plan.broker.as_deref();
        let Some(url) = self.connection.broker(url)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let (access, file) = (&planned.access, planned.file.as_deref());
        let broker = self.connection.endpoint(url, access, file, None)?;
        let signing = match self.signing.signing() {
            Ok(signing) => signing,
            Err(error) => {
                eprintln!("mqtt-thing: {}", super::whole(error.as_ref()));
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let clock = Clock::default();
        // files first: a wrong path is to fail before hours of work, not after
        let recorder = self.recorder(&planned)?;
        let mut operator = self.operator(&planned.plan, &recorder, clock)?;
        let mut by = None;
        if let Some(Signing { signer, by: its }) = signing {
            operator = operator.signing_with(signer);
            by = Some(its);
        }
        let run = recorder.store.as_ref().map(|(_, run)| run.clone());
        let summary = self.serve(operator, recorder, clock, broker, (run.as_ref(), by))?;
        match summary.succeeded() {
            true => Ok(ExitCode::from(EXIT_OK)),
            false => Ok(ExitCode::from(EXIT_FAILED)),
        }
    }

    fn recorder(&self, planned: &Planned) -> anyhow::Result<Recorder> {
        let store = match (self.no_store, &self.store) {
            (true, _) => None,
            (false, Some(path)) => Some(path.clone()),
            (false, None) => Some(state_folder(|name| std::env::var_os(name))?.join("runs.db")),
        };
        let store = match store {
            None => None,
            Some(path) => {
                let mut runs = Runs::open(&path)?;
                let run = match self.resume.as_deref() {
                    None => runs.begin(SystemTime::now(), &planned.text)?,
                    Some("") => runs
                        .unfinished()?
                        .into_iter()
                        .next()
                        .context(
                            "there is no run that was cut off; `mqtt-thing runs list` shows all",
                        )?
                        .id,
                    Some(name) => {
                        let run = runs.find(name)?;
                        let its = runs.show(&run)?;
                        if let (Some(_), Some(outcome)) = (its.finished, its.outcome) {
                            anyhow::bail!(
                                "the run {run} has ended ({outcome}); only one that was cut off can be gone on with"
                            );
                        }
                        run
                    }
                };
                Some((runs, run))
            }
        };
        let feedback = match &planned.plan.feedback_file {
            None => None,
            Some(path) => {
                let file = OpenOptions::new().create(true).append(true).open(path);
                let file = file.with_context(|| format!("cannot append to {}", path.display()))?;
                Some((file, path.clone()))
            }
        };
        Ok(Recorder { store, feedback })
    }

    fn operator(
        &self,
        plan: &OperatorPlan,
        recorder: &Recorder,
        clock: Clock,
    ) -> anyhow::Result<Operator> {
        match (&self.resume, &recorder.store) {
            (Some(_), Some((runs, run))) => {
                let lines = runs.progress(run)?;
                let resumed = Operator::resume(plan.clone(), &lines, clock.now());
                resumed.with_context(|| format!("the run {run} cannot be gone on with"))
            }
            _ => {
                let token = format!("{:08x}", rand::random::<u32>());
                Ok(Operator::new(plan.clone(), &token, clock.now()))
            }
        }
    }

    fn serve(
        &self,
        operator: Operator,
        recorder: Recorder,
        clock: Clock,
        broker: Endpoint,
        (run, by): (Option<&RunId>, Option<SignedBy>),
    ) -> anyhow::Result<Summary> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(async {
            let (asks, asked) = mpsc::channel(64);
            let plan = operator.plan().clone();
            interrupts(asks.clone())?;
            let typing = Typing {
                wanted: plan.realtime,
                asks,
            };
            let mut form = Form::new(self.json, self.plain, &plan, &broker.url, by, typing)?;
            let mut session = governor::session(broker, "operator");
            session.outbox_messages = MOST_COMMANDS;
            session.outbox_bytes = MOST_COMMAND_BYTES;
            let console = Console {
                operator,
                clock,
                session,
                recorder,
            };
            let summary = console.run(asked, |sight| form.see(&sight)).await?;
            form.end(&summary, run);
            anyhow::Ok(summary)
        });
        // a reader of standard input cannot be waited for
        runtime.shutdown_background();
        outcome
    }
}

/// Passes SIGINT and SIGTERM on.
fn interrupts(asks: mpsc::Sender<Ask>) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen to signals")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot listen to signals")?;
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if asks.send(Ask::Interrupt).await.is_err() {
                return;
            }
        }
    });
    Ok(())
}
