//! Files of feedback: one payload after the other, each with a newline after it, as the governor's operator appends
//! them.
//!
//! A payload in JSON is one line. One in text has several, and nothing marks its end: it goes on until a line begins
//! the next one. That is a line `Client: ` that is followed by a line `Command: `; or, once a line `Error: ` was there,
//! a line that is feedback in JSON. An output that holds such lines cannot be told from payloads.

use super::fields::Malformed;
use super::governor::{Feedback, Form};
use std::collections::VecDeque;
use std::io::{self, BufRead, Read};
use thiserror::Error;

/// The largest payload that is read, in bytes, and the largest that MQTT carries.
const LARGEST: usize = 256 << 20;

/// What is appended for a payload: itself and a newline.
#[must_use]
pub fn line(payload: &[u8]) -> Vec<u8> {
    [payload, b"\n"].concat()
}

/// A payload of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// In which form it is written.
    pub form: Form,
    /// What it says.
    pub feedback: Feedback,
}

/// Something that is no payload.
#[derive(Debug, Error)]
#[error("line {line}: {why}")]
pub struct Broken {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// What is wrong.
    #[source]
    pub why: Why,
}

/// Why something is no payload.
#[derive(Debug, Error)]
pub enum Why {
    /// It is neither form, or a part of it is missing.
    #[error("{0}")]
    Malformed(#[from] Malformed),
    /// It is longer than any payload.
    #[error("it is longer than {LARGEST} bytes, which no payload is")]
    TooLong,
    /// The file cannot be read any further.
    #[error("the file cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// Reads a file payload by payload; never more than one is in memory.
#[derive(Debug)]
pub struct FeedbackFile<R> {
    lines: Lines<R>,
    /// The text that is being read.
    open: Option<Open>,
}

/// A text whose end is not there yet.
#[derive(Debug)]
struct Open {
    line: u64,
    text: Vec<u8>,
    too_long: bool,
    /// Whether a line `Error: ` was there after the times: it may end.
    may_end: bool,
    /// Whether the line before was `Start Time: `, and whether both times were there.
    times: (bool, bool),
}

impl<R: BufRead> FeedbackFile<R> {
    /// Begins with the first line of `file`.
    pub fn new(file: R) -> Self {
        Self {
            lines: Lines {
                file,
                number: 0,
                ahead: VecDeque::new(),
                with_return: None,
                ended: false,
            },
            open: None,
        }
    }

    fn close(open: Open) -> Result<Found, Broken> {
        let line = open.line;
        if open.too_long {
            return Err(Broken {
                line,
                why: Why::TooLong,
            });
        }
        read(line, &open.text)
    }
}

impl<R: BufRead> Iterator for FeedbackFile<R> {
    type Item = Result<Found, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let next = match self.lines.next() {
                Some(Ok(next)) => next,
                Some(Err(error)) => {
                    // what was begun is cut
                    self.open = None;
                    let line = self.lines.number + 1;
                    return Some(Err(Broken {
                        line,
                        why: error.into(),
                    }));
                }
                None => return self.open.take().map(Self::close),
            };
            let is_head = next.text.starts_with(b"Client: ")
                && self
                    .lines
                    .peek()
                    .is_some_and(|after| after.starts_with(b"Command: "));
            match &mut self.open {
                Some(open) => {
                    let begins_next = is_head || (open.may_end && is_json(&next));
                    if !begins_next {
                        open.push(&next);
                        continue;
                    }
                    let closed = self.open.take().map(Self::close);
                    self.lines.give_back(next);
                    return closed;
                }
                None if is_head => self.open = Some(Open::new(&next)),
                None if next.text.trim_ascii().is_empty() && !next.too_long => {}
                None if next.too_long => {
                    return Some(Err(Broken {
                        line: next.number,
                        why: Why::TooLong,
                    }));
                }
                None => return Some(read(next.number, &next.text)),
            }
        }
    }
}

fn read(line: u64, payload: &[u8]) -> Result<Found, Broken> {
    let form = match payload.starts_with(b"Client: ") {
        true => Form::Text,
        false => Form::Json,
    };
    match Feedback::decode(payload) {
        Ok(feedback) => Ok(Found {
            line,
            form,
            feedback,
        }),
        Err(error) => Err(Broken {
            line,
            why: error.into(),
        }),
    }
}

fn is_json(line: &Line) -> bool {
    !line.too_long && line.text.starts_with(b"{") && Feedback::decode(&line.text).is_ok()
}

impl Open {
    fn new(first: &Line) -> Self {
        Self {
            line: first.number,
            text: first.text.clone(),
            too_long: first.too_long,
            may_end: false,
            times: (false, false),
        }
    }

    fn push(&mut self, next: &Line) {
        let (start, both) = self.times;
        let is_end = start && next.text.starts_with(b"End Time: ");
        self.times = (next.text.starts_with(b"Start Time: "), both || is_end);
        self.may_end |= both && next.text.starts_with(b"Error: ");
        self.too_long |= next.too_long || self.text.len() + next.text.len() >= LARGEST;
        if self.too_long {
            self.text = Vec::new();
        } else {
            self.text.push(b'\n');
            self.text.extend_from_slice(&next.text);
        }
    }
}

#[derive(Debug)]
struct Line {
    number: u64,
    text: Vec<u8>,
    too_long: bool,
}

/// Lines without their ends.
#[derive(Debug)]
struct Lines<R> {
    file: R,
    /// Of the line that was read last.
    number: u64,
    /// Lines that were looked at or given back.
    ahead: VecDeque<io::Result<Line>>,
    /// Whether the first line ended with a carriage return: a program on Windows wrote all ends so.
    with_return: Option<bool>,
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    fn next(&mut self) -> Option<io::Result<Line>> {
        self.ahead.pop_front().or_else(|| self.read())
    }

    fn peek(&mut self) -> Option<&[u8]> {
        if self.ahead.is_empty() {
            let next = self.read()?;
            self.ahead.push_back(next);
        }
        let next = self.ahead.front()?.as_ref();
        next.ok().map(|line| line.text.as_slice())
    }

    fn give_back(&mut self, line: Line) {
        self.ahead.push_front(Ok(line));
    }

    fn read(&mut self) -> Option<io::Result<Line>> {
        if self.ended {
            return None;
        }
        let mut text = Vec::new();
        let read = (&mut self.file)
            .take(LARGEST as u64 + 1)
            .read_until(b'\n', &mut text);
        let mut too_long = false;
        let read = read.and_then(|count| {
            too_long = count > LARGEST && text.last() != Some(&b'\n');
            if too_long {
                text = Vec::new();
                self.file.skip_until(b'\n')?;
            }
            Ok(count)
        });
        match read {
            Ok(0) => {
                self.ended = true;
                return None;
            }
            Ok(_) => {}
            Err(error) => {
                self.ended = true;
                return Some(Err(error));
            }
        }
        self.number += 1;
        if text.last() == Some(&b'\n') {
            text.pop();
        }
        let has_return = text.last() == Some(&b'\r');
        if *self.with_return.get_or_insert(has_return) && has_return {
            text.pop();
        }
        Some(Ok(Line {
            number: self.number,
            text,
            too_long,
        }))
    }
}

#[cfg(test)]
#[path = "feedback_file_tests.rs"]
mod tests;
