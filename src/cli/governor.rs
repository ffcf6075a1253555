//! What the governor's roles share on the command line: the configuration file and the way to the broker.

use super::connection::ConnectionArgs;
use anstream::{eprint, eprintln};
use mqtt_thing::model::Mistake;
use mqtt_thing::mqtt::{Access, Endpoint, Options};
use mqtt_thing::runtime::commander::{Commander, CommanderError};
use mqtt_thing::topology::governor::{CommanderConfig, Environment, OperatorConfig, SutConfig};
use mqtt_thing::topology::{self, report, report_warnings};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The governor's keep-alive (wire contract, section 4).
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How long a broker may take to be reached by who cannot wait for it.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Old clients send whole outputs in one message.
const LARGEST_ANSWER: usize = 256 << 20;

/// A session for one who gives commands and takes answers.
pub(super) fn session(broker: Endpoint, subcommand: &str) -> Options {
    let id = format!("mqtt-thing-{subcommand}-{:08x}", rand::random::<u32>());
    let mut session = Options::new(broker, id);
    session.keep_alive = KEEP_ALIVE;
    session.largest_incoming = LARGEST_ANSWER;
    session
}

/// The file that the original reads in the folder where it is started.
const USUAL: &str = "config.ini";
/// What holds without it: a section that says nothing.
const EMPTY: &str = "[mqtt]\n";

/// A configuration of one of the roles.
pub(super) trait Connecting {
    /// What is allowed in it but hardly meant.
    fn warnings(&self) -> &[Mistake];
    /// The broker's URL, and what lets us in.
    fn broker(&self) -> (Option<&str>, &Access);
}

macro_rules! connecting {
    ($($config:ty: $($broker:ident).*;)*) => {$(
        impl Connecting for $config {
            fn warnings(&self) -> &[Mistake] { &self.warnings }
            fn broker(&self) -> (Option<&str>, &Access) {
                (self.$($broker).*.as_deref(), &self.access)
            }
        }
    )*};
}
connecting! { SutConfig: broker; OperatorConfig: plan.broker; CommanderConfig: broker; }

/// A configuration that was read.
pub(super) struct Read<C> {
    pub(super) config: C,
    pub(super) text: String,
    /// The file, where there is one.
    pub(super) file: Option<PathBuf>,
}

/// Reads a configuration: `path`, else `config.ini` of this folder, else the defaults. Mistakes are shown on standard
/// error; `None` if there are any.
pub(super) fn load<C: Connecting>(
    path: Option<&Path>,
    read: impl Fn(&str, &Environment) -> Result<C, Vec<Mistake>>,
) -> anyhow::Result<Option<Read<C>>> {
    let environment = Environment::read(|name| std::env::var(name).ok())?;
    let usual = Path::new(USUAL);
    let path = path.or_else(|| usual.exists().then_some(usual));
    let text = match path.map(topology::load).transpose() {
        Ok(text) => text.unwrap_or_else(|| EMPTY.to_owned()),
        Err(error) => {
            eprintln!("mqtt-thing: {}", super::whole(&error));
            return Ok(None);
        }
    };
    let name = path.unwrap_or(usual).display().to_string();
    match read(&text, &environment) {
        Ok(config) => {
            eprint!("{}", report_warnings(&name, &text, config.warnings(), true));
            let file = path.map(Path::to_owned);
            Ok(Some(Read { config, text, file }))
        }
        Err(mistakes) => {
            eprint!("{}", report(&name, &text, &mistakes, true));
            Ok(None)
        }
    }
}

/// The way of a commander: what its configuration says, and the broker.
pub(super) struct Way {
    config: CommanderConfig,
    broker: Endpoint,
}

/// Reads it; `None` after a word about what is wrong.
pub(super) fn way(
    config: Option<&Path>,
    connection: &ConnectionArgs,
) -> anyhow::Result<Option<Way>> {
    let Some(read) = load(config, topology::governor::commander)? else {
        return Ok(None);
    };
    let Some(broker) = broker(connection, &read, None)? else {
        return Ok(None);
    };
    let config = read.config;
    Ok(Some(Way { config, broker }))
}

impl Way {
    /// Connects as `subcommand`.
    pub(super) async fn connect(self, subcommand: &str) -> Result<Commander, CommanderError> {
        let Self { config, broker } = self;
        let session = session(broker, subcommand);
        Commander::connect(session, config.topics, config.jsonify, CONNECT_WITHIN).await
    }
}

/// The broker that a configuration or the command line names, with what lets us in. Without any it is said how to name
/// one.
pub(super) fn broker<C: Connecting>(
    connection: &ConnectionArgs,
    read: &Read<C>,
    usual_user: Option<&str>,
) -> anyhow::Result<Option<Endpoint>> {
    let (url, access) = read.config.broker();
    let Some(url) = connection.broker(url)? else {
        return Ok(None);
    };
    let endpoint = connection.endpoint(url, access, read.file.as_deref(), usual_user)?;
    Ok(Some(endpoint))
}
