//! Lines that a person types in realtime mode: with editing and history on a terminal, as they come in a pipe.

use crate::cli::logging;
use crate::cli::prompt::{Asked, Prompt};
use anyhow::Context;
use mqtt_thing::runtime::console::Ask;
use mqtt_thing::system::state_folder;
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use tokio::sync::mpsc;

const PROMPT: &str = "all> ";
/// So many lines of the log wait to be printed.
const LOG: usize = 64;
/// What leaves realtime mode, as with the original.
const EXIT: &str = "exit";

/// Reading that is about to begin.
pub(super) struct Typing {
    /// Whether there is a realtime mode.
    pub(super) wanted: bool,
    /// Where the lines go.
    pub(super) asks: mpsc::Sender<Ask>,
}

impl Typing {
    /// Begins to read, if that is wanted. Returns the prompt, where there is one: on a `terminal`.
    ///
    /// # Errors
    /// The terminal cannot be used, or no thread be started.
    pub(super) fn start(self, terminal: bool) -> anyhow::Result<Option<Prompt>> {
        if !self.wanted {
            return Ok(None);
        }
        let asks = self.asks;
        if !(terminal && std::io::stdin().is_terminal()) {
            spawn(move || plain(&asks))?;
            return Ok(None);
        }
        let prompt = Prompt::open(PROMPT, history(), move |asked| {
            let ask = match asked {
                Asked::Line(line) => Ask::Line(line),
                Asked::Interrupt => Ask::Interrupt,
                Asked::End => Ask::Line(EXIT.to_owned()),
            };
            // not after `exit`: what runs yet may be interrupted
            asks.blocking_send(ask).is_ok()
        })?;
        let (log, logged) = sync_channel(LOG);
        logging::divert(Some(log));
        let above = prompt.clone();
        spawn(move || logged.iter().for_each(|line: String| above.print(&line)))?;
        Ok(Some(prompt))
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    let thread = std::thread::Builder::new().name("typed".to_owned());
    thread.spawn(work).context("cannot start a thread")?;
    Ok(())
}

/// In the state folder.
fn history() -> Option<PathBuf> {
    let folder = state_folder(|name| std::env::var_os(name)).ok()?;
    Some(folder.join("operator.history"))
}

fn plain(asks: &mpsc::Sender<Ask>) {
    for line in std::io::stdin().lock().lines() {
        // what is no UTF-8 ends the input as its end does
        let Ok(line) = line else { break };
        let leaves = line.trim() == EXIT;
        if asks.blocking_send(Ask::Line(line)).is_err() || leaves {
            return;
        }
    }
    let _ = asks.blocking_send(Ask::Line(EXIT.to_owned()));
}
