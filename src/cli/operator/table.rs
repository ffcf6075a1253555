//! The live table of a run: a line a client, with a sign a step, what it is at, for how long, and what that said last.
//!
//! | file | what it does |
//! |---|---|
//! | `row` | what is known of a client |
//! | `drawing` | lines for a terminal of any size |

mod drawing;
mod row;

#[cfg(test)]
mod tests;

use crate::cli::output::tinted;
use crate::cli::painter::Painter;
use crate::cli::signing::SignedBy;
use crossterm::terminal::size;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{End, OperatorEvent, Task};
use mqtt_thing::fleet::own::State;
use mqtt_thing::runtime::console::Sight;
use row::{Doing, Mark, Row};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

/// A terminal that tells no size.
const USUAL: (u16, u16) = (80, 24);
/// The newest notes that are shown below the table.
const NOTES: usize = 3;

/// The table; drawn by a task of its own, so that times go on while nothing happens.
pub(super) struct Table {
    plan: OperatorPlan,
    broker: String,
    /// By which key commands are signed.
    signed_by: Option<String>,
    connected: bool,
    waiting: Option<Instant>,
    began: Instant,
    rows: Vec<Row>,
    index: HashMap<Arc<str>, usize>,
    notes: Vec<String>,
    painter: Painter,
    ended: bool,
}

impl Table {
    pub(super) fn new(plan: &OperatorPlan, broker: &str, by: Option<&SignedBy>) -> Self {
        Self {
            plan: plan.clone(),
            broker: broker.to_owned(),
            signed_by: by.map(super::lines::signed_by),
            connected: false,
            waiting: None,
            began: Instant::now(),
            rows: Vec::new(),
            index: HashMap::new(),
            notes: Vec::new(),
            painter: Painter::default(),
            ended: false,
        }
    }

    pub(super) fn see(&mut self, sight: &Sight<'_>) {
        match sight {
            Sight::Connected => self.connected = true,
            Sight::Disconnected(reason) => {
                self.connected = false;
                self.note(format!("not connected: {reason}"));
            }
            Sight::Trouble(text) => self.note(text.clone()),
            Sight::Event(event) => self.event(event),
        }
    }

    fn event(&mut self, event: &OperatorEvent) {
        match event {
            OperatorEvent::Known {
                client,
                way,
                takes_part: true,
            } => self.row(client).way = *way,
            OperatorEvent::SignatureWanted { client } => {
                self.note(format!("{client} {}", super::plain::UNSIGNED));
            }
            OperatorEvent::Waiting { .. } => {
                self.waiting = Some(Instant::now() + self.plan.registration_timeout);
            }
            OperatorEvent::Begun { missing, .. } => {
                self.waiting = None;
                for client in missing {
                    self.note(format!("{client} is expected and not there"));
                }
            }
            OperatorEvent::Sent {
                client,
                task,
                way,
                again: false,
                ..
            } => {
                let step = self.mark(client, task, Mark::Now);
                let row = self.row(client);
                (row.step, row.way) = (step, *way);
                row.doing = Doing::Asked(Instant::now());
                row.last.clear();
            }
            OperatorEvent::Progress {
                client, progress, ..
            } => {
                let row = self.row(client);
                let began = Instant::now().checked_sub(progress.elapsed);
                let began = began.unwrap_or_else(Instant::now);
                row.doing = match progress.state {
                    State::Queued => Doing::Queued(began),
                    State::Running => Doing::Runs(began),
                };
                row.last = progress.last.lines().last().unwrap_or_default().to_owned();
            }
            OperatorEvent::Ended {
                client,
                task,
                outcome,
            } => {
                let mark = match outcome.end {
                    End::Skipped => Mark::Skipped,
                    end if end.is_good() => Mark::Good,
                    _ => Mark::Bad,
                };
                let step = self.mark(client, task, mark);
                self.row(client).doing = Doing::Waits;
                if mark == Mark::Bad {
                    let what = outcome.end.as_str().replace('_', " ");
                    let why = outcome.why.as_deref();
                    let why = why.map_or(String::new(), |why| format!(": {why}"));
                    self.note(format!("{client}: `{step}` {what}{why}"));
                }
            }
            OperatorEvent::PipelineEnded { client, .. } => self.row(client).doing = Doing::Done,
            OperatorEvent::PipelineBegun { client, .. } => self.row(client).doing = Doing::Waits,
            OperatorEvent::Lost { client, why } => {
                self.row(client).doing = Doing::Lost;
                self.note(format!("{client} is lost: {why}"));
            }
            OperatorEvent::Back { client } => {
                self.row(client).doing = Doing::Waits;
                self.note(format!("{client} is back"));
            }
            OperatorEvent::JoinedLate { client } => self.note(format!("{client} joins late")),
            OperatorEvent::TwoWithOneName { client, why } => {
                self.note(format!(
                    "{client}: there seem to be two with this name: {why}"
                ));
            }
            OperatorEvent::Interrupted { again: false } => {
                self.note("ending in order; Ctrl-C once more ends at once".to_owned());
            }
            OperatorEvent::LoaderAccepted {
                client_id, command, ..
            } => self.note(format!("a commander sends `{command}` to {client_id}")),
            OperatorEvent::LineQueued { command } => {
                self.note(format!("`{command}` has its turn after the pipelines"));
            }
            _ => {}
        }
    }

    /// Puts down what became of a task; returns its name.
    fn mark(&mut self, client: &Arc<str>, task: &Task, mark: Mark) -> String {
        let at = match task {
            Task::Step(at) => *at,
            Task::Line(text) | Task::Loaded(text) => return text.to_string(),
        };
        let index = self.place(client);
        self.rows[index].mark(&self.plan, at, mark);
        at.of(&self.plan)
            .map_or_else(String::new, |step| step.name.clone())
    }

    fn place(&mut self, client: &Arc<str>) -> usize {
        let next = self.rows.len();
        let index = *self.index.entry(Arc::clone(client)).or_insert(next);
        if index == next {
            self.rows.push(Row::new(client, &self.plan));
        }
        index
    }

    fn row(&mut self, client: &Arc<str>) -> &mut Row {
        let index = self.place(client);
        &mut self.rows[index]
    }

    /// Shows a line below the table, until others have taken its place.
    pub(super) fn note(&mut self, text: String) {
        self.notes.push(text);
        if self.notes.len() > NOTES {
            self.notes.remove(0);
        }
    }

    fn count(&self, doing: &Doing) -> usize {
        self.rows.iter().filter(|row| row.doing == *doing).count()
    }

    /// Draws it over the last drawing; returns whether it was the last one.
    pub(super) fn draw(&mut self) -> bool {
        if self.ended {
            return true;
        }
        let size = size().unwrap_or(USUAL);
        let lines = drawing::lines(self, size.0.into(), size.1.into(), Instant::now());
        let lines: Vec<String> = lines.iter().map(|line| tinted(line)).collect();
        let mut out = std::io::stdout().lock();
        // a terminal that cannot be drawn to is left as it is; the run goes on
        let _ = self.painter.paint(&mut out, &lines, size);
        false
    }

    /// The last drawing, which stays.
    pub(super) fn end(&mut self) {
        self.draw();
        self.ended = true;
    }
}
