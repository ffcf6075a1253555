//! Shows mistakes with their lines: place, message, the line, a caret under the wrong part, advice.

use super::lines::Lines;
use crate::model::{Mistake, Place};
use owo_colors::{OwoColorize, Style};
use std::fmt::Write as _;

/// The widest line that is shown whole, in columns; of a longer one, the part around the mistake.
const WIDEST: usize = 160;

/// How much of a long line is shown before the mistake, in characters.
const BEFORE: usize = 60;

/// Mistakes for a person: `file:line:column: error: message`, the line, a caret, advice. Ends with a newline.
///
/// Columns count characters. The first line has the form that editors jump by.
#[must_use]
pub fn report(file: &str, text: &str, mistakes: &[Mistake], colour: bool) -> String {
    let red = Style::new().red().bold();
    told(file, text, mistakes, ("error", red), colour)
}

/// As [`report`], for what is allowed but hardly meant.
#[must_use]
pub fn report_warnings(file: &str, text: &str, warnings: &[Mistake], colour: bool) -> String {
    let yellow = Style::new().yellow().bold();
    told(file, text, warnings, ("warning", yellow), colour)
}

fn told(
    file: &str,
    text: &str,
    mistakes: &[Mistake],
    (word, style): (&str, Style),
    colour: bool,
) -> String {
    let paint = |style: Style| if colour { style } else { Style::new() };
    let (strong, style) = (paint(Style::new().bold()), paint(style));
    let (frame, advice) = (paint(Style::new().blue()), paint(Style::new().cyan()));
    let lines = Lines::new(text);
    let mut told = String::new();
    for mistake in mistakes {
        let (line, column) = lines.position(mistake.place.start);
        let place = format!("{}:{line}:{column}:", harmless(file));
        let message = harmless(&mistake.message);
        let (shown, before, under) = drawn(&lines, &mistake.place);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        let carets = "^".repeat(under);
        let pad = " ".repeat(before);
        // writing to a String cannot fail
        let _ = writeln!(
            told,
            "{} {} {}",
            place.style(strong),
            format_args!("{word}:").style(style),
            message.style(strong)
        );
        let _ = writeln!(
            told,
            " {} {}",
            format_args!("{number} |").style(frame),
            shown
        );
        let _ = writeln!(
            told,
            " {} {pad}{}",
            format_args!("{margin} |").style(frame),
            carets.style(style)
        );
        if let Some(help) = &mistake.help {
            let _ = writeln!(
                told,
                " {margin} {} {}",
                "=".style(frame),
                harmless(help).style(advice)
            );
        }
    }
    told
}

/// The line as it is shown, the columns before the mistake, and the columns of the mistake, at least one.
fn drawn(lines: &Lines<'_>, place: &Place) -> (String, usize, usize) {
    let (line, bytes) = lines.line(place.start);
    let start = place.start.clamp(bytes.start, bytes.end) - bytes.start;
    // of a mistake that goes over several lines, the first
    let end = place.end.clamp(bytes.start, bytes.end) - bytes.start;
    let end = end.max(start);
    let (mut head, wrong, mut tail) = (
        drawn_text(&line[..start]),
        drawn_text(&line[start..end]),
        drawn_text(&line[end..]),
    );
    let mut wrong = wrong;
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
