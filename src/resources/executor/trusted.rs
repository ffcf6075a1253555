//! What the executor makes of what the journal says about keys, and of a key that is trusted no more.

use super::Executor;
use super::admit;
use crate::fleet::signing::KeyId;
use crate::fleet::{Entry, NotObeyed, Order, Record, Request, Stamp, Status};
use crate::thing::Context;
use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

impl Executor {
    /// Has an entry written; if it is signed, together with the number of its message.
    pub(super) fn write_signed(&mut self, stamp: Option<Stamp>, entry: Entry) {
        self.writes.push(match stamp {
            Some(stamp) => {
                if let Some(signing) = &mut self.signing {
                    signing.taken(&stamp);
                }
                Entry::Signed(stamp, Box::new(entry))
            }
            None => entry,
        });
    }

    pub(super) fn keys(&mut self, issued: &BTreeMap<KeyId, SystemTime>, revoked: &BTreeSet<KeyId>) {
        match &mut self.signing {
            Some(signing) => signing.remember(issued, revoked),
            None => tracing::warn!(
                executor = %self.name,
                "commands needed a signature here before, and need none now: there is no list of trusted keys any more"
            ),
        }
    }

    /// The journal did not take something signed.
    pub(super) fn not_obeyed(&mut self, entry: &Entry, why: NotObeyed, cx: &mut Context<'_>) {
        let reason = match why {
            NotObeyed::Replayed { highest } => format!(
                "it is an old message: its key has signed one with the sequence {highest} since, and each is obeyed once \
                 (rule signature-sequence)"
            ),
            NotObeyed::Revoked => "its key is revoked (rule signature-key-revoked)".to_owned(),
            NotObeyed::Forgotten => {
                "it was signed before the journal here was damaged and begun anew, so it may be an \
                 old message; sign it again (rule signature-sequence)"
                    .to_owned()
            }
        };
        match entry {
            Entry::Accept { request, .. } | Entry::Begin { request, .. } => {
                self.jobs.release_turn(request);
                self.refuse(request, Status::Refused, reason, cx);
                // it may have had a turn, which is another's now
                self.start_next(cx);
            }
            Entry::Look(_, id) => {
                let signed_by = self.cancelling.remove(id);
                // the same message twice: what it asks for is on its way
                if !self.jobs.is_cancelled(id) {
                    let request = Request {
                        signed_by,
                        ..admit::nothing(id)
                    };
                    self.refuse(&request, Status::Refused, reason, cx);
                }
            }
            Entry::Revoke { key, request, .. } => {
                let signing = self.signing.as_ref();
                match signing.is_some_and(|signing| signing.is_revoked(key)) {
                    true => self.say_revoked(request, key, cx),
                    false => self.refuse(request, Status::Refused, reason, cx),
                }
            }
            _ => {}
        }
    }

    /// A key is revoked for ever: what it sent and what did not end yet is not wanted any more.
    pub(super) fn revoked(&mut self, key: &KeyId, request: &Request, cx: &mut Context<'_>) {
        tracing::warn!(executor = %self.name, %key, "a key was revoked over the network");
        self.audited.key_revoked(key.as_str(), request, cx.now);
        if let Some(signing) = &mut self.signing {
            signing.revoke(key);
        }
        self.say_revoked(request, key, cx);
        self.start_next(cx);
    }

    pub(super) fn say_revoked(&mut self, request: &Request, key: &KeyId, cx: &mut Context<'_>) {
        let reason = format!("the key {key} is obeyed no more");
        let (status, at) = (Status::Succeeded, cx.now.wall);
        let record = Record::without_running(request, &self.client_id, status, reason, at);
        cx.publish(self.answer(&record));
    }

    /// Refuses those that wait and cancels those that run whose keys are not trusted any more.
    pub(super) fn withdraw(&mut self, cx: &mut Context<'_>) {
        let Some(signing) = &mut self.signing else {
            return;
        };
        if !signing.take_changed() {
            return;
        }
        let signing = &*signing;
        let gone = |request: &Request| signing.withdrawn(request).is_some();
        let reasons: Vec<_> = self
            .jobs
            .take(gone)
            .into_iter()
            .filter_map(|(number, request)| {
                let reason = signing.withdrawn(&request)?;
                Some((number, request, reason))
            })
            .collect();
        for (number, request) in self.jobs.cancel(gone) {
            let id = request.id.as_deref().unwrap_or_default();
            self.audited.cancelled(id, None, cx.now);
            cx.order(Order::Cancel(number));
        }
        for (number, request, reason) in reasons {
            self.end_unrun(number, &request, Status::Refused, &reason, cx);
        }
    }
}
