//! A table as it is written: cells with their places, not yet understood.

use crate::model::Place;

/// A cell: what stands in it, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) place: Place,
}

/// One row of cells. `place` is the row as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cells {
    pub(super) cells: Vec<Cell>,
    pub(super) place: Place,
}

/// A header and what stands below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Grid {
    pub(super) header: Cells,
    pub(super) rows: Vec<Cells>,
}

/// The lines of a text with the byte at which each begins, without their ends.
pub(super) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |whole| {
        let at = start;
        start += whole.len();
        let line = whole.strip_suffix('\n').unwrap_or(whole);
        (at, line.strip_suffix('\r').unwrap_or(line))
    })
}
