//! What is no filter or no topic.

use crate::cli::exchange;
use anstream::{eprint, eprintln};
use mqtt_thing::model::TopicError;
use mqtt_thing::topology::report;
use std::io::IsTerminal;

/// The longest text that is shown whole with its mistake, in bytes.
const LONGEST: usize = 1000;

/// Shows on standard error what is wrong with a text that was meant for a `filter` or a `topic`.
pub(super) fn told(what: &str, text: &str, error: &TopicError) {
    if text.len() > LONGEST {
        eprintln!(
            "mqtt-thing: no {what}: {}",
            exchange::told_wrong(text, error)
        );
        return;
    }
    let mut mistake = error.mistake(text);
    if *error == TopicError::Empty && what == "topic" {
        mistake = mistake.help("a topic has one character at least");
    }
    let colour = std::io::stderr().is_terminal();
    eprint!("{}", report(what, text, &[mistake], colour));
}
