//! Finding the runner, again and again, and what is said then. The runner is another user's process: what it says is
//! looked at before it is believed.

use super::super::link::{Link, LinkError};
use super::super::runner::JobNews;
use super::fetch::Fetches;
use super::{PATIENCE, RunnerPlace, Shared, send};
use crate::fleet::runner_wire::{self, Frames, ToRunner, ToThing, VERSION, decode};
use crate::fleet::{JobKey, JobOutcome};
use crate::system::peer_user_id;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use std::collections::BTreeSet;
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// The first pause before the next attempt; each is twice as long, up to the last.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_millis(500);
/// How long the answer to a hello may take: jobs that nobody wants have two seconds to be gone before that.
const WELCOME: Duration = Duration::from_secs(5);

/// Talks with the runner whenever it is there, until nobody wants that any more.
pub(super) fn serve(shared: &Shared) {
    let waits = |state: &mut super::State| !state.desk.is_settled() && !state.closed;
    let waited = shared.changed.wait_while(shared.state(), waits);
    drop(waited);
    let socket = shared.place.socket.display();
    let (mut first, mut away, mut pause) = (true, false, FIRST_PAUSE);
    loop {
        let mut welcome = false;
        let Err(error) = converse(shared, first, &mut welcome);
        lose(shared);
        if shared.state().closed {
            return;
        }
        if welcome {
            (first, away, pause) = (false, false, FIRST_PAUSE);
        }
        if !std::mem::replace(&mut away, true) {
            let within = PATIENCE.as_secs();
            tracing::warn!(
                "the runner on {socket} is away: {error}; jobs wait for it, each for {within} s at most"
            );
        }
        let news = shared
            .state()
            .desk
            .over(Instant::now(), &shared.place.socket);
        shared.say(news);
        let state = shared.state();
        let waited = shared
            .changed
            .wait_timeout_while(state, pause, |state| !state.closed);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        pause = LAST_PAUSE.min(pause * 2);
    }
}

fn lose(shared: &Shared) {
    let mut state = shared.state();
    state.link = None;
    state.desk.disconnected(Instant::now());
    drop(state);
    shared.changed.notify_all();
}

enum Never {}

/// From connecting to the end of the connection. `welcome` is set once the runner has taken us in.
fn converse(shared: &Shared, first: bool, welcome: &mut bool) -> Result<Never, LinkError> {
    let link = Arc::new(Link::new(reach(&shared.place)?)?);
    let mut frames = Frames::default();
    let hello = ToRunner::Hello {
        version: VERSION,
        first,
        jobs: shared.state().desk.known(),
    };
    send(&link, &hello);
    let until = Some(Instant::now() + WELCOME);
    let answer = link.read(&mut frames, until)?.ok_or(LinkError::Silent)?;
    let unknown: BTreeSet<JobKey> = match decode(&answer)? {
        ToThing::Welcome { unknown, .. } => unknown.into_iter().collect(),
        ToThing::Refused(why) => return Err(refused(&why)),
        _ => return Err(LinkError::Rules("its first word was no welcome".to_owned())),
    };
    *welcome = true;
    tracing::info!(socket = %shared.place.socket.display(), "the runner is there");
    let mut state = shared.state();
    let mut news = state.desk.unknown(&unknown);
    if state.stopping {
        news.extend(state.desk.let_go_of_those_that_wait());
    }
    news.extend(state.desk.connected(&link));
    if !state.closed {
        state.link = Some(Arc::clone(&link));
    }
    drop(state);
    shared.say(news);
    let mut fetches = Fetches::default();
    loop {
        if let Some(frame) = link.read(&mut frames, None)? {
            let said = decode(&frame)?;
            heard(shared, &link, said, &frame.rest, &mut fetches)?;
        }
        if shared.state().closed {
            return Err(LinkError::Closed);
        }
    }
}

fn refused(why: &str) -> LinkError {
    let why = crate::model::escaped(why.as_bytes(), 256);
    LinkError::Rules(format!("it refuses us: {why}"))
}

fn heard(
    shared: &Shared,
    link: &Link,
    said: ToThing,
    rest: &[u8],
    fetches: &mut Fetches,
) -> Result<(), LinkError> {
    match said {
        ToThing::Progress(progress) => {
            let key = JobKey::new(&progress.executor, progress.number);
            let awaited = shared.state().desk.is_awaited(&key);
            if awaited == Some(true) {
                shared.say([JobNews::Progress(progress)]);
            }
        }
        ToThing::Done(bare, lengths) => {
            let outcome = Box::new(runner_wire::outcome(*bare, lengths, rest)?);
            let key = JobKey::new(&outcome.executor, outcome.number);
            let awaited = shared.state().desk.is_awaited(&key);
            match awaited {
                Some(true) => {
                    let complete = fetches.add(outcome, &shared.spools, link);
                    tell(shared, link, complete, fetches);
                }
                // it was told before the connection broke
                Some(false) => {}
                None => send(link, &ToRunner::Journalled(key)),
            }
        }
        ToThing::Piece { error } => {
            let complete = fetches.piece(rest, error, &shared.spools, link);
            let complete = complete
                .map_err(|()| LinkError::Rules("a piece that nobody asked for".to_owned()))?;
            tell(shared, link, complete, fetches);
        }
        ToThing::NotNow(key) => {
            let mut state = shared.state();
            state.desk.not_now(&key, Instant::now());
            let news = match state.stopping {
                true => state.desk.let_go_of_those_that_wait(),
                false => Vec::new(),
            };
            drop(state);
            shared.say(news);
        }
        ToThing::Stopped { ended } => {
            if !ended {
                tracing::warn!("the runner did not end all jobs in time");
            }
            shared.state().stopped = true;
            shared.changed.notify_all();
        }
        ToThing::Refused(why) => return Err(refused(&why)),
        ToThing::Welcome { .. } => {
            return Err(LinkError::Rules("a second welcome".to_owned()));
        }
    }
    Ok(())
}

/// Tells an outcome that is complete, and all that are complete by then.
fn tell(shared: &Shared, link: &Link, complete: Option<Box<JobOutcome>>, fetches: &mut Fetches) {
    let mut next = complete;
    while let Some(outcome) = next {
        let key = JobKey::new(&outcome.executor, outcome.number);
        let awaited = shared.state().desk.tell(&key);
        shared.say(awaited.then_some(JobNews::Done(outcome)));
        next = fetches.go_on(&shared.spools, link);
    }
}

/// Connects, without waiting for a runner that does not come to accepting, and looks who that is.
fn reach(place: &RunnerPlace) -> Result<UnixStream, LinkError> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let address = SocketAddrUnix::new(&place.socket).map_err(io::Error::from)?;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None);
    let socket = socket.map_err(io::Error::from)?;
    connect(&socket, &address).map_err(io::Error::from)?;
    let stream = UnixStream::from(socket);
    let (found, wanted) = (peer_user_id(&stream)?, place.user);
    if found != wanted {
        return Err(LinkError::Rules(format!(
            "a process of user {found} listens there; only one of user {wanted} is believed to be the runner"
        )));
    }
    Ok(stream)
}
