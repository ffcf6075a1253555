//! A relay: closed or open.
//!
//! Source: Grove Relay wiki (closed while the pin is high); firmware command 2.

use super::led::Switched;
use super::{Entity, Kind, PortUse};
use crate::model::ValueKind;
use crate::thing::{Class, Driven};

pub(super) const KIND: Kind = Kind {
    name: "relay",
    summary: "a relay; True closes it",
    class: Class::Actuators,
    port: PortUse::Digital,
    unit: None,
    channels: &[],
    holds_board: None,
    elsewhere: None,
    keys: &[],
    value: |_| ValueKind::Bool,
    home: Entity::Switch,
    can_follow: Some(|_, value| match value {
        ValueKind::Bool => Ok(()),
        other => Err(format!(
            "a relay is open or closed, and its source says {other}"
        )),
    }),
    example: r#"relay0 = { kind = "relay", port = "D7", follows = "inner/button0" }"#,
    build: |spec| {
        let relay = Switched {
            port: spec.wired().digital(),
        };
        Box::new(Driven::new(
            relay,
            spec.follow(),
            spec.set_topic(),
            spec.channel(),
        ))
    },
};
