//! Has jobs run by a runner in another process: the thing's end of their socket. The face is that of a
//! [`Runner`](super::Runner): whoever hands in jobs need not know where they run.
//!
//! | file | what it is |
//! |---|---|
//! | `desk` | which jobs there are, and how far each is |
//! | `talk` | connecting, again and again, and what is said |
//! | `fetch` | large outputs, brought over into the thing's own spool |

mod desk;
mod fetch;
mod talk;

use super::link::Link;
use super::runner::JobNews;
use super::settings::JobSettings;
use super::spool::Spool;
use crate::fleet::runner_wire::{ToRunner, frame};
use crate::fleet::{Job, JobKey, JobNumber};
use desk::Desk;
use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a job waits for a runner that is away, and how long one counts as running there that nobody hears of.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Messages are small; what is read takes 64 KiB.
const STACK: usize = 512 << 10;

/// Where the runner of a thing is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunnerPlace {
    /// Its socket.
    pub socket: PathBuf,
    /// The user, by number, whose process is believed to be it.
    pub user: u32,
}

/// A runner in another process.
pub(crate) struct RemoteRunner {
    shared: Arc<Shared>,
}

struct Shared {
    place: RunnerPlace,
    spools: BTreeMap<String, Arc<Spool>>,
    news: Box<dyn Fn(JobNews) + Send + Sync>,
    state: Mutex<State>,
    /// Rung when a job is over, or nobody wants this any more.
    changed: Condvar,
}

#[derive(Default)]
struct State {
    desk: Desk,
    link: Option<Arc<Link>>,
    /// The thing is stopping.
    stopping: bool,
    /// The runner's answer to a stop.
    stopped: bool,
    /// Nobody wants this any more.
    closed: bool,
}

impl RemoteRunner {
    /// Gets ready; connects once each executor of `executors` has said what an earlier life had running
    /// ([`RemoteRunner::resume`]). Of the settings only the spool is looked at: the rest is the runner's own business.
    /// `news` is called on a thread of its own and within the calls here; it must not block.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub(crate) fn start(
        place: RunnerPlace,
        executors: BTreeMap<String, JobSettings>,
        news: impl Fn(JobNews) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let desk = Desk::new(executors.keys().cloned());
        let spool = |settings: JobSettings| {
            let (cap, total) = (settings.spool_cap, settings.spool_total);
            Arc::new(Spool::new(settings.spool, cap, total))
        };
        let spools = executors
            .into_iter()
            .map(|(name, settings)| (name, spool(settings)));
        let shared = Arc::new(Shared {
            place,
            spools: spools.collect(),
            news: Box::new(news),
            state: Mutex::new(State {
                desk,
                ..State::default()
            }),
            changed: Condvar::new(),
        });
        let serves = Arc::clone(&shared);
        thread::Builder::new()
            .name("runner".to_owned())
            .stack_size(STACK)
            .spawn(move || talk::serve(&serves))?;
        Ok(Self { shared })
    }

    /// What an earlier life had running. The runner may know of it still.
    pub(crate) fn resume(&self, executor: &str, numbers: &[JobNumber]) {
        let keys = numbers.iter().map(|number| JobKey::new(executor, *number));
        self.shared.state().desk.resume(executor, keys);
        self.shared.changed.notify_all();
    }

    /// Hands a job to the runner; if that is away, it waits for half a minute. Whatever becomes of it is said as news.
    pub(crate) fn run(&self, job: Job) {
        let mut state = self.shared.state();
        let news = if state.stopping {
            Some(desk::interrupted(job.key()))
        } else {
            let link = state.link.clone();
            state.desk.take(job, link.as_deref(), Instant::now())
        };
        drop(state);
        self.shared.say(news);
    }

    /// Ends a job. False if no such job runs or waits.
    pub(crate) fn cancel(&self, executor: &str, number: JobNumber) -> bool {
        let key = JobKey::new(executor, number);
        let mut state = self.shared.state();
        let link = state.link.clone();
        let (known, news) = state.desk.cancel(&key, link.as_deref());
        drop(state);
        self.shared.say(news);
        known
    }

    /// The journal has the end of a job: the runner need not keep it.
    pub(crate) fn journalled(&self, executor: &str, number: JobNumber) {
        let key = JobKey::new(executor, number);
        let mut state = self.shared.state();
        if state.desk.journalled(&key) {
            if let Some(link) = &state.link {
                send(link, &ToRunner::Journalled(key));
            }
        }
    }

    /// Hands in no more jobs, and has those ended that run, as [`Runner::stop`](super::Runner::stop) does. Blocks until
    /// their news are said, or the patience is over. True if they are.
    pub(crate) fn stop(&self, patience: Duration) -> bool {
        let mut state = self.shared.state();
        state.stopping = true;
        let news = state.desk.let_go_of_those_that_wait();
        if let Some(link) = &state.link {
            send(link, &ToRunner::Stop(patience));
        }
        drop(state);
        self.shared.say(news);
        let goes_on = |state: &mut State| {
            let stops = state.link.is_some() && !state.stopped;
            stops || state.desk.any_is_open()
        };
        let changed = &self.shared.changed;
        let waited = changed.wait_timeout_while(self.shared.state(), patience, goes_on);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        !state.desk.any_is_open()
    }
}

impl Drop for RemoteRunner {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.closed = true;
        if let Some(link) = &state.link {
            link.close();
        }
        drop(state);
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what became of jobs, with the lock not held.
    fn say(&self, news: impl IntoIterator<Item = JobNews>) {
        let mut any = false;
        for news in news {
            any = true;
            (self.news)(news);
        }
        if any {
            self.changed.notify_all();
        }
    }
}

/// Sends what is small for sure.
fn send(link: &Link, message: &ToRunner) {
    match frame(message, &[]) {
        Ok(frame) => link.send(&frame),
        Err(error) => tracing::error!("a message to the runner was not sent: {error}"),
    }
}
