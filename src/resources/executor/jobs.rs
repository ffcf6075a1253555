//! The jobs of an executor, from acceptance to the end: who waits, who runs, whose turn it is. Pure bookkeeping.

use crate::fleet::{ExecutorSettings, Job, JobNumber, Record, Request};
use std::collections::{BTreeMap, VecDeque};

/// A job whose start is being written, or that runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Active {
    pub(super) request: Request,
    /// Somebody wants it ended.
    pub(super) cancelled: bool,
}

impl Active {
    const fn new(request: Request) -> Self {
        let cancelled = false;
        Self { request, cancelled }
    }
}

#[derive(Debug)]
pub(super) struct Jobs {
    executor: String,
    parallel: usize,
    most: usize,
    most_bytes: usize,
    kept: usize,
    /// Requests that are being written to the journal.
    accepting: usize,
    /// The ids of those among them that are written as started.
    beginning: Vec<Option<String>>,
    /// Accepted requests, in their order.
    waiting: VecDeque<(JobNumber, Request)>,
    /// The bytes of the commands that wait or are being written.
    bytes: usize,
    /// Their start is being written.
    pub(super) starting: BTreeMap<JobNumber, Active>,
    /// They run.
    pub(super) running: BTreeMap<JobNumber, Active>,
    /// Their end is being written.
    pub(super) ending: BTreeMap<JobNumber, Box<Record>>,
}

/// What a command that is on its way was found to be doing.
#[derive(Debug, PartialEq)]
pub(super) enum Found {
    /// It waited, and is taken out.
    Waiting(JobNumber, Request),
    /// Its start is being written; it is marked.
    Starting,
    /// It runs; it is marked.
    Running(JobNumber),
}

impl Jobs {
    pub(super) fn new(executor: &str, settings: &ExecutorSettings) -> Self {
        Self {
            executor: executor.to_owned(),
            parallel: settings.parallel.max(1),
            most: settings.queue,
            most_bytes: settings.queue_bytes,
            kept: settings.kept,
            accepting: 0,
            beginning: Vec::new(),
            waiting: VecDeque::new(),
            bytes: 0,
            starting: BTreeMap::new(),
            running: BTreeMap::new(),
            ending: BTreeMap::new(),
        }
    }

