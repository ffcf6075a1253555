//! Feedback: what a SUT answers.
//!
//! As text it is ambiguous, since command, output and error are verbatim and may hold lines that look like labels. It
//! is cut thus: the labels come in their order; the command ends at the first line `Start Time: ` with a time that is
//! followed by a line `End Time: ` with a time; a line `Output: ` or `Error: ` must follow at once; and the error
//! begins at the last line that begins with `Error: `. So an output may say `Error: ` as it likes; of a standard error
//! with such a line after its first, the part before it counts as output. Nothing is lost.

use super::{Form, time_of};
use crate::fleet::fields::{Field, Fields, Malformed};
use crate::fleet::python_json::Object;
use std::fmt::Write;

/// An answer. Without an `output` it is the failed form: the command did not start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Who answers.
    pub client_id: String,
    /// The command, as it came.
    pub command: String,
    /// When it began: Unix seconds as a decimal; any text from a stranger.
    pub start_time: String,
    /// When it ended, alike.
    pub end_time: String,
    /// Its standard output; none when it did not start.
    pub output: Option<String>,
    /// Its standard error, or the word `None` when that is empty.
    pub error: String,
}

/// The keys, in their order.
pub(in crate::fleet) const KEYS: [&str; 6] = [
    "client_id",
    "command",
    "start_time",
    "end_time",
    "output",
    "error",
];

impl Feedback {
    /// Whether it is the normal form, with which a command counts as succeeded.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        self.output.is_some()
    }

    /// The payload.
    #[must_use]
    pub fn encode(&self, form: Form) -> Vec<u8> {
        match form {
            Form::Json => {
                let mut object = Object::with_capacity(256 + self.error.len())
                    .text("client_id", &self.client_id)
                    .text("command", &self.command)
                    .text("start_time", &self.start_time)
                    .text("end_time", &self.end_time);
                if let Some(output) = &self.output {
                    object = object.text("output", output);
                }
                object.text("error", &self.error).finish()
            }
            Form::Text => {
                let mut text = format!(
                    "Client: {}\nCommand: {}\nStart Time: {}\nEnd Time: {}\n",
                    self.client_id, self.command, self.start_time, self.end_time
                );
                if let Some(output) = &self.output {
                    let _ = writeln!(text, "Output: {output}");
                }
                text.push_str("Error: ");
                text.push_str(&self.error);
                text.into_bytes()
            }
        }
    }

    /// Understands a payload in either form: what begins with `Client: ` is text.
    ///
    /// # Errors
    /// It is neither; a key or line is missing or of the wrong kind. Times may be numbers.
    pub fn decode(payload: &[u8]) -> Result<Self, Malformed> {
        if payload.starts_with(b"Client: ") {
            let text = std::str::from_utf8(payload).map_err(|_| Malformed::not_utf8(payload))?;
            return Self::of_text(text).map_err(|label| Malformed::no_label(label, payload));
        }
        Self::of_fields(&mut Fields::read(payload, &KEYS)?)
    }

    pub(in crate::fleet) fn of_fields(fields: &mut Fields) -> Result<Self, Malformed> {
        Ok(Self {
            client_id: fields.needed("client_id")?,
            command: fields.needed("command")?,
            start_time: time(fields, "start_time")?,
            end_time: time(fields, "end_time")?,
            output: fields.text("output")?,
            error: fields.needed("error")?,
        })
    }

    fn of_text(text: &str) -> Result<Self, &'static str> {
        let rest = text.strip_prefix("Client: ").ok_or("Client: ")?;
        let (client_id, rest) = rest.split_once("\nCommand: ").ok_or("Command: ")?;
        let (command, start_time, end_time, rest) = times(rest).ok_or("Start Time: ")?;
        let (output, error) = if let Some(rest) = rest.strip_prefix("Output: ") {
            let (output, error) = rest.rsplit_once("\nError: ").ok_or("Error: ")?;
            (Some(output.to_owned()), error)
        } else {
            (None, rest.strip_prefix("Error: ").ok_or("Output: ")?)
        };
        Ok(Self {
            client_id: client_id.to_owned(),
            command: command.to_owned(),
            start_time: start_time.to_owned(),
            end_time: end_time.to_owned(),
            output,
            error: error.to_owned(),
        })
    }
}

/// Command, both times, and what follows their lines.
fn times(text: &str) -> Option<(&str, &str, &str, &str)> {
    const START: &str = "\nStart Time: ";
    let mut from = 0;
    while let Some(found) = text[from..].find(START) {
        let at = from + found;
        from = at + START.len();
        let Some((start_time, rest)) = text[from..].split_once('\n') else {
            continue;
        };
        let Some((end_time, rest)) = rest
            .strip_prefix("End Time: ")
            .and_then(|rest| rest.split_once('\n'))
        else {
            continue;
        };
        if time_of(start_time).is_some() && time_of(end_time).is_some() {
            return Some((&text[..at], start_time, end_time, rest));
        }
    }
    None
}

fn time(fields: &mut Fields, key: &'static str) -> Result<String, Malformed> {
    match fields.take(key) {
        Some(Field::Text(text)) => Ok(text),
        Some(Field::Number(number)) => Ok(number.to_string()),
        Some(other) => Err(Malformed::WrongType {
            key,
            found: other.kind(),
            allowed: "text",
        }),
        None => Err(Malformed::Missing(key)),
    }
}

#[cfg(test)]
#[path = "feedback_tests.rs"]
mod tests;
