//! From a view to rows of text of an exact width. Knows no terminal.

use super::view::{Entry, Panel, Resource, State, View};
use std::time::Duration;

/// How a piece of text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// As text is.
    Plain,
    /// In the background.
    Faint,
    /// Names, and what is on.
    Strong,
    /// Keys to press.
    Key,
    /// A LED that is lit so much, of 255.
    Lit(u8),
    /// What is wrong.
    Warn,
}

/// Text of one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The text, without controls.
    pub text: String,
    /// Its look.
    pub ink: Ink,
}

/// A row of the screen.
pub type Row = Vec<Piece>;

/// Columns and rows.
pub type Size = (usize, usize);

/// Below this a box is not readable.
const NARROWEST: usize = 44;
/// Rows without which the picture makes no sense: head, a box of one resource, figures, help.
const LOWEST: usize = 7;
/// Columns of a bar.
const BAR: usize = 8;

/// Draws exactly as many rows as there are, each exactly as wide as the screen.
#[must_use]
pub fn draw(view: &View, (width, height): Size) -> Vec<Row> {
    if width < NARROWEST || height < LOWEST {
        let text = format!("enlarge to {NARROWEST} x {LOWEST}; q quits");
        let mut rows = vec![fit(vec![piece(&text, Ink::Warn)], width)];
        rows.resize(height, fit(Vec::new(), width));
        rows.truncate(height);
        return rows;
    }
    let mut rows = head(view, width);
    let tail = [figures(view, width), help(view, width)];
    let room = height - rows.len() - tail.len();
    let mut boxes = boxes(&view.panels, width);
    if boxes.len() > room {
        boxes.truncate(room.saturating_sub(1));
        boxes.push(fit(
            vec![piece(
                " ... more below; a higher window shows it",
                Ink::Warn,
            )],
            width,
        ));
    }
    let left = room - boxes.len();
    rows.append(&mut boxes);
    let [figures, help] = tail;
    rows.push(figures);
    rows.extend(log(view, width, left));
    rows.push(help);
    rows.truncate(height);
    rows
}

fn head(view: &View, width: usize) -> Vec<Row> {
    let state = match &view.away {
        Some(reason) => piece(&format!("  away: {reason}"), Ink::Warn),
        None => piece("", Ink::Plain),
    };
    let first = vec![
        piece(" mqtt-thing demo", Ink::Strong),
        piece("  broker ", Ink::Faint),
        piece(&view.broker, Ink::Plain),
        state,
    ];
    let second = vec![
        piece(" join in: ", Ink::Faint),
        piece(&view.join, Ink::Plain),
    ];
    vec![fit(first, width), fit(second, width)]
}

/// Boxes beside each other as long as they are wide enough.
fn boxes(panels: &[Panel], width: usize) -> Vec<Row> {
    let abreast = (width / NARROWEST).clamp(1, panels.len().max(1));
    let mut rows = Vec::new();
    for group in panels.chunks(abreast) {
        let lines = group
            .iter()
            .map(|panel| panel.resources.len())
            .max()
            .unwrap_or(0);
        // the columns that are left over by the division go to the last
        let widths: Vec<usize> = (0..group.len())
            .map(|n| width / abreast + if n + 1 == abreast { width % abreast } else { 0 })
            .collect();
        let drawn: Vec<Vec<Row>> = group
            .iter()
            .zip(&widths)
            .map(|(panel, width)| panel_rows(panel, *width, lines))
            .collect();
        for line in 0..lines + 2 {
            let pieces = drawn.iter().flat_map(|panel| panel[line].clone()).collect();
            rows.push(fit(pieces, width));
        }
    }
    rows
}

fn panel_rows(panel: &Panel, width: usize, lines: usize) -> Vec<Row> {
    let inner = width - 2;
    let title = vec![
        piece("┌ ", Ink::Faint),
        piece(&panel.name, Ink::Strong),
        piece(&format!(" {} ", panel.id), Ink::Plain),
        piece(&"─".repeat(width), Ink::Faint),
    ];
    let mut rows = vec![closed(title, width, "┐")];
    for line in 0..lines {
        let content = panel
            .resources
            .get(line)
            .map(|resource| resource_row(resource, inner))
            .unwrap_or_default();
        let mut row = vec![piece("│", Ink::Faint)];
        row.extend(fit(content, inner));
        rows.push(closed(row, width, "│"));
    }
    rows.push(closed(
        vec![
            piece("└", Ink::Faint),
            piece(&"─".repeat(width), Ink::Faint),
        ],
        width,
        "┘",
    ));
    rows
}

/// The row with this as its last column.
fn closed(row: Row, width: usize, end: &str) -> Row {
    let mut row = fit(row, width - 1);
    row.push(piece(end, Ink::Faint));
    row
}

fn resource_row(resource: &Resource, width: usize) -> Row {
    let latency = resource.latency.map(in_ms).unwrap_or_default();
    // key, port, state and latency have their columns; the topic takes what is left
    let path = width.saturating_sub(1 + 2 + 1 + 3 + 1 + 16 + 9);
    let mut row = vec![
        piece(&format!(" {:<2}", resource.key), Ink::Key),
        piece(&format!(" {:<3}", resource.port), Ink::Faint),
        piece(
            &format!("{:<path$} ", cut(&resource.path, path)),
            Ink::Plain,
        ),
    ];
    if let State::Said(text) = &resource.state {
        row.extend(fit(vec![piece(text, Ink::Plain)], 16 + 9));
        return row;
    }
    row.extend(fit(state(&resource.state), 16));
    row.push(piece(&format!("{latency:>9}"), Ink::Faint));
    row
}

