//! A buzzer: it sounds while its pin is high. By pulse width it sounds thinner or fuller; its pitch is its own.
//!
//! Source: Grove Buzzer wiki (a piezo with an oscillator); firmware commands 2 (level) and 4 (pulse width, on D3, D5
//! and D6). Electrically it is driven as a LED is.

use super::led;
use super::{Entity, Kind, PortUse};
use crate::thing::Class;

pub(super) const KIND: Kind = Kind {
    name: "buzzer",
    summary: "a buzzer; on or off, or by pulse width on D3, D5 and D6 when it follows a number",
    class: Class::Actuators,
    port: PortUse::Digital,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value: led::value,
    home: Entity::Switch,
    can_follow: Some(led::can_follow),
    example: r#"buzzer0 = { kind = "buzzer", port = "D8", follows = "inner/button0" }"#,
    build: led::build,
};
