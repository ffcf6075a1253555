//! One conversation with the thing, from its hello until it goes. What it says is hostile.

use super::Shared;
use super::board::{Refused, send, tell};
use crate::fleet::runner_wire::{Frames, PIECE, ToRunner, ToThing, VERSION, decode, frame};
use crate::fleet::{Job, JobKey, Stream};
use crate::runtime::jobs::conduct::nothing;
use crate::runtime::jobs::link::{Link, LinkError};
use crate::runtime::jobs::runner::refused;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long the first word may take.
const HELLO: Duration = Duration::from_secs(5);
/// How long jobs that nobody wants may take to be gone. They are killed at once.
const GONE: Duration = Duration::from_secs(2);
/// The longest patience of a stop.
const LONGEST_STOP: Duration = Duration::from_secs(60);
/// Jobs that are not to outlive their thing have the time of `kill_after`, which is less than this.
const LATER: Duration = Duration::from_secs(2 * 3600);

/// Serves the thing at the other end, until it goes or says what makes no sense.
pub(super) fn talk(shared: &Arc<Shared>, link: &Arc<Link>) {
    let Err(error) = converse(shared, link);
    shared.board.farewell();
    link.close();
    match error {
        LinkError::Closed => tracing::info!("the thing has gone"),
        error => tracing::warn!("the connection with the thing is closed: {error}"),
    }
    let outlives = |key: &JobKey| shared.desk.outlives(key);
    // waits for nothing: what becomes of them is told to the thing's next life
    shared
        .runner
        .end_those(|key| !outlives(key), LATER, Duration::ZERO);
}

fn rules(text: &str) -> LinkError {
    LinkError::Rules(text.to_owned())
}

enum Never {}

fn converse(shared: &Arc<Shared>, link: &Arc<Link>) -> Result<Never, LinkError> {
    let mut frames = Frames::default();
    let first = link.read(&mut frames, Some(Instant::now() + HELLO))?;
    let first = decode(&first.ok_or(LinkError::Silent)?)?;
    let ToRunner::Hello {
        version,
        first,
        jobs,
    } = first
    else {
        return Err(rules("its first word was no hello"));
    };
    if version != VERSION {
        let why = format!(
            "the thing speaks version {version}, the runner version {VERSION}; both come with one package"
        );
        send(link, &ToThing::Refused(why.clone()));
        return Err(LinkError::Rules(why));
    }
    hello(shared, link, first, jobs.into_iter().collect());
    loop {
        if let Some(frame) = link.read(&mut frames, None)? {
            heard(shared, link, decode(&frame)?)?;
        }
    }
}

fn hello(shared: &Shared, link: &Arc<Link>, first: bool, known: BTreeSet<JobKey>) {
    let unwanted = shared.board.keep(&known);
    if !unwanted.is_empty() {
        tracing::warn!(
            jobs = unwanted.len(),
            "jobs that the thing does not know are ended"
        );
        let gone = shared
            .runner
            .end_those(|key| unwanted.contains(key), Duration::ZERO, GONE);
        if !gone {
            tracing::warn!("they did not end in time");
        }
    }
    if first && shared.board.is_idle() {
        // as at the start of a thing that runs its jobs itself
        shared.runner.restore_frequency();
    }
    let jobs = known.len();
    shared.board.welcome(link, VERSION, known);
    tracing::info!(jobs, "a thing is served");
}

fn heard(shared: &Arc<Shared>, link: &Arc<Link>, said: ToRunner) -> Result<(), LinkError> {
    match said {
        ToRunner::Hello { .. } => return Err(rules("it said hello twice")),
        ToRunner::Run(job) => run(shared, link, &job)?,
        ToRunner::Cancel(key) => {
            // one that has just ended tells of that anyhow
            let _runs = shared.runner.cancel(&key.executor, key.number);
        }
        ToRunner::Fetch { job, stream, from } => {
            let (bytes, error) = match piece(shared, &job, stream, from) {
                Ok(bytes) => (bytes, None),
                Err(error) => (Vec::new(), Some(error.to_string())),
            };
            link.send(&frame(&ToThing::Piece { error }, &[&bytes])?);
        }
        ToRunner::Journalled(key) => shared.board.journalled(&key),
        ToRunner::Stop(patience) => {
            let (shared, link) = (Arc::clone(shared), Arc::clone(link));
            let stop = move || {
                let ended = shared.runner.end(patience.min(LONGEST_STOP));
                send(&link, &ToThing::Stopped { ended });
            };
            // the conversation goes on: the last outcomes are fetched meanwhile
            let thread = std::thread::Builder::new().name("stop".to_owned());
            thread.spawn(stop)?;
        }
    }
    Ok(())
}

fn run(shared: &Shared, link: &Link, asked: &Job) -> Result<(), LinkError> {
    let key = asked.key();
    let refusal = match shared.desk.permitted(asked) {
        Ok(job) => {
            let most = shared.desk.parallel(&key.executor);
            match shared.board.begin(&key, most) {
                Ok(()) => {
                    shared.runner.run(job);
                    return Ok(());
                }
                Err(Refused::NotNow) => {
                    send(link, &ToThing::NotNow(key));
                    return Ok(());
                }
                Err(Refused::Twice) => return Err(rules("it gave a number to two jobs")),
                Err(Refused::TooMany) => format!(
                    "{most} jobs run already, and the runner's own file allows no more at a time"
                ),
            }
        }
        Err(refusal) => refusal,
    };
    tracing::warn!(number = %key.number, "a job was refused: {refusal}");
    // not kept, or a thing could fill the memory with them
    tell(link, &nothing(key, refused(&refusal)));
    Ok(())
}

/// Reads a piece of what an outcome says was spooled.
fn piece(shared: &Shared, key: &JobKey, stream: Stream, from: u64) -> io::Result<Vec<u8>> {
    let path = shared.board.with_outcome(key, |outcome| {
        let captured = match stream {
            Stream::Output => &outcome.stdout,
            Stream::Error => &outcome.stderr,
        };
        Some(captured.spooled.as_ref()?.path.clone())
    });
    let path: Option<PathBuf> = path.flatten();
    let path = path.ok_or_else(|| io::Error::other("there is no such file"))?;
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::with_capacity(PIECE);
    file.take(PIECE as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}
