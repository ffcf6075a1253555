//! What the governor's roles share on the command line: the configuration file and the way to the broker.

use anstream::{eprint, eprintln};
use anyhow::Context;
use mqtt_thing::model::Mistake;
use mqtt_thing::mqtt::{BrokerUrl, Options};
use mqtt_thing::runtime::commander::{Commander, CommanderError};
use mqtt_thing::topology::governor::{CommanderConfig, Environment, OperatorConfig, SutConfig};
use mqtt_thing::topology::{self, report, report_warnings};
use std::path::Path;
use std::time::Duration;

/// The governor's keep-alive (wire contract, section 4).
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// How long a broker may take to be reached by who cannot wait for it.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Old clients send whole outputs in one message.
const LARGEST_ANSWER: usize = 256 << 20;

/// A session for one who gives commands and takes answers.
pub(super) fn session(broker: BrokerUrl, subcommand: &str) -> Options {
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

/// A configuration with what is allowed in it but hardly meant.
pub(super) trait Warned {
    fn warnings(&self) -> &[Mistake];
}

macro_rules! warned {
    ($($config:ty)*) => {$(
        impl Warned for $config {
            fn warnings(&self) -> &[Mistake] { &self.warnings }
        }
    )*};
}
warned!(SutConfig OperatorConfig CommanderConfig);

/// Reads a configuration, and gives its text too: `path`, else `config.ini` of this folder, else the defaults. Mistakes are shown on standard
/// error; `None` if there are any.
pub(super) fn load<C: Warned>(
    path: Option<&Path>,
    read: impl Fn(&str, &Environment) -> Result<C, Vec<Mistake>>,
) -> anyhow::Result<Option<(C, String)>> {
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
    let file = path.unwrap_or(usual).display().to_string();
    match read(&text, &environment) {
        Ok(config) => {
            eprint!("{}", report_warnings(&file, &text, config.warnings(), true));
            Ok(Some((config, text)))
        }
        Err(mistakes) => {
            eprint!("{}", report(&file, &text, &mistakes, true));
            Ok(None)
        }
    }
}

/// The way of a commander: what its configuration says, and the broker.
pub(super) struct Way {
    config: CommanderConfig,
    broker: BrokerUrl,
}

/// Reads it; `None` after a word about what is wrong.
pub(super) fn way(config: Option<&Path>, given: Option<&BrokerUrl>) -> anyhow::Result<Option<Way>> {
    let Some((config, _)) = load(config, topology::governor::commander)? else {
        return Ok(None);
    };
    let broker = broker(given, config.broker.as_deref())?;
    Ok(broker.map(|broker| Way { config, broker }))
}

impl Way {
    /// Connects as `subcommand`.
    pub(super) async fn connect(self, subcommand: &str) -> Result<Commander, CommanderError> {
        let Self { config, broker } = self;
        let session = session(broker, subcommand);
        Commander::connect(session, config.topics, config.jsonify, CONNECT_WITHIN).await
    }
}

/// The broker: of the command line, else of the configuration. Without any it is said how to name one.
pub(super) fn broker(
    given: Option<&BrokerUrl>,
    configured: Option<&str>,
) -> anyhow::Result<Option<BrokerUrl>> {
    match (given, configured) {
        (Some(url), _) => Ok(Some(url.clone())),
        (None, Some(url)) => Ok(Some(
            url.parse().with_context(|| format!("the broker `{url}`"))?,
        )),
        (None, None) => {
            eprintln!(
                "mqtt-thing: no broker is named; give --broker mqtt://HOST, set MQTT_BROKER, or name one under [mqtt] of the configuration"
            );
            Ok(None)
        }
    }
}
