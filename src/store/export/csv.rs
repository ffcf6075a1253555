//! A table for spreadsheets and statistics. Source: RFC 4180: a header, CRLF, quotes around cells that need them.
//!
//! - Numbers are plain, their unit is in the header: seconds, KiB, kHz, C. Times are Unix seconds.
//! - What a cell's text has of bytes that are not UTF-8 and of control characters, save tab and line ends, is written
//!   as `\xNN`. The JSON lines have the exact bytes.
//! - A spreadsheet takes text that begins with `=`, `+`, `-`, `@`, a tab or a carriage return for a formula, and a
//!   client can send such text. It gets a `'` in front, unless it is a number as a whole.

use super::ExportError;
use crate::fleet::Status;
use crate::store::runs::schema::protocol;
use crate::store::{RunId, RunResponse, Runs};
use serde_json::Value as Json;
use std::fmt::Write as _;
use std::io::Write;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What stands in a cell.
enum Cell {
    Nothing,
    /// What we made ourselves: digits, or one of a few words.
    Plain(String),
    /// What came from a person or from the network.
    Text(Vec<u8>),
}

type Column = (&'static str, fn(&Row<'_>) -> Cell);

struct Row<'r> {
    run: &'r RunId,
    response: &'r RunResponse,
    host: Json,
}

const COLUMNS: &[Column] = &[
    ("run", |row| plain(Some(row.run))),
    ("client", |row| text(&row.response.client)),
    ("pipeline", |row| maybe(row.response.pipeline.as_deref())),
    ("step_index", |row| plain(row.response.step_index)),
    ("step", |row| text(&row.response.step)),
    ("attempt", |row| plain(Some(row.response.attempt))),
    ("id", |row| maybe(row.response.id.as_deref())),
    ("command", |row| text(&row.response.command)),
    ("protocol", |row| plain(Some(protocol(row.response.face)))),
    ("status", |row| {
        let status = row.response.status;
        plain(Some(status.map_or("no_answer", Status::as_str)))
    }),
    ("reason", |row| maybe(row.response.reason.as_deref())),
    ("exit_code", |row| plain(row.response.exit_code)),
    ("signal", |row| plain(row.response.signal)),
    ("started_unix_s", |row| time(row.response.started)),
    ("ended_unix_s", |row| time(row.response.ended)),
    ("received_unix_s", |row| time(Some(row.response.received))),
    ("duration_s", |row| span(row.response.duration)),
    ("user_s", |row| span(row.response.usage.map(|u| u.user))),
    ("system_s", |row| span(row.response.usage.map(|u| u.system))),
    ("max_rss_KiB", |row| {
        plain(row.response.usage.map(|u| u.max_rss_kib))
    }),
    ("frequency_kHz", |row| host(row, "frequency_khz")),
    ("measured_kHz", |row| host(row, "measured_khz")),
    ("temperature_C", |row| host(row, "temperature_c")),
    ("throttled", |row| host(row, "throttled")),
    ("load", |row| host(row, "load")),
    ("output_bytes", |row| plain(Some(row.response.output.total))),
    ("output_truncated", |row| {
        plain(Some(row.response.output.truncated))
    }),
    ("error_bytes", |row| plain(Some(row.response.error.total))),
    ("error_truncated", |row| {
        plain(Some(row.response.error.truncated))
    }),
    ("output", |row| {
        Cell::Text(row.response.output.bytes.clone())
    }),
    ("error", |row| Cell::Text(row.response.error.bytes.clone())),
];

/// Writes a run as a table: a header, then a row for each response in the order of arrival.
///
/// # Errors
/// The run cannot be read, or `out` not be written.
pub fn csv(runs: &Runs, run: &RunId, out: &mut dyn Write) -> Result<(), ExportError> {
    let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    write!(out, "{}\r\n", names.join(","))?;
    for response in runs.responses(run, None)? {
        let response = &response?;
        let host = response.host.as_deref();
        let row = Row {
            run,
            response,
            host: host
                .and_then(|host| serde_json::from_str(host).ok())
                .unwrap_or(Json::Null),
        };
        for (index, (_, cell)) in COLUMNS.iter().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            match cell(&row) {
                Cell::Nothing => {}
                Cell::Plain(word) => out.write_all(word.as_bytes())?,
                Cell::Text(bytes) => out.write_all(quoted(&bytes).as_bytes())?,
            }
        }
        out.write_all(b"\r\n")?;
    }
    Ok(())
}

fn plain(value: Option<impl ToString>) -> Cell {
    value.map_or(Cell::Nothing, |value| Cell::Plain(value.to_string()))
}

fn text(text: &str) -> Cell {
    Cell::Text(text.as_bytes().to_vec())
}

fn maybe(value: Option<&str>) -> Cell {
    value.map_or(Cell::Nothing, text)
}

fn span(duration: Option<Duration>) -> Cell {
    plain(duration.map(seconds))
}

/// Seconds as a decimal, exact, without needless zeros.
fn seconds(duration: Duration) -> String {
    let text = format!("{}.{:09}", duration.as_secs(), duration.subsec_nanos());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn time(time: Option<SystemTime>) -> Cell {
    plain(time.map(|time| match time.duration_since(UNIX_EPOCH) {
        Ok(after) => seconds(after),
        Err(before) => format!("-{}", seconds(before.duration())),
    }))
}

/// A number that the client said of its host; anything else is not one.
fn host(row: &Row<'_>, key: &str) -> Cell {
    plain(row.host.get(key).filter(|value| value.is_number()))
}

/// A cell of text: escaped, kept from being a formula, quoted where it must be.
fn quoted(bytes: &[u8]) -> String {
    let mut cell = shown(bytes);
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if formula && cell.trim().parse::<f64>().is_err() {
        cell.insert(0, '\'');
    }
    // an empty text is told from nothing
    if cell.is_empty() || cell.contains(['"', ',', '\r', '\n', '\'']) || cell.trim() != cell {
        cell = format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

/// Text as it is, but for what is no text.
fn shown(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len() + 2);
    for chunk in bytes.utf8_chunks() {
        let mut characters = chunk.valid().chars().peekable();
        while let Some(c) = characters.next() {
            match c {
                '\n' | '\t' => shown.push(c),
                '\r' if characters.peek() == Some(&'\n') => shown.push(c),
                c if c.is_control() => escape(&mut shown, u32::from(c)),
                c => shown.push(c),
            }
        }
        for byte in chunk.invalid() {
            escape(&mut shown, u32::from(*byte));
        }
    }
    shown
}

fn escape(shown: &mut String, code: u32) {
    write!(shown, "\\x{code:02x}").expect("a string takes everything");
}

#[cfg(test)]
mod tests;
