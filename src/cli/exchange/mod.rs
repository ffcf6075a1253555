//! What `pub` and `sub` have in common: who we are to the broker, and a look at the packets.

mod checked;
mod explain;

use super::EXIT_USAGE;
use super::connection::{ConnectionArgs, broker_help};
use anstream::eprintln;
use anyhow::Context;
pub(super) use checked::{Checked, told_wrong};
use clap::Args;
use explain::Explainer;
pub(super) use explain::bytes;
use mqtt_thing::model::{Message, QoS, Topic, TopicError, TopicFilter, escaped, harmless};
use mqtt_thing::mqtt::exchange::{Event, Exchange, ExchangeError, ExchangeOptions};
use mqtt_thing::mqtt::{Access, BrokerUrl};
use std::process::ExitCode;
use std::time::Duration;

/// The broker of this machine, if none is named.
const USUAL: &str = "mqtt://localhost";

/// Who we are to the broker
#[derive(Debug, Args)]
#[command(
    next_help_heading = "Session",
    mut_arg("broker", |arg| arg.help(broker_help("The broker; mqtt://localhost when absent")))
)]
pub(super) struct ExchangeArgs {
    /// The client identifier; a random one when absent
    #[arg(short = 'i', long, value_name = "ID", conflicts_with = "session")]
    client_id: Option<String>,

    /// Let the broker remember us by this client identifier: over an interruption nothing is doubled at QoS 2, and for
    /// a subscriber at QoS 1 or 2 it keeps what comes while we are away
    #[arg(long, value_name = "NAME")]
    session: Option<String>,

    /// How often both sides prove that they live, in seconds; 0 is never
    #[arg(short = 'k', long, value_name = "SECONDS", default_value_t = 60)]
    keep_alive: u16,

    /// Where the broker says our last will if we are lost
    #[arg(long, value_name = "TOPIC", value_parser = Checked(topic))]
    will_topic: Option<Topic>,

    /// What it says; nothing when absent
    #[arg(long, value_name = "TEXT", requires = "will_topic")]
    will_message: Option<String>,

    /// Quality of service of the will
    #[arg(long, value_name = "0|1|2", requires = "will_topic", value_parser = qos)]
    will_qos: Option<QoS>,

    /// Let the broker keep the will
    #[arg(long, requires = "will_topic")]
    will_retain: bool,

    /// Show each MQTT packet as it goes and comes, on standard error, and what all of them came to
    #[arg(short = 'd', long, help_heading = "Output")]
    explain: bool,

    #[command(flatten)]
    connection: ConnectionArgs,
}

/// A quality of service on the command line.
pub(super) fn qos(text: &str) -> Result<QoS, String> {
    let number = text.parse().ok().and_then(QoS::of_number);
    number.ok_or_else(|| {
        format!("`{text}` is no quality of service; allowed is 0 (at most once), 1 (at least once) and 2 (exactly once)")
    })
}

/// The topic of a message on the command line.
pub(super) fn topic(text: &str) -> Result<Topic, TopicError> {
    Topic::new(text)
}

impl ExchangeArgs {
    /// The way to the broker, for a client that is named after its subcommand if it has no other name.
    pub(super) fn options(&self, subcommand: &str) -> anyhow::Result<ExchangeOptions> {
        let url = match &self.connection.broker {
            Some(url) => url.clone(),
            None => USUAL.parse::<BrokerUrl>().context("the usual broker")?,
        };
        let endpoint = self
            .connection
            .endpoint(url, &Access::default(), None, None)?;
        let id = match self.session.as_ref().or(self.client_id.as_ref()) {
            Some(id) => id.clone(),
            None => format!("mqtt-thing-{subcommand}-{:08x}", rand::random::<u32>()),
        };
        let mut options = ExchangeOptions::new(endpoint, id);
        options.keeps_session = self.session.is_some();
        options.keep_alive = Duration::from_secs(self.keep_alive.into());
        options.will = self.will_topic.as_ref().map(|topic| Message {
            topic: topic.clone(),
            payload: self.will_message.clone().unwrap_or_default().into_bytes(),
            qos: self.will_qos.unwrap_or(QoS::AtMostOnce),
            retain: self.will_retain,
        });
        Ok(options)
    }

