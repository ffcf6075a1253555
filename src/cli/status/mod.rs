//! `mqtt-thing status`: how the things of a network are.
//!
//! | file | what it does |
//! |---|---|
//! | `form` | a table, a screen, lines or objects: who is shown what |
//! | `table`, `detail` | all things, and one |
//! | `line`, `json` | a change for a pipe, and everything for a program |
//! | `words` | times, names and sentences |

mod detail;
mod form;
mod json;
mod line;
mod table;
mod words;

use super::connection::{ConnectionArgs, broker_help};
use super::output::reader_gone;
use super::seconds::{seconds, some_seconds};
use super::serving::Stop;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE, load};
use anstream::eprintln;
use clap::Args;
use form::Form;
use mqtt_thing::mqtt::{Access, BrokerUrl, Endpoint, Options};
use mqtt_thing::runtime::onlooker::Onlooker;
use mqtt_thing::runtime::overseen::Overseen;
use mqtt_thing::thing::overview::{Overview, SILENT_AFTER};
use mqtt_thing::topology::{Address, Topology};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// The broker of this machine, if none is named.
const USUAL: &str = "mqtt://localhost";
/// How long a broker is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often ages are drawn anew.
const BEAT: Duration = Duration::from_millis(500);
/// Changes that come together are drawn together.
const TOGETHER: Duration = Duration::from_millis(20);

/// How the things of a network are: online, offline or silent, with their versions and faults
#[derive(Debug, Args)]
#[command(
    mut_arg("broker", |arg| arg.help(broker_help("The broker; else the topology's, else mqtt://localhost"))),
    after_help = "Examples:\n  \
    mqtt-thing status --broker mqtt://10.0.0.1       what is kept of all things\n  \
    mqtt-thing status --topology lab.toml --watch    live, and who was never seen\n  \
    mqtt-thing status --thing inner                  one thing, with its resources\n  \
    mqtt-thing status --for 50                       find out who is silent\n  \
    mqtt-thing status --watch --json                 an object a change\n\n\
    A broker keeps what things said last, without a time: since when one is offline is \
    only known for what happens while this listens, and so are faults. Silent is who \
    says `online` and tells no health, which things do every 30 s. \
    Into a pipe --watch writes a line a change. Ctrl-C ends it.\n\n\
    Exit codes: 0 all things are online and without faults; 1 one is not, or there are \
    none; 2 the command line or the file cannot be used, or the broker is not reached. \
    Of --watch that Ctrl-C ends: 0."
)]
pub(super) struct StatusCommand {
    /// Stay, and show what changes
    #[arg(long)]
    watch: bool,

    /// Listen so long before telling, or end a --watch after that, in seconds; else it tells at once what the broker
    /// keeps, and watches for ever
    #[arg(long = "for", value_name = "SECONDS", value_parser = seconds)]
    long: Option<Duration>,

    /// Only this thing, by its id or its name, with all that is known
    #[arg(long, value_name = "THING")]
    thing: Option<String>,

    /// The topology: its names, its broker, and which things should be there
    #[arg(long, value_name = "FILE", env = "MQTT_THING_TOPOLOGY")]
    topology: Option<PathBuf>,

    /// How long a thing may tell no health until it is silent, in seconds; else 45
    #[arg(long, value_name = "SECONDS", value_parser = some_seconds)]
    silent_after: Option<Duration>,

    /// Print JSON: one object, or with --watch an object a change
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Told,
    TimeIsOver,
    NobodyReads,
}

