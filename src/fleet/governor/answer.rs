//! A result as feedback. Our own responses say the same six keys, so both are written here.

use super::{Form, time_text};
use crate::fleet::job::Captured;
use crate::fleet::python_json::Object;
use crate::fleet::record::{Face, Record, Status};
use crate::fleet::stream_text::{Shown, Sink};

/// Up to so many bytes (16 MiB) a stream is whole in feedback; above, its head and tail are shown.
pub const WHOLE: u64 = 16 << 20;

/// A result with what is to be shown of its streams.
pub(in crate::fleet) struct Answer<'a> {
    record: &'a Record,
    stdout: Shown<'a>,
    stderr: Shown<'a>,
}

impl<'a> Answer<'a> {
    pub(in crate::fleet) fn new(record: &'a Record, stdout: Shown<'a>, stderr: Shown<'a>) -> Self {
        Self {
            record,
            stdout,
            stderr,
        }
    }

    /// Whether both streams are shown whole.
    pub(in crate::fleet) fn is_whole(&self) -> bool {
        self.stdout.is_whole() && self.stderr.is_whole()
    }

    /// How many bytes to make room for.
    fn room(&self) -> usize {
        let streams = self.stdout.len() + self.stderr.len();
        512 + self.record.command.len() + streams + streams / 8
    }

    /// Whether there is an `output`: not in the failed form.
    fn has_output(&self) -> bool {
        match self.record.status {
            Status::Refused | Status::Expired => false,
            Status::Succeeded | Status::Failed => self.record.ran,
            Status::TimedOut | Status::Cancelled | Status::Interrupted => true,
        }
    }

    /// The six keys, or the five of the failed form.
    pub(in crate::fleet) fn object(&self) -> Object {
        let record = self.record;
        let mut object = Object::with_capacity(self.room())
            .text("client_id", &record.client_id)
            .text("command", &record.command)
            .text("start_time", &time_text(record.started))
            .text("end_time", &time_text(record.ended));
        if self.has_output() {
            let (replaced, _) = object.pieces("output", |sink| self.stdout.write(sink));
            object.pieces("error", |sink| self.error(replaced, sink));
        } else {
            object.pieces("error", |sink| self.failed(sink));
        }
        object
    }

    fn text(&self) -> Vec<u8> {
        let record = self.record;
        let mut text = String::with_capacity(self.room());
        text.push_str("Client: ");
        text.push_str(&record.client_id);
        text.push_str("\nCommand: ");
        text.push_str(&record.command);
        text.push_str("\nStart Time: ");
        text.push_str(&time_text(record.started));
        text.push_str("\nEnd Time: ");
        text.push_str(&time_text(record.ended));
        if self.has_output() {
            text.push_str("\nOutput: ");
            let (replaced, _) = self.stdout.write(&mut |piece| text.push_str(piece));
            text.push_str("\nError: ");
            self.error(replaced, &mut |piece| text.push_str(piece));
        } else {
            text.push_str("\nError: ");
            self.failed(&mut |piece| text.push_str(piece));
        }
        text.into_bytes()
    }

    /// Standard error; then a line for each stream that was no UTF-8; then the reason of an end by force.
    fn error(&self, replaced_in_output: u64, sink: &mut Sink<'_>) {
        let (replaced, within_a_line) = self.stderr.write(sink);
        let notice = |stream: &str, replaced: u64| {
            (replaced > 0).then(|| {
                format!("[{stream}: {replaced} bytes that are not UTF-8 are shown as U+FFFD]")
            })
        };
        let by_force = matches!(
            self.record.status,
            Status::TimedOut | Status::Cancelled | Status::Interrupted
        );
        let reason = by_force.then(|| {
            let unknown = || self.record.status.as_str().replace('_', " ");
            self.record.reason.clone().unwrap_or_else(unknown)
        });
        let lines = [
            notice("output", replaced_in_output),
            notice("error", replaced),
            reason,
        ];
        let lines: Vec<String> = lines.into_iter().flatten().collect();
        if self.stderr.len() == 0 && self.stderr.is_whole() && lines.is_empty() {
            sink("None");
        }
        if within_a_line && !lines.is_empty() {
            sink("\n");
        }
        sink(&lines.join("\n"));
    }

    fn failed(&self, sink: &mut Sink<'_>) {
        sink("Failed to execute command: ");
        sink(
            self.record
                .reason
                .as_deref()
                .unwrap_or_else(|| self.record.status.as_str()),
        );
    }
}

/// A result as the payload of feedback, in the form of its face.
///
/// `stdout` and `stderr` are the beginnings of the streams as far as the caller has them (the spool), or empty: what is
/// beyond them comes from the record. A stream of more than 16 MiB shows the record's head and tail, so do not load
/// one. A line says how much is missing between the two.
#[must_use]
pub fn feedback(record: &Record, stdout: &[u8], stderr: &[u8]) -> Vec<u8> {
    let answer = Answer::new(
        record,
        shown(&record.stdout, stdout),
        shown(&record.stderr, stderr),
    );
    match form_of(record.face) {
        Form::Json => answer.object().finish(),
        Form::Text => answer.text(),
    }
}

fn shown<'a>(captured: &'a Captured, beginning: &'a [u8]) -> Shown<'a> {
    let whole = captured.total <= WHOLE;
    Shown::of(captured, if whole { beginning } else { &[] }, usize::MAX)
}

const fn form_of(face: Face) -> Form {
    match face {
        Face::GovernorText => Form::Text,
        Face::GovernorJson | Face::Own => Form::Json,
    }
}
