//! Modules that say how much by a voltage, each a row: they differ in how fast they move and how much they tremble.
//! Their counts have no unit: what a count means depends on the module, its knob and where it is.
//!
//! Sources: the wikis of Grove Sound Sensor, Grove Piezo Vibration Sensor, Grove Moisture Sensor (0 to 300 dry, 300 to
//! 700 humid, above in water) and Grove Gas Sensors of the MQ series (which have to warm up for minutes, and of which
//! each gas moves several); firmware command 3.

use super::rotary::{RANGE, polled_voltage};
use super::{Elsewhere, Entity, Key, Kind, Measure, PortUse};
use crate::building::Quantity;
use crate::thing::Class;

pub(super) const SOUND: Kind = Kind {
    name: "sound",
    summary: "a microphone; the louder, the larger, 0..1023, not in decibel",
    keys: &keys(20, 30, 100),
    example: r#"sound0 = { kind = "sound", port = "A0" }  # every_ms = 20, dead_band = 30"#,
    ..VOLTAGE
};

pub(super) const VIBRATION: Kind = Kind {
    name: "vibration",
    summary: "a piezo disc; the harder it is shaken, the larger, 0..1023",
    elsewhere: Some(Elsewhere::Room(&[Quantity::Vibration])),
    keys: &keys(10, 50, 50),
    example: r#"vibration0 = { kind = "vibration", port = "A2" }  # every_ms = 10, dead_band = 50"#,
    ..VOLTAGE
};

pub(super) const MOISTURE: Kind = Kind {
    name: "moisture",
    summary: "a fork in the soil; the wetter, the larger, 0..1023",
    keys: &keys(1000, 10, 1000),
    example: r#"moisture0 = { kind = "moisture", port = "A1" }  # every_ms = 1000, dead_band = 10"#,
    ..VOLTAGE
};

pub(super) const GAS: Kind = Kind {
    name: "gas",
    summary: "a gas sensor of the MQ series; the more gas, the larger, 0..1023, not in ppm; no alarm for lives",
    keys: &keys(500, 10, 1000),
    example: r#"gas0 = { kind = "gas", port = "A0" }  # every_ms = 500, dead_band = 10"#,
    ..VOLTAGE
};

const VOLTAGE: Kind = Kind {
    name: "",
    summary: "",
    class: Class::Sensors,
    port: PortUse::Analog,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value: |_| RANGE,
    home: Entity::Measured(Measure::COUNT),
    can_follow: None,
    example: "",
    build: polled_voltage,
};

const fn keys(every_ms: i64, dead_band: i64, at_most_every_ms: i64) -> [Key; 3] {
    [
        Key::new(
            "every_ms",
            1,
            60_000,
            every_ms,
            "how often the voltage is read",
        ),
        Key::new(
            "dead_band",
            1,
            512,
            dead_band,
            "smallest change that is said, in counts; the ends are always reached",
        ),
        Key::new(
            "at_most_every_ms",
            0,
            60_000,
            at_most_every_ms,
            "shortest time between two messages",
        ),
    ]
}
