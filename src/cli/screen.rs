//! A terminal that is drawn to again and again, while the log must not write to it.

use super::logging;
use super::operator::lines::logged;
use super::output::tinted;
use super::painter::Painter;
use super::text::Text;
use mqtt_thing::model::escaped;
use mqtt_thing::system::TerminalSettings;
use std::io::{self, IsTerminal};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Instant;

/// A terminal that tells no size.
pub(super) const USUAL: (u16, u16) = (80, 24);
/// So many lines of the log wait for the next drawing.
const LOG: usize = 64;

/// Columns and lines of the terminal.
pub(super) fn size() -> (u16, u16) {
    crossterm::terminal::size().unwrap_or(USUAL)
}

pub(super) struct Screen {
    painter: Painter,
    /// What the log says while it must not write to the terminal.
    logged: Receiver<String>,
    note: Option<(Instant, String)>,
    ended: bool,
    /// As they were, and will be again.
    _settings: Option<TerminalSettings>,
}

impl Screen {
    /// Whether standard output can be drawn to.
    pub(super) fn is_possible() -> bool {
        let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb" || term.is_empty());
        io::stdout().is_terminal() && !dumb
    }

    pub(super) fn begin() -> Self {
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

    /// What the log said last, safe for a terminal, and when that was seen.
    pub(super) fn note(&mut self, now: Instant) -> Option<(Instant, String)> {
        if let Some(line) = self.logged.try_iter().last() {
            self.note = Some((now, escaped(logged(&line).as_bytes(), 300)));
        }
        self.note.clone()
    }

    /// Draws lines that are made for so many columns and lines.
    pub(super) fn draw(&mut self, lines: impl FnOnce(usize, usize) -> Vec<Text>) {
        if self.ended {
            return;
        }
        let size = size();
        let lines = lines(size.0.into(), size.1.into());
        let lines: Vec<String> = lines.iter().map(|line| tinted(&line.coloured())).collect();
        let mut out = io::stdout().lock();
        // a terminal that cannot be drawn to is left as it is
        let _ = self.painter.paint(&mut out, &lines, size);
    }

    /// What was drawn last stays, and the log writes to the terminal again.
    pub(super) fn end(&mut self) {
        self.ended = true;
        logging::divert(None);
    }
}
