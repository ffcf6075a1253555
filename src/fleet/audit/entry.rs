//! What is written down of a command, bounded before it waits anywhere.

use super::head::Hash;
use crate::fleet::{Face, JobNumber, Record, Request, SignedBy, Status};
use std::time::SystemTime;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The log was opened: the thing starts.
    Opened {
        /// Its version.
        version: String,
    },
    /// The log was closed: the thing stops in order.
    Closed,
    /// The end of the log was not as it was left; the reason says what was found and done.
    Repaired,
    /// A command has its place, and the journal has it.
    Accepted,
    /// A command, or what was to be one, does not run.
    Refused {
        /// What its answer says; none if nobody can be answered.
        status: Option<Status>,
    },
    /// A job is about to run.
    Started,
    /// A job has ended, or an accepted command never started.
    Ended {
        /// What its answer says.
        status: Status,
        /// Its exit code.
        exit_code: Option<i32>,
        /// The signal that ended it.
        signal: Option<i32>,
    },
    /// Somebody wants a command ended, and may.
    Cancelled,
    /// A key is not trusted any more.
    KeyRevoked,
    /// So many refusals were left out: more came than are written.
    RefusalsLeftOut {
        /// How many since the last such line.
        count: u64,
    },
    /// So many lines of any kind are missing here: the disk did not take them.
    Lost {
        /// How many.
        count: u64,
    },
}

impl Event {
    /// Its word in the log.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Closed => "closed",
            Self::Repaired => "repaired",
            Self::Accepted => "accepted",
            Self::Refused { .. } => "refused",
            Self::Started => "started",
            Self::Ended { .. } => "ended",
            Self::Cancelled => "cancelled",
            Self::KeyRevoked => "key_revoked",
            Self::RefusalsLeftOut { .. } => "refusals_left_out",
            Self::Lost { .. } => "lost",
        }
    }

    /// Whether an outsider can cause it at will, so that the disk is not waited for soon.
    #[must_use]
    pub const fn can_wait(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::RefusalsLeftOut { .. })
    }
}

/// The JSON of a command or a reason has so many bytes at most.
const MOST_TEXT: usize = 256;
/// And that of an id or a name.
const MOST_NAME: usize = 128;

/// The command that an entry is about, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Subject {
    pub(super) id: Option<String>,
    pub(super) face: Option<Face>,
    pub(super) signed_by: Option<SignedBy>,
    pub(super) command: Option<String>,
    /// Of a command that was cut: its bytes, and their hash.
    pub(super) cut: Option<(usize, Hash)>,
}

impl Subject {
    /// A command in full.
    #[must_use]
    pub fn of(request: &Request) -> Self {
        Self {
            command: Some(cut(&request.command, MOST_TEXT)),
            cut: what_was_cut(request.command.as_bytes(), MOST_TEXT),
            ..Self::named(
                request.face,
                request.id.as_deref(),
                request.signed_by.as_ref(),
            )
        }
    }

    /// A command by its result; the line of its acceptance tells it in full.
    #[must_use]
    pub fn of_result(record: &Record) -> Self {
        Self::named(record.face, record.id.as_deref(), None)
    }

    /// A command by its id alone, and who says something about it.
    #[must_use]
    pub fn named(face: Face, id: Option<&str>, signed_by: Option<&SignedBy>) -> Self {
        Self {
            id: id.map(|id| cut(id, MOST_NAME)),
            face: Some(face),
            signed_by: signed_by.map(signer),
            ..Self::default()
        }
    }

    /// What came where a command was to come.
    #[must_use]
    pub fn of_payload(payload: &[u8]) -> Self {
        // no more of it than could be shown is looked at
        let start = &payload[..payload.len().min(2 * MOST_TEXT)];
        let text = String::from_utf8_lossy(start);
        let whole = start.len() == payload.len() && std::str::from_utf8(payload).is_ok();
        let fits = whole && cut(&text, MOST_TEXT).len() == text.len();
        Self {
            command: Some(cut(&text, MOST_TEXT)),
            cut: (!fits).then(|| (payload.len(), Hash::of(&[payload]))),
            ..Self::default()
        }
    }
}

