//! The local time, as the original lab app says it.

use super::{Entity, Key, Kind, PortUse, Spec};
use crate::model::{Value, ValueKind};
use crate::thing::{Channel, Class, Context, Event, Resource, ResourceError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::time::{Duration, SystemTime};

pub(super) const KIND: Kind = Kind {
    name: "clock",
    summary: "the local time, as 2026-11-20 14:03:59; needs no port",
    class: Class::Stuff,
    port: PortUse::None,
    unit: None,
    channels: &[],
    holds_board: None,
    keys: &[Key::new(
        "every_ms",
        100,
        86_400_000,
        2000,
        "how often it is said",
    )],
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

    fn say(&self, wall: SystemTime, cx: &mut Context<'_>) {
        // a clock outside the years -9999 to 9999 is not worth a message
        if let Ok(time) = Timestamp::try_from(wall) {
            let local = time
                .to_zoned(self.zone.clone())
                .strftime("%Y-%m-%d %H:%M:%S")
                .to_string();
            cx.publish(self.channel.say(&Value::Text(local)));
        }
    }
}

impl Resource for Clock {
    fn period(&self) -> Option<Duration> {
        Some(self.every)
    }

    fn publishes(&self) -> &[Channel] {
        std::slice::from_ref(&self.channel)
    }

    fn handle(&mut self, event: &Event<'_>, cx: &mut Context<'_>) -> Result<(), ResourceError> {
        if matches!(event, Event::Tick) {
            self.say(cx.now.wall, cx);
        }
        Ok(())
    }
}
