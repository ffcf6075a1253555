//! The kinds of resources: one file each and one row in [`KINDS`]. Nothing else changes when a kind is added.
//!
//! A row tells everything that others must know: the topology checks a file by it, `mqtt-thing kinds` prints it,
//! `about` describes channels by it.

mod analog;
mod button;
mod buzzer;
mod chainable_led;
mod clock;
mod counter;
mod dht;
mod digital;
mod echo;
mod elsewhere;
mod encoder;
mod entity;
mod executor;
mod four_digit;
mod heartbeat;
mod interrupts;
mod led;
mod led_bar;
mod light;
mod relay;
mod rgb_lcd;
mod rotary;
mod spec;
mod temperature;
mod ultrasonic;

pub use elsewhere::{COUNTS, Elsewhere};
pub use entity::{Entity, Measure};
pub use spec::{CanFollow, Key, Kind, PortUse, Spec, SubChannel};

/// Every kind, in the order in which people meet them.
pub const KINDS: &[Kind] = &[
    button::KIND,
    led::KIND,
    rotary::KIND,
    clock::KIND,
    light::KIND,
    relay::KIND,
    dht::KIND,
    ultrasonic::KIND,
    temperature::KIND,
    analog::SOUND,
    analog::VIBRATION,
    analog::MOISTURE,
    analog::GAS,
    digital::TOUCH,
    digital::PIR,
    digital::TILT,
    digital::WATER,
    encoder::KIND,
    counter::KIND,
    buzzer::KIND,
    led_bar::KIND,
    four_digit::KIND,
    chainable_led::KIND,
    rgb_lcd::KIND,
    heartbeat::KIND,
    echo::KIND,
    executor::KIND,
];

/// The kind of that name.
#[must_use]
pub fn kind(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::thing::Reading;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_an_example_that_uses_it() {
        for (index, row) in KINDS.iter().enumerate() {
            assert!(
                KINDS[..index].iter().all(|other| other.name != row.name),
                "{}",
                row.name
            );
            assert!(
                row.example.contains(&format!("kind = \"{}\"", row.name)),
                "{}",
                row.example
            );
        }
    }

    #[test]
    fn every_setting_is_by_default_what_it_may_be_and_every_channel_finds_room_in_a_reading() {
        for kind in KINDS {
            for key in kind.keys {
                let name = format!("{} {}", kind.name, key.name);
                assert!((key.min..=key.max).contains(&key.default), "{name}");
                let one_of = key.one_of;
                assert!(one_of.is_empty() || one_of.contains(&key.default), "{name}");
                assert!(one_of.is_sorted(), "{name}");
            }
            assert!(kind.channels.len() <= Reading::MOST, "{}", kind.name);
        }
    }

    #[test]
    fn what_is_said_in_a_room_is_what_was_measured_in_its_unit_or_counts_of_the_converter() {
        let mut bound = Vec::new();
        for kind in KINDS {
            let Some(Elsewhere::Room(quantities)) = kind.elsewhere else {
                continue;
            };
            let units: Vec<_> = kind.channels.iter().map(|sub| Some(sub.unit)).collect();
            let units = if units.is_empty() {
                vec![kind.unit]
            } else {
                units
            };
            assert_eq!(units.len(), quantities.len(), "{}", kind.name);
            for (unit, quantity) in units.iter().zip(quantities) {
                match unit {
                    Some(unit) => assert_eq!(*unit, quantity.unit(), "{}", kind.name),
                    None => assert_eq!(kind.port, PortUse::Analog, "{}", kind.name),
                }
            }
            bound.push(kind.name);
        }
        assert_eq!(bound, ["light", "dht", "vibration"]);
    }
}
