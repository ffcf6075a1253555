//! Lines that a person types in realtime mode: with editing and history on a terminal, as they come in a pipe.

use super::form::Printer;
use anyhow::Context;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::runtime::console::Ask;
use mqtt_thing::system::state_folder;
use rustyline::error::ReadlineError;
use rustyline::{DefaultEditor, ExternalPrinter};
use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;
use tokio::sync::mpsc;

const PROMPT: &str = "all> ";
/// What leaves realtime mode, as with the original.
const EXIT: &str = "exit";

/// Starts to read, if the plan has a realtime mode. Returns how to print above the prompt, where there is one.
pub(super) fn start(
    plan: &OperatorPlan,
    json: bool,
    asks: mpsc::Sender<Ask>,
) -> anyhow::Result<Option<Printer>> {
    if !plan.realtime {
        return Ok(None);
    }
    let terminal = std::io::stdin().is_terminal() && std::io::stdout().is_terminal() && !json;
    // with pipelines before it there is a table first, which a prompt would disturb
    if terminal && plan.pipelines.is_empty() {
        let mut editor = DefaultEditor::new().context("the terminal cannot be used for typing")?;
        let mut printer = editor
            .create_external_printer()
            .context("the terminal cannot be used for typing")?;
        spawn(move || edited(&mut editor, &asks))?;
        return Ok(Some(Box::new(move |text| {
            // a terminal that has gone is noticed where lines are read
            let _ = printer.print(text);
        })));
    }
    spawn(move || plain(&asks))?;
    Ok(None)
}

fn spawn(work: impl FnOnce() + Send + 'static) -> anyhow::Result<()> {
    let thread = std::thread::Builder::new().name("typed".to_owned());
    thread.spawn(work).context("cannot start a thread")?;
    Ok(())
}

fn history() -> Option<PathBuf> {
    Some(
        state_folder(|name| std::env::var_os(name))
            .ok()?
            .join("operator.history"),
    )
}

fn edited(editor: &mut DefaultEditor, asks: &mpsc::Sender<Ask>) {
    let history = history();
    if let Some(path) = &history {
        // there is none at first
        let _ = editor.load_history(path);
    }
    loop {
        let ask = match editor.readline(PROMPT) {
            Ok(line) => {
                if !line.trim().is_empty() {
                    let _ = editor.add_history_entry(&line);
                    if let Some(path) = &history {
                        let _ = editor.save_history(path);
                    }
                }
                Ask::Line(line)
            }
            Err(ReadlineError::Interrupted) => Ask::Interrupt,
            // Ctrl-D, or a terminal that has gone
            Err(_) => Ask::Line(EXIT.to_owned()),
        };
        let leaves = matches!(&ask, Ask::Line(line) if line.trim() == EXIT);
        if asks.blocking_send(ask).is_err() || leaves {
            return;
        }
    }
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
