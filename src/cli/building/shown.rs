//! What arrived, as people and programs read it. Safe for a terminal.

use super::alarm::rules::{FieldOf, fields};
use mqtt_thing::building::{Field, Place, Reading, plain};
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
}

/// A reading in a line: its place, and its value with the unit.
pub(super) fn line(place: &Place, value: f64, unit: &str) -> String {
    harmless(format!("{place} {} {unit}", plain(value)).trim_end())
}

/// The same as JSON: topic, building, floor, wing, room, sensor, value and unit.
pub(super) fn json(place: &Place, value: f64, unit: &str) -> String {
    let json = json!({
        "topic": place.topic().as_str(),
        "building": place.building.as_str(),
        "floor": place.floor.number(),
        "wing": place.wing.to_string(),
        "room": place.room.number(),
        "sensor": place.sensor.to_string(),
        "value": value,
        "unit": unit,
    });
    harmless_json(json.to_string())
}
