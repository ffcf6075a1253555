//! `mqtt-thing run`: be a thing until told to stop.

use super::connection::ConnectionArgs;
use super::runner::{RUNNER_USER, user};
use super::serving::{self, CLOSE_WITHIN, End, LOOK_EVERY, Stop};
use super::{EXIT_OK, EXIT_USAGE};
use anyhow::Context;
use clap::Args;
use mqtt_thing::board::{Board, rpi};
use mqtt_thing::model::Topic;
use mqtt_thing::mqtt::{BrokerUrl, Options};
use mqtt_thing::runtime::{
    Choose, Clock, Host, Node, NodeOptions, Report, RunnerPlace, Service, choose, common_outputs,
    current_id, has_address,
};
use mqtt_thing::system::{Root, executor_folder, local_addresses, state_folder};
use mqtt_thing::thing::{Class, Thing};
use mqtt_thing::topology::{self, Address, ThingPlan, Topology};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long outputs may take to rest while an address is waited for.
const REST_WITHIN: Duration = Duration::from_secs(1);

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
        default_value = topology::FILE
    )]
    file: PathBuf,

    /// Be this thing of the file, whatever this machine's address is
    #[arg(long, value_name = "NAME", env = "MQTT_THING_THING")]
    thing: Option<String>,

    /// Have commands run by the runner on this socket (`mqtt-thing runner`), another user's process, not by this one
    #[arg(long, value_name = "SOCKET", env = "MQTT_THING_RUNNER")]
    runner: Option<PathBuf>,

    /// Believe a process of this user, by name or number, to be the runner; `mqtt-thing-runner` when left out, or this
    /// user where there is none of that name
    #[arg(long, value_name = "USER", requires = "runner")]
    runner_user: Option<String>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Run {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(topology) = super::load(&self.file) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let runner = match self.runner_place() {
            Ok(place) => place,
            Err(error) => {
                eprintln!("mqtt-thing: --runner-user: {error}");
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let broker = match self.connection.broker.clone() {
            Some(broker) => broker,
            None => topology.broker.url.parse().context("the broker's URL")?,
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(self.serve(&topology, broker, runner));
        // a board stuck in the kernel is not waited for
        runtime.shutdown_background();
        outcome
    }

    /// Where the runner is, if there is one of its own. It may come later: then commands wait for it.
    fn runner_place(&self) -> anyhow::Result<Option<RunnerPlace>> {
        let Some(socket) = self.runner.clone() else {
            return Ok(None);
        };
        let user = user(self.runner_user.as_deref(), RUNNER_USER)?;
        Ok(Some(RunnerPlace { socket, user }))
    }

    async fn serve(
        &self,
        topology: &Topology,
        broker: BrokerUrl,
        runner: Option<RunnerPlace>,
    ) -> anyhow::Result<ExitCode> {
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
        let reports = reports_folder();
        let mut formers = Vec::new();
        loop {
            let access = &topology.broker.access;
            let endpoint = self.connection.endpoint(
                broker.clone(),
                access,
                Some(&self.file),
                Some(id.as_str()),
            )?;
            let mut session = Options::new(endpoint, id.as_str());
            session.keep_alive = topology.broker.keep_alive;
            let specs = plan.specs(&id);
            let executors = specs.iter().filter_map(|spec| spec.executor.as_ref());
            if executors.into_iter().any(|its| its.governor.is_some()) {
                serving::answers_governor(&mut session);
            }
            tracing::info!(thing = %plan.name, %id, %broker, "starting");
            let board = open_board(plan)?;
            let options = NodeOptions {
                name: plan.name.clone(),
                id: id.clone(),
                specs,
                board,
                session,
                formers: std::mem::take(&mut formers),
                state: state_of(plan)?,
                runner: runner.clone(),
                home: plan.announcing(&id),
            };
            let mut node = Node::start(options).await?;
            let status = format!("{} is {id} on {broker}", plan.name);
            let moved = || match &plan.address {
                Address::Fixed(_) => None,
                address => current_id(address, &Root::default())
                    .ok()
                    .filter(|new| *new != id),
            };
            let reports = reports.as_deref();
            match serving::watch(&mut node, &status, reports, moved, &mut stop).await {
                End::Told => {
                    Service.stopping();
                    tracing::info!("stopping");
                    node.stop(CLOSE_WITHIN).await;
                    // what ended well has nothing to tell; one that is left behind tells that a thing did not
                    reports.iter().for_each(|folder| {
                        let _ = std::fs::remove_file(Report::place(folder, &plan.name));
                    });
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

/// Where this machine is told of the thing: the folder that systemd made for it. Source: systemd.exec(5),
/// `RuntimeDirectory=`.
fn reports_folder() -> Option<PathBuf> {
    let folders = std::env::var_os("RUNTIME_DIRECTORY").filter(|folders| !folders.is_empty())?;
    // several are told with `:` between them; the first is the thing's own
    std::env::split_paths(&folders).next()
}

/// The folder for its executors, if it has any.
fn state_of(plan: &ThingPlan) -> anyhow::Result<Option<PathBuf>> {
    let any = plan
        .resources
        .iter()
        .any(|resource| resource.kind.class == Class::Executors);
    if !any {
        return Ok(None);
    }
    let state = state_folder(|name| std::env::var_os(name))?;
    Ok(Some(executor_folder(&state, &plan.name)?))
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
    let mut host = Host::start("rest", thing, Arc::default(), Clock::default(), |_| {})?;
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
