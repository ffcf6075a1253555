//! Where a sensor is, made of parts that hold nothing wrong, and as a topic.

use super::parts::{Building, Floor, Part, PlaceError, Quantity, Room, Wing};
use crate::model::{Topic, escaped};
use std::fmt;
use std::str::FromStr;

/// Where a sensor is, and what it measures.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The building.
    pub building: Building,
    /// The floor.
    pub floor: Floor,
    /// The wing.
    pub wing: Wing,
    /// The room.
    pub room: Room,
    /// What is measured.
    pub sensor: Quantity,
}

/// A room, with all that leads to it: `house/P_7/S/4`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoomPlace {
    building: Building,
    floor: Floor,
    wing: Wing,
    room: Room,
}

/// What leads to a room, in order.
pub const ROOM_PARTS: [Part; 4] = [Part::Building, Part::Floor, Part::Wing, Part::Room];

impl RoomPlace {
    /// Where its sensor for that is.
    #[must_use]
    pub fn place(&self, sensor: Quantity) -> Place {
        Place {
            building: self.building.clone(),
            floor: self.floor,
            wing: self.wing,
            room: self.room,
            sensor,
        }
    }

    /// The same room of a building whose name begins with `prefix`, if there can be such a name.
    #[must_use]
    pub fn prefixed(&self, prefix: &str) -> Option<Self> {
        let building = format!("{prefix}{}", self.building).parse().ok()?;
        Some(Self {
            building,
            ..self.clone()
        })
    }
}

/// As people may write it: `house/7/s/4` is understood, too.
impl FromStr for RoomPlace {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let levels: Vec<&str> = text.split('/').collect();
        let [building, floor, wing, room] = levels[..] else {
            return Err(PlaceError::RoomLevels {
                room: escaped(text.as_bytes(), 64),
                levels: levels.len(),
            });
        };
        Ok(Self {
            building: building.parse()?,
            floor: floor.parse()?,
            wing: wing.parse()?,
            room: room.parse()?,
        })
    }
}

impl fmt::Display for RoomPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            building,
            floor,
            wing,
            room,
        } = self;
        write!(f, "{building}/{floor}/{wing}/{room}")
    }
}

/// The level below a building where its alarms are.
const ALARMS: &str = "alarms";

impl Place {
    /// The place of a sensor's topic. Each part must be as it is said there: `P_7`, not `7`.
    ///
    /// # Errors
    /// It is none; the error names the part and what is allowed.
    pub fn of(topic: &Topic) -> Result<Self, PlaceError> {
        let levels: Vec<&str> = topic.as_str().split('/').collect();
        let [building, floor, wing, room, sensor] = levels[..] else {
            return Err(PlaceError::Levels {
                topic: escaped(topic.as_str().as_bytes(), 128),
                levels: levels.len(),
            });
        };
        Ok(Self {
            building: said(Part::Building, building)?,
            floor: said(Part::Floor, floor)?,
            wing: said(Part::Wing, wing)?,
            room: said(Part::Room, room)?,
            sensor: said(Part::Sensor, sensor)?,
        })
    }

    /// The place of an alarm's topic; none if it is no such topic.
    #[must_use]
    pub fn of_alarm(topic: &Topic) -> Option<Self> {
        let (building, rest) = topic.as_str().split_once('/')?;
        let rest = rest.strip_prefix(ALARMS)?.strip_prefix('/')?;
        Self::of(&Topic::new(format!("{building}/{rest}")).ok()?).ok()
    }

    /// Where its sensor says what it measures.
    ///
    /// # Panics
    /// Never: its parts make a topic.
    #[must_use]
    pub fn topic(&self) -> Topic {
        let text = format!("{}/{}", self.building, self.inside());
        Topic::new(text).expect("checked parts make a topic")
    }

    /// Where its alarm stands while it lasts.
    ///
    /// # Panics
    /// Never: its parts make a topic.
    #[must_use]
    pub fn alarm_topic(&self) -> Topic {
        let text = format!("{}/{ALARMS}/{}", self.building, self.inside());
        Topic::new(text).expect("checked parts make a topic")
    }

    fn inside(&self) -> String {
        let Self {
            floor,
            wing,
            room,
            sensor,
            ..
        } = self;
        format!("{floor}/{wing}/{room}/{sensor}")
    }
}

/// A level of a topic, which must stand there as we say it.
fn said<T: FromStr<Err = PlaceError> + fmt::Display>(
    part: Part,
    level: &str,
) -> Result<T, PlaceError> {
    let value = level.parse().ok();
    let as_said = value.filter(|value: &T| value.to_string() == level);
    as_said.ok_or_else(|| PlaceError::InTopic {
        part,
        found: escaped(level.as_bytes(), 64),
    })
}

