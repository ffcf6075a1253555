//! What arrived, as people and programs read it.

use mqtt_thing::building::{Place, Reading};
use mqtt_thing::model::{Message, escaped};

/// A message in a line: the place and its value, or what is wrong with it. Safe for a terminal.
pub(super) fn line(message: &Message, field: Option<&str>) -> String {
    let place = match Place::of(&message.topic) {
        Ok(place) => place,
        Err(error) => return format!("{error}"),
    };
    match Reading::value_of(&message.payload, field) {
        Ok(value) => format!("{place} {value} {}", place.sensor.unit()),
        Err(error) => format!("{place}: {error}"),
    }
}

/// The same as JSON: topic, building, floor, wing, room, sensor, value and unit; `error` where there is no value.
pub(super) fn json(message: &Message, field: Option<&str>) -> String {
    let topic = message.topic.as_str();
    let mut json = serde_json::json!({ "topic": topic });
    match Place::of(&message.topic) {
        Ok(place) => {
            json["building"] = place.building.as_str().into();
            json["floor"] = place.floor.number().into();
            json["wing"] = place.wing.to_string().into();
            json["room"] = place.room.number().into();
            json["sensor"] = place.sensor.to_string().into();
            match Reading::value_of(&message.payload, field) {
                Ok(value) => {
                    json["value"] = value.into();
                    json["unit"] = place.sensor.unit().into();
                }
                Err(error) => json["error"] = error.to_string().into(),
            }
        }
        Err(error) => json["error"] = escaped(error.to_string().as_bytes(), 300).into(),
    }
    mqtt_thing::model::harmless_json(json.to_string())
}
