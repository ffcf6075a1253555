//! One entity of a thing, with the options of its platform. An option that is left out has Home Assistant's default.

use crate::model::Topic;
use serde::{Serialize, Serializer};

/// An entity.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Component {
    pub(super) platform: &'static str,
    /// Told once the thing is known.
    pub(super) unique_id: String,
    /// Left out where the device class names it, in the language of the home.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    #[serde(serialize_with = "text")]
    pub(super) state_topic: Topic,
    pub(super) qos: u8,
    /// All of them must say `online`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) availability: Vec<Availability>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) availability_mode: Option<&'static str>,
    #[serde(flatten)]
    pub(super) options: Options,
}

/// A topic that says `online` or `offline`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Availability {
    #[serde(serialize_with = "text")]
    pub(super) topic: Topic,
}

/// What each platform has of its own.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Options {
    BinarySensor(BinarySensor),
    Event(Event),
    Sensor(Sensor),
    Light(Light),
    Switch(Switch),
    Number(Number),
    Text(Text),
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct BinarySensor {
    pub(super) payload_on: &'static str,
    pub(super) payload_off: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_category: Option<&'static str>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Event {
    pub(super) event_types: [&'static str; 1],
    pub(super) device_class: &'static str,
    pub(super) value_template: &'static str,
}

#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct Sensor {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) device_class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit_of_measurement: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state_class: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_category: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) enabled_by_default: Option<bool>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Light {
    #[serde(serialize_with = "text")]
    pub(super) command_topic: Topic,
    pub(super) payload_on: &'static str,
    pub(super) payload_off: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state_value_template: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) on_command_type: Option<&'static str>,
    #[serde(flatten)]
    pub(super) brightness: Option<Brightness>,
    #[serde(flatten)]
    pub(super) rgb: Option<Rgb>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Brightness {
    #[serde(rename = "brightness_command_topic", serialize_with = "text")]
    pub(super) command_topic: Topic,
    #[serde(rename = "brightness_state_topic", serialize_with = "text")]
    pub(super) state_topic: Topic,
    #[serde(rename = "brightness_scale")]
    pub(super) scale: i64,
    #[serde(
        rename = "brightness_command_template",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) command_template: Option<String>,
    #[serde(
        rename = "brightness_value_template",
        skip_serializing_if = "Option::is_none"
    )]
    pub(super) value_template: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Rgb {
    #[serde(rename = "rgb_command_topic", serialize_with = "text")]
    pub(super) command_topic: Topic,
    #[serde(rename = "rgb_state_topic", serialize_with = "text")]
    pub(super) state_topic: Topic,
    #[serde(rename = "rgb_command_template")]
    pub(super) command_template: &'static str,
    #[serde(rename = "rgb_value_template")]
    pub(super) value_template: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Switch {
    #[serde(serialize_with = "text")]
    pub(super) command_topic: Topic,
    pub(super) payload_on: &'static str,
    pub(super) payload_off: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Number {
    #[serde(serialize_with = "text")]
    pub(super) command_topic: Topic,
    pub(super) min: i64,
    pub(super) max: i64,
    pub(super) step: i64,
    pub(super) mode: &'static str,
    pub(super) value_template: &'static str,
}

#[derive(Debug, Clone, Serialize)]
pub(super) struct Text {
    #[serde(serialize_with = "text")]
    pub(super) command_topic: Topic,
    pub(super) max: u8,
    pub(super) value_template: String,
}

impl Component {
    /// The topics that are read.
    pub(super) fn reads(&self) -> impl Iterator<Item = &Topic> {
        let availability = self.availability.iter().map(|its| &its.topic);
        std::iter::once(&self.state_topic).chain(availability)
    }

    /// The topic on which it is set; of a light all three are one.
    pub(super) const fn command(&self) -> Option<&Topic> {
        match &self.options {
            Options::BinarySensor(_) | Options::Event(_) | Options::Sensor(_) => None,
            Options::Light(its) => Some(&its.command_topic),
            Options::Switch(its) => Some(&its.command_topic),
            Options::Number(its) => Some(&its.command_topic),
            Options::Text(its) => Some(&its.command_topic),
        }
    }
}

fn text<S: Serializer>(topic: &Topic, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(topic.as_str())
}
