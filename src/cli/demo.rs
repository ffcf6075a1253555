//! `mqtt-thing demo`: a lab on simulated boards, through a real broker, without a Pi.

mod on_screen;

use super::connection::ConnectionArgs;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE};
use anyhow::Context;
use clap::Args;
use mqtt_thing::board::sim::Timing;
use mqtt_thing::demo::{
    Lab, Line, Observer, Pace, RETAINED_TO_ONE, SCENARIO, Script, Station, Verdict,
    embedded_broker, left_out, refused_id, retained_topics, stations,
};
use mqtt_thing::mqtt::{Access, BrokerUrl, Endpoint};
use mqtt_thing::topology::{self, Topology};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long a broker may take to be there.
const BROKER_WITHIN: Duration = Duration::from_secs(5);

/// See it work: two simulated Pis, a broker, a button, a knob and three LEDs, without any hardware
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing demo                          press and turn with the keyboard\n  \
    mqtt-thing demo --script                 everything is pressed and turned, and checked\n  \
    mqtt-thing demo --topology lab.toml      your own file on simulated boards\n  \
    mqtt-thing demo --broker mqtt://10.0.0.1 through your own broker\n\n\
    Into a pipe or a file it is a script. Exit codes of the script: 0 every output did what it should, \
    1 one did not, 2 the file cannot be used.")]
pub(super) struct Demo {
    /// Move every input and check every output, a line each, instead of the screen
    #[arg(long)]
    script: bool,

    /// The script's lines as JSON objects, one a line
    #[arg(long)]
    json: bool,

    /// Play this file instead of the built-in scenario; its broker is not used
    #[arg(long, value_name = "FILE")]
    topology: Option<PathBuf>,

    /// Put this before every address, as `demo-`, to keep away from real things on the same broker
    #[arg(long, value_name = "TEXT", default_value = "")]
    prefix: String,

    /// Without a broker of yours, the demo brings one along
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl Demo {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let topology = match &self.topology {
            Some(path) => super::load(path),
            None => Some(topology::parse(SCENARIO).expect("the built-in scenario is right")),
        };
        let Some(topology) = topology else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let stations = match stations(&topology, &self.prefix, Timing::Bus) {
            Ok(stations) => stations,
            Err(error) => {
                anstream::eprintln!("mqtt-thing: {error}");
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(self.play(&topology, stations));
        // a script that was told to stop may still wait for something
        runtime.shutdown_background();
        outcome
    }

    async fn play(self, topology: &Topology, stations: Vec<Station>) -> anyhow::Result<ExitCode> {
        let embedded = self.connection.broker.is_none();
        let broker = match self.connection.broker.clone() {
            Some(url) => {
                let access = Access::default();
                self.connection.endpoint(url, &access, None, None)?
            }
            None => Endpoint::from(bring_along(&stations).await?),
        };
        let mut lines = vec![about(&broker.url, embedded)];
        lines.extend(notes(&stations, embedded));
        let on_screen = self.is_on_screen();
        if !on_screen {
            // said before anything can fail
            let out = Lines::new(self.json);
            lines.iter().for_each(|line| out.print(line));
            out.check()?;
        }
        let observer = Observer::start(&stations, &broker, BROKER_WITHIN).await?;
        let keep_alive = topology.broker.keep_alive;
        if on_screen {
            let lab = Lab::start(&stations, &broker, keep_alive).await?;
            return on_screen::play(stations, observer, lab, lines).await;
        }
        let out = Arc::new(Lines::new(self.json));
        let printer = Arc::clone(&out);
        let script = Script::new(stations.clone(), observer, Pace::default(), move |line| {
            printer.print(line);
        });
        let lab = Lab::start(&stations, &broker, keep_alive).await?;
        let verdict = script.play(lab, told_to_stop()?).await;
        out.check()?;
        Ok(ExitCode::from(match verdict {
            Verdict::Passed => EXIT_OK,
            Verdict::Failed => EXIT_FAILED,
            Verdict::Interrupted => {
                anstream::eprintln!("mqtt-thing: stopped before the end of the script");
                EXIT_FAILED
            }
        }))
    }

    fn is_on_screen(&self) -> bool {
        let terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
        terminal && !self.script && !self.json
    }
}

async fn bring_along(stations: &[Station]) -> anyhow::Result<BrokerUrl> {
    if let Some(id) = refused_id(stations) {
        anyhow::bail!(
            "the broker that is brought along takes no id with `$`, as in `{id}`; use your own with --broker"
        );
    }
    Ok(embedded_broker().await?)
}

fn about(broker: &BrokerUrl, embedded: bool) -> Line {
    let (host, port) = (broker.host(), broker.port());
    Line::Broker {
        url: broker.to_string(),
        embedded,
        join: format!("mosquitto_sub -h {host} -p {port} -v -t '#'"),
    }
}

/// What somebody who watches should know beforehand.
fn notes(stations: &[Station], embedded: bool) -> Vec<Line> {
    let mut lines: Vec<Line> = stations
        .iter()
        .map(|station| Line::Thing {
            thing: station.name.clone(),
            id: station.id.to_string(),
            made_up: station.made_up,
        })
        .collect();
    lines.extend(
        left_out(stations)
            .into_iter()
            .map(|text| Line::Note { text }),
    );
    let (kept, most) = (retained_topics(stations), RETAINED_TO_ONE);
    if embedded && kept > most {
        let text = format!(
            "the broker that is brought along shows a newcomer only the first {most} of these {kept} retained topics; \
             for larger labs use --broker"
        );
        lines.push(Line::Note { text });
    }
    lines
}

/// Ends at SIGINT, SIGTERM or when the terminal is gone.
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).context("cannot listen to signals");
    let mut interrupt = listen(SignalKind::interrupt())?;
    let mut terminate = listen(SignalKind::terminate())?;
    let mut hang_up = listen(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hang_up.recv() => {}
        }
    })
}

/// The way to standard output. The script goes on when nobody reads any more, for its exit code.
struct Lines {
    json: bool,
    /// The first line that could not be written.
    failed: OnceLock<io::Error>,
}

impl Lines {
    const fn new(json: bool) -> Self {
        Self {
            json,
            failed: OnceLock::new(),
        }
    }

    fn print(&self, line: &Line) {
        if self.failed.get().is_some() {
            return;
        }
        let text = if self.json {
            serde_json::to_string(line).expect("a line is plain JSON")
        } else {
            line.to_string()
        };
        let mut out = io::stdout().lock();
        if let Err(error) = writeln!(out, "{text}").and_then(|()| out.flush()) {
            let _ = self.failed.set(error);
        }
    }

    /// Fails if a line was lost. A reader that left early lost nothing that it wanted.
    fn check(&self) -> anyhow::Result<()> {
        match self.failed.get() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                anyhow::bail!("cannot write to standard output: {error}")
            }
            _ => Ok(()),
        }
    }
}
