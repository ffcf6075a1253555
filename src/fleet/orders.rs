//! What an executor wants done by those who wait (journal, processes, session), and what they tell it. It decides;
//! they carry out.

use super::audit;
use super::job::{Job, JobNumber, JobOutcome, JobProgress};
use super::record::{Entry, JournalNews, Record};

/// What is to be done for an executor.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Write these to the journal, together if possible; each is answered by a [`News::Journal`].
    Write(Vec<Entry>),
    /// Run it; answered by [`News::Progress`] and once by [`News::Done`].
    Run(Box<Job>),
    /// An earlier life had these running. Given once and first, also when there are none. Whoever runs jobs still knows
    /// of one, or does not: then it is answered by [`News::Lost`], else as after [`Order::Run`].
    Resume(Vec<JobNumber>),
    /// End a running job.
    Cancel(JobNumber),
    /// Send the answer, and keep at it until the broker has it: [`News::Delivered`].
    Answer(JobNumber, Box<Record>),
    /// Write these to the audit log. Not answered; that it cannot be written is told by [`News::Audit`].
    Audit(Vec<audit::Entry>),
}

/// What an executor is told.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The journal's word.
    Journal(JournalNews),
    /// A job goes on.
    Progress(JobProgress),
    /// A job has ended.
    Done(Box<JobOutcome>),
    /// Nobody knows what became of a job of an earlier life.
    Lost(JobNumber),
    /// The broker has the answer.
    Delivered(JobNumber),
    /// The broker does not take an answer of this size, in bytes.
    TooLarge(JobNumber, usize),
    /// The answer found no room; it is to be given again later.
    NoRoom(JobNumber),
    /// The audit log cannot be written, and why; or it can be again.
    Audit(Option<String>),
    /// The thing is about to stop: no further job is to be started.
    Closing,
}

/// How executors are doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct ExecutorCounts {
    /// Commands that wait for their turn.
    pub waiting: u64,
    /// Jobs that run, or are about to.
    pub running: u64,
    /// Answers that the broker does not have yet.
    pub undelivered: u64,
    /// Commands that were refused.
    pub refused: u64,
    /// Messages that were no commands.
    pub malformed: u64,
    /// Answers that were dropped for their age or size.
    pub dropped: u64,
}

impl ExecutorCounts {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            waiting: self.waiting + other.waiting,
            running: self.running + other.running,
            undelivered: self.undelivered + other.undelivered,
            refused: self.refused + other.refused,
            malformed: self.malformed + other.malformed,
            dropped: self.dropped + other.dropped,
        }
    }
}
