//! Answers whoever asks, as the MQTT courses do it: a message to the topic that is the thing's client id is answered on
//! `cb_res` with `CB_RES: 172.16.32.157 at 14:03:59`.
//!
//! Source: the wire contract, section 5. What is asked does not matter, and is not in the answer, so nobody can have this
//! thing say their words. Not answered is what could go round for ever: an answer, its own or another's that somebody
//! passes on, and what the broker kept, which would be answered anew at each connection.

use super::clock::local;
use super::{Elsewhere, Entity, Kind, PortUse, Spec};
use crate::model::{CANARY, Message, QoS, Topic, TopicFilter, Value, ValueKind};
use crate::thing::{Channel, Class, Context, Event, Resource, ResourceError};
use jiff::tz::TimeZone;

pub(super) const KIND: Kind = Kind {
    name: "echo",
    summary: "answers what is sent to the topic <client id> on cb_res, as CB_RES: <client id> at 14:03:59; needs no port",
    class: Class::Stuff,
    port: PortUse::None,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: Some(Elsewhere::Answers("cb_res")),
    keys: &[],
    value: |_| ValueKind::Text,
    home: Entity::None,
    can_follow: None,
    example: r#"echo0 = { kind = "echo" }"#,
    build: |spec| Box::new(Echo::new(spec, TimeZone::system())),
};

/// What each answer begins with.
const ANSWER: &str = "CB_RES: ";

struct Echo {
    client_id: Topic,
    asked_on: TopicFilter,
    channel: Channel,
    zone: TimeZone,
}

impl Echo {
    fn new(spec: &Spec, zone: TimeZone) -> Self {
        Self {
            client_id: spec.client_id.clone(),
            asked_on: spec.client_id.clone().into(),
            channel: spec.channel(),
            zone,
        }
    }

    /// Why a message gets no answer.
    fn objection(message: &Message) -> Option<&'static str> {
        if message.retain {
            return Some(
                "a request was delivered with the retain flag, so it is an old one; publish it without",
            );
        }
        if message.payload.starts_with(ANSWER.as_bytes()) {
            return Some("an answer is not answered, or it would go round for ever");
        }
        let is_canary = message.payload.starts_with(CANARY.as_bytes());
        is_canary.then_some("it tests who may publish here, and wants no answer")
    }
}

impl Resource for Echo {
    fn listens_to(&self) -> &[TopicFilter] {
        std::slice::from_ref(&self.asked_on)
    }

    /// A request that comes twice would be answered twice.
    fn listens_at(&self, _: &TopicFilter) -> QoS {
        QoS::AtMostOnce
    }

    fn publishes(&self) -> &[Channel] {
        std::slice::from_ref(&self.channel)
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        let Event::Message(message) = event else {
            return Ok(());
        };
        if let Some(objection) = Self::objection(message) {
            cx.refuse(message, objection);
        } else if let Some(time) = local(cx.now.wall, &self.zone, "%H:%M:%S") {
            let answer = format!("{ANSWER}{} at {time}", self.client_id);
            cx.publish(self.channel.say(&Value::Text(answer)));
        }
        Ok(())
    }
}
