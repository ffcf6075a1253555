//! `mqtt-thing commander`: ask for a client and a command, send it by the operator, print all feedback.

use super::connection::ConnectionArgs;
use super::prompt::{Asked, Prompt};
use super::{EXIT_OK, EXIT_USAGE, governor};
use clap::Args;
use mqtt_thing::fleet::python_json;
use mqtt_thing::model::escaped;
use mqtt_thing::runtime::commander::Heard;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::mpsc;

const ASK_CLIENT: &str = "Enter the client ID (or all): ";
const ASK_COMMAND: &str = "Enter the command to send: ";

/// How long feedback is waited for when the input has ended.
const LINGER: Duration = Duration::from_secs(5);

/// Send commands through an operator, one after the other, and see all feedback
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing commander --broker mqtt://10.0.0.1\n  \
    mqtt-thing commander --config config.ini\n\n\
    An operator with receive_commands = true sends the commands on. `exit`, Ctrl-D or Ctrl-C leaves.\n\
    `mqtt-thing send` is the same for scripts, and needs no operator.")]
pub(super) struct CommanderArgs {
    /// The governor's configuration; else config.ini of this folder
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    connection: ConnectionArgs,
}

/// One command, as it was typed.
struct Typed {
    client: String,
    command: String,
}

impl CommanderArgs {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Some(way) = governor::way(self.config.as_deref(), &self.connection)? else {
            return Ok(ExitCode::from(EXIT_USAGE));
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let outcome = runtime.block_on(async {
            let mut commander = way.connect("commander").await?;
            let (typed, mut lines) = mpsc::channel(16);
            let terminal = std::io::stdin().is_terminal();
            let paper = start(typed)?;
            let (mut sent, mut heard) = (0, 0);
            let mut asks = true;
            loop {
                // who typed by a pipe wants to see what came of it
                let left = tokio::time::sleep(LINGER);
                tokio::select! {
                    line = lines.recv(), if asks => match line {
                        Some(Typed { client, command }) => {
                            commander.load(&client, &command)?;
                            sent += 1;
                        }
                        None => asks = false,
                    },
                    feedback = commander.feedback() => {
                        heard += 1;
                        paper.print(&shown(&feedback));
                    }
                    () = left, if !asks => break,
                }
                if !asks && (terminal || heard >= sent) {
                    break;
                }
            }
            paper.close();
            commander.close().await;
            Ok(ExitCode::from(EXIT_OK))
        });
        // a reader of standard input cannot be waited for
        runtime.shutdown_background();
        outcome
    }
}

/// JSON indented as Python does it, which has no control characters; text with its lines escaped.
fn shown(heard: &Heard) -> String {
    match python_json::indented(&heard.payload) {
        Ok(json) => format!("{json}\n"),
        Err(_) => {
            let text = String::from_utf8_lossy(&heard.payload);
            let lines = text
                .lines()
                .map(|line| escaped(line.as_bytes(), usize::MAX) + "\n");
            lines.collect()
        }
    }
}

/// Where feedback is printed while something is asked.
enum Paper {
    Terminal(Prompt),
    Pipe,
}

impl Paper {
    fn print(&self, text: &str) {
        match self {
            Self::Terminal(prompt) => prompt.print(text),
            // whoever has closed the pipe wants no more
            Self::Pipe => drop(super::output::print(text)),
        }
    }

    fn close(&self) {
        if let Self::Terminal(prompt) = self {
            prompt.close();
        }
    }
}

/// Starts to ask. The channel closes when the person leaves.
fn start(typed: mpsc::Sender<Typed>) -> anyhow::Result<Paper> {
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        let prompt = Arc::new(OnceLock::<Prompt>::new());
        let asks = Arc::clone(&prompt);
        let mut client = None;
        let opened = Prompt::open(ASK_CLIENT, None, move |asked| {
            let Asked::Line(line) = asked else {
                return false;
            };
            let (next, go_on) = match client.take() {
                None if line.trim() == "exit" => return false,
                None => {
                    client = Some(line.trim().to_owned());
                    (ASK_COMMAND, true)
                }
                Some(client) => {
                    let command = line;
                    let sent = typed.blocking_send(Typed { client, command });
                    (ASK_CLIENT, sent.is_ok())
                }
            };
            if let Some(prompt) = asks.get() {
                prompt.ask(next);
            }
            go_on
        })?;
        let _first = prompt.set(opened.clone());
        return Ok(Paper::Terminal(opened));
    }
    let thread = std::thread::Builder::new().name("typed".to_owned());
    thread.spawn(move || ask_all(&typed, plain))?;
    Ok(Paper::Pipe)
}

fn ask_all(typed: &mpsc::Sender<Typed>, mut ask: impl FnMut(&str) -> Option<String>) {
    loop {
        let Some(client) = ask(ASK_CLIENT) else {
            return;
        };
        if client.trim() == "exit" {
            return;
        }
        let Some(command) = ask(ASK_COMMAND) else {
            return;
        };
        let client = client.trim().to_owned();
        if typed.blocking_send(Typed { client, command }).is_err() {
            return;
        }
    }
}

fn plain(prompt: &str) -> Option<String> {
    let mut out = std::io::stdout().lock();
    out.write_all(prompt.as_bytes())
        .and_then(|()| out.flush())
        .ok()?;
    drop(out);
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).ok()?;
    (read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned())
}
