//! The terminal: taken and given back, and painted where it changed.

use super::draw::{Ink, Row, Size};
use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::{Attribute, Color, Print, ResetColor, SetAttribute, SetForegroundColor};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode, size,
};
use crossterm::{execute, queue};
use std::io::{self, BufWriter, Stdout, Write};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether the terminal is in our hands now.
static OURS: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();

/// The terminal in our hands; dropped, it is as it was.
pub(super) struct Terminal {
    out: BufWriter<Stdout>,
    shown: Vec<Row>,
}

impl Terminal {
    /// Takes the terminal. From now on a panic on any thread gives it back before it is told.
    pub(super) fn enter() -> io::Result<Self> {
        HOOK.call_once(|| {
            let tell = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                give_back();
                tell(info);
            }));
        });
        enable_raw_mode()?;
        OURS.store(true, Ordering::SeqCst);
        let terminal = Self {
            out: BufWriter::new(io::stdout()),
            shown: Vec::new(),
        };
        execute!(io::stdout(), EnterAlternateScreen, Hide, DisableLineWrap)?;
        Ok(terminal)
    }

    /// Whether it still is in our hands: a panic elsewhere gives it back.
    pub(super) fn is_ours() -> bool {
        OURS.load(Ordering::SeqCst)
    }

    /// Everything is to be painted again.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
    }

    /// Paints the rows that are not as they were.
    pub(super) fn paint(&mut self, draw: impl FnOnce(Size) -> Vec<Row>) -> io::Result<()> {
        let (width, height) = size()?;
        let rows = draw((width.into(), height.into()));
        if rows == self.shown {
            return Ok(());
        }
        queue!(self.out, BeginSynchronizedUpdate)?;
        if self.shown.len() != rows.len() {
            queue!(self.out, ResetColor, Clear(ClearType::All))?;
            self.shown.clear();
        }
        for (y, row) in (0_u16..).zip(&rows) {
            if self.shown.get(usize::from(y)) == Some(row) {
                continue;
            }
            queue!(self.out, MoveTo(0, y))?;
            for piece in row {
                ink(&mut self.out, piece.ink)?;
                queue!(self.out, Print(&piece.text))?;
            }
        }
        queue!(
            self.out,
            SetAttribute(Attribute::Reset),
            EndSynchronizedUpdate
        )?;
        self.out.flush()?;
        self.shown = rows;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // nobody can be told when it fails, and the next program repaints
        let _ = self.out.flush();
        give_back();
    }
}

fn give_back() {
    if OURS.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            io::stdout(),
            EndSynchronizedUpdate,
            SetAttribute(Attribute::Reset),
            EnableLineWrap,
            Show,
            LeaveAlternateScreen
        );
        let _ = disable_raw_mode();
    }
}

/// Colours are left out by crossterm itself when `NO_COLOR` is set; brightness then stands in dots and bars.
fn ink(out: &mut impl Write, ink: Ink) -> io::Result<()> {
    queue!(out, SetAttribute(Attribute::Reset))?;
    match ink {
        Ink::Plain => Ok(()),
        Ink::Faint => queue!(out, SetAttribute(Attribute::Dim)),
        Ink::Strong => queue!(out, SetAttribute(Attribute::Bold)),
        Ink::Key => queue!(
            out,
            SetAttribute(Attribute::Bold),
            SetForegroundColor(Color::Cyan)
        ),
        Ink::Warn => queue!(out, SetForegroundColor(Color::Yellow)),
        Ink::Lit(duty) => queue!(out, SetForegroundColor(glow(duty))),
    }
}

/// Reds of the 256 colours, from dark to bright.
const fn glow(duty: u8) -> Color {
    Color::AnsiValue(match duty {
        0 => 240,
        1..=63 => 52,
        64..=127 => 88,
        128..=191 => 124,
        192..=254 => 160,
        255 => 196,
    })
}
