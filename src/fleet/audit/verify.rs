//! Whether lines are the ones that were written: line by line, the first that is wrong ends it.

use super::head::{Hash, Head, WantedHead};
use super::line::{NoLine, SeenLine};
use thiserror::Error;

/// What is wrong, with what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// It cannot be read.
    #[error("{0}")]
    NoLine(#[from] NoLine),
    /// A line is missing, or there are lines too many.
    #[error("number {expected} was expected and {found} found: {}", numbers(*.expected, *.found))]
    Number {
        /// The number after the last.
        expected: u64,
        /// The line's.
        found: u64,
    },
    /// The line does not follow the one before.
    #[error(
        "line number {number} follows a line with hash {found}, but the line before it has {expected}: that line was \
         changed, or this one put in"
    )]
    Previous {
        /// The line's number.
        number: u64,
        /// The hash of the line before.
        expected: Hash,
        /// What the line says that is.
        found: Hash,
    },
    /// The line's own hash is not its own.
    #[error("line number {number} has hash {found}, but its text has {computed}: it was changed")]
    Changed {
        /// The line's number.
        number: u64,
        /// What its text comes to.
        computed: Hash,
        /// What it says.
        found: Hash,
    },
    /// The line of the head is another one.
    #[error(
        "line number {number} was to have hash {expected}, as the head says, and has {found}: the log was written anew"
    )]
    OtherHead {
        /// The head's number.
        number: u64,
        /// Its hash.
        expected: Hash,
        /// The line's.
        found: Hash,
    },
    /// The head is newer than the log.
    #[error(
        "the head is line number {head}, and the last line has number {last}: the end was cut off"
    )]
    CutTail {
        /// The head's number.
        head: u64,
        /// The last line's.
        last: u64,
    },
    /// The head is older than the log.
    #[error(
        "the head is line number {head}, and the first that is left has number {first}: the log began after it, so that \
         head proves nothing any more; take a newer one"
    )]
    HeadGone {
        /// The head's number.
        head: u64,
        /// The first line's.
        first: u64,
    },
    /// No line has that hash.
    #[error(
        "no line has the hash {hash}: the end was cut off, the log was written anew, or that line was rotated away"
    )]
    NoHead {
        /// The head's hash.
        hash: Hash,
    },
    /// There is no line at all.
    #[error("there is no line in it; even a log that was just opened has one")]
    Empty,
}

fn numbers(expected: u64, found: u64) -> String {
    match found.checked_sub(expected) {
        Some(1) => "a line is missing before it".to_owned(),
        Some(missing) => format!("{missing} lines are missing before it"),
        None => "it stands twice, or in another place than it was written".to_owned(),
    }
}

/// What holds of lines that were verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The number of the first line: if that is not 1, what was before cannot be verified.
    pub first: u64,
    /// When that was written.
    pub first_time: String,
    /// The last line.
    pub head: Head,
    /// When that was written.
    pub last_time: String,
    /// How many lines there are.
    pub count: u64,
}

/// Verifies lines as they come, the oldest first.
#[derive(Debug, Clone)]
pub struct Verifier {
    wanted: Option<WantedHead>,
    found: bool,
    so_far: Option<Verified>,
}

impl Verifier {
    /// Against the head that somebody noted, if anybody did.
    #[must_use]
    pub const fn new(wanted: Option<WantedHead>) -> Self {
        Self {
            wanted,
            found: false,
            so_far: None,
        }
    }

    /// The next line, without its line feed.
    ///
    /// # Errors
    /// It is not the line that was written here.
    pub fn line(&mut self, bytes: &[u8]) -> Result<SeenLine, Fault> {
        let (seen, links) = SeenLine::read_linked(bytes)?;
        let before = self.before(seen.number, links.prev);
        let expected = before.number.saturating_add(1);
        if seen.number != expected {
            let found = seen.number;
            return Err(Fault::Number { expected, found });
        }
        let number = seen.number;
        if links.prev != before.hash {
            let (expected, found) = (before.hash, links.prev);
            return Err(Fault::Previous {
                number,
                expected,
                found,
            });
        }
        if links.computed != links.head.hash {
            return Err(Fault::Changed {
                number,
                computed: links.computed,
                found: links.head.hash,
            });
        }
        if self.so_far.is_none() {
            // what was rotated away last is known by its hash still
            self.compare(before)?;
        }
        self.compare(links.head)?;
        let time = seen.time.clone();
        let so_far = self.so_far.get_or_insert_with(|| Verified {
            first: number,
            first_time: time.clone(),
            head: links.head,
            last_time: String::new(),
            count: 0,
        });
        so_far.count += 1;
        (so_far.head, so_far.last_time) = (links.head, time);
        Ok(seen)
    }

    /// What the next line follows. The first one that is left is believed, unless it is line 1.
    fn before(&self, number: u64, prev: Hash) -> Head {
        match (&self.so_far, number) {
            (Some(so_far), _) => so_far.head,
            (None, 0 | 1) => Head::NONE,
            (None, _) => Head {
                number: number - 1,
                hash: prev,
            },
        }
    }

    fn compare(&mut self, line: Head) -> Result<(), Fault> {
        let Some(wanted) = self.wanted else {
            return Ok(());
        };
        match wanted.number {
            Some(number) if number == line.number && wanted.hash != line.hash => {
                return Err(Fault::OtherHead {
                    number,
                    expected: wanted.hash,
                    found: line.hash,
                });
            }
            Some(number) => self.found |= number == line.number,
            None => self.found |= wanted.hash == line.hash,
        }
        Ok(())
    }

    /// That was all.
    ///
    /// # Errors
    /// There was nothing, or not the head that somebody noted.
    pub fn finish(self) -> Result<Verified, Fault> {
        let verified = self.so_far.ok_or(Fault::Empty)?;
        match self.wanted {
            Some(wanted) if !self.found => {
                let (first, last) = (verified.first, verified.head.number);
                Err(match wanted.number {
                    Some(head) if head > last => Fault::CutTail { head, last },
                    Some(head) => Fault::HeadGone { head, first },
                    None => Fault::NoHead { hash: wanted.hash },
                })
            }
            _ => Ok(verified),
        }
    }
}

#[cfg(test)]
mod tests;
