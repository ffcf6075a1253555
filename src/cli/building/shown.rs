//! What arrived, as people and programs read it. Safe for a terminal.

use super::alarm::rules::{FieldOf, fields};
use mqtt_thing::building::{Field, Place, Reading};
use mqtt_thing::model::{Message, harmless, harmless_json};
use serde_json::json;

/// The unit that the message tells, else the usual one of what is measured.
pub(super) fn unit(place: &Place, message: &Message) -> String {
    Reading::unit_or_usual(&message.payload, place.sensor).into_owned()
}

/// Where the values stand in what arrives.
pub(super) struct Fields(Vec<Field>);

impl Fields {
    pub(super) fn new(written: &[FieldOf]) -> Self {
        Self(fields(written).collect())
    }

    fn value(&self, place: &Place, message: &Message) -> Result<f64, String> {
        let field = self.0.iter().find(|field| field.scope.means(place));
        let name = field.map(|field| field.name.as_str());
        Reading::value_of(&message.payload, name).map_err(|error| error.to_string())
    }

    /// Where it was said, and the value.
    pub(super) fn read(&self, message: &Message) -> Result<(Place, f64), String> {
        let place = Place::of(&message.topic).map_err(|error| error.to_string())?;
        let value = self.value(&place, message)?;
        Ok((place, value))
    }

    /// A message in a line: the place and its value with the unit, or what is wrong with it.
    pub(super) fn line(&self, message: &Message) -> String {
        let text = match Place::of(&message.topic) {
            Err(error) => error.to_string(),
            Ok(place) => match self.value(&place, message) {
                Ok(value) => format!("{place} {value} {}", unit(&place, message)),
                Err(error) => format!("{place}: {error}"),
            },
        };
        harmless(text.trim_end())
    }

    /// The same as JSON: topic, building, floor, wing, room, sensor, value and unit; `error` where there is no value.
    pub(super) fn json(&self, message: &Message) -> String {
        let mut json = json!({ "topic": message.topic.as_str() });
        match Place::of(&message.topic) {
            Ok(place) => {
                json["building"] = place.building.as_str().into();
                json["floor"] = place.floor.number().into();
                json["wing"] = place.wing.to_string().into();
                json["room"] = place.room.number().into();
                json["sensor"] = place.sensor.to_string().into();
                match self.value(&place, message) {
                    Ok(value) => {
                        json["value"] = value.into();
                        json["unit"] = unit(&place, message).into();
                    }
                    Err(error) => json["error"] = error.into(),
                }
            }
            Err(error) => json["error"] = error.to_string().into(),
        }
        harmless_json(json.to_string())
    }
}
