//! The way in: what becomes of a message, and of a command that is not run.

use super::Executor;
use super::admit::{self, Admission, Desk};
use super::jobs::Found;
use crate::fleet::own;
use crate::fleet::{Entry, Face, Order, Record, Request, Stamp, Status, governor};
use crate::model::{Message, QoS};
use crate::thing::Context;

impl Executor {
    pub(super) fn message(&mut self, message: &Message, cx: &mut Context<'_>) {
        let admission = if message.topic == self.topics.commands {
            let desk = Desk {
                client_id: &self.client_id,
                commands: &self.topics.commands,
                policy: &self.policy,
                settings: &self.settings,
            };
            let (payload, retained) = (&message.payload, message.retain);
            let signing = self.signing.as_mut();
            admit::own_command(payload, retained, &desk, signing, cx.now.wall)
        } else if let Some(registration) = &mut self.registration {
            let face = registration.face();
            if message.topic == face.topics.acknowledgment {
                registration.acknowledged(&message.payload);
                return;
            }
            if message.retain {
                self.counts.malformed += 1;
                let reason = "a command that is retained is an old one";
                self.audited.malformed(&message.payload, reason, cx.now);
                cx.refuse(message, reason);
                return;
            }
            admit::governor_command(
                &message.payload,
                &face.client_id,
                &self.policy,
                self.unsigned.as_ref(),
                &self.settings,
            )
        } else {
            return;
        };
        match admission {
            Admission::Accept(request, stamp) => self.accept(request, stamp, cx),
            Admission::Refuse {
                request,
                status,
                reason,
            } if self.doubles(&request) => {
                // an answer would be taken for that of the command itself, which waits or runs
                self.counts.refused += 1;
                self.audited.refused(&request, status, &reason, cx.now);
            }
            Admission::Refuse {
                request,
                status,
                reason,
            } => self.refuse(&request, status, reason, cx),
            Admission::Cancel(id, None) => self.cancel(&id, cx),
            Admission::Cancel(id, Some((signed_by, stamp))) => {
                let look = Entry::Look(self.name.clone(), id.clone());
                self.cancelling.insert(id, signed_by);
                self.write_signed(Some(stamp), look);
            }
            Admission::Revoke {
                request,
                key,
                stamp,
            } => {
                let executor = self.name.clone();
                let revoke = Entry::Revoke {
                    executor,
                    key,
                    request,
                };
                self.write_signed(Some(stamp), revoke);
            }
            Admission::RevokedAlready(request, key) => self.say_revoked(&request, &key, cx),
            Admission::Foreign => {}
            Admission::Malformed(reason) => {
                self.counts.malformed += 1;
                self.audited.malformed(&message.payload, &reason, cx.now);
                cx.refuse(message, reason);
            }
        }
    }

    /// Whether a message that nobody trusted has signed uses the id of a command that somebody trusted gave.
    fn doubles(&self, request: &Request) -> bool {
        let id = request.id.as_deref().filter(|_| request.face == Face::Own);
        let stranger = self.signing.is_some() && request.signed_by.is_none();
        stranger && id.is_some_and(|id| self.jobs.can_be_cancelled(id))
    }

    pub(super) fn accept(&mut self, request: Request, stamp: Option<Stamp>, cx: &mut Context<'_>) {
        if self.closing {
            // it is not answered, so whoever repeats it reaches the thing after its restart
            return;
        }
        if let Some(reason) = self.audited.forbids() {
            return self.refuse(&request, Status::Refused, reason, cx);
        }
        match self.jobs.reserve(&request) {
            Ok(()) => {
                let (executor, at) = (self.name.clone(), cx.now.wall);
                let entry = match self.jobs.begin(&request) {
                    true => Entry::Begin {
                        executor,
                        request,
                        at,
                    },
                    false => Entry::Accept {
                        executor,
                        request,
                        at,
                    },
                };
                self.write_signed(stamp, entry);
            }
            Err(reason) => self.refuse(&request, Status::Refused, reason, cx),
        }
    }

    /// Answers a command that is not run. Such answers are not journalled: the same command gets the same again.
    pub(super) fn refuse(
        &mut self,
        request: &Request,
        status: Status,
        reason: impl Into<String>,
        cx: &mut Context<'_>,
    ) {
        self.counts.refused += 1;
        let reason = reason.into();
        self.audited.refused(request, status, &reason, cx.now);
        let command = crate::model::escaped(request.command.as_bytes(), 64);
        let bytes = request.command.len();
        if !self.refusals.turn(cx.now.moment, bytes) {
            return;
        }
        tracing::debug!(executor = %self.name, command, reason, "refused");
        let client_id = self.client_id(request.face);
        let record = Record::without_running(request, client_id, status, reason, cx.now.wall);
        cx.publish(self.answer(&record));
    }

    /// The answer of a command that has no output.
    pub(super) fn answer(&self, record: &Record) -> Message {
        match (record.face, &self.registration) {
            (Face::GovernorJson | Face::GovernorText, Some(registration)) => {
                let topic = registration.face().topics.responses.clone();
                Message::event(topic, governor::feedback(record, &[], &[]))
            }
            _ => Message {
                topic: self.topics.responses.clone(),
                payload: own::Response::encode(record),
                qos: QoS::AtLeastOnce,
                retain: false,
            },
        }
    }

    pub(super) fn cancel(&mut self, id: &str, cx: &mut Context<'_>) {
        if !self.cancel_found(id, cx) {
            // it may have ended already: then its result is what it gets
            let look = Entry::Look(self.name.clone(), id.to_owned());
            self.writes.push(look);
        }
    }

    /// Cancels a command that waits or runs; returns whether there is one with that id.
    pub(super) fn cancel_found(&mut self, id: &str, cx: &mut Context<'_>) -> bool {
        if self.jobs.can_be_cancelled(id) {
            let signed_by = self.cancelling.remove(id);
            self.audited.cancelled(id, signed_by.as_ref(), cx.now);
        }
        match self.jobs.find(id) {
            Some(Found::Waiting(number, request)) => {
                let reason = "it was cancelled before it started";
                self.end_unrun(number, &request, Status::Cancelled, reason, cx);
            }
            Some(Found::Running(number)) => cx.order(Order::Cancel(number)),
            Some(Found::Starting) => {}
            None => return false,
        }
        true
    }
}
