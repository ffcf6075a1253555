//! The live table of a run: a line a client, with its step, for how long, and what it said last.

use super::lines::{number, short};
use crossterm::cursor::MoveUp;
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType, size};
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{OperatorEvent, Task, Way};
use mqtt_thing::fleet::own::State;
use mqtt_thing::model::escaped;
use mqtt_thing::runtime::console::Sight;
use owo_colors::OwoColorize;
use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A terminal that tells no size.
const USUAL: (u16, u16) = (80, 24);
/// Lines beside the clients: the head, the notes.
const AROUND: usize = 5;
/// The newest notes that are shown below the table.
const NOTES: usize = 2;

/// How a client is doing.
#[derive(Debug, Clone, PartialEq)]
enum Doing {
    Waits,
    Asked(Instant),
    Queued(Instant),
    Runs(Instant),
    Lost,
    Done,
}

#[derive(Debug)]
struct Row {
    name: Arc<str>,
    way: Way,
    doing: Doing,
    /// Step and number of it, of so many.
    step: String,
    number: usize,
    good: usize,
    bad: usize,
    last: String,
}

/// The table; drawn by a task of its own, so that times go on while nothing happens.
pub(super) struct Table {
    plan: OperatorPlan,
    broker: String,
    connected: bool,
    waiting: Option<Instant>,
    began: Instant,
    rows: Vec<Row>,
    index: HashMap<Arc<str>, usize>,
    notes: Vec<String>,
    drawn: u16,
    ended: bool,
}

