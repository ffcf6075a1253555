//! `mqtt-thing sub`.

mod color;
mod numbers;
mod shown;

use super::exchange::{Checked, ExchangeArgs, Then, block_on, leave, qos, told};
use super::seconds::seconds;
use super::serving::Stop;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::model::{Message, QoS, TopicError, TopicFilter};
use mqtt_thing::mqtt::exchange::{Event, Exchange};
use numbers::{count, largest, shared};
use shown::{Form, Look};
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

/// So much is written at once.
const CHUNK: usize = 64 * 1024;
/// How long a slow reader is waited for when we are told to stop.
const AFTER_STOP: Duration = Duration::from_secs(1);

/// Subscribe, and print what comes
#[derive(Debug, Args)]
#[command(
    name = "sub",
    after_help = "A filter's level may be +, which stands for any one level; # at its end stands \
    for all that follow.\n\n\
    Examples:\n  \
    mqtt-thing sub '#'                              everything that one may read\n  \
    mqtt-thing sub 'lab/+/temperature' 'lab/alarms/#'\n  \
    mqtt-thing sub 'lab/#' --without 'lab/+/raw' --time\n  \
    mqtt-thing sub '$SYS/#' --for 15                what the broker says of itself\n  \
    mqtt-thing sub lab/photo --one --raw > photo.jpg\n  \
    mqtt-thing sub 'lab/#' --json | jq .json.value\n  \
    mqtt-thing sub 'lab/#' --qos 2 --session me     it keeps what comes meanwhile\n  \
    mqtt-thing sub --session me --forget            and forgets us again\n\n\
    On a terminal JSON is coloured, CBOR is shown in its diagnostic notation, other \
    bytes as hexadecimal digits. Into a pipe go the bytes as they came, a line's end \
    after each message.\n\n\
    Exit codes: 0 what was asked for came, 1 it did not or something failed, \
    2 the command line cannot be used."
)]
pub(super) struct Subscribe {
    /// What to listen to
    #[arg(value_name = "FILTER", required_unless_present = "forget", value_parser = Checked(filter))]
    filters: Vec<TopicFilter>,

    /// The highest quality of service that the broker may use: 0 at most once, 1 at least once, 2 exactly once
    #[arg(short, long, value_name = "0|1|2", default_value = "0", value_parser = qos)]
    qos: QoS,

    /// End after so many messages
    #[arg(short = 'C', long, value_name = "N", value_parser = count)]
    count: Option<u64>,

    /// End after one message
    #[arg(short = '1', long, conflicts_with = "count")]
    one: bool,

    /// End after so many seconds
    #[arg(short = 'W', long = "for", value_name = "SECONDS", value_parser = seconds)]
    long: Option<Duration>,

    /// Let the broker forget the session, and end
    #[arg(long, requires = "session", conflicts_with_all = ["filters", "count", "one"])]
    forget: bool,

    /// Leave out what the broker had kept before we came
    #[arg(short = 'R', long, conflicts_with = "only_retained")]
    no_retained: bool,

    /// Leave out all but what the broker had kept before we came
    #[arg(long, alias = "retained-only")]
    only_retained: bool,

    /// Take messages up to so many MiB; larger ones are left out, and it is said so
    #[arg(long, value_name = "MIB", default_value = "16", value_parser = largest)]
    largest: usize,

    /// Leave out what this filter matches; may be given again
    #[arg(short = 'T', long, value_name = "FILTER", value_parser = Checked(filter))]
    without: Vec<TopicFilter>,

    /// Show topics in a pipe, too
    #[arg(short = 'v', long, help_heading = "Output", conflicts_with_all = ["json", "raw"])]
    topics: bool,

    /// Show when each message came, in UTC as in --json, before its topic
    #[arg(long, help_heading = "Output", conflicts_with_all = ["json", "raw"])]
    time: bool,

    /// Print an object a line: topic, qos, retain, dup, time, size, payload or payload_base64, and json or cbor
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Write the bytes of each message as they came, and nothing else; not to a terminal
    #[arg(short = 'N', long, help_heading = "Output", conflicts_with = "json")]
    raw: bool,

    /// Say more: what happens, with --verbose --verbose every message
    // without the short form, which shows topics here
    #[arg(id = "verbose", long, action = clap::ArgAction::Count, help_heading = "Output")]
    verbose: u8,

    /// Say only what is wrong
    // without the short form, which is the quality of service here
    #[arg(id = "quiet", long, help_heading = "Output")]
    quiet: bool,

    #[command(flatten)]
    exchange: ExchangeArgs,
}

/// A filter on the command line.
fn filter(text: &str) -> Result<TopicFilter, TopicError> {
    TopicFilter::new(text)
}

