//! Runs the processes of executors. What runs was allowed elsewhere; here nothing is decided but how a process is
//! started, heard and ended. Jobs, orders and news are plain messages without handles, so that a process of its own can
//! do this.
//!
//! | file | what it is |
//! |---|---|
//! | `settings` | what the runner is told of each executor |
//! | `runner` | takes jobs, a thread each, and says what becomes of them |
//! | `conduct` | one job from its beginning to its outcome |
//! | `process`, `environment`, `failure` | how a process is started, and why it was not |
//! | `watch` | both pipes, the end, orders and time, awaited all together |
//! | `course` | when to send TERM, when KILL, when it is over: pure |
//! | `orders` | how a cancel reaches a running job |
//! | `group` | the process group, and why a signal never meets a stranger |
//! | `capture`, `spool`, `last_words` | what it said: head and tail, the whole on the disk, the last lines |
//! | `usage` | what it used, and what the figures mean |
//! | `around` | the frequency step, which is no process |
//!
//! A job costs a thread with a small stack, four file descriptors (two pipes, its pidfd, the bell for orders), two more
//! while it is spooled, and memory for what it said, at most four times `kept`.

mod around;
mod capture;
mod conduct;
mod course;
mod environment;
mod failure;
mod group;
mod last_words;
mod link;
mod orders;
mod orphans;
mod process;
mod remote;
mod runner;
mod served;
mod settings;
mod spool;
mod usage;
mod watch;

pub(super) use remote::RemoteRunner;
pub use remote::RunnerPlace;
pub use runner::{JobNews, Runner};
pub use served::{RunnerService, RunnerServiceOptions, SocketError, bind};
pub use settings::{JobSettings, RunnerOptions};