impl Table {
    pub(super) fn new(plan: &OperatorPlan, broker: &str) -> Self {
        Self {
            plan: plan.clone(),
            broker: broker.to_owned(),
            connected: false,
            waiting: None,
            began: Instant::now(),
            rows: Vec::new(),
            index: HashMap::new(),
            notes: Vec::new(),
            drawn: 0,
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
                again: false,
                ..
            } => {
                let (step, number) = self.step(task);
                let row = self.row(client);
                (row.step, row.number, row.doing) = (step, number, Doing::Asked(Instant::now()));
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
                task: Task::Step(_),
                outcome,
            } => {
                let row = self.row(client);
                row.doing = Doing::Waits;
                match outcome.end.is_good() {
                    true => row.good += 1,
                    false => row.bad += 1,
                }
                if !outcome.end.is_good() {
                    let why = outcome.why.as_deref().unwrap_or_default();
                    let what = outcome.end.as_str().replace('_', " ");
                    let text = format!("{client}: {} {what} {why}", row.step);
                    self.note(text);
                }
            }
            OperatorEvent::PipelineEnded { client, .. } => self.row(client).doing = Doing::Done,
            OperatorEvent::PipelineBegun { client, .. } => self.row(client).doing = Doing::Waits,
            OperatorEvent::Lost { client, why } => {
                self.row(client).doing = Doing::Lost;
                self.note(format!("{client} is lost: {why}"));
            }
            OperatorEvent::Back { client } => self.row(client).doing = Doing::Waits,
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
            _ => {}
        }
    }

    fn step(&self, task: &Task) -> (String, usize) {
        match task {
            Task::Step(at) => {
                let name = at.of(&self.plan).map_or("?", |step| &step.name);
                let before: usize = self.plan.pipelines
                    [..at.pipeline.min(self.plan.pipelines.len())]
                    .iter()
                    .map(|its| its.steps.len() + its.finally.len())
                    .sum();
                (name.to_owned(), before + number(&self.plan, *at))
            }
            Task::Line(text) | Task::Loaded(text) => (text.to_string(), 0),
        }
    }

    fn row(&mut self, client: &Arc<str>) -> &mut Row {
        let next = self.rows.len();
        let index = *self.index.entry(Arc::clone(client)).or_insert(next);
        if index == next {
            self.rows.push(Row {
                name: Arc::clone(client),
                way: Way::Governor,
                doing: Doing::Waits,
                step: String::new(),
                number: 0,
                good: 0,
                bad: 0,
                last: String::new(),
            });
        }
        &mut self.rows[index]
    }

    fn note(&mut self, text: String) {
        self.notes.push(text);
        if self.notes.len() > NOTES {
            self.notes.remove(0);
        }
    }

    fn all_steps(&self) -> usize {
        let pipelines = self.plan.pipelines.iter();
        pipelines
            .map(|its| its.steps.len() + its.finally.len())
            .sum()
    }

    /// Draws it over the last drawing; returns whether it was the last one.
    pub(super) fn draw(&mut self) -> bool {
        if self.ended {
            return true;
        }
        let (width, height) = size().unwrap_or(USUAL);
        let lines = self.lines(width.into(), height.into());
        let mut out = anstream::stdout().lock();
        // a terminal that cannot be drawn to is left as it is; the run goes on
        let _ = self.paint(&mut out, &lines);
        self.drawn = u16::try_from(lines.len()).unwrap_or(height);
        false
    }

    fn paint(&self, out: &mut impl Write, lines: &[String]) -> std::io::Result<()> {
        let mut bytes = Vec::new();
        if self.drawn > 0 {
            queue!(bytes, MoveUp(self.drawn))?;
        }
        queue!(bytes, Clear(ClearType::FromCursorDown))?;
        for line in lines {
            bytes.extend_from_slice(line.as_bytes());
            bytes.extend_from_slice(b"\r\n");
        }
        out.write_all(&bytes)?;
        out.flush()
    }

    /// The last drawing, which stays.
    pub(super) fn end(&mut self) {
        self.draw();
        self.ended = true;
    }

    fn lines(&self, width: usize, height: usize) -> Vec<String> {
        let now = Instant::now();
        let (all, done) = (self.rows.len(), self.count(&Doing::Done));
        let lost = self.count(&Doing::Lost);
        let state = match (self.connected, self.waiting) {
            (false, _) => format!("connecting to {}", self.broker),
            (true, Some(until)) => {
                let left = until.saturating_duration_since(now).as_secs_f64().ceil();
                format!("waiting {left} s for more clients")
            }
            (true, None) if all == 0 => "waiting for the first client".to_owned(),
            (true, None) => format!("{done} of {all} clients done"),
        };
        let lost = if lost > 0 {
            format!(", {lost} lost")
        } else {
            String::new()
        };
        let head = format!("{state}{lost}   {}", clock(now - self.began));
        let mut lines = vec![cut(&head, width).bold().to_string()];
        let room = height.saturating_sub(AROUND).max(1);
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        if rows.len() > room {
            // who is done or waits is of less interest; the others keep their order
            rows.sort_by_key(|row| matches!(row.doing, Doing::Done | Doing::Waits));
        }
        let names = rows
            .iter()
            .take(room)
            .map(|row| short(&row.name).chars().count());
        let name_width = names.max().unwrap_or(6).clamp(6, 24);
        for row in rows.iter().take(room) {
            lines.push(self.line(row, name_width, width, now));
        }
        if rows.len() > room {
            lines.push(
                format!("  .. and {} more", rows.len() - room)
                    .dimmed()
                    .to_string(),
            );
        }
        for note in &self.notes {
            let note = cut(&escaped(note.as_bytes(), 300), width);
            lines.push(note.yellow().to_string());
        }
        lines
    }

    fn line(&self, row: &Row, name_width: usize, width: usize, now: Instant) -> String {
        let steps = self.all_steps();
        let (word, since) = match &row.doing {
            Doing::Waits => ("waits", None),
            Doing::Asked(since) => ("asked", Some(*since)),
            Doing::Queued(since) => ("queued", Some(*since)),
            Doing::Runs(since) => ("runs", Some(*since)),
            Doing::Lost => ("lost", None),
            Doing::Done => ("done", None),
        };
        let time = since.map_or(String::new(), |since| clock(now - since));
        let way = match row.way {
            Way::Own => "own",
            Way::Governor => "gov",
        };
        let name = cut(&short(&row.name), name_width);
        let bad = if row.bad > 0 {
            format!(" {} bad", row.bad)
        } else {
            String::new()
        };
        let head = format!(
            "  {name:<name_width$} {way} {}/{steps}{bad}  {word:<6} {time:>6}  ",
            row.good + row.bad
        );
        let room = width.saturating_sub(head.chars().count() + 1);
        let rest = match row.last.is_empty() {
            true => row.step.clone(),
            false => format!("{}  | {}", row.step, row.last),
        };
        let rest = cut(&escaped(rest.as_bytes(), 300), room);
        match row.doing {
            Doing::Lost => format!("{}{rest}", head.red()),
            Doing::Done if row.bad == 0 => format!("{}", head.green()),
            Doing::Done => format!("{}", head.red()),
            Doing::Runs(_) => format!("{}{}", head.cyan(), rest.dimmed()),
            _ => format!("{head}{}", rest.dimmed()),
        }
    }

    fn count(&self, doing: &Doing) -> usize {
        self.rows.iter().filter(|row| row.doing == *doing).count()
    }
}

/// Minutes and seconds, or hours.
fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds / 3600 {
        0 => format!("{}:{:02}", seconds / 60, seconds % 60),
        hours => format!("{hours}:{:02}:{:02}", seconds / 60 % 60, seconds % 60),
    }
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => text[..at].to_owned(),
        None => text.to_owned(),
    }
}
