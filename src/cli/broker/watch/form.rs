//! How a watch is shown: a screen on a terminal, lines elsewhere, an object a line for a program.

use super::shown::Shown;
use super::text::Text;
use super::{drawing, json, line};
use crate::cli::logging;
use crate::cli::operator::lines::logged;
use crate::cli::output::tinted;
use crate::cli::painter::Painter;
use crossterm::terminal::size;
use mqtt_thing::broker::watch::Update;
use mqtt_thing::model::{escaped, harmless_json};
use mqtt_thing::system::TerminalSettings;
use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

/// A terminal that tells no size.
const USUAL: (u16, u16) = (80, 24);
/// How long a line of the log is shown.
const NOTE: Duration = Duration::from_secs(30);
/// So many lines of the log wait for the next drawing.
const LOG: usize = 64;

pub(super) struct Form {
    kind: Kind,
}

enum Kind {
    Json,
    Lines,
    /// One reading, all of it.
    Once,
    Screen(Box<Screen>),
}

struct Screen {
    painter: Painter,
    /// What the log says while it must not write to the terminal.
    logged: Receiver<String>,
    note: Option<(Instant, String)>,
    ended: bool,
    /// As they were, and will be again.
    _settings: Option<TerminalSettings>,
}

impl Form {
    pub(super) fn new(json: bool, once: bool) -> Self {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        let terminal = io::stdout().is_terminal() && !dumb;
        let kind = match (json, once, terminal) {
            (true, ..) => Kind::Json,
            (false, true, _) => Kind::Once,
            (false, false, false) => Kind::Lines,
            (false, false, true) => Kind::Screen(Box::new(Screen::begin())),
        };
        Self { kind }
    }

    pub(super) const fn is_screen(&self) -> bool {
        matches!(self.kind, Kind::Screen(_))
    }

    /// Draws the screen, if there is one.
    pub(super) fn draw(&mut self, shown: &Shown<'_>) {
        if let Kind::Screen(screen) = &mut self.kind {
            screen.draw(shown);
        }
    }

    /// Tells an update. Returns whether anybody still reads.
    pub(super) fn update(&mut self, update: &Update, shown: &Shown<'_>) -> anyhow::Result<bool> {
        match &mut self.kind {
            Kind::Json => {
                let object = json::of(update, shown.broker, shown.look);
                say(&harmless_json(format!("{object}\n")))
            }
            Kind::Lines => {
                let time = jiff::Zoned::now().strftime("%H:%M:%S").to_string();
                say(&format!("{}\n", line::of(update, shown.look, &time)))
            }
            Kind::Once => {
                let width = if io::stdout().is_terminal() {
                    size().unwrap_or(USUAL).0
                } else {
                    USUAL.0
                };
                let lines = drawing::summary(shown, width.into());
                let lines = lines.iter().map(Text::coloured);
                let lines: String = lines.map(|line| format!("{}\n", tinted(&line))).collect();
                say(&lines)
            }
            Kind::Screen(screen) => {
                screen.draw(shown);
                Ok(true)
            }
        }
    }

    /// The last drawing, which stays.
    pub(super) fn end(&mut self, shown: &Shown<'_>) {
        if let Kind::Screen(screen) = &mut self.kind {
            screen.draw(shown);
            screen.ended = true;
            logging::divert(None);
        }
    }
}

impl Screen {
    fn begin() -> Self {
        let settings = TerminalSettings::keep();
        if let Some(settings) = &settings {
            settings.hide_typing();
        }
        let (log, logged) = sync_channel(LOG);
        logging::divert(Some(log));
        Self {
            painter: Painter::default(),
            logged,
            note: None,
            ended: false,
            _settings: settings,
        }
    }

    fn draw(&mut self, shown: &Shown<'_>) {
        if self.ended {
            return;
        }
        if let Some(line) = self.logged.try_iter().last() {
            self.note = Some((shown.now, escaped(logged(&line).as_bytes(), 300)));
        }
        let updated = shown.watcher.updated();
        // what was said while the broker was away is over when it tells its figures
        let is_fresh =
            |at: Instant| shown.ago(at) < NOTE && updated.is_none_or(|updated| updated <= at);
        let fresh = self.note.as_ref().filter(|(at, _)| is_fresh(*at));
        let note = fresh.map(|(_, note)| note.as_str());
        let size = size().unwrap_or(USUAL);
        let lines = drawing::lines(shown, note, size.0.into(), size.1.into());
        let lines: Vec<String> = lines.iter().map(|line| tinted(&line.coloured())).collect();
        let mut out = io::stdout().lock();
        // a terminal that cannot be drawn to is left as it is
        let _ = self.painter.paint(&mut out, &lines, size);
    }
}

/// Writes; returns whether anybody still reads.
fn say(text: &str) -> anyhow::Result<bool> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error.into()),
    }
}
