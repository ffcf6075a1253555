//! What a client is asked to do, and how that ended.

use crate::fleet::governor::Feedback;
use crate::fleet::own::Response;
use crate::fleet::pipeline::{OperatorPlan, Step};
use crate::fleet::record::Status;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// By which protocol a client is spoken to, or an answer came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// Our own topics, which a broker's ACL can protect.
    Own,
    /// The governor's shared topics, where anyone may forge.
    Governor,
}

impl Way {
    /// One word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Governor => "governor",
        }
    }
}

/// One step of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StepRef {
    /// The pipeline's place in the plan.
    pub pipeline: usize,
    /// The step's place among `steps`, or among `finally`.
    pub step: usize,
    /// Whether it is one of `finally`.
    pub finally: bool,
}

impl StepRef {
    /// The step in its plan.
    #[must_use]
    pub fn of(self, plan: &OperatorPlan) -> Option<&Step> {
        let pipeline = plan.pipelines.get(self.pipeline)?;
        let steps = if self.finally {
            &pipeline.finally
        } else {
            &pipeline.steps
        };
        steps.get(self.step)
    }
}

/// What a client is asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Task {
    /// A step of a pipeline.
    Step(StepRef),
    /// A line of realtime mode.
    Line(Arc<str>),
    /// A command of the loader.
    Loaded(Arc<str>),
}

/// How a task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Exit code 0; from an old peer: answered in the normal form.
    Succeeded,
    /// Anything else that was answered.
    Failed,
    /// Its time limit ended it.
    TimedOut,
    /// It was cancelled.
    Cancelled,
    /// The client's policy or a limit forbade it.
    Refused,
    /// It had its turn too late.
    Expired,
    /// The client ended while it ran.
    Interrupted,
    /// The client was lost and has not come back.
    Lost,
    /// It was sent, and the operator ended before it was answered.
    Unknown,
    /// It was never sent.
    NotSent,
    /// It is not for this client: the way back from frequency steps, at an old peer, or at one that refuses it.
    Skipped,
}

impl End {
    /// Its word, for tables and files; those of an answer are the wire's.
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
            Self::Lost => "lost",
            Self::Unknown => "unknown",
            Self::NotSent => "not_sent",
            Self::Skipped => "skipped",
        }
    }
}

impl End {
    /// Whether all is well.
    #[must_use]
    pub const fn is_good(self) -> bool {
        matches!(self, Self::Succeeded | Self::Skipped)
    }

    /// Whether no answer says so, but the lack of one.
    #[must_use]
    pub const fn is_silence(self) -> bool {
        matches!(self, Self::Lost | Self::Unknown | Self::NotSent)
    }
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        match status {
            Status::Succeeded => Self::Succeeded,
            Status::Failed => Self::Failed,
            Status::TimedOut => Self::TimedOut,
            Status::Cancelled => Self::Cancelled,
            Status::Refused => Self::Refused,
            Status::Expired => Self::Expired,
            Status::Interrupted => Self::Interrupted,
        }
    }
}

/// How a task ended, after its last attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// The end.
    pub end: End,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it did not succeed, at most 1 KiB: raw text, part of it from the network.
    pub why: Option<Box<str>>,
}

/// The longest reason that is kept of an answer, in bytes; its payload has all.
const REASON: usize = 1024;

fn beginning(text: &str) -> Box<str> {
    let mut end = text.len().min(REASON);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].into()
}

/// What a client answered.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// On our own topics.
    Own(Box<Response>),
    /// On the governor's.
    Governor(Box<Feedback>),
}

impl Answer {
    /// What it has in common with the other kind.
    #[must_use]
    pub fn feedback(&self) -> &Feedback {
        match self {
            Self::Own(response) => &response.feedback,
            Self::Governor(feedback) => feedback,
        }
    }

    /// How the task ended, and why it did not succeed.
    #[must_use]
    pub fn end(&self) -> (End, Option<Box<str>>) {
        match self {
            Self::Governor(feedback) if feedback.is_normal() => (End::Succeeded, None),
            Self::Governor(feedback) => (End::Failed, Some(beginning(&feedback.error))),
            Self::Own(response) => {
                let end = End::from(response.status);
                let why = match (&response.reason, response.exit_code, response.signal) {
                    _ if end == End::Succeeded => None,
                    (Some(reason), _, _) => Some(beginning(reason)),
                    (None, Some(code), _) => Some(format!("exit code {code}").into()),
                    (None, None, Some(signal)) => Some(format!("signal {signal}").into()),
                    (None, None, None) => None,
                };
                (end, why)
            }
        }
    }
}
