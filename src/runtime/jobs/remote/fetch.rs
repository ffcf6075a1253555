//! Large outputs: the files lie in the runner's spool, where the thing may not look. They are brought over, piece by
//! piece, into the thing's own, before the outcome is told: its record names a file that is there.

use super::super::link::Link;
use super::super::spool::{Spool, SpoolFile};
use super::send;
use crate::fleet::runner_wire::ToRunner;
use crate::fleet::{Captured, JobKey, JobOutcome, Spooled, Stream};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Outcomes whose files are on their way, one at a time.
#[derive(Default)]
pub(super) struct Fetches {
    queue: VecDeque<Fetch>,
}

struct Fetch {
    outcome: Box<JobOutcome>,
    /// The files that are still to come, the next one last.
    wanted: Vec<(Stream, Spooled)>,
    file: Option<SpoolFile>,
    got: u64,
}

type Spools = BTreeMap<String, Arc<Spool>>;

impl Fetches {
    /// Takes an outcome; gives back the one that is complete, which may be this one at once.
    pub(super) fn add(
        &mut self,
        mut outcome: Box<JobOutcome>,
        spools: &Spools,
        link: &Link,
    ) -> Option<Box<JobOutcome>> {
        let streams = [
            (Stream::Error, &mut outcome.stderr),
            (Stream::Output, &mut outcome.stdout),
        ];
        // what the runner calls its files means nothing here
        let wanted: Vec<(Stream, Spooled)> = streams
            .into_iter()
            .filter_map(|(stream, captured)| Some((stream, captured.spooled.take()?)))
            .collect();
        if wanted.is_empty() {
            return Some(outcome);
        }
        let fetch = Fetch {
            outcome,
            wanted,
            file: None,
            got: 0,
        };
        self.queue.push_back(fetch);
        match self.queue.len() {
            1 => self.go_on(spools, link),
            _ => None,
        }
    }

    /// Takes a piece. Gives back the outcome that is complete by it. False if nobody asked for one.
    pub(super) fn piece(
        &mut self,
        bytes: &[u8],
        error: Option<String>,
        spools: &Spools,
        link: &Link,
    ) -> Result<Option<Box<JobOutcome>>, ()> {
        let fetch = self.queue.front_mut().ok_or(())?;
        let file = fetch.file.as_mut().ok_or(())?;
        file.write(bytes);
        fetch.got += bytes.len() as u64;
        let all = fetch
            .wanted
            .last()
            .is_none_or(|(_, its)| fetch.got >= its.bytes);
        if bytes.is_empty() || error.is_some() || all || file.is_cut() {
            fetch.finish(error);
        } else {
            fetch.ask(link);
        }
        Ok(self.go_on(spools, link))
    }

    /// Begins the next file, if none is on its way; gives back the outcome that has all. One at a time: a caller calls
    /// again until there is none.
    pub(super) fn go_on(&mut self, spools: &Spools, link: &Link) -> Option<Box<JobOutcome>> {
        let fetch = self.queue.front_mut()?;
        while fetch.file.is_none() && !fetch.wanted.is_empty() {
            fetch.begin(spools, link);
        }
        if fetch.file.is_some() {
            return None;
        }
        self.queue.pop_front().map(|fetch| fetch.outcome)
    }
}

impl Fetch {
    fn begin(&mut self, spools: &Spools, link: &Link) {
        let Some((stream, _)) = self.wanted.last() else {
            return;
        };
        let spool = spools.get(&self.outcome.executor);
        let opened = spool.map(|spool| spool.open(self.outcome.number, *stream));
        match opened {
            Some(Ok(file)) => {
                self.file = Some(file);
                self.got = 0;
                self.ask(link);
            }
            Some(Err(error)) => {
                let note = format!("{stream} was not spooled: {error}");
                self.outcome.notes.push(note);
                self.wanted.pop();
            }
            None => {
                self.wanted.pop();
            }
        }
    }

    fn ask(&self, link: &Link) {
        if let Some((stream, _)) = self.wanted.last() {
            let fetch = ToRunner::Fetch {
                job: JobKey::new(&self.outcome.executor, self.outcome.number),
                stream: *stream,
                from: self.got,
            };
            send(link, &fetch);
        }
    }

    fn finish(&mut self, error: Option<String>) {
        let (Some(file), Some((stream, theirs))) = (self.file.take(), self.wanted.pop()) else {
            return;
        };
        let mut spooled = file.finish();
        let short = self.got < theirs.bytes && spooled.cut.is_none();
        let why = error.or_else(|| short.then(|| "the runner's file ended early".to_owned()));
        if let Some(why) = why {
            let note = format!("{stream} was not fetched from the runner as a whole: {why}");
            self.outcome.notes.push(note);
            spooled.cut.get_or_insert(why);
        }
        spooled.cut = spooled.cut.or(theirs.cut);
        let place: &mut Captured = match stream {
            Stream::Output => &mut self.outcome.stdout,
            Stream::Error => &mut self.outcome.stderr,
        };
        place.spooled = Some(spooled);
    }
}
