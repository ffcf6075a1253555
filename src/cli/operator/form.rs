//! How a run is shown: a live table on a terminal, lines elsewhere, an object a line for a program.

use super::table::Table;
use super::{json, lines, plain, summary};
use anstream::{eprint, eprintln};
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{OperatorEvent, Summary};
use mqtt_thing::model::{escaped, harmless_json};
use mqtt_thing::mqtt::BrokerUrl;
use mqtt_thing::runtime::console::Sight;
use mqtt_thing::store::RunId;
use std::io::{IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How often the table is drawn anew, at most.
const DRAW_EVERY: Duration = Duration::from_millis(150);

/// Prints lines above a prompt that is being edited.
pub(super) type Printer = Box<dyn FnMut(String) + Send>;

pub(super) struct Form {
    json: bool,
    plan: OperatorPlan,
    broker: String,
    table: Option<Arc<Mutex<Table>>>,
    printer: Option<Printer>,
    /// A terminal that is not dumb.
    terminal: bool,
}

impl Form {
    /// Must be called within a tokio runtime.
    pub(super) fn new(json: bool, plain: bool, plan: &OperatorPlan, broker: &BrokerUrl) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        let terminal = std::io::stdout().is_terminal() && !dumb;
        let table = (terminal && !json && !plain && !plan.pipelines.is_empty())
            .then(|| Arc::new(Mutex::new(Table::new(plan, &broker.to_string()))));
        if let Some(table) = table.clone() {
            tokio::spawn(async move {
                let mut beat = tokio::time::interval(DRAW_EVERY);
                loop {
                    beat.tick().await;
                    if table.lock().unwrap_or_else(PoisonError::into_inner).draw() {
                        return;
                    }
                }
            });
        }
        Self {
            json,
            plan: plan.clone(),
            broker: broker.to_string(),
            table,
            printer: None,
            terminal,
        }
    }

    /// From now on lines go through this, so that they do not tear a line that is being typed.
    pub(super) fn prints_through(&mut self, printer: Option<Printer>) {
        self.printer = printer;
    }

    pub(super) fn see(&mut self, sight: &Sight<'_>) {
        if self.json {
            self.say(&harmless_json(format!("{}\n", json::of(&self.plan, sight))));
            return;
        }
        if let Some(table) = &self.table {
            let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
            table.see(sight);
            let walked = matches!(sight, Sight::Event(OperatorEvent::Walked));
            if !walked {
                return;
            }
            table.end();
            drop(table);
            self.table = None;
        }
        match sight {
            Sight::Connected => eprintln!("connected to {}", self.broker),
            Sight::Disconnected(reason) => {
                eprintln!(
                    "not connected: {}; trying again",
                    escaped(reason.as_bytes(), 256)
                );
            }
            Sight::Trouble(text) => eprintln!("{}", escaped(text.as_bytes(), 512)),
            Sight::Event(event) => {
                if let Some(text) = plain::of(&self.plan, event, self.terminal) {
                    self.say(&text);
                }
            }
        }
    }

    fn say(&mut self, text: &str) {
        match &mut self.printer {
            Some(printer) => printer(text.to_owned()),
            // whoever has closed the pipe wants no more; the run goes on
            None => {
                let mut out = anstream::stdout().lock();
                let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
            }
        }
    }

    /// Says how it ended.
    pub(super) fn end(&mut self, summary: &Summary, run: Option<&RunId>) {
        if let Some(table) = self.table.take() {
            table.lock().unwrap_or_else(PoisonError::into_inner).end();
        }
        self.printer = None;
        if self.json {
            let summary = json::summary(&self.plan, summary, run);
            self.say(&harmless_json(format!("{summary}\n")));
            return;
        }
        self.say(&summary::of(&self.plan, summary));
        if let Some(run) = run {
            eprint!("{}", lines::where_it_is(run.as_str()));
        }
    }
}
