//! One session for all clients of a fleet: a message is read once and given to the one whom it is for.

use super::member::Member;
use crate::fleet::governor;
use crate::fleet::simulated::{Faces, Input};
use crate::model::{Message, QoS, Topic, TopicFilter};
use crate::mqtt::{Options, Session, SessionError, SessionEvent};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

/// Room in the outbox: at a connect each client says two states, and then each may answer at the same time.
const ROOM_EACH: usize = 16;
/// And in bytes, for all.
const ROOM_BYTES: usize = 256 << 20;

pub(super) fn start(
    mut options: Options,
    members: &[Arc<Member>],
    faces: &Faces,
) -> Result<Session, SessionError> {
    options.outbox_messages = options.outbox_messages.max(members.len() * ROOM_EACH);
    options.outbox_bytes = ROOM_BYTES;
    options.subscriptions = subscriptions(members);
    let switch = Switch::new(members, faces);
    let all = members.to_vec();
    let session = Session::start(options, move |event| match &event {
        SessionEvent::Message(message) => {
            if let Some(member) = switch.whom(message) {
                member.handle(&Input::Message(message));
            }
        }
        _ => {
            if let (SessionEvent::Disconnected { .. }, Some(first)) = (&event, all.first()) {
                first.tally().lost.fetch_add(1, Relaxed);
            }
            all.iter().for_each(|member| member.hear(&event));
        }
    })?;
    for member in members {
        member.goes_out_by(session.outbox());
    }
    Ok(session)
}

/// What all listen to, each filter once.
fn subscriptions(members: &[Arc<Member>]) -> Vec<(TopicFilter, QoS)> {
    let mut all: Vec<(TopicFilter, QoS)> = Vec::new();
    for (nth, member) in members.iter().enumerate() {
        // the governor's topics are the same for all, and one of a client's filters is its own
        let its = member.listens_to().into_iter();
        all.extend(its.filter(|(_, qos)| nth == 0 || *qos == QoS::AtLeastOnce));
    }
    all
}

/// Whom a message is for.
struct Switch {
    by_id: HashMap<String, Arc<Member>>,
    by_topic: HashMap<Topic, Arc<Member>>,
    acknowledgment: Option<Topic>,
}

impl Switch {
    fn new(members: &[Arc<Member>], faces: &Faces) -> Self {
        let by_id = members
            .iter()
            .map(|one| (one.id().to_owned(), Arc::clone(one)));
        let own = |member: &Member| {
            let filters = member.listens_to().into_iter();
            let mut own = filters.filter(|(_, qos)| *qos == QoS::AtLeastOnce);
            own.next()
                .and_then(|(filter, _)| Topic::new(filter.as_str()).ok())
        };
        let by_topic = members
            .iter()
            .filter_map(|one| Some((own(one)?, Arc::clone(one))));
        Self {
            by_id: by_id.collect(),
            by_topic: by_topic.collect(),
            acknowledgment: faces
                .governor
                .as_ref()
                .map(|topics| topics.acknowledgment.clone()),
        }
    }

    fn whom(&self, message: &Message) -> Option<&Arc<Member>> {
        if let Some(member) = self.by_topic.get(&message.topic) {
            return Some(member);
        }
        if Some(&message.topic) == self.acknowledgment.as_ref() {
            return self.by_id.get(governor::client_id(&message.payload).ok()?);
        }
        let (command, _) = governor::Command::decode_any(&message.payload).ok()?;
        self.by_id.get(&command.client_id)
    }
}
