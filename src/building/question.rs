//! Which sensors are meant.

use super::parts::{Building, Floor, Quantity, Room, Wing};
use super::place::Place;
use crate::model::TopicFilter;
use std::fmt::Display;

/// Some of a building's sensors: each part that is given must be so, the others may be any.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The building; any when absent.
    pub building: Option<Building>,
    /// The floor.
    pub floor: Option<Floor>,
    /// The wing.
    pub wing: Option<Wing>,
    /// The room.
    pub room: Option<Room>,
    /// What is measured.
    pub sensor: Option<Quantity>,
}

fn level<T: Display>(part: Option<&T>) -> String {
    part.map_or_else(|| "+".to_owned(), T::to_string)
}

impl Question {
    /// The filter that asks the broker for exactly that.
    ///
    /// # Panics
    /// Never: its parts make a filter.
    #[must_use]
    pub fn filter(&self) -> TopicFilter {
        self.filter_below("")
    }

    /// The filter for the alarms of these sensors.
    ///
    /// # Panics
    /// Never: its parts make a filter.
    #[must_use]
    pub fn alarm_filter(&self) -> TopicFilter {
        self.filter_below("/alarms")
    }

    fn filter_below(&self, below: &str) -> TopicFilter {
        let mut text = level(self.building.as_ref());
        text.push_str(below);
        for part in [
            level(self.floor.as_ref()),
            level(self.wing.as_ref()),
            level(self.room.as_ref()),
            level(self.sensor.as_ref()),
        ] {
            text.push('/');
            text.push_str(&part);
        }
        TopicFilter::new(text).expect("checked parts make a filter")
    }

    /// Whether a place is meant.
    #[must_use]
    pub fn means(&self, place: &Place) -> bool {
        self.building
            .as_ref()
            .is_none_or(|its| *its == place.building)
            && self.floor.is_none_or(|its| its == place.floor)
            && self.wing.is_none_or(|its| its == place.wing)
            && self.room.is_none_or(|its| its == place.room)
            && self.sensor.is_none_or(|its| its == place.sensor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Topic;
    use proptest::prelude::*;

    #[test]
    fn the_questions_of_the_course_are_these_wildcards() {
        let house = || Question {
            building: Some("house".parse().unwrap()),
            ..Question::default()
        };
        let room = Question {
            floor: Some("7".parse().unwrap()),
            wing: Some("S".parse().unwrap()),
            room: Some("4".parse().unwrap()),
            ..house()
        };
        assert_eq!(room.filter().as_str(), "house/P_7/S/4/+");
        let temperatures = Question {
            sensor: Some(Quantity::Temperature),
            ..house()
        };
        assert_eq!(temperatures.filter().as_str(), "house/+/+/+/TEMP");
        let vibrations = Question {
            floor: Some("2".parse().unwrap()),
            wing: Some("W".parse().unwrap()),
            sensor: Some(Quantity::Vibration),
            ..house()
        };
        assert_eq!(vibrations.filter().as_str(), "house/P_2/O/+/VIBR");
        assert_eq!(
            vibrations.alarm_filter().as_str(),
            "house/alarms/P_2/O/+/VIBR"
        );
        assert_eq!(Question::default().filter().as_str(), "+/+/+/+/+");
    }

    proptest! {
        #[test]
        fn the_filter_finds_the_places_that_are_meant(
            floor in proptest::option::of(0_u16..3), wing in proptest::option::of(0_usize..4),
            room in proptest::option::of(0_u16..3), sensor in proptest::option::of(0_usize..4),
            its in (0_u16..3, 0_usize..4, 0_u16..3, 0_usize..4),
        ) {
            let number = |n: u16| n.to_string();
            let question = Question {
                building: Some("house".parse().unwrap()),
                floor: floor.map(|n| number(n).parse().unwrap()),
                wing: wing.map(|n| Wing::ALL[n]),
                room: room.map(|n| number(n).parse().unwrap()),
                sensor: sensor.map(|n| Quantity::ALL[n]),
            };
            let topic = format!("house/P_{}/{}/{}/{}", its.0, Wing::ALL[its.1], its.2, Quantity::ALL[its.3]);
            let topic = Topic::new(topic).unwrap();
            let place = Place::of(&topic).unwrap();
            prop_assert_eq!(question.filter().matches(&topic), question.means(&place));
        }
    }
}