fn signer(signer: &SignedBy) -> SignedBy {
    SignedBy {
        key: cut(&signer.key, MOST_NAME),
        name: cut(&signer.name, MOST_NAME),
    }
}

/// One thing to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When, by the wall clock.
    pub at: SystemTime,
    /// What.
    pub event: Event,
    pub(super) executor: Option<String>,
    pub(super) job: Option<JobNumber>,
    pub(super) subject: Subject,
    pub(super) reason: Option<String>,
}

impl Entry {
    /// Something about the log, or about the thing as a whole.
    #[must_use]
    pub fn new(at: SystemTime, event: Event) -> Self {
        Self {
            at,
            event,
            executor: None,
            job: None,
            subject: Subject::default(),
            reason: None,
        }
    }

    /// A key is not trusted any more.
    #[must_use]
    pub fn key_revoked(at: SystemTime, key: &SignedBy) -> Self {
        let mut entry = Self::new(at, Event::KeyRevoked);
        entry.subject.signed_by = Some(signer(key));
        entry
    }

    /// The same, by this executor.
    #[must_use]
    pub fn by(self, executor: &str) -> Self {
        let executor = Some(cut(executor, MOST_NAME));
        Self { executor, ..self }
    }

    /// The same, about this command.
    #[must_use]
    pub fn about(self, subject: Subject) -> Self {
        Self { subject, ..self }
    }

    /// The same, about this job of the journal.
    #[must_use]
    pub fn job(self, number: JobNumber) -> Self {
        let job = Some(number);
        Self { job, ..self }
    }

    /// The same, with why.
    #[must_use]
    pub fn because(self, reason: &str) -> Self {
        let reason = Some(cut(reason, MOST_TEXT));
        Self { reason, ..self }
    }
}

/// The beginning of a text whose JSON has at most so many bytes.
fn cut(text: &str, most: usize) -> String {
    let mut left = most;
    let fits = text.char_indices().find(|(_, c)| {
        let cost = json_length(*c);
        let over = cost > left;
        left = left.saturating_sub(cost);
        over
    });
    text[..fits.map_or(text.len(), |(at, _)| at)].to_owned()
}

/// The bytes of a character in JSON, at most: `\u` and four digits for what does something to a terminal.
fn json_length(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        ' '..='~' => 1,
        // what is not escaped is shorter
        _ => 6,
    }
}

fn what_was_cut(text: &[u8], most: usize) -> Option<(usize, Hash)> {
    let kept = std::str::from_utf8(text).map_or(0, |text| cut(text, most).len());
    (kept < text.len()).then(|| (text.len(), Hash::of(&[text])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::harmless_json;
    use proptest::prelude::*;

    #[test]
    fn of_a_long_command_there_are_the_beginning_the_length_and_the_hash() {
        let short = Subject::of_payload(&[b'x'; 256]);
        assert_eq!((short.command.unwrap().len(), short.cut), (256, None));
        let long = Subject::of_payload(&[b'x'; 257]);
        let hash = Hash::of(&[&[b'x'; 257]]);
        assert_eq!(
            (long.command.unwrap().len(), long.cut),
            (256, Some((257, hash)))
        );
        let torn = Subject::of_payload(b"\xff");
        assert_eq!(torn.command.unwrap(), "\u{fffd}");
        assert_eq!(
            torn.cut.unwrap().0,
            1,
            "the bytes cannot be told by the text"
        );
    }

    proptest! {
        #[test]
        fn a_text_that_was_cut_is_the_beginning_and_bounded(text in any::<String>(), most in 0usize..40) {
            let kept = cut(&text, most);
            prop_assert!(text.starts_with(&kept));
            let json = harmless_json(serde_json::to_string(&kept).unwrap());
            prop_assert!(json.len() <= most + 2);
            if let Some(next) = text[kept.len()..].chars().next() {
                let cost: usize = kept.chars().map(json_length).sum();
                prop_assert!(cost + json_length(next) > most, "more of it has room");
            }
        }

        #[test]
        fn any_payload_can_be_told(payload in proptest::collection::vec(any::<u8>(), 0..600)) {
            let subject = Subject::of_payload(&payload);
            let told = subject.command.unwrap();
            prop_assert!(subject.cut.is_some() || told.as_bytes() == payload);
        }
    }
}
