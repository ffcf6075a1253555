//! Comma-separated values. Source: RFC 4180; blanks around a cell do not count, and lines may end with LF alone.

use super::grid::{Cell, Cells, Grid};
use crate::model::Mistake;

/// Reads the whole text as one table; nothing if it has no line.
pub(super) fn grid(text: &str, mistakes: &mut Vec<Mistake>) -> Option<Grid> {
    let mut reader = Reader {
        text,
        at: text.len() - text.trim_start_matches('\u{feff}').len(),
    };
    let mut rows = Vec::new();
    while reader.at < text.len() {
        let row = reader.row(mistakes);
        // an empty line, or one with commas alone, as spreadsheets leave them
        if row.cells.iter().any(|cell| !cell.text.is_empty()) {
            rows.push(row);
        }
    }
    if rows.is_empty() {
        return None;
    }
    let header = rows.remove(0);
    Some(Grid { header, rows })
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'t> {
    fn row(&mut self, mistakes: &mut Vec<Mistake>) -> Cells {
        let (start, mut cells) = (self.at, Vec::new());
        loop {
            cells.push(self.cell(mistakes));
            match self.rest().chars().next() {
                Some(',') => self.at += 1,
                _ => break,
            }
        }
        let place = start..self.at;
        let end = [("\r\n", 2), ("\n", 1), ("\r", 1)];
        let end = end
            .into_iter()
            .find(|(end, _)| self.rest().starts_with(end));
        self.at += end.map_or(0, |(_, length)| length);
        Cells { cells, place }
    }

    fn cell(&mut self, mistakes: &mut Vec<Mistake>) -> Cell {
        self.blanks();
        if self.rest().starts_with('"') {
            return self.quoted(mistakes);
        }
        let start = self.at;
        let rest = self.rest();
        let length = rest.find([',', '\n', '\r']).unwrap_or(rest.len());
        self.at += length;
        let inner = rest[..length].trim_end();
        let place = start..start + inner.len();
        if let Some(quote) = inner.find('"') {
            let at = start + quote;
            let mistake = Mistake::new(
                at..at + 1,
                "a quote stands in a cell that has none around it",
            );
            mistakes.push(
                mistake.help("put quotes around the whole cell, and write each quote in it twice"),
            );
        }
        Cell {
            text: inner.to_owned(),
            place,
        }
    }

    fn quoted(&mut self, mistakes: &mut Vec<Mistake>) -> Cell {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(quote) = rest.find('"') else {
                let mistake = Mistake::new(start..start + 1, "this quote has no other end");
                mistakes.push(mistake.help("a quote in a quoted cell is written twice"));
                // what follows cannot be told apart any more
                self.at = self.text.len();
                break;
            };
            text.push_str(&rest[..quote]);
            self.at += quote + 1;
            if !self.rest().starts_with('"') {
                break;
            }
            text.push('"');
            self.at += 1;
        }
        let place = start..self.at;
        self.blanks();
        let rest = self.rest();
        let length = rest.find([',', '\n', '\r']).unwrap_or(rest.len());
        if length > 0 {
            let mistake = Mistake::new(
                self.at..self.at + length,
                "something follows the closing quote of a cell",
            );
            mistakes.push(mistake.help("a comma or the line's end is allowed there"));
            self.at += length;
        }
        Cell { text, place }
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\t']).len();
    }

    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> (Vec<Vec<String>>, Vec<String>) {
        let mut mistakes = Vec::new();
        let grid = grid(text, &mut mistakes);
        let rows = grid.into_iter().flat_map(|grid| {
            let rows = std::iter::once(grid.header).chain(grid.rows);
            rows.map(|row| row.cells.into_iter().map(|cell| cell.text).collect())
        });
        let told = |mistake: Mistake| format!("{:?} {}", mistake.place, mistake.message);
        (rows.collect(), mistakes.into_iter().map(told).collect())
    }

    #[test]
    fn quotes_blanks_and_every_line_end_are_read() {
        let text = "\u{feff}a, b ,c\r\n\"x, \"\"y\"\"\n2\" , 3,\n\n,,\nlast,é";
        let (rows, mistakes) = read(text);
        assert_eq!(mistakes, [""; 0]);
        assert_eq!(rows[0], ["a", "b", "c"]);
        assert_eq!(rows[1], ["x, \"y\"\n2", "3", ""]);
        assert_eq!(rows[2], ["last", "é"]);
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn wrong_quotes_are_told_with_their_place() {
        let (_, mistakes) = read("a\"b,\"c\" d,\"e\n");
        assert_eq!(
            mistakes,
            [
                "1..2 a quote stands in a cell that has none around it",
                "8..9 something follows the closing quote of a cell",
                "10..11 this quote has no other end",
            ]
        );
        assert_eq!(read("").0.len(), 0);
    }

    proptest! {
        #[test]
        fn any_text_is_read_to_its_end(text in "[\",\\n\\r a\u{feff}é|]{0,60}") {
            let mut mistakes = Vec::new();
            grid(&text, &mut mistakes);
            for mistake in mistakes {
                prop_assert!(text.get(mistake.place).is_some());
            }
        }
    }
}
