//! What goes to the audit log: which moment of a command is which line, and what becomes of commands while the log cannot
//! be written.

use super::Executor;
use super::jobs::Jobs;
use crate::fleet::audit::{Entry, Event, RefusalRate, Subject};
use crate::fleet::{Face, JobNumber, Order, Record, Request, SignedBy, Status};
use crate::model::{Moment, Now};
use crate::thing::Context;

/// The lines of this turn.
#[derive(Debug, Default)]
pub(super) struct Audited {
    entries: Vec<Entry>,
    refusals: RefusalRate,
    /// Why the log cannot be written now.
    pub(super) trouble: Option<String>,
    /// The log can be written again: a tick is to show that the fault is over.
    relief: Option<Moment>,
}

impl Audited {
    /// Why no command is accepted now, if none is: what nobody could see afterwards is not done.
    pub(super) fn forbids(&self) -> Option<String> {
        let reason = self.trouble.as_ref()?;
        Some(format!("it cannot be audited: {reason}"))
    }

    /// The journal has a command.
    pub(super) fn accepted(&mut self, number: JobNumber, request: &Request, now: Now) {
        let entry = Entry::new(now.wall, Event::Accepted).job(number);
        self.entries.push(entry.about(Subject::of(request)));
    }

    /// A job is about to run.
    pub(super) fn started(&mut self, number: JobNumber, jobs: &Jobs, now: Now) {
        if let Some(active) = jobs.running.get(&number) {
            let entry = Entry::new(now.wall, Event::Started).job(number);
            self.entries.push(entry.about(Subject::of(&active.request)));
        }
    }

    /// The journal has a command's end.
    pub(super) fn ended(&mut self, number: JobNumber, record: &Record, now: Now) {
        let event = Event::Ended {
            status: record.status,
            exit_code: record.exit_code,
            signal: record.signal,
        };
        let entry = Entry::new(now.wall, event)
            .job(number)
            .about(Subject::of_result(record));
        self.entries.push(match &record.reason {
            Some(reason) => entry.because(reason),
            None => entry,
        });
    }

    /// Somebody has a command ended. Called once a command.
    pub(super) fn cancelled(&mut self, id: &str, signed_by: Option<&SignedBy>, now: Now) {
        let subject = Subject::named(Face::Own, Some(id), signed_by);
        self.entries
            .push(Entry::new(now.wall, Event::Cancelled).about(subject));
    }

    /// A key is obeyed no more.
    pub(super) fn key_revoked(&mut self, key: &str, request: &Request, now: Now) {
        let entry = Entry::new(now.wall, Event::KeyRevoked).about(Subject::of(request));
        self.entries
            .push(entry.because(&format!("the key {key} is obeyed no more")));
    }

    /// A command that is not run.
    pub(super) fn refused(&mut self, request: &Request, status: Status, reason: &str, now: Now) {
        let subject = || Subject::of(request);
        self.refuse(Some(status), subject, reason, now);
    }

    /// What is no command at all.
    pub(super) fn malformed(&mut self, payload: &[u8], reason: &str, now: Now) {
        self.refuse(None, || Subject::of_payload(payload), reason, now);
    }

    fn refuse(
        &mut self,
        status: Option<Status>,
        subject: impl FnOnce() -> Subject,
        reason: &str,
        now: Now,
    ) {
        // one that is left out costs no hash of what a stranger sent
        if self.refusals.turn(now.moment) {
            let entry = Entry::new(now.wall, Event::Refused { status });
            self.entries.push(entry.about(subject()).because(reason));
        }
    }

    /// The log's word.
    pub(super) fn told(&mut self, trouble: Option<&String>, now: Now) {
        self.trouble = trouble.cloned();
        self.relief = trouble.is_none().then_some(now.moment);
    }

    /// The beat that was asked for has come.
    pub(super) const fn tick(&mut self) {
        self.relief = None;
    }

    /// When it wants a beat.
    pub(super) fn due(&self) -> Option<Moment> {
        let due = [self.refusals.due(), self.relief];
        due.into_iter().flatten().min()
    }
}

impl Executor {
    /// Hands over what this turn came to.
    pub(super) fn hand_over_audit(&mut self, cx: &mut Context<'_>) {
        let audited = &mut self.audited;
        let left_out = match self.closing {
            true => audited.refusals.take(),
            false => audited.refusals.take_due(cx.now.moment),
        };
        if let Some(count) = left_out {
            let event = Event::RefusalsLeftOut { count };
            audited.entries.push(Entry::new(cx.now.wall, event));
        }
        if !audited.entries.is_empty() {
            let entries = std::mem::take(&mut audited.entries);
            let entries = entries.into_iter().map(|entry| entry.by(&self.name));
            cx.order(Order::Audit(entries.collect()));
        }
    }
}
