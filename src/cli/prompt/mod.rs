//! A prompt on a terminal: a line is edited while other lines are printed above it.
//!
//! Keys are read one by one, also of what was pasted, by a thread of its own; whoever prints does so at once and draws
//! the prompt again behind it.

mod history;
mod line;

use super::output::tinted;
use anyhow::Context;
use crossterm::cursor::{MoveTo, MoveToColumn};
use crossterm::event::{Event, KeyEventKind, read};
use crossterm::queue;
use crossterm::terminal::{
    Clear, ClearType, DisableLineWrap, EnableLineWrap, disable_raw_mode, enable_raw_mode, size,
};
use history::History;
use line::{Line, Typed};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Typed a line.
    Line(String),
    /// Pressed Ctrl-C.
    Interrupt,
    /// Pressed Ctrl-D, or closed the terminal.
    End,
}

struct Shown {
    prompt: &'static str,
    line: Line,
    /// Whether the terminal is in our hands.
    open: bool,
}

/// Prints above the prompt. The last one that is dropped leaves the terminal alone, so close it.
#[derive(Clone)]
pub(super) struct Prompt(Arc<Mutex<Shown>>);

impl Prompt {
    /// Takes the terminal, and hands `on_asked` what is asked, on a thread of its own, until that says `false`.
    ///
    /// # Errors
    /// The terminal cannot be used, or no thread be started.
    pub(super) fn open(
        prompt: &'static str,
        history: Option<PathBuf>,
        on_asked: impl FnMut(Asked) -> bool + Send + 'static,
    ) -> anyhow::Result<Self> {
        let history = History::at(history);
        let line = Line::new(history.lines());
        enable_raw_mode().context("the terminal cannot be used for typing")?;
        let shown = Shown {
            prompt,
            line,
            open: true,
        };
        shown.draw("");
        let its = Self(Arc::new(Mutex::new(shown)));
        let reader = its.clone();
        let thread = std::thread::Builder::new().name("typed".to_owned());
        let started = thread.spawn(move || reader.read(&history, on_asked));
        if let Err(error) = started {
            its.close();
            return Err(error).context("cannot start a thread");
        }
        Ok(its)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks something else from now on.
    pub(super) fn ask(&self, prompt: &'static str) {
        let mut shown = self.shown();
        shown.prompt = prompt;
        shown.draw("");
    }

    /// Prints whole lines above the prompt; once it is closed, where the cursor stands.
    pub(super) fn print(&self, text: &str) {
        self.shown().draw(&tinted(text));
    }

    /// Takes the prompt off the screen, and gives the terminal back.
    pub(super) fn close(&self) {
        let mut shown = self.shown();
        if std::mem::replace(&mut shown.open, false) {
            let mut out = std::io::stdout().lock();
            let mut bytes = Vec::new();
            // writing to memory does not fail; a terminal that has gone needs nothing
            let _ = queue!(bytes, MoveToColumn(0), Clear(ClearType::UntilNewLine));
            let _ = out.write_all(&bytes).and_then(|()| out.flush());
            let _ = disable_raw_mode();
        }
    }

    fn read(&self, history: &History, mut on_asked: impl FnMut(Asked) -> bool) {
        loop {
            let asked = match read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                    let mut shown = self.shown();
                    if !shown.open {
                        return;
                    }
                    let typed = shown.line.key(key);
                    match typed {
                        Typed::Edited => {
                            shown.draw("");
                            continue;
                        }
                        Typed::Clear => {
                            shown.clear();
                            continue;
                        }
                        Typed::Line(line) => {
                            let text = format!("{}{}\n", shown.prompt, line::safe(&line));
                            shown.draw(&text);
                            history.add(&line);
                            Asked::Line(line)
                        }
                        Typed::Interrupt => {
                            shown.draw("");
                            Asked::Interrupt
                        }
                        Typed::End => Asked::End,
                    }
                }
                Ok(Event::Resize(..)) => {
                    self.shown().draw("");
                    continue;
                }
                Ok(_) => continue,
                Err(_) => Asked::End,
            };
            let ended = asked == Asked::End;
            if !on_asked(asked) || ended {
                return;
            }
        }
    }
}

impl Shown {
    /// Writes lines where the prompt stood, and the prompt behind them.
    fn draw(&self, above: &str) {
        let mut out = std::io::stdout().lock();
        // a terminal that has gone is noticed where keys are read
        let _ = self.drawn(above).and_then(|bytes| {
            out.write_all(&bytes)?;
            out.flush()
        });
    }

    fn drawn(&self, above: &str) -> std::io::Result<Vec<u8>> {
        if !self.open {
            return Ok(above.as_bytes().to_vec());
        }
        let width = size().map_or(80, |(width, _)| usize::from(width));
        let front = self.prompt.chars().count();
        let (text, cursor) = self.line.shown(width.saturating_sub(front));
        let mut bytes = Vec::new();
        queue!(bytes, MoveToColumn(0), Clear(ClearType::FromCursorDown))?;
        // a terminal that hands on each key does not begin a new line at its left by itself
        bytes.extend_from_slice(above.replace('\n', "\r\n").as_bytes());
        queue!(bytes, DisableLineWrap)?;
        bytes.extend_from_slice(self.prompt.as_bytes());
        bytes.extend_from_slice(text.as_bytes());
        let column = u16::try_from(front + cursor).unwrap_or(u16::MAX);
        queue!(bytes, EnableLineWrap, MoveToColumn(column))?;
        Ok(bytes)
    }

    fn clear(&self) {
        let mut bytes = Vec::new();
        let _ = queue!(bytes, MoveTo(0, 0), Clear(ClearType::All));
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(&bytes);
        drop(out);
        self.draw("");
    }
}
