//! Commands on a fleet of Pis, without a socket, a process or a clock: what is said, what is allowed, what is kept.
//!
//! | file | what it is |
//! |---|---|
//! | `settings` | what a Pi's own file says about an executor |
//! | `job` | what an executor wants run, and what became of it: plain messages, so that a second process can take them |
//! | `runner_wire` | what a thing and a runner in another process say to each other |
//! | `record` | what the journal keeps of a command, from its acceptance to the delivery of its answer |
//! | `audit` | the log of what was accepted, refused and run, chained by hash |
//! | `orders` | what an executor wants done by those who wait, and what they tell it |
//! | `governor` | the governor's protocol: topics and payloads |
//! | `feedback_file` | files of the governor's answers |
//! | `stress_ng` | the figures in what stress-ng prints |
//! | `own` | our own topics and payloads |
//! | `signing` | signed commands: keys, what a signature covers, whom an executor trusts |
//! | `python_json` | JSON as Python writes it |
//! | `fields` | JSON objects as strangers write them |
//! | `stream_text` | what the bytes of a stream become in an answer |
//! | `words`, `pattern`, `policy` | what may run: command text as words, entries of `allow`, the decision |
//! | `advice` | allowed programs that can start or overwrite anything |
//! | `cpufreq_set` | what `cpufreq-set` is asked for |
//! | `registration` | how a SUT makes itself known to a governor's operator |
//! | `simulated` | clients that run nothing: what they answer |
//! | `pipeline` | what an operator is to have done |
//! | `unsigned` | what may run without a signature where keys are trusted |
//! | `way_back` | the frequency after a pipeline |
//! | `operator` | the operator that has it done |

pub mod advice;
pub mod audit;
mod characters;
pub mod cpufreq_set;
pub mod feedback_file;
mod fields;
pub mod governor;
pub mod job;
pub mod operator;
pub mod orders;
pub mod own;
pub mod pattern;
pub mod pipeline;
pub mod policy;
pub mod python_json;
pub mod record;
pub(crate) mod registration;
pub mod runner_wire;
pub mod settings;
pub mod signing;
pub mod simulated;
mod stream_text;
pub mod stress_ng;
pub mod unsigned;
pub mod way_back;
pub mod words;

pub use fields::Malformed;
pub use governor::GovernorTopics;
pub use job::{
    Captured, Job, JobEnd, JobKey, JobNumber, JobOutcome, JobProgress, Run, Spooled, Stream, Usage,
};
pub use orders::{ExecutorCounts, News, Order};
pub use pipeline::{Choice, OnFailure, OperatorPlan, Pipeline, Step, StepCommand};
pub use policy::{Policy, Verdict};
pub use record::{
    Entry, Face, JournalNews, Known, NotObeyed, Record, Request, SignedBy, Stage, Stamp, Status,
};
pub use settings::{ExecutorSettings, GovernorFace, ProcessSettings, TRUSTED_KEYS};
