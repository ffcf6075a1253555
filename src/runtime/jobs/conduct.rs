//! One job from its beginning to its outcome, on a thread of its own.

use super::around;
use super::capture::Capture;
use super::course::{Course, Order};
use super::orders::Orders;
use super::process::Recipe;
use super::spool::Spool;
use super::usage;
use super::watch::{Beat, Watch};
use crate::fleet::{Captured, Job, JobEnd, JobKey, JobOutcome, JobProgress, Stream};
use crate::system::cpufreq::Keeper;
use crate::system::{HostState, Root, clock_synchronised};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// After that the host's state is read again at the end: it is the state that the job brought about.
const LONG: Duration = Duration::from_secs(1);

/// What the jobs of one executor have in common.
#[derive(Debug)]
pub(super) struct Executor {
    pub(super) recipe: Recipe,
    pub(super) spool: Arc<Spool>,
    pub(super) kill_after: Duration,
    pub(super) progress: Option<Duration>,
    pub(super) root: Root,
    pub(super) keeper: Option<Arc<Keeper>>,
}

/// An outcome without anything in it.
pub(super) fn nothing(key: JobKey, end: JobEnd) -> JobOutcome {
    let now = SystemTime::now();
    JobOutcome {
        executor: key.executor,
        number: key.number,
        started: now,
        ended: now,
        duration: Duration::ZERO,
        end,
        stdout: Captured::default(),
        stderr: Captured::default(),
        usage: None,
        host: HostState::default(),
        clock_synchronised: None,
        notes: Vec::new(),
    }
}

impl Executor {
    /// Runs a job. Blocks until it is over.
    pub(super) fn conduct(
        &self,
        job: &Job,
        orders: &Orders,
        progress: &dyn Fn(JobProgress),
    ) -> JobOutcome {
        match orders.take() {
            None => {}
            Some(Order::Cancel) => return nothing(job.key(), JobEnd::Cancelled { signal: None }),
            Some(Order::Stop(_)) => return nothing(job.key(), JobEnd::Interrupted),
        }
        self.frequency(job)
            .unwrap_or_else(|| self.process(job, orders, progress))
    }

    /// A frequency step; `None` for a process.
    fn frequency(&self, job: &Job) -> Option<JobOutcome> {
        let began = Instant::now();
        let mut outcome = nothing(job.key(), JobEnd::Interrupted);
        let (end, output, error) = around::frequency(&job.run, self.keeper.as_deref())?;
        outcome.end = end;
        outcome.stdout = self.said(job, Stream::Output, &output);
        outcome.stderr = self.said(job, Stream::Error, &error);
        outcome.duration = began.elapsed();
        outcome.ended = SystemTime::now();
        outcome.host = HostState::read(&self.root);
        outcome.clock_synchronised = clock_synchronised(&self.root);
        Some(outcome)
    }

    fn said(&self, job: &Job, stream: Stream, bytes: &[u8]) -> Captured {
        let mut capture = Capture::new(job.kept, &self.spool, job.number, stream);
        capture.push(bytes);
        capture.finish().0
    }

    fn process(&self, job: &Job, orders: &Orders, progress: &dyn Fn(JobProgress)) -> JobOutcome {
        let mut outcome = nothing(job.key(), JobEnd::Interrupted);
        let began = Instant::now();
        let mut child = match self.recipe.start(&job.run, &mut outcome.notes) {
            Ok(child) => child,
            Err(end) => {
                outcome.end = end;
                return outcome;
            }
        };
        // read while the process is being loaded, so that it costs a short job no time
        let before = HostState::read(&self.root);
        outcome.clock_synchronised = clock_synchronised(&self.root);
        let mut course = Course::new(began, job.time_limit, self.kill_after);
        let capture = |stream| Capture::new(job.kept, &self.spool, job.number, stream);
        let (mut output, mut error) = (capture(Stream::Output), capture(Stream::Error));
        let say = |elapsed, last| {
            progress(JobProgress {
                executor: job.executor.clone(),
                number: job.number,
                elapsed,
                last,
            });
        };
        let watch = Watch {
            child: &mut child,
            started: began,
            course: &mut course,
            orders,
            output: &mut output,
            error: &mut error,
            beat: Beat {
                every: self.progress,
                say: &say,
            },
            root: &self.root,
        };
        watch.until_over(&mut outcome.notes);
        let status = match usage::collect(&mut child) {
            Ok((status, used)) => {
                outcome.usage = Some(used);
                Some(status)
            }
            Err(error) => {
                let note = format!("the kernel did not tell how it ended: {error}");
                outcome.notes.push(note);
                None
            }
        };
        outcome.end = course.end_of(status);
        let ended = course.ended().unwrap_or_else(Instant::now);
        outcome.duration = ended - began;
        // the wall clock may have been set meanwhile; the end is when it showed that
        outcome.ended = SystemTime::now() - ended.elapsed();
        outcome.host = match outcome.duration > LONG {
            true => HostState::around(before, HostState::read(&self.root)),
            false => before,
        };
        for (capture, place) in [(output, &mut outcome.stdout), (error, &mut outcome.stderr)] {
            let (captured, note) = capture.finish();
            *place = captured;
            outcome.notes.extend(note);
        }
        outcome
    }
}
