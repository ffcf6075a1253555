//! Runs jobs for a thing in another process: the runner's end of their socket.
//!
//! | file | what it is |
//! |---|---|
//! | `socket` | the socket, and who may come in |
//! | `desk` | what the runner's own file allows |
//! | `board` | which jobs run, which have ended and are not journalled yet |
//! | `talk` | one conversation with the thing |

mod board;
mod desk;
mod socket;
mod talk;

pub use socket::{SocketError, bind};

use super::runner::Runner;
use super::settings::{JobSettings, RunnerOptions};
use super::spool;
use crate::fleet::ExecutorSettings;
use crate::system::Root;
use board::Board;
use desk::Desk;
use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// How long an ending runner waits for the thing to take the last outcomes, in all their length.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a runner of its own is started with.
#[derive(Debug, Clone)]
pub struct RunnerServiceOptions {
    /// The executors of the thing that it serves, as its own file has them.
    pub executors: BTreeMap<String, Arc<ExecutorSettings>>,
    /// The folder where it keeps working folders, spool and the frequency to go back to. Nobody else's.
    pub state: PathBuf,
    /// The user, by number, whose process may have jobs run.
    pub peer: u32,
}

/// A runner that serves one thing at a time over a socket.
pub struct RunnerService {
    shared: Arc<Shared>,
    accepts: JoinHandle<()>,
}

struct Shared {
    desk: Desk,
    board: Arc<Board>,
    runner: Runner,
    peer: u32,
}

impl RunnerService {
    /// Ends what an earlier life left running, throws away what it spooled, and serves whoever comes to `listener`.
    ///
    /// # Errors
    /// The operating system gave no thread.
    pub fn start(listener: UnixListener, options: RunnerServiceOptions) -> io::Result<Self> {
        let moved = options
            .executors
            .values()
            .find_map(|its| its.system_root.clone());
        let settings = options.executors.iter().map(|(name, settings)| {
            let settings = JobSettings::new(settings, options.state.join(name));
            // whoever wanted it asks a runner of that life, which nobody can any more
            spool::clear(&settings.spool);
            (name.clone(), settings)
        });
        let runner = RunnerOptions {
            executors: settings.collect(),
            state: Some(options.state.clone()),
            root: moved.map_or_else(Root::default, Root::at),
        };
        let board = Arc::<Board>::default();
        let told = Arc::clone(&board);
        let shared = Arc::new(Shared {
            desk: Desk::new(&options.executors),
            runner: Runner::start(runner, move |news| told.told(news)),
            board,
            peer: options.peer,
        });
        let serves = Arc::clone(&shared);
        let accepts = std::thread::Builder::new()
            .name("socket".to_owned())
            .spawn(move || socket::accept(&listener, &serves))?;
        Ok(Self { shared, accepts })
    }

    /// Whether it still listens.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        !self.accepts.is_finished()
    }

    /// Begins nothing more, and ends what runs, as [`Runner::stop`] does; then waits a moment, so that the thing has the
    /// last outcomes. True if all has ended.
    pub fn stop(&self, patience: Duration) -> bool {
        self.shared.board.ending();
        let ended = self.shared.runner.stop(patience);
        self.shared.board.until_journalled(LAST_WORDS);
        ended
    }
}
