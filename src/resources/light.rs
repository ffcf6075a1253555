//! A light sensor: the more light, the larger the number.
//!
//! Source: Grove Light Sensor wiki (a photo resistor; the count is not lux and differs between modules);
//! firmware command 3.

use super::rotary::{RANGE, polled_voltage};
use super::{Elsewhere, Entity, Key, Kind, Measure, PortUse};
use crate::building::Quantity;
use crate::thing::Class;

pub(super) const KIND: Kind = Kind {
    name: "light",
    summary: "a light sensor; 0 is dark, 1023 is bright, not in lux",
    class: Class::Sensors,
    port: PortUse::Analog,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: Some(Elsewhere::Room(&[Quantity::Illuminance])),
    keys: &[
        Key::new("every_ms", 1, 60_000, 200, "how often the voltage is read"),
        Key::new(
            "dead_band",
            1,
            512,
            10,
            "smallest change that is said, in counts; the ends are always reached",
        ),
        Key::new(
            "at_most_every_ms",
            0,
            60_000,
            1000,
            "shortest time between two messages",
        ),
    ],
    value: |_| RANGE,
    home: Entity::Measured(Measure::COUNT),
    can_follow: None,
    example: r#"light0 = { kind = "light", port = "A1" }  # every_ms = 200, dead_band = 10"#,
    build: polled_voltage,
};
