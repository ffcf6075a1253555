//! `mqtt-thing sut`: be a client of the governor's protocol, drop-in for the Python one: register, run what is allowed,
//! answer. The same executor answers on our own topics.

use super::connection::ConnectionArgs;
use super::serving::{self, CLOSE_WITHIN, End, Stop};
use super::{EXIT_OK, EXIT_USAGE, governor};
use anyhow::Context;
use clap::Args;
use mqtt_thing::fleet::pattern::Pattern;
use mqtt_thing::fleet::{ExecutorSettings, GovernorFace};
use mqtt_thing::model::Topic;
use mqtt_thing::mqtt::{Endpoint, Options};
use mqtt_thing::resources::{self, Spec};
use mqtt_thing::runtime::{Node, NodeOptions, Service};
use mqtt_thing::system::{executor_folder, state_folder};
use mqtt_thing::topology::{self, governor::SutConfig};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The executor's name in its own topics.
const NAME: &str = "executor0";
/// Below the state folder: a thing of `mqtt-thing run` may have the same name.
pub(super) const SUT_STATE: &str = "sut";

/// Register with a governor's operator, run what this machine's own file allows, and answer
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing sut                                           config.ini of this folder, as the original\n  \
    CLIENT_ID=pi3 mqtt-thing sut --config lab.ini --allow 'stress-ng *'\n  \
    mqtt-thing sut --broker mqtt://10.0.0.1 --allow '*' --shell   as the original: anybody may run anything\n\n\
    Nothing runs that is not allowed here: by --allow, or by `[sut] allow = ..` in the file.\n\
    `mqtt-thing policy explain` says beforehand what would happen to a command.")]
pub(super) struct Sut {
    /// The governor's configuration
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    /// Register by this id; else CLIENT_ID of the environment, else client1
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,

    /// Allow this program with arguments of this pattern, as 'stress-ng *'; may be given again
    #[arg(long, value_name = "PATTERN")]
    allow: Vec<String>,

    /// Give what `*` allows to /bin/sh, as the original does
    #[arg(long)]
    shell: bool,

    /// Obey on our own topics what a key of this list has signed, and nothing else; else
    /// /etc/mqtt-thing/trusted-keys, if that is there
    #[arg(long, value_name = "FILE")]
    trusted_keys: Option<PathBuf>,

    /// Where keys are trusted: what the governor's operator, who cannot sign, may have run all the same; narrower than
    /// --allow; may be given again
    #[arg(long, value_name = "PATTERN")]
    unsigned_allow: Vec<String>,

    /// Where journal and spool are kept; else $STATE_DIRECTORY, else the XDG state folder
    #[arg(long, value_name = "DIR")]
    state: Option<PathBuf>,

    /// Do not wait for the disk: faster, and a power cut may forget what was queued, run or answered last
    #[arg(long)]
    no_sync: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Sut {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(read) = governor::load(self.config.as_deref(), topology::governor::sut)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let id = thing_id(self.client_id.as_ref().unwrap_or(&read.config.client_id));
        let usual_user = Some(id.as_str());
        let Some(broker) = governor::broker(&self.connection, &read, usual_user)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(self.serve(read.config, broker));
        runtime.shutdown_background();
        outcome
    }

    async fn serve(&self, config: SutConfig, broker: Endpoint) -> anyhow::Result<ExitCode> {
        let mut stop = Stop::new()?;
        let client_id = match (&self.client_id, config.client_id_is_default) {
            (Some(id), _) => id.clone(),
            (None, given_none) => {
                if given_none {
                    tracing::warn!(
                        "nobody chose a client id, so it is `{}`: set CLIENT_ID, since two clients with one id confuse every operator",
                        config.client_id
                    );
                }
                config.client_id.clone()
            }
        };
        if client_id.is_empty() {
            anyhow::bail!(
                "the client id is empty; give one with --client-id, CLIENT_ID, or client_id under [sut]"
            );
        }
        for entry in &self.allow {
            Pattern::parse(entry).with_context(|| format!("--allow {entry:?}"))?;
        }
        for entry in &self.unsigned_allow {
            Pattern::parse(entry).with_context(|| format!("--unsigned-allow {entry:?}"))?;
        }
        let id = thing_id(&client_id);
        let settings = self.settings(&config, &client_id);
        loud(&settings);
        let state = match &self.state {
            Some(folder) => folder.clone(),
            None => state_folder(|name| std::env::var_os(name))?,
        };
        let kind = resources::kind("executor").expect("there is a kind of executor");
        let mut spec = Spec::new(id.clone(), NAME.to_owned(), kind, None);
        spec.executor = Some(Arc::new(settings));
        let suffix: u32 = rand::random();
        let mut session = Options::new(broker.clone(), format!("{id}-sut-{suffix:08x}"));
        session.keep_alive = governor::KEEP_ALIVE;
        serving::answers_governor(&mut session);
        tracing::info!(client_id, %broker, "starting");
        let mut node = Node::start(NodeOptions {
            name: client_id.clone(),
            id,
            specs: vec![spec],
            board: None,
            session,
            formers: Vec::new(),
            state: Some(executor_folder(&state.join(SUT_STATE), &client_id)?),
            runner: None,
            home: None,
        })
        .await?;
        let status = format!("{client_id} on {broker}");
        let end = serving::watch(&mut node, &status, None, || None, &mut stop).await;
        Service.stopping();
        node.stop(CLOSE_WITHIN).await;
        match end {
            End::Failed => anyhow::bail!("a thread ended that must not; the log says why"),
            _ => Ok(ExitCode::from(EXIT_OK)),
        }
    }

