//! `mqtt-thing broker watch`: how a broker is doing, as it tells itself under `$SYS`.
//!
//! | file | what it does |
//! |---|---|
//! | `form` | a screen, lines or objects: who is shown what |
//! | `drawing`, `graph` | the screen |
//! | `line`, `json` | an update for a pipe, or for a program |
//! | `words`, `amounts` | sentences and numbers |

mod amounts;
mod drawing;
mod form;
mod graph;
mod json;
mod line;
mod shown;
mod words;

use crate::cli::connection::ConnectionArgs;
use crate::cli::seconds::seconds_up_to;
use crate::cli::{EXIT_FAILED, EXIT_OK};
use anstream::eprintln;
use clap::Args;
use form::Form;
use mqtt_thing::broker::watch::{BrokerProcess, Heard, Look, Silence, Update, Watch, Watcher};
use mqtt_thing::mqtt::{Access, BrokerUrl, Endpoint};
use mqtt_thing::system::Root;
use shown::Shown;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval, sleep_until, timeout};

/// Where a lab's broker is for who sits before it.
const USUAL: &str = "mqtt://localhost";
/// How often ages are drawn anew.
const BEAT: Duration = Duration::from_millis(500);
/// How long the broker's name may take to be looked up.
const LOCATE_WITHIN: Duration = Duration::from_secs(2);

/// See a broker live: clients, messages, bytes, what it keeps and loses, and its process
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing broker watch                              the broker of this machine, as a screen\n  \
    mqtt-thing broker watch --broker mqtt://10.0.0.1     another's\n  \
    mqtt-thing broker watch --json --count 60            an object an update, for a program\n  \
    mqtt-thing broker watch --once                       one reading, with rates\n\n\
    The figures are the broker's own ($SYS/broker/.. of Mosquitto), as often as it tells them: every 10 s, or as\n\
    `sys_interval` of its configuration says. They include what this reads: some 40 messages each time.\n\
    Into a pipe it writes a line an update. Ctrl-C ends it.\n\n\
    Exit codes: 0 well; 1 with --once or --count, when the broker is not there or tells nothing; 2 the command line\n\
    cannot be used.")]
pub(super) struct WatchArgs {
    /// Print an object an update; units are in the names
    #[arg(long)]
    json: bool,

    /// Print one reading with rates, and end
    #[arg(long, conflicts_with = "count")]
    once: bool,

    /// End after so many updates
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// How long a broker may tell nothing until that is said, in seconds
    #[arg(long, value_name = "SECONDS", default_value = "12", value_parser = |text: &str| seconds_up_to(text, 86_400))]
    patience: Duration,

