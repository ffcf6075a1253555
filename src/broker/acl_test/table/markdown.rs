//! Tables in Markdown. Source: GitHub Flavored Markdown, 4.10 "Tables": a header, a line of dashes, rows until a line
//! without a `|`; `\|` is a `|` in a cell. A row here has a `|` in it, so that prose after a table is none of its rows.

use super::grid::{Cell, Cells, Grid, lines};

/// All tables of a text that stand outside of fenced code.
pub(super) fn grids(text: &str) -> Vec<Grid> {
    let mut grids: Vec<Grid> = Vec::new();
    let mut last: Option<Cells> = None;
    let (mut open, mut fence): (bool, Option<&str>) = (false, None);
    for (start, line) in lines(text) {
        let mark = ["```", "~~~"]
            .into_iter()
            .find(|mark| line.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(_)) => fence = mark,
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        if fence.is_some() || mark.is_some() || !line.contains('|') {
            (open, last) = (false, None);
            continue;
        }
        let row = row(start, line);
        match (open, last.take(), grids.last_mut()) {
            (true, _, Some(grid)) => grid.rows.push(row),
            (_, Some(header), _) if is_dashes(&row) && row.cells.len() == header.cells.len() => {
                let rows = Vec::new();
                grids.push(Grid { header, rows });
                open = true;
            }
            _ => last = Some(row),
        }
    }
    grids
}

fn is_dashes(row: &Cells) -> bool {
    row.cells.iter().all(|cell| {
        let dashes = cell.text.strip_prefix(':').unwrap_or(&cell.text);
        let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
        !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
    })
}

fn row(start: usize, line: &str) -> Cells {
    let inner = line.trim();
    let from = start + line.len() - line.trim_start().len();
    let place = from..from + inner.len();
    let (inner, from) = match inner.strip_prefix('|') {
        Some(inner) => (inner, from + 1),
        None => (inner, from),
    };
    let mut cells = Vec::new();
    let mut begin = 0;
    for (at, _) in inner.match_indices('|') {
        if !inner[..at].ends_with('\\') {
            cells.push(cell(from + begin, &inner[begin..at]));
            begin = at + 1;
        }
    }
    // what follows the last `|` is a cell only if it holds something
    if !inner[begin..].trim().is_empty() {
        cells.push(cell(from + begin, &inner[begin..]));
    }
    Cells { cells, place }
}

/// A cell without the blanks around it, and without the backticks that make it code.
fn cell(start: usize, raw: &str) -> Cell {
    let inner = raw.trim();
    let from = start + raw.len() - raw.trim_start().len();
    let place = from..from + inner.len();
    let code = inner
        .strip_prefix('`')
        .and_then(|inner| inner.strip_suffix('`'))
        .filter(|code| !code.contains('`'));
    let text = code.unwrap_or(inner).replace("\\|", "|");
    Cell { text, place }
}

/// A table in Markdown with its columns under each other.
pub(super) fn written(header: &[String], rows: &[Vec<String>]) -> String {
    let shown = |cell: &String| -> String {
        let harmless = cell.chars().filter(|c| !c.is_control());
        harmless.collect::<String>().replace('|', "\\|")
    };
    let all: Vec<Vec<String>> = std::iter::once(header)
        .chain(rows.iter().map(Vec::as_slice))
        .map(|row| row.iter().map(shown).collect())
        .collect();
    let width = |column: usize| {
        let cells = all.iter().filter_map(|row| row.get(column));
        cells.map(|c| c.chars().count()).max().unwrap_or(0).max(3)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut text = String::new();
    for (index, row) in all.iter().enumerate() {
        for (column, width) in widths.iter().enumerate() {
            let cell = row.get(column).map_or("", String::as_str);
            text.push_str("| ");
            text.push_str(cell);
            text.extend(std::iter::repeat_n(' ', width + 1 - cell.chars().count()));
        }
        text.push_str("|\n");
        if index == 0 {
            for width in &widths {
                text.push_str("| ");
                text.extend(std::iter::repeat_n('-', *width));
                text.push(' ');
            }
            text.push_str("|\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(cells: &Cells) -> Vec<&str> {
        cells.cells.iter().map(|cell| cell.text.as_str()).collect()
    }

    #[test]
    fn tables_are_found_between_prose_and_not_in_code() {
        let text = "# Rights | of all\n\n```\n| a | b |\n|---|---|\n| no | no |\n```\n\n| a | b |\n|:--|--:|\n| `x\\|y` | 2\n\
                    |  | z |\nprose\n\na | b\n--|--\n3 | 4\n";
        let grids = grids(text);
        assert_eq!(grids.len(), 2);
        assert_eq!(texts(&grids[0].header), ["a", "b"]);
        let rows: Vec<_> = grids[0].rows.iter().map(texts).collect();
        assert_eq!(rows, [["x|y", "2"], ["", "z"]]);
        let first = &grids[0].rows[0].cells[0];
        assert_eq!(&text[first.place.clone()], "`x\\|y`");
        assert_eq!(texts(&grids[1].rows[0]), ["3", "4"]);
    }

    #[test]
    fn what_is_written_is_read_again_as_the_same() {
        let header = ["a".to_owned(), "long header".to_owned()];
        let rows = [vec!["x|y".to_owned(), String::new()]];
        let text = written(&header, &rows);
        assert_eq!(
            text,
            "| a    | long header |\n| ---- | ----------- |\n| x\\|y |             |\n"
        );
        let again = &grids(&text)[0];
        assert_eq!(texts(&again.header), ["a", "long header"]);
        assert_eq!(texts(&again.rows[0]), ["x|y", ""]);
    }
}
