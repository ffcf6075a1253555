//! `mqtt-thing run`: be a thing until told to stop.

use super::{EXIT_OK, EXIT_USAGE};
use anyhow::Context;
use clap::Args;
use mqtt_thing::board::{Board, rpi};
use mqtt_thing::model::Topic;
use mqtt_thing::mqtt::{BrokerUrl, Options};
use mqtt_thing::runtime::{
    Choose, Clock, Host, Node, NodeOptions, Service, choose, common_outputs, current_id,
    has_address,
};
use mqtt_thing::system::{Root, local_addresses};
use mqtt_thing::thing::Thing;
use mqtt_thing::topology::{Address, ThingPlan, Topology};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval, timeout};

/// How long a clean close may take in all.
const CLOSE_WITHIN: Duration = Duration::from_millis(4500);
/// How often an address that is not there, or that may change, is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How long outputs may take to rest while an address is waited for.
const REST_WITHIN: Duration = Duration::from_secs(1);
/// Loops that made progress within this time turn.
const TURNS_WITHIN: Duration = Duration::from_millis(500);
/// How often a thing says how it is doing.
const HEALTH_EVERY: Duration = Duration::from_secs(30);

/// Be the thing that has this machine's address, until SIGINT or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing run                                    the system's file, as the service does\n  \
    mqtt-thing run lab.toml                           the thing with this machine's address\n  \
    mqtt-thing run lab.toml --thing inner             another one\n  \
    mqtt-thing run lab.toml --broker mqtt://10.0.0.1  another broker than the file's\n\n\
    On SIGINT or SIGTERM outputs go to rest, `offline` is said, and the exit code is 0.")]
pub(super) struct Run {
    /// The topology file
    #[arg(
        env = "MQTT_THING_TOPOLOGY",
        default_value = "/etc/mqtt-thing/topology.toml"
    )]
    file: PathBuf,

    /// Be this thing of the file, whatever this machine's address is
    #[arg(long, value_name = "NAME", env = "MQTT_THING_THING")]
    thing: Option<String>,

    /// Use this broker instead of the file's, as mqtt://HOST[:PORT]
    #[arg(long, value_name = "URL", env = "MQTT_THING_BROKER")]
    broker: Option<BrokerUrl>,
}

/// Why a turn of being a thing ended.
enum End {
    Told,
    AddressChanged(Topic),
    Failed,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(topology) = super::load(&self.file) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let broker = match self.broker.clone() {
            Some(broker) => broker,
            None => topology.broker.url.parse().context("the broker's URL")?,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(self.serve(&topology, broker));
        // a board stuck in the kernel is not waited for
        runtime.shutdown_background();
        outcome
    }

    async fn serve(&self, topology: &Topology, broker: BrokerUrl) -> anyhow::Result<ExitCode> {
        let mut stop = Stop::new()?;
        let plan = match self.chosen(&topology.things, &mut stop).await {
            Ok(Some(plan)) => plan,
            Ok(None) => return Ok(ExitCode::from(EXIT_OK)),
            Err(error) if error.is::<Choose>() => {
                eprintln!("mqtt-thing: {}: {error}", self.file.display());
                return Ok(ExitCode::from(EXIT_USAGE));
            }
            Err(error) => return Err(error),
        };
        let Some(mut id) = first_id(plan, &mut stop).await? else {
            return Ok(ExitCode::from(EXIT_OK));
        };
        let mut formers = Vec::new();
        loop {
            let mut session = Options::new(broker.clone(), id.as_str());
            session.keep_alive = topology.broker.keep_alive;
            let specs = plan.specs(&id);
            tracing::info!(thing = %plan.name, %id, %broker, "starting");
            let board = open_board(plan)?;
            let options = NodeOptions {
                name: plan.name.clone(),
                id: id.clone(),
                specs,
                board,
                session,
                formers: std::mem::take(&mut formers),
            };
            let mut node = Node::start(options).await?;
            let status = format!("{} is {id} on {broker}", plan.name);
            match watch(&mut node, plan, &id, &status, &mut stop).await {
                End::Told => {
                    Service.stopping();
                    tracing::info!("stopping");
                    node.stop(CLOSE_WITHIN).await;
                    return Ok(ExitCode::from(EXIT_OK));
                }
                End::AddressChanged(new) => {
                    tracing::warn!(old = %id, %new, "the address changed; going on under the new one");
                    formers = node.leave(CLOSE_WITHIN).await;
                    id = new;
                }
                End::Failed => {
                    node.stop(CLOSE_WITHIN).await;
                    anyhow::bail!("a thread ended that must not; the log says why");
                }
            }
        }
    }

    /// The thing that this machine is; `None` if it was told to stop while it waited.
    async fn chosen<'a>(
        &self,
        things: &'a [ThingPlan],
        stop: &mut Stop,
    ) -> anyhow::Result<Option<&'a ThingPlan>> {
        let mut said = false;
        let there = |address: &Address| has_address(address, &Root::default());
        loop {
            match choose(things, self.thing.as_deref(), &local_addresses()?, there) {
                Ok(plan) => return Ok(Some(plan)),
                Err(error @ Choose::NotYet { .. }) => {
                    if !std::mem::replace(&mut said, true) {
                        tracing::warn!("{error}");
                        said_of_rest(rest_whichever(things).await);
                    }
                }
                Err(error) => return Err(error.into()),
            }
            Service.waiting("waiting for an address of the topology");
            if stop.within(LOOK_EVERY).await {
                return Ok(None);
            }
        }
    }
}

