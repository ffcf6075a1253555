//! An entry as a line of the chain, and a line as it is read. The module above says what it is byte for byte.

use super::entry::{Entry, Event};
use super::head::{Hash, Head};
use crate::fleet::{Face, Status};
use crate::model::utc_text;
use crate::model::{escaped, harmless_json};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// What is hashed first, so that no other hash of ours can be one of a line.
const DOMAIN: &[u8] = b"mqtt-thing audit line 1\n";
/// What stands before the digits of the hash, and after.
const HASH_KEY: &str = ",\"hash\":\"";
const HASH_END: &str = "\"}";
const DIGITS: usize = 64;
/// From the comma before `"hash"` to the end.
const TAIL: usize = HASH_KEY.len() + DIGITS + HASH_END.len();

/// The keys in their order, without `hash`.
#[derive(Serialize)]
struct Body<'a> {
    number: u64,
    time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_synchronised: Option<bool>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    executor: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    face: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    command_sha256: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signal: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    prev: String,
}

impl<'a> Body<'a> {
    fn new(number: u64, prev: &Hash, entry: &'a Entry, clock_synchronised: Option<bool>) -> Self {
        let subject = &entry.subject;
        let (mut status, mut exit_code, mut signal, mut count, mut version) = Default::default();
        match &entry.event {
            Event::Opened { version: its } => version = Some(its.as_str()),
            Event::Refused { status: its } => status = *its,
            Event::Ended {
                status: its,
                exit_code: code,
                signal: by,
            } => (status, exit_code, signal) = (Some(*its), *code, *by),
            Event::RefusalsLeftOut { count: its } | Event::Lost { count: its } => {
                count = Some(*its);
            }
            Event::Closed
            | Event::Repaired
            | Event::Accepted
            | Event::Started
            | Event::Cancelled
            | Event::KeyRevoked => {}
        }
        Self {
            number,
            time: utc_text(entry.at),
            clock_synchronised,
            event: entry.event.as_str(),
            executor: entry.executor.as_deref(),
            job: entry.job.map(|job| job.0),
            id: subject.id.as_deref(),
            face: subject.face.map(word),
            key: subject.signed_by.as_ref().map(|by| by.key.as_str()),
            name: subject.signed_by.as_ref().map(|by| by.name.as_str()),
            command: subject.command.as_deref(),
            command_bytes: subject.cut.as_ref().map(|(bytes, _)| *bytes),
            command_sha256: subject.cut.as_ref().map(|(_, hash)| hash.to_string()),
            status: status.map(Status::as_str),
            reason: entry.reason.as_deref(),
            exit_code,
            signal,
            count,
            version,
            prev: prev.to_string(),
        }
    }
}

const fn word(face: Face) -> &'static str {
    match face {
        Face::Own => "own",
        Face::GovernorJson | Face::GovernorText => "governor",
    }
}

fn hash(prev: &Hash, body: &[u8]) -> Hash {
    Hash::of(&[DOMAIN, prev.bytes(), body])
}

impl Head {
    /// The line of `entry` after this one, with its line feed, and the head that it is.
    #[must_use]
    pub fn then(&self, entry: &Entry, clock_synchronised: Option<bool>) -> (String, Self) {
        let number = self.number + 1;
        let body = Body::new(number, &self.hash, entry, clock_synchronised);
        let json = serde_json::to_string(&body).expect("a line is plain JSON");
        let mut line = harmless_json(json);
        let closed = line.pop();
        debug_assert_eq!(closed, Some('}'));
        let hash = hash(&self.hash, line.as_bytes());
        line.push_str(&format!("{HASH_KEY}{hash}{HASH_END}\n"));
        (line, Self { number, hash })
    }
}

/// A line as it is read. Keys that this version does not know are ignored: a later one may have written them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct SeenLine {
    /// Its number.
    pub number: u64,
    /// When, as RFC 3339 in UTC.
    pub time: String,
    /// Whether the clock was right; none if that was not known.
    pub clock_synchronised: Option<bool>,
    /// What happened.
    pub event: String,
    /// Which executor.
    pub executor: Option<String>,
    /// The job's number in the journal.
    pub job: Option<u64>,
    /// The command's `id`.
    pub id: Option<String>,
    /// `own` or `governor`.
    pub face: Option<String>,
    /// The key that signed it.
    pub key: Option<String>,
    /// Whose key that is.
    pub name: Option<String>,
    /// The command's beginning.
    pub command: Option<String>,
    /// The length of a command that was cut.
    pub command_bytes: Option<u64>,
    /// And its SHA-256.
    pub command_sha256: Option<String>,
    /// What the answer says.
    pub status: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// The exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// How many were left out or lost.
    pub count: Option<u64>,
    /// Which version opened the log.
    pub version: Option<String>,
    prev: String,
    hash: String,
}

/// Text that is no line of the log at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoLine {
    /// It is no JSON of this form.
    #[error("it is no line of this log ({why}): {shown}")]
    Json {
        /// What is wrong.
        why: String,
        /// How it begins, escaped.
        shown: String,
    },
    /// A hash in it is none.
    #[error("its `{key}` is no SHA-256")]
    Hash {
        /// Which.
        key: &'static str,
    },
    /// The hash is not where it must be.
    #[error("it does not end with its hash")]
    End,
}