    /// Without any, the broker of this machine
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Whether to go on.
enum Next {
    Watch,
    End(u8),
}

impl WatchArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let url = match &self.connection.broker {
            Some(url) => url.clone(),
            None => {
                eprintln!("mqtt-thing: no broker is named; watching {USUAL}");
                USUAL.parse::<BrokerUrl>()?
            }
        };
        let endpoint = self
            .connection
            .endpoint(url, &Access::default(), None, None)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let code = runtime.block_on(self.watch(&endpoint))?;
        Ok(ExitCode::from(code))
    }

    async fn watch(&self, endpoint: &Endpoint) -> anyhow::Result<u8> {
        let mut form = Form::new(self.json, self.once);
        let mut watch = Watch::start(endpoint)?;
        let mut seen = Seen::new(self, endpoint);
        let code = self.follow(&mut watch, &mut seen, &mut form).await;
        form.end(&seen.shown(Instant::now()));
        watch.close().await;
        code
    }

    async fn follow(
        &self,
        watch: &mut Watch,
        seen: &mut Seen,
        form: &mut Form,
    ) -> anyhow::Result<u8> {
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut resized = signal(SignalKind::window_change())?;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let wake = seen.watcher.next_wake();
            let update = tokio::select! {
                heard = watch.next() => match heard {
                    Some(heard) => seen.hear(heard).await,
                    None => anyhow::bail!("the session ended that must not"),
                },
                () = until(wake) => seen.watcher.wake(Instant::now()),
                _ = beat.tick() => {
                    if form.is_screen() {
                        seen.look_now();
                    }
                    form.draw(&seen.shown(Instant::now()));
                    None
                }
                _ = resized.recv() => {
                    form.draw(&seen.shown(Instant::now()));
                    None
                }
                _ = interrupt.recv() => return Ok(EXIT_OK),
                _ = terminate.recv() => return Ok(EXIT_OK),
                _ = hangup.recv() => return Ok(EXIT_OK),
            };
            let next = match update {
                Some(update) => self.updated(&update, seen, form)?,
                None => self.silent(seen, form)?,
            };
            if let Next::End(code) = next {
                return Ok(code);
            }
        }
    }

    /// A round is whole. What the broker had kept is the beginning that rates need, and not an update.
    fn updated(&self, update: &Update, seen: &mut Seen, form: &mut Form) -> anyhow::Result<Next> {
        seen.look_now();
        form.draw(&seen.shown(Instant::now()));
        let is_enough = match self.once {
            true => update.rates.is_some(),
            false => !update.kept,
        };
        if !is_enough {
            seen.kept = Some(update.clone());
            return Ok(Next::Watch);
        }
        seen.told_silence = None;
        self.tell(update, seen, form)
    }

    fn tell(&self, update: &Update, seen: &mut Seen, form: &mut Form) -> anyhow::Result<Next> {
        if !form.update(update, &seen.shown(Instant::now()))? {
            return Ok(Next::End(EXIT_OK));
        }
        seen.updates += 1;
        let wanted = if self.once { Some(1) } else { self.count };
        Ok(match wanted {
            Some(wanted) if seen.updates >= wanted => Next::End(EXIT_OK),
            _ => Next::Watch,
        })
    }

    /// Nothing came: for too long?
    fn silent(&self, seen: &mut Seen, form: &mut Form) -> anyhow::Result<Next> {
        let silence = seen.watcher.silence(self.patience, Instant::now());
        if silence == seen.told_silence {
            return Ok(Next::Watch);
        }
        seen.told_silence = silence;
        let Some(silence) = silence else {
            return Ok(Next::Watch);
        };
        if !form.is_screen() {
            let text = words::silence(silence, &seen.broker, self.patience);
            eprintln!("mqtt-thing: {text}");
        }
        // figures without rates are better than none
        if let (Silence::OnlyKept, Some(kept)) = (silence, seen.kept.take()) {
            return self.tell(&kept, seen, form);
        }
        let bounded = self.once || self.count.is_some();
        Ok(match bounded {
            true if form.is_screen() => {
                form.end(&seen.shown(Instant::now()));
                Next::End(EXIT_FAILED)
            }
            true => Next::End(EXIT_FAILED),
            false => Next::Watch,
        })
    }
}

/// What is known so far.
struct Seen {
    broker: String,
    url: BrokerUrl,
    watcher: Watcher,
    process: BrokerProcess,
    look: Look,
    patience: Duration,
    updates: u64,
    /// The last round that was not told.
    kept: Option<Update>,
    told_silence: Option<Silence>,
}

impl Seen {
    fn new(args: &WatchArgs, endpoint: &Endpoint) -> Self {
        Self {
            broker: endpoint.to_string(),
            url: endpoint.url.clone(),
            watcher: Watcher::new(Instant::now()),
            process: BrokerProcess::new(Root::default(), &endpoint.url),
            look: Look::NotYet,
            patience: args.patience,
            updates: 0,
            kept: None,
            told_silence: None,
        }
    }

    async fn hear(&mut self, heard: Heard) -> Option<Update> {
        let now = Instant::now();
        match heard {
            Heard::Connected => {
                self.watcher.connected(now);
                // the session has just looked it up too
                let _ = timeout(LOCATE_WITHIN, self.process.locate(&self.url)).await;
                self.look_now();
                None
            }
            Heard::Disconnected(reason) => {
                self.watcher.disconnected(reason, now);
                None
            }
            Heard::Refused => {
                self.watcher.refused();
                None
            }
            Heard::Message {
                topic,
                payload,
                kept,
            } => self.watcher.message(&topic, &payload, kept, now),
        }
    }

    fn look_now(&mut self) {
        self.look = self.process.look(Instant::now());
    }

    fn shown(&self, now: Instant) -> Shown<'_> {
        Shown {
            broker: &self.broker,
            watcher: &self.watcher,
            look: &self.look,
            patience: self.patience,
            now,
        }
    }
}

/// Waits until then; for ever without a then.
async fn until(then: Option<Instant>) {
    match then {
        Some(then) => sleep_until(then.into()).await,
        None => std::future::pending().await,
    }
}
