//! A diagnosis for a person: each finding with its number, its cause, and what mends it.

use crate::cli::output::columns;
use crossterm::terminal::size;
use mqtt_thing::doctor::{Cure, Diagnosis, Finding, NotLookedAt, Patient, RULES, Severity};
use mqtt_thing::model::harmless;
use owo_colors::OwoColorize;
use std::fmt::Write;
use std::io::IsTerminal;

/// Lines are no longer than that, but where a word is.
const WIDEST: usize = 100;
/// And on no terminal shorter.
const NARROWEST: usize = 40;

fn width() -> usize {
    let terminal = std::io::stdout().is_terminal().then(size);
    match terminal {
        Some(Ok((columns, _))) => usize::from(columns).clamp(NARROWEST, WIDEST),
        _ => WIDEST,
    }
}

/// All of it.
pub(super) fn diagnosis(patient: &Patient, diagnosis: &Diagnosis) -> String {
    let width = width();
    let mut text = wrapped(&head(patient, diagnosis), "", "", width);
    for (nth, finding) in diagnosis.findings.iter().enumerate() {
        text.push('\n');
        text.push_str(&one(nth + 1, finding, width));
    }
    if !diagnosis.not_looked_at.is_empty() {
        text.push_str("\nNot looked at:\n");
        for NotLookedAt { part, reason } in &diagnosis.not_looked_at {
            text.push_str(&wrapped(&format!("{part}: {reason}"), "  ", "    ", width));
        }
    }
    text
}

/// What was looked at, and what it came to.
fn head(patient: &Patient, diagnosis: &Diagnosis) -> String {
    let file = harmless(&patient.file.display().to_string());
    let who = match (&diagnosis.thing, diagnosis.pid) {
        (Some(name), Some(pid)) => {
            format!("{} of {file}, which runs (process {pid})", harmless(name))
        }
        (Some(name), None) => format!("{} of {file}, which does not run", harmless(name)),
        (None, _) => format!("this machine, with {file}"),
    };
    let count = |severity| {
        let findings = diagnosis.findings.iter();
        findings
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let counted: Vec<String> = [
        (count(Severity::Broken), "broken", "broken"),
        (count(Severity::Warning), "warning", "warnings"),
        (count(Severity::Note), "note", "notes"),
    ]
    .into_iter()
    .filter(|(count, ..)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    match counted.as_slice() {
        [] => format!("{who}: nothing is wrong"),
        counted => {
            let first = match diagnosis.findings.len() {
                1 => "",
                _ => "; mend the first one first",
            };
            format!("{who}: {}{first}", counted.join(", "))
        }
    }
}

fn one(number: usize, finding: &Finding, width: usize) -> String {
    let severity = match finding.severity {
        Severity::Broken => "broken".red().bold().to_string(),
        Severity::Warning => "warning".yellow().bold().to_string(),
        Severity::Note => "note".bold().to_string(),
    };
    let mut text = format!("{number}. {severity} {}\n", finding.rule.bold());
    text.push_str(&wrapped(&finding.cause, "   ", "   ", width));
    for cure in &finding.cures {
        match cure {
            // as it is to be typed: never broken
            Cure::Run(command) => {
                let _ = writeln!(text, "   {} {}", "$".dimmed(), command.green());
            }
            Cure::Do(advice) => text.push_str(&wrapped(advice, "   - ", "     ", width)),
        }
    }
    text
}

/// Every rule, for `--rules`.
pub(super) fn rules() -> String {
    let rows: Vec<Vec<String>> = RULES
        .iter()
        .map(|rule| vec![rule.name.to_owned(), rule.about.to_owned()])
        .collect();
    columns("", &rows)
}

/// A text in lines: the first after `first`, the others after `indent`.
fn wrapped(text: &str, first: &str, indent: &str, width: usize) -> String {
    let mut wrapped = first.to_owned();
    let mut column = first.chars().count();
    for (nth, word) in text.split_ascii_whitespace().enumerate() {
        let letters = word.chars().count();
        if nth > 0 && column + 1 + letters > width {
            wrapped.push('\n');
            wrapped.push_str(indent);
            column = indent.chars().count();
        } else if nth > 0 {
            wrapped.push(' ');
            column += 1;
        }
        wrapped.push_str(word);
        column += letters;
    }
    wrapped.push('\n');
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_broken_between_words_and_long_words_are_not() {
        let long = "x".repeat(120);
        let text = wrapped(
            &format!("{} end {long}", "word ".repeat(25)),
            "- ",
            "  ",
            WIDEST,
        );
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(lines[0].len() <= WIDEST && lines[0].starts_with("- word"));
        assert!(lines[1].starts_with("  word") && lines[1].ends_with(" end"));
        assert_eq!(lines[2], format!("  {long}"));
    }
}
