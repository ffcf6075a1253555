//! A fleet of simulated clients in one process: what waits for the broker and the clock on their behalf. What they
//! say is decided by [`SimulatedClient`].
//!
//! | file | what it does |
//! |---|---|
//! | `member` | one client, its way out and its timer |
//! | `sessions` | a session for each client, a few connecting at a time |
//! | `shared` | one session for all of them |
//! | `descriptors` | open files: a connection is one |
//!
//! There are tasks, but no threads: a client costs a connection, two tasks and some tens of KiB.

mod descriptors;
mod member;
mod sessions;
mod shared;

pub use descriptors::TooFewFiles;

use super::Clock;
use crate::fleet::simulated::{Faces, Script, SimulatedClient, SimulatedCounts};
use crate::model::{Topic, TopicError};
use crate::mqtt::{Endpoint, Options, SessionError};
use member::Member;
use sessions::Sessions;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use thiserror::Error;
use tokio::task::JoinSet;

/// The governor's keep-alive (wire contract, section 4).
const KEEP_ALIVE: Duration = Duration::from_secs(60);
/// The most clients of a fleet: what a broker on one machine serves.
pub const MOST_CLIENTS: usize = 50_000;

/// What a fleet is started with.
#[derive(Debug, Clone)]
pub struct SimFleetOptions {
    /// Where the broker is.
    pub broker: Endpoint,
    /// How many clients, 1 to [`MOST_CLIENTS`].
    pub clients: usize,
    /// What their ids begin with: `sim` makes `sim-0001` and so on, with as many digits as the last one has.
    pub prefix: String,
    /// By which protocols they can be reached.
    pub faces: Faces,
    /// How they answer.
    pub script: Script,
    /// What is drawn for them follows from this.
    pub seed: u64,
    /// Whether all share one connection: cheaper, and not what a real fleet does. There is no last will then.
    pub shared_connection: bool,
}

/// Why a fleet does not start.
#[derive(Debug, Error)]
pub enum SimFleetError {
    /// None, or too many.
    #[error("a fleet of {0} clients was asked for; allowed is 1 to {MOST_CLIENTS}")]
    Clients(usize),
    /// The prefix would make several levels, or a broker's own topic.
    #[error(
        "the prefix `{}` makes no ids; it takes 1 to 64 printable characters without / + # |, not beginning with $",
        .0.escape_debug()
    )]
    Prefix(String),
    /// An id makes no topic.
    #[error(transparent)]
    Topic(#[from] TopicError),
    /// This process may not open enough connections.
    #[error(transparent)]
    TooFewFiles(#[from] TooFewFiles),
    /// The session's options are wrong.
    #[error(transparent)]
    Session(#[from] SessionError),
}

/// How a fleet is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SimFleetCounts {
    /// How many clients there are.
    pub clients: usize,
    /// How many of them hear the broker now: connected, and all subscriptions answered.
    pub connected: usize,
    /// Connections that were lost so far.
    pub lost: u64,
    /// Messages that found no way out: there was no connection, or no room.
    pub dropped: u64,
    /// What the clients did, in all.
    pub did: SimulatedCounts,
}

/// What the members of a fleet share.
#[derive(Debug, Default)]
struct Tally {
    lost: AtomicU64,
    dropped: AtomicU64,
}

/// A running fleet.
#[derive(Debug)]
pub struct SimFleet {
    members: Vec<Arc<Member>>,
    tally: Arc<Tally>,
    way: Way,
    /// The members' timers.
    _timers: JoinSet<()>,
}

#[derive(Debug)]
enum Way {
    Each(Sessions),
    Shared(crate::mqtt::Session),
}

impl SimFleet {
    /// Starts a fleet and returns at once; the broker need not be there. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// The options are wrong, or this process may not open enough connections.
    pub fn start(options: SimFleetOptions) -> Result<Self, SimFleetError> {
        let SimFleetOptions {
            broker,
            clients,
            prefix,
            faces,
            script,
            seed,
            shared_connection,
        } = options;
        if !(1..=MOST_CLIENTS).contains(&clients) {
            return Err(SimFleetError::Clients(clients));
        }
        if !makes_ids(&prefix) {
            return Err(SimFleetError::Prefix(prefix));
        }
        descriptors::make_room(if shared_connection { 1 } else { clients })?;
        let (script, clock, tally) = (Arc::new(script), Clock::default(), Arc::default());
        let digits = clients.to_string().len();
        let members = (1..=clients).map(|number| {
            let id = Topic::new(format!("{prefix}-{number:0digits$}"))?;
            let client = SimulatedClient::new(id, number, &faces, Arc::clone(&script), seed)?;
            Ok(Arc::new(Member::new(client, clock, Arc::clone(&tally))))
        });
        let members: Vec<Arc<Member>> = members.collect::<Result<_, TopicError>>()?;
        let mut timers = JoinSet::new();
        for member in &members {
            timers.spawn(Arc::clone(member).keep_time());
        }
        let suffix: u32 = rand::random();
        let session = |id: &str| {
            let mut options = Options::new(broker.clone(), format!("{id}-sim-fleet-{suffix:08x}"));
            options.keep_alive = KEEP_ALIVE;
            options
        };
        let way = match shared_connection {
            true => Way::Shared(shared::start(session(&prefix), &members, &faces)?),
            false => {
                let options = |member: &Member| session(member.id());
                Way::Each(Sessions::start(&members, options)?)
            }
        };
        Ok(Self {
            members,
            tally,
            way,
            _timers: timers,
        })
    }

    /// How it is doing.
    #[must_use]
    pub fn counts(&self) -> SimFleetCounts {
        let connected = self.members.iter().filter(|member| member.is_connected());
        let did = self.members.iter().map(|member| member.counts());
        SimFleetCounts {
            clients: self.members.len(),
            connected: connected.count(),
            lost: self.tally.lost.load(Relaxed),
            dropped: self.tally.dropped.load(Relaxed),
            did: did.fold(SimulatedCounts::default(), SimulatedCounts::and),
        }
    }

    /// Ends all sessions cleanly, within `patience`: each client says that it is offline, and what the broker keeps of
    /// it is cleared. Returns how many of them were left in good order.
    pub async fn stop(self, patience: Duration) -> usize {
        match self.way {
            Way::Each(sessions) => sessions.stop(&self.members, patience).await,
            Way::Shared(session) => {
                let words = self.members.iter().flat_map(|member| member.last_words());
                let closed = session.close(words.collect(), patience).await;
                if closed.clean { self.members.len() } else { 0 }
            }
        }
    }
}

/// Whether a prefix makes ids that are a level of a topic, and that the governor's text form can carry.
fn makes_ids(prefix: &str) -> bool {
    let bad = |c: char| c.is_control() || matches!(c, '/' | '+' | '#' | '|');
    (1..=64).contains(&prefix.chars().count()) && !prefix.starts_with('$') && !prefix.contains(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_part_of_a_level() {
        for good in ["sim", "lab 3", "π", "a"] {
            assert!(makes_ids(good), "{good}");
        }
        let long = "x".repeat(65);
        for bad in ["", "a/b", "a|b", "+", "#", "$SYS", "a\u{7}", &long] {
            assert!(!makes_ids(bad), "{bad}");
        }
    }
}