impl Subscribe {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if let Err(error) = self.filters.iter().try_for_each(shared) {
            eprintln!("mqtt-thing: {error}");
            return Ok(ExitCode::from(EXIT_USAGE));
        }
        let Some(look) = self.look() else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let mut options = self.exchange.options("sub")?;
        options.comes_back = !self.forget;
        options.keeps_session &= !self.forget;
        options.largest_incoming = self.largest;
        let filters = self.filters.iter().cloned();
        options.subscriptions = filters.map(|filter| (filter, self.qos)).collect();
        let keeps = self.exchange.keeps_session() && !self.forget;
        if keeps && self.qos == QoS::AtMostOnce && !self.quiet {
            eprintln!(
                "mqtt-thing: at QoS 0 a session keeps the subscription, and no message; --qos 1 or 2 keeps messages"
            );
        }
        let (exchange, explainer) = match self.exchange.start(options, self.json) {
            Ok(started) => started,
            Err(code) => return Ok(code),
        };
        block_on(async {
            let mut exchange = exchange;
            let seen = match self.forget {
                true => enter(&mut exchange).await,
                false => self.listen(&mut exchange, &look).await,
            };
            let left = leave(exchange, explainer.as_ref()).await;
            let seen = seen?;
            if let (Err(error), true) = (left, keeps) {
                // what was shown may come once more
                eprintln!("mqtt-thing: {error}");
            }
            let wanted = self.wanted().unwrap_or(1);
            Ok(ExitCode::from(match seen >= wanted {
                true => EXIT_OK,
                false => EXIT_FAILED,
            }))
        })
    }

    /// How messages are shown; nothing, when raw bytes would go to a terminal.
    fn look(&self) -> Option<Look> {
        let terminal = io::stdout().is_terminal();
        let form = match (self.json, self.raw) {
            (true, _) => Form::Json,
            (false, true) if terminal => {
                eprintln!(
                    "mqtt-thing: --raw writes whatever comes, and standard output is a terminal; send it into a pipe or a file"
                );
                return None;
            }
            (false, true) => Form::Raw,
            (false, false) if terminal => Form::Terminal,
            (false, false) => Form::Lines {
                topics: self.topics,
            },
        };
        let choice = anstream::AutoStream::choice(&io::stdout());
        let colors = choice != anstream::ColorChoice::Never;
        let time = self.time;
        Some(Look { form, colors, time })
    }

    fn wanted(&self) -> Option<u64> {
        self.one.then_some(1).or(self.count)
    }

    fn is_wanted(&self, message: &Message) -> bool {
        let is_kept_out = self.without.iter().any(|its| its.matches(&message.topic));
        !is_kept_out
            && match message.retain {
                true => !self.no_retained,
                false => !self.only_retained,
            }
    }

    /// Prints what comes until there is enough of it, time is over, or nobody reads it any more. Returns how much it was.
    async fn listen(&self, exchange: &mut Exchange, look: &Look) -> anyhow::Result<u64> {
        let mut stop = Stop::new()?;
        let mut stopped = std::pin::pin!(stop.told_or_after(self.long));
        let (mut seen, mut was_lost, mut out) = (0, false, Vec::new());
        loop {
            let enough = self.wanted().is_some_and(|wanted| seen >= wanted);
            // before the broker is told that we have them
            let full = enough || out.len() >= CHUNK || !exchange.has_more();
            if full && !out.is_empty() {
                let written = exchange.hold(write(std::mem::take(&mut out)));
                let is_read = tokio::select! {
                    biased;
                    () = &mut stopped => Ok(false),
                    is_read = written => is_read,
                };
                if !matches!(is_read, Ok(true)) {
                    exchange.give_back();
                    return is_read.map(|_| seen);
                }
            }
            if enough {
                return Ok(seen);
            }
            tokio::select! {
                biased;
                () = &mut stopped => {
                    let written = tokio::time::timeout(AFTER_STOP, write(out)).await;
                    if !matches!(written, Ok(Ok(true))) {
                        exchange.give_back();
                    }
                    return Ok(seen);
                }
                event = exchange.step() => {
                    let Some(event) = event? else { continue };
                    if let Then::Message(message, dup) = told(&event, &mut was_lost)? {
                        if self.is_wanted(message) {
                            seen += 1;
                            look.show(message, dup, SystemTime::now(), &mut out);
                        }
                    }
                }
            }
        }
    }
}

/// Waits until the broker lets us in, which counts as what was asked for.
async fn enter(exchange: &mut Exchange) -> anyhow::Result<u64> {
    loop {
        if let Some(Event::Connected { .. }) = exchange.step().await? {
            return Ok(1);
        }
    }
}

/// Writes to standard output, on a thread that may wait for a slow reader; whether anybody reads it.
async fn write(bytes: Vec<u8>) -> anyhow::Result<bool> {
    let written = tokio::task::spawn_blocking(move || {
        let mut out = io::stdout().lock();
        out.write_all(&bytes).and_then(|()| out.flush())
    });
    match written.await? {
        Ok(()) => Ok(true),
        // a reader that has seen enough (`| head`) is no failure
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(anyhow::Error::from(error).context("standard output")),
    }
}