/// What a line says of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Links {
    pub(super) prev: Hash,
    pub(super) head: Head,
    /// What the hash must be for these bytes.
    pub(super) computed: Hash,
}

impl SeenLine {
    /// Reads a line, without its line feed.
    ///
    /// # Errors
    /// It is none.
    pub fn read(bytes: &[u8]) -> Result<Self, NoLine> {
        serde_json::from_slice(bytes).map_err(|error| NoLine::Json {
            why: escaped(error.to_string().as_bytes(), 120),
            shown: escaped(bytes, 60),
        })
    }

    /// Reads a line, and how it is chained.
    pub(super) fn read_linked(bytes: &[u8]) -> Result<(Self, Links), NoLine> {
        let seen = Self::read(bytes)?;
        let hash_of = |key, text: &str| text.parse().map_err(|_| NoLine::Hash { key });
        let prev: Hash = hash_of("prev", &seen.prev)?;
        let own: Hash = hash_of("hash", &seen.hash)?;
        let body = bytes.len().checked_sub(TAIL).ok_or(NoLine::End)?;
        let (body, tail) = bytes.split_at(body);
        if tail != format!("{HASH_KEY}{own}{HASH_END}").as_bytes() {
            return Err(NoLine::End);
        }
        let number = seen.number;
        let links = Links {
            prev,
            head: Head { number, hash: own },
            computed: hash(&prev, body),
        };
        Ok((seen, links))
    }

    /// The head that this line is, if its own hash is right.
    #[must_use]
    pub fn head(bytes: &[u8]) -> Option<Head> {
        let (_, links) = Self::read_linked(bytes).ok()?;
        (links.computed == links.head.hash).then_some(links.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::audit::{MOST_LINE, Subject};
    use crate::fleet::{JobNumber, Run, SignedBy};
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_line_is_what_the_module_says_byte_for_byte() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_032_051_846);
        let event = Event::Opened {
            version: "0.1.0".to_owned(),
        };
        let (line, head) = Head::NONE.then(&Entry::new(at, event), Some(true));
        let zeros = "0".repeat(64);
        let body = format!(
            r#"{{"number":1,"time":"2026-11-18T20:00:51.846Z","clock_synchronised":true,"event":"opened","version":"0.1.0","prev":"{zeros}""#
        );
        let hashed = [b"mqtt-thing audit line 1\n", &[0; 32][..], body.as_bytes()].concat();
        let hash = Hash::of(&[&hashed]);
        assert_eq!(line, format!("{body},\"hash\":\"{hash}\"}}\n"));
        assert_eq!(head, Head { number: 1, hash });
        assert_eq!(SeenLine::head(line.trim_end().as_bytes()), Some(head));
        assert_eq!(line.len() - 1 - body.len(), 75);
    }

    #[test]
    fn the_longest_line_is_within_its_bound_and_does_nothing_to_a_terminal() {
        let worst = "\u{9b}\"\u{1}".repeat(1000);
        let signed_by = Some(SignedBy {
            key: worst.clone(),
            name: worst.clone(),
        });
        let request = crate::fleet::Request {
            face: Face::GovernorJson,
            id: Some(worst.clone()),
            command: worst.clone(),
            run: Run::Shell(String::new()),
            time_limit: None,
            expires: None,
            signed_by,
        };
        let event = Event::Ended {
            status: Status::Interrupted,
            exit_code: Some(i32::MIN),
            signal: Some(i32::MIN),
        };
        let entry = Entry::new(SystemTime::UNIX_EPOCH, event)
            .by(&worst)
            .job(JobNumber(u64::MAX))
            .about(Subject::of(&request))
            .because(&worst);
        let head = Head {
            number: u64::MAX - 1,
            ..Head::NONE
        };
        let (line, head) = head.then(&entry, Some(false));
        assert!(line.len() < MOST_LINE, "{}", line.len());
        assert!(!line.trim_end().contains(char::is_control));
        assert_eq!(SeenLine::head(line.trim_end().as_bytes()), Some(head));
        let seen = SeenLine::read(line.trim_end().as_bytes()).unwrap();
        assert!(worst.starts_with(&seen.command.unwrap()));
        assert_eq!(seen.command_bytes, Some(4000));
    }

    #[test]
    fn a_key_that_is_not_known_is_ignored_and_one_that_comes_twice_is_not() {
        let entry = Entry::new(SystemTime::UNIX_EPOCH, Event::Closed);
        let (line, _) = Head::NONE.then(&entry, None);
        let with = |key: &str| line.trim_end().replacen('{', key, 1);
        assert!(SeenLine::read(with(r#"{"later":[1],"#).as_bytes()).is_ok());
        let twice = SeenLine::read(with(r#"{"number":9,"#).as_bytes()).unwrap_err();
        assert!(
            twice.to_string().contains("duplicate field `number`"),
            "{twice}"
        );
    }
}
