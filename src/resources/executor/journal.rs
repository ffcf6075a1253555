//! What the executor makes of the journal's news.

use super::admit;
use super::{Executor, TRY_AGAIN};
use crate::fleet::{
    Entry, Face, Job, JobNumber, JournalNews, Known, Order, Record, Request, Stage, Status, own,
};
use crate::model::Message;
use crate::thing::Context;
use std::time::Duration;

/// Why a job that ran when the thing ended has no other result.
const INTERRUPTED: &str = "the thing ended while it ran; it is not run again";

impl Executor {
    pub(super) fn journal(&mut self, news: &JournalNews, cx: &mut Context<'_>) {
        if !matches!(news, JournalNews::Failed { .. } | JournalNews::Dropped(_)) {
            self.trouble = None;
        }
        match news {
            JournalNews::Keys { issued, revoked } => self.keys(issued, revoked),
            JournalNews::NotObeyed { entry, why } => self.not_obeyed(entry, *why, cx),
            JournalNews::Revoked(key, request) => self.revoked(key, request, cx),
            JournalNews::Opened(list) => self.opened(list, cx),
            JournalNews::Accepted(number, request) => self.accepted(*number, request, cx),
            JournalNews::Begun(number, request) => self.begun(*number, request, cx),
            JournalNews::Known { known, request } => self.known(known, request, cx),
            JournalNews::Looked(id, known) => self.looked(id, known.as_deref(), cx),
            JournalNews::Started(number) => self.started(*number, cx),
            JournalNews::Ended(number) => {
                if let Some(record) = self.jobs.ending.remove(number) {
                    self.audited.ended(*number, &record, cx.now);
                    let turn = self.answers.ready(*number, &record);
                    self.send(*number, record, &turn, cx);
                }
            }
            JournalNews::Recalled(number, Some(record)) => {
                let turn = self.answers.came_back(*number, record);
                self.send(*number, record.clone(), &turn, cx);
            }
            JournalNews::Recalled(number, None) => {
                self.answers.gone(*number);
                self.recall();
            }
            JournalNews::Failed { entry, reason } => self.not_written(entry, reason, cx),
            JournalNews::Dropped(count) => {
                tracing::warn!(executor = %self.name, count, "answers that nobody fetched were dropped from the journal");
                self.counts.dropped += count;
            }
        }
    }

    /// What an earlier life left behind.
    fn opened(&mut self, list: &[Known], cx: &mut Context<'_>) {
        let mut started = Vec::new();
        for known in list {
            match known.stage {
                Stage::Accepted => self.jobs.inherited(known.number, known.request.clone()),
                Stage::Started => {
                    self.jobs.resumed(known.number, known.request.clone());
                    started.push(known.number);
                }
                Stage::Ended => self.answers.wait(known.number),
                Stage::Delivered => {}
            }
        }
        cx.order(Order::Resume(started));
        self.recall();
        self.start_next(cx);
    }

    /// Nobody knows what became of a job of an earlier life.
    pub(super) fn lost(&mut self, number: JobNumber, cx: &mut Context<'_>) {
        let Some(active) = self.jobs.running.remove(&number) else {
            return;
        };
        tracing::warn!(executor = %self.name, %number, "a job was interrupted");
        let client_id = self.client_id(active.request.face);
        let (status, at) = (Status::Interrupted, cx.now.wall);
        let record = Record::without_running(&active.request, client_id, status, INTERRUPTED, at);
        // it was started, so an old peer gets the six keys
        let record = Record {
            ran: true,
            ..record
        };
        self.end(number, record);
        self.start_next(cx);
    }

    fn accepted(&mut self, number: JobNumber, request: &Request, cx: &mut Context<'_>) {
        self.audited.accepted(number, request, cx.now);
        self.jobs.accepted(number, request.clone());
        self.start_next(cx);
        if !self.jobs.starting.contains_key(&number) {
            self.say_known(request, own::State::Queued, cx);
        }
    }

    /// Says of a command that it is known, and waits or runs.
    fn say_known(&self, request: &Request, state: own::State, cx: &mut Context<'_>) {
        if let (Face::Own, Some(id)) = (request.face, &request.id) {
            let progress = own::Progress {
                id: id.clone(),
                state,
                elapsed: Duration::ZERO,
                last: String::new(),
            };
            let payload = progress.encode();
            cx.publish(Message::event(self.topics.progress.clone(), payload));
        }
    }

