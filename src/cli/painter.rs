//! Lines on a terminal that are painted over again and again, and stay when it ends.

use crossterm::cursor::{MoveTo, MoveUp};
use crossterm::queue;
use crossterm::terminal::{Clear, ClearType, DisableLineWrap, EnableLineWrap};
use std::io::{self, Write};

/// Paints lines over those of the last time.
#[derive(Debug, Default)]
pub(super) struct Painter {
    drawn: u16,
    size: (u16, u16),
}

impl Painter {
    pub(super) fn paint(
        &mut self,
        out: &mut impl Write,
        lines: &[String],
        size: (u16, u16),
    ) -> io::Result<()> {
        let mut bytes = Vec::new();
        // what is wider than it seems (as many letters of Asia are) must not take a second line
        queue!(bytes, DisableLineWrap)?;
        if self.drawn > 0 && self.size != size {
            // the terminal may have laid out the old lines anew: nobody knows where they are
            queue!(bytes, MoveTo(0, 0), Clear(ClearType::All))?;
        } else if self.drawn > 0 {
            queue!(bytes, MoveUp(self.drawn))?;
            bytes.push(b'\r');
        }
        for line in lines {
            bytes.extend_from_slice(line.as_bytes());
            queue!(bytes, Clear(ClearType::UntilNewLine))?;
            bytes.extend_from_slice(b"\r\n");
        }
        queue!(bytes, Clear(ClearType::FromCursorDown), EnableLineWrap)?;
        self.drawn = u16::try_from(lines.len()).unwrap_or(size.1);
        self.size = size;
        out.write_all(&bytes)?;
        out.flush()
    }
}
