//! Shows mistakes with their lines: place, message, the line, a caret under the wrong part, advice.

use super::lines::Lines;
use crate::model::{Mistake, Place, hidden, is_one_word};
use std::fmt::Write as _;

/// The widest line that is shown whole, in columns; of a longer one, the part around the mistake.
const WIDEST: usize = 160;

/// How much of a long line is shown before the mistake, in characters.
const BEFORE: usize = 60;

/// So many mistakes are shown; who has more has one reason for them all, or the wrong file.
const MOST: usize = 50;

/// Mistakes for a person: `file:line:column: error: message`, the line, a caret, advice. Ends with a newline.
///
/// Columns count characters. Of very many the first are shown and the others counted. The first line has the form that editors jump by.
#[must_use]
pub fn report(file: &str, text: &str, mistakes: &[Mistake], colour: bool) -> String {
    told(file, text, mistakes, ("error:", RED), colour)
}

/// As [`report`], for what is allowed but hardly meant.
#[must_use]
pub fn report_warnings(file: &str, text: &str, warnings: &[Mistake], colour: bool) -> String {
    told(file, text, warnings, ("warning:", YELLOW), colour)
}

// what a terminal understands (ECMA-48, SGR)
const BOLD: &str = "1";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "34";
const CYAN: &str = "36";

fn told(
    file: &str,
    text: &str,
    mistakes: &[Mistake],
    (word, strong): (&str, &str),
    colour: bool,
) -> String {
    let paint = |style: &str, text: &str| match colour {
        true => format!("\x1b[{style}m{text}\x1b[0m"),
        false => text.to_owned(),
    };
    // none of our files is one word, but a password's is
    let stars = is_one_word(text).then(|| "*".repeat(text.len()));
    let lines = Lines::new(stars.as_deref().unwrap_or(text));
    let mut told = String::new();
    for mistake in mistakes.iter().take(MOST) {
        let (line, column) = lines.position(mistake.place.start);
        let place = paint(BOLD, &format!("{}:{line}:{column}:", harmless(file)));
        let message = paint(BOLD, &harmless(&mistake.message));
        let word = paint(strong, word);
        let (shown, before, under) = drawn(&lines, &mistake.place);
        let (number, margin) = (line.to_string(), " ".repeat(line.to_string().len()));
        let (numbered, bare) = (
            paint(BLUE, &format!("{number} |")),
            paint(BLUE, &format!("{margin} |")),
        );
        let (pad, carets) = (" ".repeat(before), paint(strong, &"^".repeat(under)));
        // writing to a String cannot fail
        let _ = write!(
            told,
            "{place} {word} {message}\n {numbered} {shown}\n {bare} {pad}{carets}\n"
        );
        if let Some(help) = &mistake.help {
            let (mark, help) = (paint(BLUE, "="), paint(CYAN, &harmless(help)));
            let _ = writeln!(told, " {margin} {mark} {help}");
        }
    }
    if let Some(more @ 1..) = mistakes.len().checked_sub(MOST) {
        let _ = writeln!(told, "... and {more} more");
    }
    told
}

/// The line as it is shown, the columns before the mistake, and the columns of the mistake, at least one.
fn drawn(lines: &Lines<'_>, place: &Place) -> (String, usize, usize) {
    let (line, bytes) = lines.line(place.start);
    let line = hidden(line);
    let start = place.start.clamp(bytes.start, bytes.end) - bytes.start;
    // of a mistake that goes over several lines, the first
    let end = place.end.clamp(bytes.start, bytes.end) - bytes.start;
    let end = end.max(start);
    let mut head = drawn_text(last(&line[..start]));
    let mut wrong = drawn_text(first(&line[start..end]));
    let mut tail = drawn_text(first(&line[end..]));
    if width(&head) + width(&wrong) + width(&tail) > WIDEST {
        let all = head.chars().count();
        if all > BEFORE {
            head = format!("...{}", head.chars().skip(all - BEFORE).collect::<String>());
        }
        cut(&mut wrong, WIDEST - BEFORE);
        cut(&mut tail, WIDEST - BEFORE);
    }
    let (before, under) = (width(&head), width(&wrong).max(1));
    (format!("{head}{wrong}{tail}"), before, under)
}

/// The beginning of a text, longer than what is shown of it.
fn first(text: &str) -> &str {
    let end = text.char_indices().nth(2 * WIDEST);
    end.map_or(text, |(at, _)| &text[..at])
}

/// The end of a text, longer than what is shown of it.
fn last(text: &str) -> &str {
    let start = text.char_indices().rev().nth(2 * WIDEST);
    start.map_or(text, |(at, _)| &text[at..])
}

fn cut(text: &mut String, most: usize) {
    if let Some((at, _)) = text.char_indices().nth(most) {
        text.truncate(at);
        text.push_str("...");
    }
}

/// A part of a line with a fixed width for each character: a tab is four blanks wherever it stands, what would
/// move the cursor or turn the text is a replacement mark.
fn drawn_text(text: &str) -> String {
    let mut drawn = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => drawn.push_str("    "),
            c if moves_text(c) => drawn.push('\u{fffd}'),
            c => drawn.push(c),
        }
    }
    drawn
}

/// Text of the file inside a message, safe for a terminal.
fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| if moves_text(c) { '\u{fffd}' } else { c })
        .collect()
}

/// Controls, and characters that turn or hide the text around them (Unicode Cf).
fn moves_text(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The columns that a text takes on a terminal.
fn width(text: &str) -> usize {
    text.chars().map(columns).sum()
}

/// Unicode's East Asian Width (UAX 11), its blocks of wide characters; combining marks stand on the one before.
fn columns(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}
