//! The local time, as the original lab app says it.

use super::{Entity, Key, Kind, PortUse, Spec};
use crate::model::{Value, ValueKind};
use crate::thing::{Channel, Class, Context, Event, Resource, ResourceError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::{Duration, SystemTime};

/// How often what tells the time is said.
pub(super) const EVERY: Key = Key::new("every_ms", 100, 86_400_000, 2000, "how often it is said");

pub(super) const KIND: Kind = Kind {
    name: "clock",
    summary: "the local time, as 2026-11-20 14:03:59; needs no port",
    class: Class::Stuff,
    port: PortUse::None,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[EVERY],
    value: |_| ValueKind::Text,
    home: Entity::Told,
    can_follow: None,
    example: r#"clock0 = { kind = "clock" }  # every_ms = 2000"#,
    build: |spec| Box::new(Clock::new(spec, TimeZone::system())),
};

struct Clock {
    every: Duration,
    channel: Channel,
    zone: TimeZone,
}

impl Clock {
    fn new(spec: &Spec, zone: TimeZone) -> Self {
        Self {
            every: spec.duration("every_ms"),
            channel: spec.channel(),
            zone,
        }
    }
}

/// That moment in a time zone, in strftime's words. A clock outside the years -9999 to 9999 is not worth a message.
pub(super) fn local(wall: SystemTime, zone: &TimeZone, form: &str) -> Option<String> {
    let time = Timestamp::try_from(wall).ok()?;
    Some(time.to_zoned(zone.clone()).strftime(form).to_string())
}

impl Resource for Clock {
    fn period(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn publishes(&self) -> &[Channel] {
        std::slice::from_ref(&self.channel)
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        let time = || local(cx.now.wall, &self.zone, "%Y-%m-%d %H:%M:%S");
        if let (Event::Tick, Some(time)) = (event, time()) {
            cx.publish(self.channel.say(&Value::Text(time)));
        }
        Ok(())
    }
}
