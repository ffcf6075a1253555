//! What a thing and a runner in another process say to each other over their socket.
//!
//! # Bytes
//!
//! | bytes | what |
//! |---|---|
//! | 4 | how many follow in all, big endian; at most [`LONGEST`] |
//! | 4 | how many of those are the message, big endian |
//! | .. | the message, JSON: a [`ToRunner`] or a [`ToThing`] |
//! | the rest | bytes of output as they are: none but with [`ToThing::Done`] and [`ToThing::Piece`] |
//!
//! # Who says what, and when
//!
//! ```text
//!  thing                                   runner
//!  Hello {jobs that it knows}  ------->    ends and forgets all others
//!                              <-------    Welcome {what of them runs, what is unknown}
//!                              <-------    Done .. of those that have ended
//!  Run, Cancel                 ------->
//!                              <-------    Progress .., Done once; NotNow if the runner is about to end
//!  Fetch .. of its outputs     ------->
//!                              <-------    Piece ..
//!  Journalled                  ------->    forgets it
//!  Stop                        ------->    ends what runs, its Done ..
//!                              <-------    Stopped
//! ```
//! The runner keeps each outcome until it hears that the journal has it, so that neither a thing that is killed nor a
//! connection that breaks loses one. Neither trusts the other: what makes no sense ends the connection.

mod frame;

pub use frame::{Frame, FrameError, Frames, LONGEST, decode, done, frame, outcome};

use super::job::{Job, JobKey, JobOutcome, JobProgress, Stream};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The version of this protocol. Another one is refused: the two come with one package.
pub const VERSION: u32 = 1;

/// How many bytes of a file a [`ToThing::Piece`] has at most.
pub const PIECE: usize = 64 << 10;

/// What a thing says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToRunner {
    /// The first word.
    Hello {
        /// [`VERSION`].
        version: u32,
        /// Whether it is the first of this life of the thing. Then the frequency is put back, if nothing runs.
        first: bool,
        /// The jobs that its journal has as started.
        jobs: Vec<JobKey>,
    },
    /// Run it, if the runner's own file allows that.
    Run(Job),
    /// End it.
    Cancel(JobKey),
    /// A piece of a file that an outcome names, from this byte on. Answered by a [`ToThing::Piece`].
    Fetch {
        /// The job.
        job: JobKey,
        /// Which of its files.
        stream: Stream,
        /// The first byte.
        from: u64,
    },
    /// The journal has its end: it may be forgotten, its files deleted.
    Journalled(JobKey),
    /// The thing stops: end all that runs, within this time. Answered by [`ToThing::Stopped`].
    Stop(Duration),
}

/// What a runner says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ToThing {
    /// The answer to a hello.
    Welcome {
        /// [`VERSION`].
        version: u32,
        /// Those of the thing's jobs that run.
        running: Vec<JobKey>,
        /// Those of which it knows nothing. The others have ended; their [`ToThing::Done`] follow.
        unknown: Vec<JobKey>,
    },
    /// It does not serve this thing; the last word.
    Refused(String),
    /// A job was not started, because the runner is about to end: another one may take it.
    NotNow(JobKey),
    /// A job goes on.
    Progress(JobProgress),
    /// A job has ended. The bytes of its outputs follow the message: head and tail of the one and of the other stream,
    /// as long as this says. [`done`] and [`outcome`] put them there and back.
    Done(Box<JobOutcome>, [usize; 4]),
    /// The bytes that were fetched follow the message: none at the file's end.
    Piece {
        /// Why there are no more, if that is not the file's end.
        error: Option<String>,
    },
    /// All has been ended that ran, or the time was over.
    Stopped {
        /// Whether all has.
        ended: bool,
    },
}