fn state(state: &State) -> Row {
    match state {
        State::Switch(true) => vec![piece("▣ pressed", Ink::Strong)],
        State::Switch(false) => vec![piece("□ released", Ink::Plain)],
        State::Knob {
            value,
            share,
            chosen,
        } => {
            let ink = if *chosen { Ink::Strong } else { Ink::Plain };
            vec![
                piece(if *chosen { "▸ " } else { "  " }, Ink::Key),
                piece(&bar(*share), ink),
                piece(&format!(" {value}"), ink),
            ]
        }
        State::Output(duty) => {
            let dot = match duty {
                0 => "○",
                1..=85 => "◔",
                86..=170 => "◑",
                171..=254 => "◕",
                255 => "●",
            };
            let text = match duty {
                0 => " off".to_owned(),
                255 => " on".to_owned(),
                duty => format!(" {}%", usize::from(*duty) * 100 / 255),
            };
            let ink = Ink::Lit(*duty);
            let words = if *duty == 0 { Ink::Faint } else { Ink::Plain };
            vec![
                piece(&format!("{dot} "), ink),
                piece(&bar(*duty), ink),
                piece(&text, words),
            ]
        }
        State::Said(text) => vec![piece(text, Ink::Plain)],
    }
}

/// A share of 255 as a bar; it is empty only for 0 and full only for 255.
fn bar(share: u8) -> String {
    let full = match share {
        0 => 0,
        255 => BAR,
        share => (usize::from(share) * BAR / 255).clamp(1, BAR - 1),
    };
    "█".repeat(full) + &"░".repeat(BAR - full)
}

fn figures(view: &View, width: usize) -> Row {
    let figure = |took: Option<Duration>| took.map_or_else(|| "-".to_owned(), in_ms);
    let latency = &view.latency;
    let pieces = [
        (
            " from input to pin: ",
            "last ".to_owned() + &figure(view.last),
        ),
        ("   p50 ", figure(latency.percentile(50))),
        ("   max ", figure(latency.max())),
        ("   of ", latency.count().to_string()),
    ];
    fit(
        pieces
            .into_iter()
            .flat_map(|(name, text)| [piece(name, Ink::Faint), piece(&text, Ink::Strong)])
            .collect(),
        width,
    )
}

fn log(view: &View, width: usize, height: usize) -> Vec<Row> {
    let Some(lines) = height.checked_sub(1) else {
        return Vec::new();
    };
    let title = vec![piece(
        &format!("─ messages {}", "─".repeat(width)),
        Ink::Faint,
    )];
    let mut rows = vec![fit(title, width)];
    let skipped = view.log.len().saturating_sub(lines);
    rows.extend(
        view.log
            .iter()
            .skip(skipped)
            .map(|entry| entry_row(entry, width)),
    );
    rows.resize(height, fit(Vec::new(), width));
    rows
}

fn entry_row(entry: &Entry, width: usize) -> Row {
    let at = piece(&format!("{:9.3} ", entry.at.as_secs_f64()), Ink::Faint);
    let rest = if entry.topic.is_empty() {
        vec![piece(&entry.text, Ink::Warn)]
    } else {
        vec![
            piece(&format!("{} ", entry.topic), Ink::Plain),
            piece(&entry.text, Ink::Strong),
        ]
    };
    fit(std::iter::once(at).chain(rest).collect(), width)
}

fn help(view: &View, width: usize) -> Row {
    let each = |(key, what): &(String, String)| {
        [
            piece(&format!(" {key} "), Ink::Key),
            piece(&format!("{what} "), Ink::Faint),
        ]
    };
    fit(view.help.iter().flat_map(each).collect(), width)
}

fn in_ms(took: Duration) -> String {
    format!("{:.1} ms", took.as_secs_f64() * 1000.0)
}

fn piece(text: &str, ink: Ink) -> Piece {
    Piece {
        text: text.to_owned(),
        ink,
    }
}

/// The pieces, cut or filled to `width` columns; a cut is marked. Each character is taken for one column wide, but
/// for those that are surely not.
fn fit(pieces: Vec<Piece>, width: usize) -> Row {
    let mut left = width;
    let mut row = Vec::new();
    for mut piece in pieces {
        let long = piece.text.chars().count();
        if long > left {
            piece.text = cut(&piece.text, left);
        }
        left -= long.min(left);
        if !piece.text.is_empty() {
            row.push(piece);
        }
    }
    if left > 0 {
        row.push(Piece {
            text: " ".repeat(left),
            ink: Ink::Plain,
        });
    }
    row
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    // lines are no text to be cut with a mark
    let mark = if text.ends_with('─') { "" } else { "…" };
    let kept = most.saturating_sub(mark.chars().count());
    let mut short: String = text.chars().take(kept).collect();
    if most > 0 {
        short.push_str(mark);
    }
    short
}