impl StatusCommand {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let topology = match &self.topology {
            None => None,
            Some(path) => match load(path) {
                Some(topology) => Some(topology),
                None => return Ok(ExitCode::from(EXIT_USAGE)),
            },
        };
        let endpoint = self.endpoint(topology.as_ref())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(self.look(endpoint, topology.as_ref()))?;
        Ok(ExitCode::from(code))
    }

    fn endpoint(&self, topology: Option<&Topology>) -> anyhow::Result<Endpoint> {
        let nothing = Access::default();
        let (url, access, file) = match (&self.connection.broker, topology) {
            (Some(url), None) => (url.clone(), &nothing, None),
            (Some(url), Some(topology)) => (
                url.clone(),
                &topology.broker.access,
                self.topology.as_deref(),
            ),
            (None, Some(topology)) => {
                let url = topology.broker.url.parse::<BrokerUrl>()?;
                (url, &topology.broker.access, self.topology.as_deref())
            }
            (None, None) => {
                eprintln!("mqtt-thing: no broker is named; asking {USUAL}");
                (USUAL.parse::<BrokerUrl>()?, &nothing, None)
            }
        };
        self.connection.endpoint(url, access, file, None)
    }

    fn silent_after(&self) -> Duration {
        self.silent_after.unwrap_or(SILENT_AFTER)
    }

    fn overview(&self, topology: Option<&Topology>) -> Overview {
        let mut overview = Overview::new(self.silent_after());
        for plan in topology.into_iter().flat_map(|topology| &topology.things) {
            let id = match &plan.address {
                Address::Fixed(id) => Some(id.as_str()),
                Address::Interface(_) | Address::DefaultRoute => None,
            };
            overview.expect(&plan.name, id);
        }
        overview
    }

    async fn look(&self, endpoint: Endpoint, topology: Option<&Topology>) -> anyhow::Result<u8> {
        let broker = endpoint.url.to_string();
        let id = format!("mqtt-thing-status-{:08x}", rand::random::<u32>());
        let session = Options::new(endpoint, id);
        let live = self.watch || self.long.is_some();
        let overseen = Overseen::new(self.overview(topology));
        let onlooker = Onlooker::start(session, Overview::filters(live), overseen)?;
        let mut stop = Stop::new()?;
        let caught_up = tokio::select! {
            caught_up = onlooker.caught_up(PATIENCE) => caught_up,
            () = stop.told() => return Ok(EXIT_OK),
        };
        if let Err(error) = caught_up {
            eprintln!("mqtt-thing: {}", super::whole(&error));
            return Ok(EXIT_USAGE);
        }
        let mut form = Form::new(self.watch, self.json, self.thing.clone(), broker);
        let end = match self.watch {
            true => self.follow(&onlooker, &mut form, &mut stop).await?,
            false => {
                self.listen(&onlooker, &mut stop).await;
                onlooker.with(|overseen, now| {
                    overseen.wake(now);
                    form.all(overseen, now.wall)
                })?;
                End::TimeIsOver
            }
        };
        form.end();
        let is_well = onlooker.with(|overseen, _| form.is_well(&overseen.overview));
        onlooker.close().await;
        Ok(match end {
            End::TimeIsOver if !is_well => EXIT_FAILED,
            _ => EXIT_OK,
        })
    }

    /// What is kept is there; listens for what is not.
    async fn listen(&self, onlooker: &Onlooker<Overseen>, stop: &mut Stop) {
        let Some(long) = self.long else {
            return;
        };
        if long < self.silent_after() {
            let silent = self.silent_after().as_secs_f64();
            eprintln!("mqtt-thing: who is silent is known after {silent} s; this listens for less");
        }
        let until = Instant::now() + long;
        loop {
            let wake = onlooker.with(|overseen, now| {
                overseen.wake(now);
                // nobody wants to know what became different on the way
                overseen.take_changes();
                overseen.overview.next_wake()
            });
            let wake = wake.map_or(until, |wake| onlooker.instant(wake).min(until));
            tokio::select! {
                () = stop.told() => return,
                () = onlooker.news() => {}
                () = sleep_until(wake) => if Instant::now() >= until {
                    return;
                },
            }
        }
    }

    /// Shows everything, and then what changes.
    async fn follow(
        &self,
        onlooker: &Onlooker<Overseen>,
        form: &mut Form,
        stop: &mut Stop,
    ) -> anyhow::Result<End> {
        let until = self.long.map(|long| Instant::now() + long);
        let mut resized = signal(SignalKind::window_change())?;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut gone = std::pin::pin!(reader_gone());
        onlooker.with(|overseen, now| {
            overseen.take_changes();
            form.all(overseen, now.wall)
        })?;
        loop {
            let wake = onlooker.with(|overseen, now| {
                overseen.wake(now);
                (form.changes(overseen, now.wall)).map(|goes_on| {
                    let wake = overseen.overview.next_wake();
                    goes_on.then_some(wake)
                })
            })?;
            let Some(wake) = wake else {
                return Ok(End::NobodyReads);
            };
            let wake = wake.map(|wake| onlooker.instant(wake));
            tokio::select! {
                () = stop.told() => return Ok(End::Told),
                () = &mut gone => return Ok(End::NobodyReads),
                () = at(until) => return Ok(End::TimeIsOver),
                () = at(wake) => {}
                _ = beat.tick(), if form.is_screen() => {}
                _ = resized.recv(), if form.is_screen() => {}
                () = onlooker.news() => tokio::time::sleep(TOGETHER).await,
            }
        }
    }
}

/// Waits until then; for ever without a then.
async fn at(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then).await,
        None => std::future::pending().await,
    }
}
