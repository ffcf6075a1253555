//! What the journal keeps of a command, from its acceptance to the delivery of its answer. The executor writes entries
//! and acts on the news that they are on the disk; the store keeps them and knows nothing of their meaning.

use super::job::{Captured, JobNumber, JobOutcome, Run, Usage};
use super::signing::KeyId;
use crate::system::HostState;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

/// By which protocol a command came, and its answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Face {
    /// Our own topics.
    Own,
    /// The governor's, in JSON.
    GovernorJson,
    /// The governor's, as text.
    GovernorText,
}

/// Whose signature a command had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedBy {
    /// The key's id.
    pub key: String,
    /// The name under which it is trusted.
    pub name: String,
}

/// Which of its key's messages a signed command is. The journal keeps the highest number of each key for ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// The key.
    pub key: KeyId,
    /// Its number among all that the key signed.
    pub sequence: u64,
    /// When it was signed.
    pub issued: SystemTime,
}

/// Why the journal did not take a signed command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotObeyed {
    /// One with this number of the same key was there already: it is an old message.
    Replayed {
        /// The highest number of the key.
        highest: u64,
    },
    /// The key was revoked.
    Revoked,
    /// It was signed before the journal lost its memory of keys, so it may be an old message.
    Forgotten,
}

/// A command that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// By which protocol it came.
    pub face: Face,
    /// Its `id`; the governor's commands have none.
    pub id: Option<String>,
    /// The command as it was written, for the answer. An `argv` is shown as words quoted for a shell.
    pub command: String,
    /// What is executed.
    pub run: Run,
    /// Its time limit.
    pub time_limit: Option<Duration>,
    /// When it is not worth running any more.
    pub expires: Option<SystemTime>,
    /// Who signed it, if anybody did and that was verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_by: Option<SignedBy>,
}

/// The `status` of an answer (wire contract, section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Exit code 0.
    Succeeded,
    /// Another exit code, a signal, or it did not start.
    Failed,
    /// Its time limit ended it.
    TimedOut,
    /// Somebody cancelled it.
    Cancelled,
    /// The policy, a limit or a rule of the protocol forbade it.
    Refused,
    /// It came or had its turn too late.
    Expired,
    /// The thing ended while it ran.
    Interrupted,
}

impl Status {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::TimedOut => "timed_out",
            Self::Cancelled => "cancelled",
            Self::Refused => "refused",
            Self::Expired => "expired",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The result of a command: what its answer says, whichever protocol says it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// By which protocol the answer goes.
    pub face: Face,
    /// The thing's id.
    pub client_id: String,
    /// The command's `id`.
    pub id: Option<String>,
    /// The command as it was written.
    pub command: String,
    /// How it ended.
    pub status: Status,
    /// Why, unless it simply ran and ended.
    pub reason: Option<String>,
    /// When it began; when it was refused, if it never did.
    pub started: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// How long it took, by the monotonic clock.
    pub duration: Duration,
    /// Its exit code.
    pub exit_code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// Whether a process was started: the governor's answer has no output otherwise.
    pub ran: bool,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
    /// What it used.
    pub usage: Option<Usage>,
    /// The host around it.
    pub host: HostState,
    /// Whether this machine's clock was synchronised.
    pub clock_synchronised: Option<bool>,
}

/// How far a command has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stage {
    /// Accepted, not started.
    Accepted,
    /// Started: it may have had its effect.
    Started,
    /// Ended; its answer was not acknowledged.
    Ended,
    /// Its answer was acknowledged.
    Delivered,
}

/// What the executor wants written. Each is answered by a [`JournalNews`].
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// A command. Answered by `Accepted`, or by `Known` if one with that `id` is there.
    Accept {
        /// The executor's name.
        executor: String,
        /// What it asks for, as JSON: opaque to the store.
        request: Request,
        /// When it came.
        at: SystemTime,
    },
    /// A command whose turn it is at once: accepted and about to start, in one. Answered by `Begun`, after it is on the
    /// disk, or by `Known` as `Accept` is.
    Begin {
        /// The executor's name.
        executor: String,
        /// What it asks for.
        request: Request,
        /// When it came.
        at: SystemTime,
    },
    /// A job is about to start. Answered by `Started`, after it is on the disk; by `Failed` if no such command waits.
    Start(String, JobNumber),
    /// A job has ended, or will never start. Answered by `Ended`, after it is on the disk; by `Failed` if it had ended.
    End(String, JobNumber, Box<Record>),
    /// Its answer was acknowledged. Not answered, unless it fails; alone it does not wait for the disk, so that a power
    /// cut may undo it: the answer is then told once more.
    Deliver(String, JobNumber),
    /// The result of a job is wanted again. Answered by `Recalled`.
    Recall(String, JobNumber),
    /// What is there under this `id`? Answered by `Looked`.
    Look(String, String),
    /// A key is to be obeyed no more, for ever. Answered by `Revoked`, after it is on the disk.
    Revoke {
        /// The executor's name.
        executor: String,
        /// The key.
        key: KeyId,
        /// The order, for its answer.
        request: Request,
    },
    /// The entry, if its key may: answered as that is, after it and the number of the message are on the disk; or by
    /// `NotObeyed`. A command whose `id` is known is told as `Known` whatever its number: it is the same message that
    /// came twice, or was signed anew.
    Signed(Stamp, Box<Entry>),
}

