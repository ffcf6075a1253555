//! `mqtt-thing pub`.

mod source;

use super::exchange::{Checked, ExchangeArgs, block_on, leave, qos, told, topic};
use super::seconds::seconds;
use super::serving::Stop;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::{ArgGroup, Args};
use mqtt_thing::model::{Message, QoS, Topic};
use mqtt_thing::mqtt::exchange::{Exchange, Parcel};
use source::{Next, Source};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// How long the broker may take to answer what is open when we are told to stop.
const AFTER_STOP: Duration = Duration::from_secs(2);

/// Publish a message, a file, or each line of standard input
#[derive(Debug, Args)]
#[command(
    name = "pub",
    override_usage = "mqtt-thing pub [OPTIONS] <TOPIC> <MESSAGE|--file <FILE>|--lines|--stdin|--null>",
    group = ArgGroup::new("what").required(true),
    after_help = "Examples:\n  \
    mqtt-thing pub lab/greeting hello\n  \
    mqtt-thing pub lab/state on --retain --qos 1\n  \
    mqtt-thing pub lab/photo --file photo.jpg\n  \
    vmstat -n 1 | mqtt-thing pub lab/load --lines --qos 1\n  \
    mqtt-thing pub lab/greeting hello --qos 2 --explain  packet by packet\n  \
    mqtt-thing pub lab/load x --repeat 10000             how fast is the broker?\n\n\
    With --repeat and --lines the time ends when the broker has acknowledged the \
    last message; at QoS 0, where it acknowledges none, when it answers a PINGREQ \
    behind it: by then it has read them all.\n\n\
    Exit codes: 0 the broker acknowledged everything; at QoS 0: it went out. \
    Whether it passed it on, MQTT 3.1.1 does not tell: where an access list forbids \
    it, a broker acknowledges and drops it. 1 it did not acknowledge all, or this was stopped before, \
    2 the command line cannot be used."
)]
pub(super) struct Publish {
    /// Where to
    #[arg(value_name = "TOPIC", value_parser = Checked(topic))]
    topic: Topic,

    /// The message
    #[arg(value_name = "MESSAGE", group = "what", allow_negative_numbers = true)]
    message: Option<String>,

    /// Send this file, byte by byte
    #[arg(short, long, value_name = "FILE", group = "what")]
    file: Option<PathBuf>,

    /// Send each line of standard input that is not empty, as it comes
    #[arg(short, long, group = "what", conflicts_with_all = ["repeat", "repeat_every"])]
    lines: bool,

    /// Send all of standard input as one message
    #[arg(short, long, group = "what")]
    stdin: bool,

    /// Send a message without a byte: with --retain it removes what the broker keeps
    #[arg(short, long, group = "what")]
    null: bool,

    /// Quality of service: 0 at most once, 1 at least once, 2 exactly once
    #[arg(short, long, value_name = "0|1|2", default_value = "0", value_parser = qos)]
    qos: QoS,

    /// Let the broker keep it, for those who subscribe later
    #[arg(short, long)]
    retain: bool,

    /// Send it so often, and tell how many of them the broker took in a second
    #[arg(long, value_name = "N", default_value_t = 1)]
    repeat: u64,

    /// Wait so long between two of them
    #[arg(long, alias = "repeat-delay", value_name = "SECONDS", value_parser = seconds)]
    repeat_every: Option<Duration>,

    /// How many messages may wait for the broker's answer at once, at QoS 1 and 2; Mosquitto takes 20
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=1000))]
    in_flight: u16,

    /// Say what --explain shows, and the rate, as JSON lines
    #[arg(long, help_heading = "Output")]
    json: bool,

    /// Say only what is wrong
    // without the short form, which is the quality of service here
    #[arg(id = "quiet", long, help_heading = "Output")]
    quiet: bool,

    #[command(flatten)]
    exchange: ExchangeArgs,
}

/// What was done.
#[derive(Debug, Default)]
struct Done {
    messages: u64,
    bytes: u64,
    /// So many the broker has not answered.
    open: usize,
    took: Duration,
    /// We were told to stop before the end.
    stopped: bool,
}