/// As people read it: `building floor wing room sensor`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            building,
            floor,
            wing,
            room,
            sensor,
        } = self;
        write!(f, "{building} {floor} {wing} {room} {sensor}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn place(text: &str) -> Result<Place, PlaceError> {
        Place::of(&Topic::new(text).unwrap())
    }

    #[test]
    fn a_place_is_its_topic_and_back() {
        let there = place("house/P_7/O/4/TEMP").unwrap();
        assert_eq!(there.topic().as_str(), "house/P_7/O/4/TEMP");
        assert_eq!(there.to_string(), "house P_7 O 4 TEMP");
        let alarm = there.alarm_topic();
        assert_eq!(alarm.as_str(), "house/alarms/P_7/O/4/TEMP");
        assert_eq!(Place::of_alarm(&alarm), Some(there.clone()));
        assert_eq!(Place::of_alarm(&there.topic()), None);
    }

    #[test]
    fn a_wrong_part_is_named_with_what_is_allowed() {
        for (text, part) in [
            ("house/7/N/4/TEMP", Part::Floor),
            ("house/P_07/N/4/TEMP", Part::Floor),
            ("house/P_1000/N/4/TEMP", Part::Floor),
            ("house/P_-1/N/4/TEMP", Part::Floor),
            ("house/P_7/W/4/TEMP", Part::Wing),
            ("house/P_7/NE/4/TEMP", Part::Wing),
            ("house/P_7/N/10000/TEMP", Part::Room),
            ("house/P_7/N/ 4/TEMP", Part::Room),
            ("house/P_7/N/4/temp", Part::Sensor),
            ("house/P_7/N/4/CO2", Part::Sensor),
            ("$SYS/P_7/N/4/TEMP", Part::Building),
        ] {
            match place(text) {
                Err(PlaceError::InTopic { part: found, .. }) => assert_eq!(found, part, "{text}"),
                other => panic!("{text}: {other:?}"),
            }
        }
        let error = place("house/P_7/X/4/TEMP").unwrap_err().to_string();
        assert_eq!(
            error,
            "`X` is no wing in a topic; allowed there is N, S, E, and O for the west"
        );
        assert!(
            place("house/P_7/N/TEMP")
                .unwrap_err()
                .to_string()
                .contains("has 4 levels")
        );
    }

    #[test]
    fn people_may_say_it_in_other_ways() {
        assert_eq!("7".parse::<Floor>(), "P_7".parse());
        assert_eq!("W".parse::<Wing>(), Ok(Wing::West));
        assert_eq!("vibr".parse::<Quantity>(), Ok(Quantity::Vibration));
        assert!("a/b".parse::<Building>().is_err());
        assert!("".parse::<Building>().is_err());
    }

    #[test]
    fn a_room_is_read_as_people_write_it_and_told_as_it_is_on_the_wire() {
        let room = |text: &str| text.parse::<RoomPlace>();
        let there = room("house/P_7/S/4").unwrap();
        assert_eq!(there.to_string(), "house/P_7/S/4");
        assert_eq!(room("house/7/s/4"), Ok(there.clone()));
        assert_eq!(room("house/7/W/4").unwrap().to_string(), "house/P_7/O/4");
        let topic = there.place(Quantity::Humidity).topic();
        assert_eq!(topic.as_str(), "house/P_7/S/4/HUM");
        let other = there.prefixed("my-").unwrap();
        assert_eq!(other.to_string(), "my-house/P_7/S/4");
        assert_eq!(there.prefixed("a/"), None);
        for (text, part) in ["$b/7/S/4", "house/B/S/4", "house/7/X/4", "house/7/S/x"]
            .into_iter()
            .zip(ROOM_PARTS)
        {
            let found = room(text).unwrap_err();
            assert!(
                matches!(found, PlaceError::Part { part: its, .. } if its == part),
                "{text}: {found}"
            );
        }
        let long = room("house/P_7/S/4/TEMP").unwrap_err();
        assert_eq!(
            long.to_string(),
            "`house/P_7/S/4/TEMP` has 5 levels; a room has four: building, floor, wing, room"
        );
    }

    proptest! {
        #[test]
        fn no_topic_makes_it_panic(text in "\\PC{1,40}") {
            if let Ok(topic) = Topic::new(&text) {
                if let Ok(place) = Place::of(&topic) {
                    prop_assert_eq!(place.topic(), topic);
                }
            }
        }
    }
}
