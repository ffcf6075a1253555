//! How a watch is shown: a screen on a terminal, lines elsewhere, an object a line for a program.

use super::shown::Shown;
use super::{drawing, json, line};
use crate::cli::output::tinted;
use crate::cli::screen::{self, Screen};
use crate::cli::text::Text;
use mqtt_thing::broker::watch::Update;
use mqtt_thing::model::harmless_json;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How long a line of the log is shown.
const NOTE: Duration = Duration::from_secs(30);

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

impl Form {
    pub(super) fn new(json: bool, once: bool) -> Self {
        let kind = match (json, once, Screen::is_possible()) {
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
            draw(screen, shown);
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
                let width = match io::stdout().is_terminal() {
                    true => screen::size().0,
                    false => screen::USUAL.0,
                };
                let lines = drawing::summary(shown, width.into());
                let lines = lines.iter().map(Text::coloured);
                let lines: String = lines.map(|line| format!("{}\n", tinted(&line))).collect();
                say(&lines)
            }
            Kind::Screen(screen) => {
                draw(screen, shown);
                Ok(true)
            }
        }
    }

    /// The last drawing, which stays.
    pub(super) fn end(&mut self, shown: &Shown<'_>) {
        if let Kind::Screen(screen) = &mut self.kind {
            draw(screen, shown);
            screen.end();
        }
    }
}

fn draw(screen: &mut Screen, shown: &Shown<'_>) {
    let updated = shown.watcher.updated();
    // what was said while the broker was away is over when it tells its figures
    let is_fresh =
        |at: Instant| shown.ago(at) < NOTE && updated.is_none_or(|updated| updated <= at);
    let note = screen.note(shown.now);
    let fresh = note.filter(|(at, _)| is_fresh(*at));
    let note = fresh.map(|(_, note)| note);
    screen.draw(|width, height| drawing::lines(shown, note.as_deref(), width, height));
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
