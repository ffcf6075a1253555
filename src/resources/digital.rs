//! Modules that say yes or no by a level, each a row: they differ in how fast they are and in which level means yes.
//!
//! Sources: the wikis of Grove Touch Sensor (high while touched), Grove PIR Motion Sensor (high while something warm
//! moves, and some seconds after), Grove Tilt Switch (closed, so high, while tilted), Grove Water Sensor (its traces
//! pull the pin low when they are wet); firmware command 1.

use super::button::polled_level;
use super::{Entity, Key, Kind, PortUse};
use crate::model::ValueKind;
use crate::thing::Class;

pub(super) const TOUCH: Kind = Kind {
    name: "touch",
    summary: "a touch sensor; True while touched",
    home: Entity::Press,
    keys: &keys(10, 20, 0),
    example: r#"touch0 = { kind = "touch", port = "D2" }  # every_ms = 10, debounce_ms = 20"#,
    ..LEVEL
};

pub(super) const PIR: Kind = Kind {
    name: "pir",
    summary: "a motion sensor; True while something warm moves, and for the time set on the module after it",
    home: Entity::Level(Some("motion")),
    keys: &keys(50, 200, 0),
    example: r#"pir0 = { kind = "pir", port = "D8" }  # every_ms = 50, debounce_ms = 200"#,
    ..LEVEL
};

pub(super) const TILT: Kind = Kind {
    name: "tilt",
    summary: "a tilt switch; True while tilted",
    keys: &keys(20, 100, 0),
    example: r#"tilt0 = { kind = "tilt", port = "D6" }  # every_ms = 20, debounce_ms = 100"#,
    ..LEVEL
};

pub(super) const WATER: Kind = Kind {
    name: "water",
    summary: "a water sensor; True while its traces are wet",
    home: Entity::Level(Some("moisture")),
    keys: &keys(200, 500, 1),
    example: r#"water0 = { kind = "water", port = "D5" }  # every_ms = 200, active_low = 1"#,
    ..LEVEL
};

const LEVEL: Kind = Kind {
    name: "",
    summary: "",
    class: Class::Sensors,
    port: PortUse::Digital,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value: |_| ValueKind::Bool,
    home: Entity::Level(None),
    can_follow: None,
    example: "",
    build: |spec| polled_level(spec, spec.setting("active_low") == 0),
};

const fn keys(every_ms: i64, debounce_ms: i64, active_low: i64) -> [Key; 3] {
    [
        Key::new(
            "every_ms",
            1,
            60_000,
            every_ms,
            "how often the level is read",
        ),
        Key::new(
            "debounce_ms",
            0,
            10_000,
            debounce_ms,
            "how long nothing more is said after an edge",
        ),
        Key::new(
            "active_low",
            0,
            1,
            active_low,
            "1 when a low level means True, 0 when a high one does",
        ),
    ]
}
