//! The log: to standard error, in colour on a terminal, without a time under systemd (the journal has its own).

use anstream::adapter::strip_str;
use std::io::{self, IsTerminal};
use std::sync::mpsc::SyncSender;
use std::sync::{Mutex, PoisonError};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts the log. `RUST_LOG` (`warn`, `mqtt_thing::mqtt=debug`, several with commas) goes before `-v` and `-q`.
/// Without any of them it says what happens, or only what is odd when it shall be `calm`. `tries` is for a command that
/// lets sessions try what may be refused, and tells itself what came of it.
pub(super) fn start(verbose: u8, quiet: bool, calm: bool, tries: bool) {
    let (level, board) = match (quiet, verbose) {
        (true, _) => (LevelFilter::WARN, LevelFilter::WARN),
        (false, 0) if calm => (LevelFilter::WARN, LevelFilter::WARN),
        (false, 0) => (LevelFilter::INFO, LevelFilter::INFO),
        (false, 1) => (LevelFilter::DEBUG, LevelFilter::DEBUG),
        // transfers are a hundred times as many as messages
        (false, 2) => (LevelFilter::TRACE, LevelFilter::DEBUG),
        (false, _) => (LevelFilter::TRACE, LevelFilter::TRACE),
    };
    // the client library repeats each connection error at error level; the session says it once
    let usual = Targets::new()
        .with_target("mqtt_thing", level)
        .with_target("mqtt_thing::board", board)
        .with_target("rumqttc", LevelFilter::OFF);
    let usual = match tries && verbose == 0 {
        true => usual.with_target("mqtt_thing::mqtt::session", LevelFilter::ERROR),
        false => usual,
    };
    let wanted = std::env::var("RUST_LOG")
        .ok()
        .filter(|text| !text.is_empty());
    let (filter, mistake) = match wanted.map(|text| understood(&text)) {
        None => (usual, None),
        Some(Ok(targets)) => (targets, None),
        Some(Err(error)) => (usual, Some(error)),
    };
    let colour = std::io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let lines = fmt::layer()
        .with_writer(|| Out)
        .with_ansi(colour)
        .with_target(verbose > 0);
    let registry = tracing_subscriber::registry().with(filter);
    if std::env::var_os("JOURNAL_STREAM").is_some() {
        registry.with(lines.without_time()).init();
    } else {
        registry.with(lines).init();
    }
    if let Some(directive) = mistake {
        tracing::warn!(
            directive,
            "RUST_LOG is not understood and is ignored; examples are `debug` and `mqtt_thing::mqtt=trace`"
        );
    }
}

/// What `RUST_LOG` asks for; an error is the directive that makes no sense. The parser of the library takes any word
/// for the name of a module, so that a misspelt level would switch everything off.
fn understood(text: &str) -> Result<Targets, String> {
    let makes_sense = |directive: &str| match directive.split_once('=') {
        Some((target, level)) => !target.is_empty() && level.parse::<LevelFilter>().is_ok(),
        None => directive.parse::<LevelFilter>().is_ok() || directive.starts_with("mqtt_thing"),
    };
    match text
        .split(',')
        .find(|directive| !makes_sense(directive.trim()))
    {
        Some(directive) => Err(directive.to_owned()),
        None => text.parse().map_err(|_| text.to_owned()),
    }
}

/// Where lines go instead of standard error, while something else is drawn on the terminal.
static DIVERTED: Mutex<Option<SyncSender<String>>> = Mutex::new(None);

/// Sends the log's lines elsewhere, without colours; `None` brings them back. When nobody takes them they are lost.
pub(super) fn divert(to: Option<SyncSender<String>>) {
    *DIVERTED.lock().unwrap_or_else(PoisonError::into_inner) = to;
}

/// One line on its way.
struct Out;

impl io::Write for Out {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        match &*DIVERTED.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(to) => {
                let text = String::from_utf8_lossy(line);
                let _ = to.try_send(strip_str(&text).to_string());
                Ok(line.len())
            }
            None => io::stderr().write(line),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_level_is_no_module() {
        for text in [
            "warn",
            "mqtt_thing::mqtt=debug,info",
            "mqtt_thing",
            "rumqttc=trace",
        ] {
            assert!(understood(text).is_ok(), "{text}");
        }
        for text in ["wran", "garbage=,=", "mqtt_thing=loud", "=debug"] {
            assert!(understood(text).is_err(), "{text}");
        }
    }
}