    /// The `id` has been used before.
    fn known(&mut self, known: &Known, request: &Request, cx: &mut Context<'_>) {
        self.jobs.release_turn(request);
        let same = (&known.request.command, &known.request.run) == (&request.command, &request.run);
        if !same {
            let reason =
                "this id was used for another command; each command needs an id of its own";
            self.refuse(request, Status::Refused, reason, cx);
        } else {
            match known.stage {
                Stage::Accepted => self.say_known(request, own::State::Queued, cx),
                Stage::Started => self.say_known(request, own::State::Running, cx),
                Stage::Ended | Stage::Delivered => self.answer_again(known),
            }
        }
        // it may have had a turn, which is another's now
        self.start_next(cx);
    }

    fn answer_again(&mut self, known: &Known) {
        // one whose end is just being written gets its answer in a moment
        if !self.jobs.ending.contains_key(&known.number) {
            self.answers.ask_again(known.number);
            self.recall();
        }
    }

    /// Somebody wants to cancel what neither waits nor runs.
    fn looked(&mut self, id: &str, known: Option<&Known>, cx: &mut Context<'_>) {
        match known {
            Some(known) if matches!(known.stage, Stage::Ended | Stage::Delivered) => {
                self.answer_again(known);
            }
            // it was being written when it was looked for; or it is on its way to its end
            Some(_) => {
                let _found = self.cancel_found(id, cx);
            }
            None => {
                let request = admit::nothing(id);
                let reason = "there is no command with this id to cancel";
                self.refuse(&request, Status::Refused, reason, cx);
            }
        }
        self.cancelling.remove(id);
    }

    fn begun(&mut self, number: JobNumber, request: &Request, cx: &mut Context<'_>) {
        self.audited.accepted(number, request, cx.now);
        let job = self.jobs.begun(number, request.clone());
        self.run(job, cx);
    }

    /// Has a job run whose start is on the disk.
    fn run(&mut self, job: Job, cx: &mut Context<'_>) {
        let number = job.number;
        if !self.closing {
            self.audited.started(number, &self.jobs, cx.now);
            cx.order(Order::Run(Box::new(job)));
        } else if let Some(active) = self.jobs.running.remove(&number) {
            let reason = "the thing ended before it ran; it is not run again";
            self.end_unrun(number, &active.request, Status::Interrupted, reason, cx);
        }
    }

    fn started(&mut self, number: JobNumber, cx: &mut Context<'_>) {
        match self.jobs.started(number) {
            Some(Ok(job)) => self.run(job, cx),
            Some(Err(request)) => {
                let reason = "it was cancelled before it started";
                self.end_unrun(number, &request, Status::Cancelled, reason, cx);
                self.start_next(cx);
            }
            None => {}
        }
    }

    /// Something is not on the disk. Nothing is done on the strength of it; it is tried again by and by.
    fn not_written(&mut self, entry: &Entry, reason: &str, cx: &mut Context<'_>) {
        match entry {
            Entry::Signed(_, entry) => return self.not_written(entry, reason, cx),
            Entry::Revoke { request, .. } => {
                let reason = format!("it cannot be journalled: {reason}");
                self.refuse(request, Status::Refused, reason, cx);
            }
            Entry::Accept { request, .. } => {
                self.jobs.release(request);
                let reason = format!("it cannot be journalled: {reason}");
                self.refuse(request, Status::Refused, reason, cx);
            }
            Entry::Begin { request, .. } => {
                self.jobs.release_turn(request);
                let reason = format!("it cannot be journalled: {reason}");
                self.refuse(request, Status::Refused, reason, cx);
            }
            Entry::Start(_, number) => self.jobs.start_failed(*number),
            Entry::Recall(_, number) => self.answers.wait(*number),
            Entry::Look(_, id) => {
                // who cancels asks again
                self.cancelling.remove(id);
            }
            // kept in `ending`; an answer that was delivered twice does no harm
            Entry::End(..) | Entry::Deliver(..) => {}
        }
        self.trouble = Some(reason.to_owned());
        self.try_again.get_or_insert(cx.now.moment + TRY_AGAIN);
    }

    /// Tries again to write the ends that could not be written.
    pub(super) fn write_again(&mut self) {
        for (number, record) in &self.jobs.ending {
            let entry = Entry::End(self.name.clone(), *number, record.clone());
            self.writes.push(entry);
        }
    }
}