impl Publish {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let parcel = match Parcel::new(self.first()?) {
            Ok(parcel) => parcel,
            Err(error) => {
                eprintln!("mqtt-thing: {error}");
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let mut options = self.exchange.options("pub")?;
        options.in_flight = self.in_flight;
        // one message either goes or does not; of many, what is done is worth something
        options.comes_back = self.is_timed();
        let (exchange, explainer) = match self.exchange.start(options, self.json) {
            Ok(started) => started,
            Err(code) => return Ok(code),
        };
        block_on(async {
            let mut exchange = exchange;
            let source = match self.lines {
                true => Source::lines(),
                false => Source::same(self.repeat, self.repeat_every),
            };
            let done = self.send(&mut exchange, &parcel, source).await;
            let left = leave(exchange, explainer.as_ref()).await;
            let done = done?;
            self.told(&done);
            if done.open == 0 && self.qos == QoS::AtMostOnce {
                left?;
            }
            let is_cut = done.stopped && !self.lines && done.messages < self.repeat;
            if is_cut {
                let (messages, all) = (done.messages, self.repeat);
                eprintln!("mqtt-thing: stopped after {messages} of {all} messages");
            }
            Ok(ExitCode::from(match is_cut || done.open > 0 {
                false => EXIT_OK,
                true => EXIT_FAILED,
            }))
        })
    }

    /// Whether it is told how long it took.
    fn is_timed(&self) -> bool {
        self.lines || self.repeat > 1
    }

    /// The message that is sent if it is one.
    fn first(&self) -> anyhow::Result<Message> {
        let payload = match (&self.message, &self.file) {
            (Some(text), _) => text.clone().into_bytes(),
            (None, Some(path)) => source::file(path)?,
            (None, None) if self.stdin => source::standard_input()?,
            (None, None) => Vec::new(),
        };
        Ok(self.message(payload))
    }

    fn message(&self, payload: Vec<u8>) -> Message {
        Message {
            topic: self.topic.clone(),
            payload,
            qos: self.qos,
            retain: self.retain,
        }
    }

    async fn send(
        &self,
        exchange: &mut Exchange,
        same: &Parcel,
        mut source: Source,
    ) -> anyhow::Result<Done> {
        let mut stop = Stop::new()?;
        let (mut done, mut ended, mut was_lost) = (Done::default(), false, false);
        let mut since = None;
        // at QoS 0 nothing else tells when the broker has read the last one
        let mut to_ask = self.is_timed() && self.qos == QoS::AtMostOnce;
        loop {
            if ended && !exchange.is_busy() {
                if !std::mem::take(&mut to_ask) || done.messages == 0 {
                    break;
                }
                exchange.ask();
                continue;
            }
            let room = !ended && exchange.has_room(self.qos);
            let before = Instant::now();
            tokio::select! {
                biased;
                () = stop.told() => {
                    done.stopped = true;
                    if to_ask && done.messages > 0 {
                        exchange.ask();
                    }
                    let rest = self.finish(exchange, &mut was_lost);
                    let _what_is_open_is_told = tokio::time::timeout(AFTER_STOP, rest).await;
                    break;
                }
                next = source.next(), if room => {
                    let parcel = match next? {
                        Next::End => {
                            ended = true;
                            continue;
                        }
                        Next::Same => same.clone(),
                        Next::Line(line) => Parcel::new(self.message(line))?,
                    };
                    // for a line is waited, which is not the broker's time
                    since.get_or_insert_with(|| match self.lines {
                        true => Instant::now(),
                        false => before,
                    });
                    done.messages += 1;
                    done.bytes += parcel.size() as u64;
                    exchange.publish(&parcel)?;
                }
                event = exchange.step() => {
                    if let Some(event) = event? {
                        told(&event, &mut was_lost)?;
                    }
                }
            }
        }
        done.open = exchange.open();
        done.took = since.map_or(Duration::ZERO, |since: Instant| since.elapsed());
        Ok(done)
    }

    async fn finish(&self, exchange: &mut Exchange, was_lost: &mut bool) -> anyhow::Result<()> {
        while exchange.is_busy() {
            if let Some(event) = exchange.step().await? {
                told(&event, was_lost)?;
            }
        }
        Ok(())
    }

    // counts lie far below 2^53
    #[allow(clippy::cast_precision_loss)]
    fn told(&self, done: &Done) {
        if done.open > 0 {
            let open = done.open;
            eprintln!("mqtt-thing: the broker has not answered {open} of the messages");
        }
        if self.quiet || !self.is_timed() {
            return;
        }
        let took = done.took.as_secs_f64();
        let (messages, bytes) = (done.messages, done.bytes);
        let rate = messages as f64 / took.max(1e-6);
        if self.json {
            let line = serde_json::json!({ "published": {
                "messages": messages, "payload_bytes": bytes, "seconds": took, "messages_per_second": rate,
                "unanswered": done.open, "qos": self.qos.number(),
            }});
            eprintln!("{line}");
            return;
        }
        let megabytes = bytes as f64 / 1e6 / took.max(1e-6);
        eprintln!(
            "{messages} {} in {took:.3} s, {rate:.0} a second, {megabytes:.2} MB/s of payload",
            if messages == 1 { "message" } else { "messages" }
        );
    }
}