    /// What the file says, with what the command line adds.
    fn settings(&self, config: &SutConfig, client_id: &str) -> ExecutorSettings {
        let mut settings = config.settings.clone();
        settings.allow.extend(self.allow.iter().cloned());
        settings.shell |= self.shell;
        settings.journal &= !self.no_sync;
        let read = config.settings.governor.as_ref();
        let mut unsigned = read.and_then(|face| face.unsigned.clone());
        if !self.unsigned_allow.is_empty() {
            let more = self.unsigned_allow.iter().cloned();
            unsigned.get_or_insert_default().extend(more);
        }
        if let Some(list) = &self.trusted_keys {
            settings.trusted_keys = Some(list.clone());
        }
        settings.governor = Some(GovernorFace {
            unsigned,
            ..GovernorFace::new(config.topics.clone(), client_id.to_owned())
        });
        // as the original: a pipeline may name files of the folder in which it was started
        if settings.process.working_directory.is_none() {
            settings.process.working_directory = std::env::current_dir().ok();
        }
        settings
    }
}

/// The first level of a client's own topics: its id, but for what would make it several levels or a wildcard.
fn thing_id(client_id: &str) -> Topic {
    let level: String = client_id
        .chars()
        .map(|c| match c {
            '/' | '+' | '#' => '_',
            c if c.is_control() => '_',
            c => c,
        })
        .collect();
    // topics that begin with $ are the broker's own
    let level = level.replacen('$', "_", usize::from(level.starts_with('$')));
    let level = if level.is_empty() {
        "_".to_owned()
    } else {
        level
    };
    let id = Topic::new(&level).expect("a level without wildcards is a topic");
    if id.as_str() != client_id {
        tracing::warn!(client_id, %id, "the client id is no level of a topic; its own topics begin with another word");
    }
    id
}

/// What may run is said at start, the louder the more it is.
fn loud(settings: &ExecutorSettings) {
    let any = settings.allow.iter().any(|entry| entry.trim() == "*");
    match (settings.allow.is_empty(), any, settings.shell) {
        (true, ..) => tracing::warn!(
            "nothing is allowed to run, so every command is refused: write `allow = ..` under [sut] of the file, or give --allow"
        ),
        (_, true, _) if settings.trusted_keys.is_some() => tracing::warn!(
            "whoever has a trusted key can run any program here, as this user: `*` is allowed"
        ),
        (_, true, true) => tracing::warn!(
            "ANYBODY who reaches the broker can run ANYTHING here, as this user: `*` is allowed, with a shell"
        ),
        (_, true, false) => tracing::warn!(
            "anybody who reaches the broker can run any program here, as this user: `*` is allowed"
        ),
        (_, false, true) => tracing::warn!(
            "shell = true has no effect without `*` under allow: an allow list means nothing behind a shell"
        ),
        _ => tracing::info!(allow = ?settings.allow, "these may run"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_client_id_makes_a_level_of_a_topic() {
        let ids = ["c1", "lab/1", "a+b#", "$SYS", "", "a\u{7}b", "172.16.32.5"];
        let levels = ids.map(|id| thing_id(id).to_string());
        assert_eq!(
            levels,
            ["c1", "lab_1", "a_b_", "_SYS", "_", "a_b", "172.16.32.5"]
        );
    }
}