/// What there is under an `id` already.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its number.
    pub number: JobNumber,
    /// What was asked for.
    pub request: Request,
    /// How far it has come.
    pub stage: Stage,
    /// Its result, once it has ended. None in [`JournalNews::Opened`], where there may be thousands: `Recall` brings it.
    /// None also when it was let go of for its size; the command must not run again all the same.
    pub record: Option<Box<Record>>,
}

/// What the store tells the executor.
#[derive(Debug, Clone, PartialEq)]
pub enum JournalNews {
    /// What was there when the journal was opened: everything that was not delivered, in the order of acceptance.
    /// Sent once, before any news but `Keys`, without results: [`Entry::Recall`] them one at a time.
    Opened(Vec<Known>),
    /// The keys that ever signed something here, with the newest `issued` of each, and those that were revoked. Sent
    /// once and before `Opened`, where there are any.
    Keys {
        /// When the newest message of each key was signed.
        issued: BTreeMap<KeyId, SystemTime>,
        /// The revoked ones.
        revoked: BTreeSet<KeyId>,
    },
    /// It is on the disk.
    Accepted(JobNumber, Request),
    /// It is on the disk as started.
    Begun(JobNumber, Request),
    /// There is one with that `id`; the new one was not written.
    Known {
        /// What is there.
        known: Box<Known>,
        /// What was asked for now.
        request: Request,
    },
    /// A signed entry that was not written.
    NotObeyed {
        /// What was signed.
        entry: Box<Entry>,
        /// Why not.
        why: NotObeyed,
    },
    /// The key is revoked, and that is on the disk.
    Revoked(KeyId, Request),
    /// What there is under that `id`, without its record.
    Looked(String, Option<Box<Known>>),
    /// It is on the disk.
    Started(JobNumber),
    /// It is on the disk.
    Ended(JobNumber),
    /// A result that was asked for; none if it is not there any more.
    Recalled(JobNumber, Option<Box<Record>>),
    /// An entry could not be written: the disk is full, say. It may be tried again. What was written together fails
    /// together, each entry with news of its own.
    Failed {
        /// What was to be written.
        entry: Box<Entry>,
        /// Why not.
        reason: String,
    },
    /// Answers that nobody fetched were dropped, for their age, their number or their size: so many, the oldest. A
    /// `Recall` of one of them finds nothing.
    Dropped(u64),
}

impl Entry {
    /// The executor that wrote it.
    #[must_use]
    pub fn executor(&self) -> &str {
        match self {
            Self::Accept { executor, .. }
            | Self::Begin { executor, .. }
            | Self::Revoke { executor, .. }
            | Self::Start(executor, _)
            | Self::End(executor, ..)
            | Self::Deliver(executor, _)
            | Self::Recall(executor, _)
            | Self::Look(executor, _) => executor,
            Self::Signed(_, entry) => entry.executor(),
        }
    }
}

impl Record {
    /// The result of a job that ran, or was to.
    #[must_use]
    pub fn of(request: &Request, client_id: &str, outcome: JobOutcome) -> Self {
        use super::job::JobEnd;
        let (status, exit_code, signal, reason) = match &outcome.end {
            JobEnd::NotStarted { reason, .. } => (Status::Failed, None, None, Some(reason.clone())),
            JobEnd::Exited(0) => (Status::Succeeded, Some(0), None, None),
            JobEnd::Exited(code) => (Status::Failed, Some(*code), None, None),
            JobEnd::Signalled(signal) => (Status::Failed, None, Some(*signal), None),
            JobEnd::TimedOut { signal } => {
                let limit = request.time_limit.unwrap_or_default();
                let reason = format!("its time limit of {} s is over", limit.as_secs_f64());
                (Status::TimedOut, None, *signal, Some(reason))
            }
            JobEnd::Cancelled { signal } => {
                let reason = "it was cancelled".to_owned();
                (Status::Cancelled, None, *signal, Some(reason))
            }
            JobEnd::Interrupted => {
                let reason = "the thing ended while it ran".to_owned();
                (Status::Interrupted, None, None, Some(reason))
            }
            JobEnd::RunnerEnded => {
                let reason = "the runner ended while it ran; it is not run again".to_owned();
                (Status::Interrupted, None, None, Some(reason))
            }
        };
        let ran = !matches!(outcome.end, JobEnd::NotStarted { .. });
        let told = reason.into_iter().chain(outcome.notes);
        let reason = told.reduce(|all, next| format!("{all}; {next}"));
        Self {
            face: request.face,
            client_id: client_id.to_owned(),
            id: request.id.clone(),
            command: request.command.clone(),
            status,
            reason,
            started: outcome.started,
            ended: outcome.ended,
            duration: outcome.duration,
            exit_code,
            signal,
            ran,
            stdout: outcome.stdout,
            stderr: outcome.stderr,
            usage: outcome.usage,
            host: outcome.host,
            clock_synchronised: outcome.clock_synchronised,
        }
    }

    /// The result of a command that never ran.
    #[must_use]
    pub fn without_running(
        request: &Request,
        client_id: &str,
        status: Status,
        reason: impl Into<String>,
        at: SystemTime,
    ) -> Self {
        Self {
            face: request.face,
            client_id: client_id.to_owned(),
            id: request.id.clone(),
            command: request.command.clone(),
            status,
            reason: Some(reason.into()),
            started: at,
            ended: at,
            duration: Duration::ZERO,
            exit_code: None,
            signal: None,
            ran: false,
            stdout: Captured::default(),
            stderr: Captured::default(),
            usage: None,
            host: HostState::default(),
            clock_synchronised: None,
        }
    }
}