/// The thing's address, waited for with outputs at rest; `None` if it was told to stop meanwhile.
async fn first_id(plan: &ThingPlan, stop: &mut Stop) -> anyhow::Result<Option<Topic>> {
    let mut said = false;
    loop {
        match current_id(&plan.address, &Root::default()) {
            Ok(id) => return Ok(Some(id)),
            Err(error) => {
                if !std::mem::replace(&mut said, true) {
                    tracing::warn!(thing = %plan.name, "{error}; waiting for an address, outputs at rest");
                    said_of_rest(rest(plan).await);
                }
            }
        }
        Service.waiting("waiting for an address");
        if stop.within(LOOK_EVERY).await {
            return Ok(None);
        }
    }
}

/// A board that cannot be put to rest yet is no reason to stop waiting: it may come later, as the address may.
fn said_of_rest(outcome: anyhow::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!("outputs are not at rest while it waits: {error:#}");
    }
}

/// Puts to rest what can be before it is known which of the things this machine is. What is an output of one may be
/// driven from outside on another: nothing is done there.
async fn rest_whichever(things: &[ThingPlan]) -> anyhow::Result<()> {
    if let [plan] = things {
        return rest(plan).await;
    }
    let common = common_outputs(things);
    if !common.restless.is_empty() {
        let restless = common.restless.join(", ");
        tracing::warn!("not put to rest before it is known which thing this is: {restless}");
    }
    match common.plan {
        Some(plan) => rest(&plan).await,
        None => Ok(()),
    }
}

/// Puts a thing's outputs to rest before it has an address; on a thread, since a stuck bus must not stop the stop.
async fn rest(plan: &ThingPlan) -> anyhow::Result<()> {
    let nobody = Topic::new("nobody")?;
    let Some(board) = open_board(plan)? else {
        return Ok(());
    };
    let mut thing = Thing::new(nobody.clone(), Some(board));
    for spec in plan.specs(&nobody) {
        thing.add(spec.kind.class, &spec.name, (spec.kind.build)(&spec));
    }
    let mut host = Host::start("rest", thing, Clock::default(), |_| {})?;
    host.inbox().stop();
    if timeout(REST_WITHIN, host.ended()).await.is_err() {
        tracing::warn!("the board holds up its bus; its outputs may not rest");
    }
    Ok(())
}

/// The board, if the thing has anything on one.
fn open_board(plan: &ThingPlan) -> anyhow::Result<Option<Box<dyn Board>>> {
    if plan
        .resources
        .iter()
        .all(|resource| resource.port.is_none())
    {
        return Ok(None);
    }
    let board = rpi::open(plan.bus, plan.reset_gpio)?;
    Ok(Some(Box::new(board)))
}

/// Serves until something ends it: ready as soon as outputs rest and all loops turn; then health and watchdog on
/// their beats, and a look at the address.
async fn watch(
    node: &mut Node,
    plan: &ThingPlan,
    id: &Topic,
    status: &str,
    stop: &mut Stop,
) -> End {
    let mut ready = false;
    let mut soon = ticks(TURNS_WITHIN / 10);
    let patience = Service.watchdog();
    let beat = patience.map_or(Duration::from_secs(3600), |patience| patience / 3);
    let mut beat = ticks(beat);
    let mut health = ticks(HEALTH_EVERY);
    let mut connection = node.connection();
    let mut look = ticks(LOOK_EVERY);
    let moves = !matches!(plan.address, Address::Fixed(_));
    loop {
        tokio::select! {
            () = stop.told() => return End::Told,
            () = node.failed() => return End::Failed,
            _ = soon.tick(), if !ready => {
                ready = node.stuck_for() < TURNS_WITHIN;
                if ready {
                    Service.ready(status);
                }
            }
            () = connected_and(&mut connection, &mut health) => node.say_health(),
            _ = beat.tick() => {
                // a loop that is stuck for longer than systemd waits is not vouched for
                if patience.is_some_and(|patience| node.stuck_for() < patience) {
                    Service.alive();
                }
            }
            _ = look.tick(), if moves => match current_id(&plan.address, &Root::default()) {
                Ok(new) if new != *id => return End::AddressChanged(new),
                _ => {}
            },
        }
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Waits for a beat at a time when the broker hears; without it until it does, and then not for another beat.
async fn connected_and(connection: &mut watch::Receiver<bool>, beat: &mut Interval) {
    // an error means that the node has ended, and nobody waits for this any more
    let _ = connection.wait_for(|connected| *connected).await;
    beat.tick().await;
}

/// SIGINT and SIGTERM.
struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> anyhow::Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            interrupt: listen(SignalKind::interrupt())?,
            terminate: listen(SignalKind::terminate())?,
        })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Whether it is told within `patience`.
    async fn within(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.told()).await.is_ok()
    }
}
