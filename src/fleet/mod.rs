//! Commands on a fleet of Pis, without a socket, a process or a clock: what is said, what is allowed, what is kept.
//!
//! | file | what it is |
//! |---|---|
//! | `settings` | what a Pi's own file says about an executor |
//! | `job` | what an executor wants run, and what became of it: plain messages, so that a second process can take them |
//! | `record` | what the journal keeps of a command, from its acceptance to the delivery of its answer |
//! | `governor` | the governor's protocol |
//! | `pipeline` | what an operator is to have done |

pub mod advice;
mod characters;
pub mod cpufreq_set;
pub mod governor;
pub mod job;
pub mod pattern;
pub mod pipeline;
pub mod policy;
pub mod record;
pub mod settings;
pub mod words;

pub use governor::GovernorTopics;
pub use job::{Captured, Job, JobEnd, JobNumber, JobOutcome, JobProgress, Run, Spooled, Usage};
pub use pipeline::{Choice, OnFailure, OperatorPlan, Pipeline, Step, StepCommand};
pub use policy::{Policy, Verdict};
pub use record::{Entry, Face, JournalNews, Known, Record, Request, Stage, Status};
pub use settings::{ExecutorSettings, GovernorFace, ProcessSettings};
