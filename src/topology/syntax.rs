//! From text to a table of TOML.

use super::Lines;
use super::findings::{Findings, Rule};
use super::section::shown;
use crate::model::{Mistake, Place};
use toml::Spanned;
use toml::de::{DeTable, Error};

/// Reads TOML; `None` when it is too broken for the rest to make sense.
///
/// What leaves the table's shape as it was meant (a key that stands twice, text without quotes) leaves the rest
/// readable, so that all other mistakes are found in the same round.
pub(super) fn read<'t>(text: &'t str, findings: &mut Findings<'t>) -> Option<Spanned<DeTable<'t>>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let readable = errors.iter().all(|error| keeps_the_shape(error.message()));
    let mut mistakes: Vec<(Rule, Mistake)> =
        errors.iter().map(|error| mistake(text, error)).collect();
    mistakes.sort_by_key(|(_, mistake)| mistake.place.start);
    // the first slip of a line makes what follows on it look wrong as well
    let lines = Lines::new(text);
    let line = |mistake: &Mistake| lines.position(mistake.place.start).0;
    mistakes.dedup_by_key(|(_, mistake)| line(mistake));
    for (rule, mistake) in mistakes {
        if rule == Rule::Syntax {
            findings.leave_alone(lines.line(mistake.place.start).1);
        }
        findings.refuse(rule, mistake);
    }
    readable.then_some(table)
}

/// How the TOML reader says that a key stands twice.
const DUPLICATE: &str = "duplicate key";

fn mistake(text: &str, error: &Error) -> (Rule, Mistake) {
    let place = within(text, error.span().unwrap_or_default());
    let found = &text[place.clone()];
    if error.message() == DUPLICATE {
        let message = format!("`{}` stands here a second time", shown(found));
        let mistake = Mistake::new(place, message).help("keep one of the two, or rename one");
        return (Rule::KeyTwice, mistake);
    }
    // what begins like a word and is no value is text that lacks its quotes
    if found.starts_with(|c: char| c.is_alphabetic()) && is_about_a_value(error.message()) {
        let message = format!("`{}` is text without quotes", shown(found));
        let help = format!("write \"{}\"", shown(found));
        return (Rule::Syntax, Mistake::new(place, message).help(help));
    }
    let message = format!("this is not TOML: {}", error.message());
    let mistake = Mistake::new(place, message);
    if error.message().starts_with("invalid unquoted key") {
        let help = "a name has letters a to z, digits and _; text stands in quotes";
        return (Rule::Syntax, mistake.help(help));
    }
    (Rule::Syntax, mistake)
}

fn keeps_the_shape(message: &str) -> bool {
    message == DUPLICATE
        || is_about_a_value(message)
        || message.starts_with("invalid unquoted key")
        || message.starts_with("unexpected leading zero")
}

fn is_about_a_value(message: &str) -> bool {
    message.starts_with("string values must be quoted") || message.starts_with("invalid float")
}

/// The same place, in any case inside the text and between characters.
fn within(text: &str, place: Place) -> Place {
    let floor = |mut at: usize| {
        at = at.min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let start = floor(place.start);
    start..floor(place.end).max(start)
}