    /// Starts an exchange, with somebody who explains it if that is wanted; `json` is how.
    pub(super) fn start(
        &self,
        options: ExchangeOptions,
        json: bool,
    ) -> Result<(Exchange, Option<Explainer>), ExitCode> {
        let explainer = self.explain.then(|| Explainer::new(json));
        let watcher = explainer.as_ref().map(Explainer::watcher);
        match Exchange::new(options, watcher) {
            Ok(exchange) => Ok((exchange, explainer)),
            Err(error) => {
                eprintln!("mqtt-thing: {error}");
                Err(ExitCode::from(EXIT_USAGE))
            }
        }
    }

    /// Whether the broker is to remember us.
    pub(super) fn keeps_session(&self) -> bool {
        self.session.is_some()
    }
}

/// What a loop does after an event.
pub(super) enum Then<'a> {
    /// Nothing more: it was told.
    GoOn,
    /// This came.
    Message(&'a Message, bool),
}

/// What is said of an event on standard error.
///
/// # Errors
/// The broker refuses a subscription.
pub(super) fn told<'a>(event: &'a Event, was_lost: &mut bool) -> anyhow::Result<Then<'a>> {
    match event {
        Event::Message { message, dup } => return Ok(Then::Message(message, *dup)),
        Event::Connected {
            session_present,
            repeated,
        } => {
            if std::mem::take(was_lost) {
                eprintln!("mqtt-thing: connected again");
            }
            if *repeated > 0 && !session_present {
                eprintln!(
                    "mqtt-thing: the broker remembers nothing of us: {repeated} messages are sent again, and may arrive twice"
                );
            }
        }
        Event::Subscribed(answers) => granted(answers)?,
        Event::LeftOut { topic, size } => {
            let why = match Topic::new(topic) {
                Ok(_) => "it is larger than --largest allows".to_owned(),
                Err(error) => format!("its topic is none: {}", error.mistake(topic).message),
            };
            let (topic, size) = (escaped(topic.as_bytes(), 256), bytes(*size));
            eprintln!("mqtt-thing: left out a message of {size} on `{topic}`: {why}");
        }
        Event::Lost { words, .. } => {
            *was_lost = true;
            let words = harmless(words);
            eprintln!("mqtt-thing: the connection was lost: {words}; connecting again");
        }
    }
    Ok(Then::GoOn)
}

fn granted(answers: &[(TopicFilter, QoS, Option<QoS>)]) -> anyhow::Result<()> {
    let refused = answers.iter().filter(|(_, _, granted)| granted.is_none());
    let refused: Vec<String> = refused.map(|(filter, ..)| format!("`{filter}`")).collect();
    if !refused.is_empty() {
        anyhow::bail!(
            "the broker refuses to let us subscribe to {}",
            refused.join(", ")
        );
    }
    for (filter, asked, granted) in answers {
        if let Some(granted) = granted.filter(|granted| granted < asked) {
            let (asked, granted) = (asked.number(), granted.number());
            eprintln!("mqtt-thing: the broker grants QoS {granted} for `{filter}`, not {asked}");
        }
    }
    Ok(())
}

/// Runs something that waits for the network. What a thread of it still waits for when it is done, as a reader of standard
/// input does, is not waited for.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

/// Says goodbye. One who has what was asked for does not mind if the broker does not listen.
pub(super) async fn leave(
    exchange: Exchange,
    explainer: Option<&Explainer>,
) -> Result<(), ExchangeError> {
    let left = exchange.close().await;
    if let Some(explainer) = explainer {
        explainer.sum_up();
    }
    left
}