    /// Takes a place in the queue for a request that is about to be written.
    ///
    /// # Errors
    /// There is none; the text says what is allowed.
    pub(super) fn reserve(&mut self, request: &Request) -> Result<(), String> {
        let (count, bytes) = (self.waiting.len() + self.accepting, request.command.len());
        if count >= self.most {
            return Err(format!(
                "{count} commands wait already; at most {} may",
                self.most
            ));
        }
        if self.bytes + bytes > self.most_bytes {
            let most = self.most_bytes;
            return Err(format!(
                "the commands that wait have {} bytes; at most {most} may wait",
                self.bytes
            ));
        }
        self.accepting += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// Whether the request that has a place has its turn, too: nobody is before it. Then it takes that.
    pub(super) fn begin(&mut self, request: &Request) -> bool {
        let first = self.waiting.is_empty() && self.accepting == self.beginning.len() + 1;
        let begins = first && self.active() < self.parallel;
        if begins {
            self.beginning.push(request.id.clone());
        }
        begins
    }

    /// A request that had a place and its turn is in the journal: what is to be run.
    pub(super) fn begun(&mut self, number: JobNumber, request: Request) -> Job {
        self.release_turn(&request);
        self.starting.insert(number, Active::new(request));
        match self.started(number) {
            Some(Ok(job)) => job,
            _ => unreachable!("it was put there a line above, not cancelled"),
        }
    }

    /// A request that had its turn, or may have had it, was not written.
    pub(super) fn release_turn(&mut self, request: &Request) {
        let place = self.beginning.iter().position(|id| *id == request.id);
        place.map(|place| self.beginning.remove(place));
        self.release(request);
    }

    /// A request that had a place was not written.
    pub(super) fn release(&mut self, request: &Request) {
        self.accepting = self.accepting.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(request.command.len());
    }

    /// A request that had a place is in the journal.
    pub(super) fn accepted(&mut self, number: JobNumber, request: Request) {
        self.accepting = self.accepting.saturating_sub(1);
        self.waiting.push_back((number, request));
    }

    /// A request of an earlier life, which had no place: it waits whatever the limits say.
    pub(super) fn inherited(&mut self, number: JobNumber, request: Request) {
        self.bytes += request.command.len();
        self.waiting.push_back((number, request));
    }

    /// A job that an earlier life had started, of which it is being asked whether it still runs.
    pub(super) fn resumed(&mut self, number: JobNumber, request: Request) {
        self.running.insert(number, Active::new(request));
    }

    /// Its start could not be written: it is first again.
    pub(super) fn start_failed(&mut self, number: JobNumber) {
        if let Some(active) = self.starting.remove(&number) {
            self.bytes += active.request.command.len();
            self.waiting.push_front((number, active.request));
        }
    }

    /// The next one, if there is room to run it; its start is to be written.
    pub(super) fn next(&mut self) -> Option<JobNumber> {
        if self.active() >= self.parallel {
            return None;
        }
        let (number, request) = self.pop()?;
        self.starting.insert(number, Active::new(request));
        Some(number)
    }

    fn pop(&mut self) -> Option<(JobNumber, Request)> {
        let (number, request) = self.waiting.pop_front()?;
        self.bytes = self.bytes.saturating_sub(request.command.len());
        Some((number, request))
    }

    /// Takes out those that are not worth running any more.
    pub(super) fn take(&mut self, over: impl Fn(&Request) -> bool) -> Vec<(JobNumber, Request)> {
        if !self.waiting.iter().any(|(_, request)| over(request)) {
            return Vec::new();
        }
        let all = std::mem::take(&mut self.waiting);
        let (taken, left): (VecDeque<_>, VecDeque<_>) =
            all.into_iter().partition(|(_, request)| over(request));
        self.waiting = left;
        for (_, request) in &taken {
            self.bytes = self.bytes.saturating_sub(request.command.len());
        }
        taken.into()
    }

    /// Whether one of those that wait may expire.
    pub(super) fn any_expires(&self) -> bool {
        self.waiting
            .iter()
            .any(|(_, request)| request.expires.is_some())
    }

    /// Its start is written: what is to be run, unless it was cancelled meanwhile; then its request.
    pub(super) fn started(&mut self, number: JobNumber) -> Option<Result<Job, Request>> {
        let active = self.starting.remove(&number)?;
        if active.cancelled {
            return Some(Err(active.request));
        }
        let job = Job::of(&active.request, &self.executor, number, self.kept);
        self.running.insert(number, active);
        Some(Ok(job))
    }

    /// Whether a command with that `id` waits or runs, and nobody has cancelled it yet.
    pub(super) fn can_be_cancelled(&self, id: &str) -> bool {
        let named = |request: &Request| request.id.as_deref() == Some(id);
        let active = || self.starting.values().chain(self.running.values());
        self.waiting.iter().any(|(_, request)| named(request))
            || active().any(|active| named(&active.request) && !active.cancelled)
    }

    /// Marks those that run, or are about to, as cancelled; returns those that were not and run.
    pub(super) fn cancel(&mut self, which: impl Fn(&Request) -> bool) -> Vec<(JobNumber, Request)> {
        let (starting, running) = (self.starting.iter_mut(), self.running.iter_mut());
        let mut cancelled = Vec::new();
        for (is_running, (number, active)) in starting
            .map(|entry| (false, entry))
            .chain(running.map(|entry| (true, entry)))
        {
            if which(&active.request)
                && !std::mem::replace(&mut active.cancelled, true)
                && is_running
            {
                cancelled.push((*number, active.request.clone()));
            }
        }
        cancelled
    }

    /// Whether the command with that `id` is being ended already.
    pub(super) fn is_cancelled(&self, id: &str) -> bool {
        let mut active = self.starting.values().chain(self.running.values());
        active.any(|active| active.cancelled && active.request.id.as_deref() == Some(id))
    }

    /// Finds the command with that `id`.
    pub(super) fn find(&mut self, id: &str) -> Option<Found> {
        let named = |request: &Request| request.id.as_deref() == Some(id);
        if let Some(at) = self.waiting.iter().position(|(_, request)| named(request)) {
            let (number, request) = self.waiting.remove(at)?;
            self.bytes = self.bytes.saturating_sub(request.command.len());
            return Some(Found::Waiting(number, request));
        }
        if let Some(active) = self
            .starting
            .values_mut()
            .find(|active| named(&active.request))
        {
            active.cancelled = true;
            return Some(Found::Starting);
        }
        let (number, active) = self
            .running
            .iter_mut()
            .find(|(_, active)| named(&active.request))?;
        active.cancelled = true;
        Some(Found::Running(*number))
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.accepting
    }

    pub(super) fn active(&self) -> usize {
        self.beginning.len() + self.starting.len() + self.running.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::{Face, Run};
    use std::time::{Duration, SystemTime};

    fn request(id: &str) -> Request {
        Request {
            face: Face::Own,
            id: Some(id.to_owned()),
            command: "0123456789".to_owned(),
            run: Run::Shell(String::new()),
            time_limit: None,
            expires: None,
            signed_by: None,
        }
    }

    fn jobs(parallel: usize) -> Jobs {
        let settings = ExecutorSettings {
            parallel,
            queue: 3,
            queue_bytes: 100,
            ..ExecutorSettings::default()
        };
        Jobs::new("executor0", &settings)
    }

    fn accept(jobs: &mut Jobs, number: u64, id: &str) {
        jobs.reserve(&request(id)).unwrap();
        jobs.accepted(JobNumber(number), request(id));
    }

    #[test]
    fn jobs_run_in_order_and_no_more_at_a_time_than_allowed() {
        let mut jobs = jobs(2);
        for (number, id) in [(1, "a"), (2, "b"), (3, "c")] {
            accept(&mut jobs, number, id);
        }
        assert_eq!(jobs.next(), Some(JobNumber(1)));
        assert_eq!(jobs.next(), Some(JobNumber(2)));
        assert_eq!(jobs.next(), None, "two are on their way");
        assert!(jobs.started(JobNumber(1)).unwrap().is_ok());
        assert_eq!(jobs.next(), None, "one runs, one starts");
        jobs.running.remove(&JobNumber(1));
        assert_eq!(jobs.next(), Some(JobNumber(3)));
    }

    #[test]
    fn the_queue_is_bounded_by_number_and_by_bytes() {
        let mut few = jobs(1);
        for number in 0..3 {
            accept(&mut few, number, "x");
        }
        assert!(
            few.reserve(&request("y"))
                .unwrap_err()
                .contains("at most 3")
        );
        few.next();
        assert!(few.reserve(&request("y")).is_ok(), "one has left the queue");
        let mut small = jobs(1);
        let large = Request {
            command: "x".repeat(95),
            ..request("x")
        };
        small.reserve(&large).unwrap();
        assert!(
            small
                .reserve(&request("y"))
                .unwrap_err()
                .contains("100 may wait")
        );
        small.release(&large);
        assert!(small.reserve(&request("y")).is_ok());
    }

    #[test]
    fn a_job_whose_start_cannot_be_written_is_first_again() {
        let mut jobs = jobs(1);
        accept(&mut jobs, 1, "a");
        accept(&mut jobs, 2, "b");
        let first = jobs.next();
        jobs.start_failed(JobNumber(1));
        assert_eq!(jobs.next(), first);
    }

    #[test]
    fn what_expired_is_taken_out_and_the_others_keep_their_order() {
        let mut jobs = jobs(1);
        let at = |s| SystemTime::UNIX_EPOCH + Duration::from_secs(s);
        for (number, expires) in [(1, None), (2, Some(at(10))), (3, Some(at(20)))] {
            let request = Request {
                expires,
                ..request("x")
            };
            jobs.inherited(JobNumber(number), request);
        }
        let over = |request: &Request| request.expires.is_some_and(|end| end <= at(10));
        let expired: Vec<u64> = jobs.take(over).iter().map(|(n, _)| n.0).collect();
        assert_eq!(expired, [2]);
        assert!(jobs.any_expires());
        assert_eq!(jobs.next(), Some(JobNumber(1)));
    }

    #[test]
    fn a_cancelled_command_is_found_wherever_it_is() {
        let mut jobs = jobs(1);
        for (number, id) in [(1, "a"), (2, "b")] {
            accept(&mut jobs, number, id);
        }
        jobs.next();
        assert_eq!(
            jobs.find("b"),
            Some(Found::Waiting(JobNumber(2), request("b")))
        );
        assert_eq!(jobs.find("a"), Some(Found::Starting));
        assert_eq!(jobs.started(JobNumber(1)), Some(Err(request("a"))));
        accept(&mut jobs, 3, "c");
        jobs.next();
        assert!(jobs.started(JobNumber(3)).unwrap().is_ok());
        assert_eq!(jobs.find("c"), Some(Found::Running(JobNumber(3))));
        assert_eq!(jobs.find("d"), None);
    }
}
