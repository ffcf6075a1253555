//! A sign of life for everybody, as the MQTT courses send it: `PING: 172.16.32.157 at 14:03:59...`.
//!
//! Source: the wire contract, section 5. Who wants to know whether a thing is there has its `status`, which also tells
//! of a thing that died.

use super::clock::{EVERY, local};
use super::{Elsewhere, Entity, Kind, PortUse, Spec};
use crate::model::{Topic, Value, ValueKind};
use crate::thing::{Channel, Class, Context, Event, Resource, ResourceError};
use jiff::tz::TimeZone;
use std::time::Duration;

pub(super) const KIND: Kind = Kind {
    name: "heartbeat",
    summary: "a sign of life on the topic heartbeat, as PING: <client id> at 14:03:59...; needs no port",
    class: Class::Stuff,
    port: PortUse::None,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: Some(Elsewhere::Shared("heartbeat")),
    keys: &[EVERY],
    value: |_| ValueKind::Text,
    home: Entity::None,
    can_follow: None,
    example: r#"heartbeat0 = { kind = "heartbeat" }  # every_ms = 2000"#,
    build: |spec| Box::new(Heartbeat::new(spec, TimeZone::system())),
};

struct Heartbeat {
    every: Duration,
    client_id: Topic,
    channel: Channel,
    zone: TimeZone,
}

impl Heartbeat {
    fn new(spec: &Spec, zone: TimeZone) -> Self {
        Self {
            every: spec.duration("every_ms"),
            client_id: spec.client_id.clone(),
            channel: spec.channel(),
            zone,
        }
    }
}

impl Resource for Heartbeat {
    fn period(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn publishes(&self) -> &[Channel] {
        std::slice::from_ref(&self.channel)
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        if let (Event::Tick, Some(time)) = (event, local(cx.now.wall, &self.zone, "%H:%M:%S")) {
            let ping = format!("PING: {} at {time}...", self.client_id);
            cx.publish(self.channel.say(&Value::Text(ping)));
        }
        Ok(())
    }
}
