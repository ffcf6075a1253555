//! The table of a lab: who may publish and subscribe to what, in Markdown or as CSV. All its mistakes are told at once.
//!
//! | column | what stands in it |
//! |---|---|
//! | `topic` | a topic; with `+` and `#` where it is subscribed to alone |
//! | `user` | a user's name; nothing, `-` or `anonymous` for somebody without |
//! | `publish`, `subscribe` | `y` for what is tried; nothing, `-` or `n` for what is not |
//! | `expected` | `y` or `allowed`, `n` or `denied` |
//!
//! The order of the columns is free, and so are further ones. One of them may be `PASSED`: it is filled in.

mod csv;
mod grid;
mod markdown;
mod row;

use crate::model::{Mistake, Topic, nearest};
use grid::{Cells, Grid};

/// The largest table, in bytes.
pub const LARGEST: usize = 256 * 1024;
/// The most rows.
const MOST_ROWS: usize = 1000;
/// What stands above the column that is filled in.
const PASSED: &str = "PASSED";

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The first table of a Markdown text whose header fits.
    Markdown,
    /// Comma-separated values.
    Csv,
}

impl Form {
    /// By the end of the file's name, else by what stands in it.
    #[must_use]
    pub fn of(name: &str, text: &str) -> Self {
        let ends = |end: &str| name.to_ascii_lowercase().ends_with(end);
        let is_markdown = || text.lines().any(|line| line.trim_start().starts_with('|'));
        if ends(".csv") || !(ends(".md") || ends(".markdown") || is_markdown()) {
            return Self::Csv;
        }
        Self::Markdown
    }
}

/// A table that can be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclTable {
    header: Vec<String>,
    /// Its rows, in their order.
    pub rows: Vec<Row>,
}

/// One row: what is tried as whom, and what is expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line of the file, from 1.
    pub line: usize,
    cells: Vec<String>,
    /// As it is written; a filter, if it is subscribed to alone.
    pub topic: String,
    /// Where the messages go that prove it: the topic, with a level of our own for each wildcard.
    pub canary_topic: Topic,
    /// None for somebody without a user name.
    pub user: Option<String>,
    /// Whether it is tried to publish.
    pub publish: bool,
    /// Whether it is tried to subscribe.
    pub subscribe: bool,
    /// Whether what is tried shall be allowed.
    pub expected: bool,
}

/// Reads a table.
///
/// # Errors
/// All mistakes, in the order of the text.
///
/// ```
/// use mqtt_thing::broker::acl_test::table::{Form, parse};
/// let table = parse("topic,user,publish,subscribe,expected\nnews,alice,y,,n\n", Form::Csv).unwrap();
/// assert!(table.rows[0].publish && !table.rows[0].expected);
/// ```
pub fn parse(text: &str, form: Form) -> Result<AclTable, Vec<Mistake>> {
    if text.len() > LARGEST {
        let message = format!(
            "the table has {} bytes; at most {LARGEST} are read",
            text.len()
        );
        return Err(vec![
            Mistake::new(0..0, message).help("is this the right file?"),
        ]);
    }
    let mut mistakes = Vec::new();
    let table = match form {
        Form::Csv => csv::grid(text, &mut mistakes),
        Form::Markdown => fitting(markdown::grids(text)),
    };
    let Some(grid) = table else {
        let mistake = Mistake::new(0..0, "there is no table in this file");
        mistakes.push(mistake.help(format!("its columns are {}", row::COLUMNS.join(", "))));
        return Err(mistakes);
    };
    let table = read(text, grid, &mut mistakes);
    mistakes.sort_by_key(|mistake| mistake.place.start);
    match table {
        Some(table) if mistakes.is_empty() => Ok(table),
        _ => Err(mistakes),
    }
}

/// The first table that has all columns; else the one that has most of them, so that it is told what is missing.
fn fitting(grids: Vec<Grid>) -> Option<Grid> {
    let known = |grid: &Grid| {
        let columns = row::COLUMNS.iter();
        columns
            .filter(|name| row::find(&grid.header, name).is_some())
            .count()
    };
    let mut best: Option<(usize, Grid)> = None;
    for grid in grids {
        let count = known(&grid);
        if best.as_ref().is_none_or(|(most, _)| count > *most) {
            best = Some((count, grid));
        }
    }
    best.map(|(_, grid)| grid)
}

fn read(text: &str, grid: Grid, mistakes: &mut Vec<Mistake>) -> Option<AclTable> {
    let columns = row::Columns::of(&grid.header, mistakes)?;
    if grid.rows.is_empty() {
        let place = grid.header.place.clone();
        mistakes.push(Mistake::new(place, "the table has no row"));
    }
    if let Some(first) = grid.rows.get(MOST_ROWS) {
        let message = format!(
            "this is row {}; at most {MOST_ROWS} are allowed",
            MOST_ROWS + 1
        );
        mistakes.push(Mistake::new(first.place.clone(), message).help("make two tables of it"));
        return None;
    }
    let lines = crate::topology::Lines::new(text);
    let line = |cells: &Cells| lines.position(cells.place.start).0;
    let rows = grid.rows.iter();
    let rows = rows.filter_map(|cells| columns.row(line(cells), cells, mistakes));
    Some(AclTable {
        rows: rows.collect(),
        header: grid
            .header
            .cells
            .into_iter()
            .map(|cell| cell.text)
            .collect(),
    })
}

impl AclTable {
    /// The table in Markdown, with `y`, `n` or `?` for each row in the column `PASSED`.
    #[must_use]
    pub fn filled_in(&self, passed: &[&str]) -> String {
        let is_passed = |name: &String| name.eq_ignore_ascii_case(PASSED);
        let column = self.header.iter().position(is_passed);
        let mut header = self.header.clone();
        if column.is_none() {
            header.push(PASSED.to_owned());
        }
        let column = column.unwrap_or(self.header.len());
        let rows = self.rows.iter().zip(passed).map(|(row, passed)| {
            let mut cells = row.cells.clone();
            cells.resize(header.len(), String::new());
            (*passed).clone_into(&mut cells[column]);
            cells
        });
        let rows: Vec<Vec<String>> = rows.collect();
        markdown::written(&header, &rows)
    }
}

#[cfg(test)]
mod tests;
