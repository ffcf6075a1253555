//! `mqtt-thing runner`: run the commands of a thing in a process, and as a user, of their own.

use super::serving::{CLOSE_WITHIN, Stop, ticks};
use super::{EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::fleet::ExecutorSettings;
use mqtt_thing::runtime::{RunnerService, RunnerServiceOptions, Service, bind};
use mqtt_thing::system::{Root, executor_folder, own_user_id, state_folder, user_id};
use mqtt_thing::topology::{self, ThingPlan, Topology};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

/// The users that the packages make.
pub(super) const RUNNER_USER: &str = "mqtt-thing-runner";
const THING_USER: &str = "mqtt-thing";

/// Within the state folder, so that a thing of the same user has its own.
const RUNNER_STATE: &str = "runner";

/// Run the commands of a thing, which says over a socket what is to be run, until SIGINT or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing runner                                     the system's file and socket, as the service does\n  \
    mqtt-thing runner lab.toml --thing inner --socket /run/user/1000/jobs.sock\n\n\
    It reads itself what FILE allows, and runs nothing else, whatever the thing says. It needs no network.\n\
    The thing is told of it by `mqtt-thing run --runner SOCKET`.")]
pub(super) struct Runner {
    /// The topology file
    #[arg(
        env = "MQTT_THING_TOPOLOGY",
        default_value = topology::FILE
    )]
    file: PathBuf,

    /// Run the commands of this thing of the file; not needed if only one has executors
    #[arg(long, value_name = "NAME", env = "MQTT_THING_THING")]
    thing: Option<String>,

    /// Listen on this socket
    #[arg(
        long,
        value_name = "PATH",
        default_value = "/run/mqtt-thing-runner/jobs.sock"
    )]
    socket: PathBuf,

    /// Serve a process of this user, by name or number; `mqtt-thing` when left out, or this user where there is none of
    /// that name
    #[arg(long, value_name = "USER")]
    peer: Option<String>,
}

type Executors = BTreeMap<String, Arc<ExecutorSettings>>;

impl Runner {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(topology) = super::load(&self.file) else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let usage = |error: &dyn std::fmt::Display| {
            eprintln!("mqtt-thing: {error}");
            Ok(ExitCode::from(EXIT_USAGE))
        };
        let peer = match user(self.peer.as_deref(), THING_USER) {
            Ok(peer) => peer,
            Err(error) => return usage(&format!("--peer: {error}")),
        };
        let file = self.file.display();
        let (plan, executors) = match self.chosen(&topology) {
            Ok(Some(chosen)) => chosen,
            Ok(None) => {
                eprintln!("mqtt-thing: {file}: there is no executor, so there is nothing to run");
                return Ok(ExitCode::from(EXIT_OK));
            }
            Err(error) => return usage(&format!("{file}: {error}")),
        };
        let state = state_folder(|name| std::env::var_os(name))?.join(RUNNER_STATE);
        let options = RunnerServiceOptions {
            executors,
            state: executor_folder(&state, &plan.name)?,
            peer,
        };
        let listener = bind(&self.socket)?;
        let names: Vec<&str> = options.executors.keys().map(String::as_str).collect();
        let names = names.join(", ");
        let status = format!("runs the jobs of {} ({names})", plan.name);
        tracing::info!(thing = %plan.name, executors = names, socket = %self.socket.display(), peer, "starting");
        let service = RunnerService::start(listener, options)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(serve(&service, &status))?;
        Service.stopping();
        tracing::info!("stopping");
        if !service.stop(CLOSE_WITHIN) {
            tracing::warn!("jobs did not end in time");
        }
        // nobody listens there any more
        let _gone = std::fs::remove_file(&self.socket);
        Ok(ExitCode::from(EXIT_OK))
    }

    /// The thing whose commands are run, with its executors; `None` if there is nothing to run.
    fn chosen<'t>(
        &self,
        topology: &'t Topology,
    ) -> Result<Option<(&'t ThingPlan, Executors)>, String> {
        let names = |things: &[&ThingPlan]| {
            let names: Vec<&str> = things.iter().map(|plan| plan.name.as_str()).collect();
            names.join(", ")
        };
        let all: Vec<&ThingPlan> = topology.things.iter().collect();
        let meant: Vec<&ThingPlan> = match &self.thing {
            Some(name) => {
                let found = all.iter().find(|plan| plan.name == *name);
                let known = || {
                    format!(
                        "there is no thing `{name}` in the file; it has {}",
                        names(&all)
                    )
                };
                vec![*found.ok_or_else(known)?]
            }
            None => all,
        };
        let able = meant.into_iter().filter(|plan| !executors(plan).is_empty());
        let able: Vec<&ThingPlan> = able.collect();
        match able.as_slice() {
            [] => Ok(None),
            [plan] => Ok(Some((plan, executors(plan)))),
            several => Err(format!(
                "several things have executors: {}; say with --thing NAME or MQTT_THING_THING which of them this machine is",
                names(several)
            )),
        }
    }
}

fn executors(plan: &ThingPlan) -> Executors {
    let its = plan.resources.iter();
    its.filter_map(|its| Some((its.name.clone(), its.executor.clone()?)))
        .collect()
}

/// The user that is named; without a name, the one that packages make, or the own one where there is none such.
pub(super) fn user(named: Option<&str>, usual: &str) -> anyhow::Result<u32> {
    let root = Root::default();
    match named {
        Some(name) => user_id(&root, name).ok_or_else(|| {
            anyhow::anyhow!("there is no user `{name}` in /etc/passwd; it takes a name or a number")
        }),
        None => Ok(user_id(&root, usual).unwrap_or_else(own_user_id)),
    }
}

/// Until it is told to stop, or does not listen any more.
async fn serve(service: &RunnerService, status: &str) -> anyhow::Result<()> {
    let mut stop = Stop::new()?;
    let patience = Service.watchdog();
    let mut beat = ticks(patience.map_or(Duration::from_secs(60), |patience| patience / 3));
    Service.ready(status);
    loop {
        tokio::select! {
            () = stop.told() => return Ok(()),
            _ = beat.tick() => {
                if !service.is_alive() {
                    anyhow::bail!("the thread that listens has ended; the log says why");
                }
                Service.alive();
            }
        }
    }
}
