//! How a run is shown: a live table on a terminal, lines elsewhere, an object a line for a program.

use super::table::Table;
use super::typed::Typing;
use super::{json, lines, plain, summary};
use crate::cli::logging;
use crate::cli::prompt::Prompt;
use crate::cli::signing::SignedBy;
use anstream::eprint;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{OperatorEvent, Summary};
use mqtt_thing::model::harmless_json;
use mqtt_thing::mqtt::BrokerUrl;
use mqtt_thing::runtime::console::Sight;
use mqtt_thing::store::RunId;
use mqtt_thing::system::TerminalSettings;
use std::io::{IsTerminal, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the table is drawn anew, at most.
const DRAW_EVERY: Duration = Duration::from_millis(150);

/// So many lines of the log wait for the next drawing.
const LOG: usize = 64;

pub(super) struct Form {
    json: bool,
    plan: OperatorPlan,
    broker: String,
    signed_by: Option<SignedBy>,
    table: Option<Arc<Mutex<Table>>>,
    /// Reads lines once the table is off the screen.
    typing: Option<Typing>,
    prompt: Option<Prompt>,
    /// A terminal that is not dumb.
    terminal: bool,
    /// As they were before the table, or the editing of a line.
    settings: Option<TerminalSettings>,
}

impl Form {
    /// Must be called within a tokio runtime.
    ///
    /// # Errors
    /// Typed lines cannot be read.
    pub(super) fn new(
        json: bool,
        plain: bool,
        plan: &OperatorPlan,
        broker: &BrokerUrl,
        signed_by: Option<SignedBy>,
        typing: Typing,
    ) -> anyhow::Result<Self> {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        let terminal = std::io::stdout().is_terminal() && !dumb;
        let table = (terminal && !json && !plain && !plan.pipelines.is_empty()).then(|| {
            Arc::new(Mutex::new(Table::new(
                plan,
                &broker.to_string(),
                signed_by.as_ref(),
            )))
        });
        let mut form = Self {
            json,
            plan: plan.clone(),
            broker: broker.to_string(),
            signed_by,
            table,
            typing: Some(typing),
            prompt: None,
            terminal,
            settings: terminal.then(TerminalSettings::keep).flatten(),
        };
        match form.table.clone() {
            Some(table) => {
                if let Some(settings) = &form.settings {
                    settings.hide_typing();
                }
                let (log, logged) = sync_channel(LOG);
                logging::divert(Some(log));
                tokio::spawn(drawn(table, logged));
            }
            None => form.begin_typing()?,
        }
        Ok(form)
    }

    fn begin_typing(&mut self) -> anyhow::Result<()> {
        if let Some(typing) = self.typing.take() {
            self.prompt = typing.start(self.terminal && !self.json)?;
        }
        Ok(())
    }

    pub(super) fn see(&mut self, sight: &Sight<'_>) {
        if self.json {
            self.say(&harmless_json(format!(
                "{}\n",
                json::of(&self.plan, sight, self.signed_by.as_ref())
            )));
            return;
        }
        if let Some(table) = &self.table {
            locked(table).see(sight);
            if !matches!(sight, Sight::Event(OperatorEvent::Walked)) {
                return;
            }
            self.end_table();
            self.settings = TerminalSettings::keep();
            if let Err(error) = self.begin_typing() {
                tracing::error!("nothing can be typed: {error:#}");
            }
        }
        match sight {
            Sight::Connected => {
                let signed = self.signed_by.as_ref().map(lines::signed_by);
                let signed = signed.map_or(String::new(), |signed| format!("; {signed}"));
                self.remark(&format!("connected to {}{signed}\n", self.broker));
            }
            Sight::Disconnected(reason) => {
                let reason = lines::safe(reason, 256);
                self.remark(&format!("not connected: {reason}; trying again\n"));
            }
            Sight::Trouble(text) => self.remark(&format!("{}\n", lines::safe(text, 512))),
            Sight::Event(event) => {
                if let Some(text) = plain::of(&self.plan, event, self.terminal) {
                    self.say(&text);
                }
            }
        }
    }

    /// Leaves the table as it is on the screen, and the terminal as it was.
    fn end_table(&mut self) {
        if let Some(table) = self.table.take() {
            locked(&table).end();
            logging::divert(None);
            self.settings = None;
        }
    }

    fn say(&mut self, text: &str) {
        match &self.prompt {
            Some(prompt) => prompt.print(text),
            // whoever has closed the pipe wants no more; the run goes on
            None => {
                let mut out = anstream::stdout().lock();
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
        }
    }

    /// Says what is no result.
    fn remark(&mut self, text: &str) {
        match &self.prompt {
            Some(prompt) => prompt.print(text),
            None => eprint!("{text}"),
        }
    }

    /// Says how it ended.
    pub(super) fn end(&mut self, summary: &Summary, run: Option<&RunId>) {
        self.end_table();
        if let Some(prompt) = self.prompt.take() {
            logging::divert(None);
            prompt.close();
        }
        self.settings = None;
        if self.json {
            let summary = json::summary(&self.plan, summary, run);
            self.say(&harmless_json(format!("{summary}\n")));
            return;
        }
        self.say(&summary::of(&self.plan, summary, self.signed_by.as_ref()));
        if let Some(run) = run {
            eprint!("{}", lines::where_it_is(run.as_str()));
        }
    }
}

fn locked(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Draws a table until it has ended, with what the log says as its notes.
async fn drawn(table: Arc<Mutex<Table>>, logged: Receiver<String>) {
    let mut beat = tokio::time::interval(DRAW_EVERY);
    loop {
        beat.tick().await;
        let mut table = locked(&table);
        for line in logged.try_iter() {
            table.note(lines::logged(&line));
        }
        if table.draw() {
            return;
        }
    }
}
