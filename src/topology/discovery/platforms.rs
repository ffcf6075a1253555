//! Which entities a resource is: from its kind's row and what its values look like.

use super::component::{
    Availability, BinarySensor, Brightness, Component, Event, Light, Number, Options, Rgb, Sensor,
    Switch, Text,
};
use super::templates;
use crate::model::{Topic, ValueKind};
use crate::resources::{Entity, Measure, Spec};
use crate::thing::{Channel, ThingTopics};

/// A number on a slider has at most so many steps; beyond, it is typed.
const SLIDER: i64 = 1023;

/// At least once, as everything else that must arrive.
const QOS: u8 = 1;

/// The words that a level is said in.
const TRUE: &str = "True";
const FALSE: &str = "False";

/// A component under its key, which is one of a kind within the thing. The platform is part of it: a resource that
/// becomes another entity is another component, and the old one is removed by name.
type Keyed = (String, Component);

/// What there is of the thing itself: whether it is there. It is the one entity that is never unavailable.
pub(super) fn thing(id: &Topic) -> Option<Keyed> {
    let options = Options::BinarySensor(BinarySensor {
        payload_on: "online",
        payload_off: "offline",
        device_class: Some("connectivity"),
        entity_category: Some("diagnostic"),
    });
    let component = Component {
        platform: platform(&options),
        unique_id: String::new(),
        name: None,
        state_topic: ThingTopics::of(id).status,
        qos: QOS,
        availability: Vec::new(),
        availability_mode: None,
        options,
    };
    // no platform is called like that, so no resource has this key
    Some(("thing-status".to_owned(), component))
}

/// What there is of a resource.
pub(super) fn resource(spec: &Spec) -> Vec<Keyed> {
    let channels = spec.channels();
    let one = |options: Options| vec![component(spec, None, &channels[0], options)];
    match spec.kind.home {
        Entity::None => Vec::new(),
        Entity::Level(class) => one(level(class)),
        Entity::Press => {
            let press = component(spec, Some("press"), &channels[0], press());
            vec![component(spec, None, &channels[0], level(None)), press]
        }
        Entity::Measured(measure) => one(measured(measure)),
        Entity::Several(measures) => {
            let subs = spec.kind.channels.iter().zip(measures).zip(&channels);
            subs.map(|((sub, measure), channel)| {
                component(spec, Some(sub.name), channel, measured(*measure))
            })
            .collect()
        }
        Entity::Told => one(Options::Sensor(Sensor {
            entity_category: Some("diagnostic"),
            enabled_by_default: Some(false),
            ..Sensor::default()
        })),
        Entity::Light => one(Options::Light(light(spec))),
        Entity::Switch => one(match spec.value() {
            ValueKind::Integer { min, max } => number(spec, min, max),
            _ => Options::Switch(Switch {
                command_topic: spec.set_topic(),
                payload_on: TRUE,
                payload_off: FALSE,
            }),
        }),
        Entity::Number => match spec.value() {
            ValueKind::Integer { min, max } => one(number(spec, min, max)),
            // a number without a range has no place on a screen
            _ => Vec::new(),
        },
        Entity::Text(most) => one(Options::Text(Text {
            command_topic: spec.set_topic(),
            max: most,
            value_template: templates::cut(most),
        })),
    }
}

/// An entity on a channel. `part` names it where a resource has several.
fn component(spec: &Spec, part: Option<&str>, channel: &Channel, options: Options) -> Keyed {
    let platform = platform(&options);
    let with = |between: char| match part {
        Some(part) => format!("{}{between}{part}", spec.name),
        None => spec.name.clone(),
    };
    let status = ThingTopics::of(&spec.id).status;
    let own = spec.kind.needs_board().then(|| spec.availability_topic());
    let mode = own.is_some().then_some("all");
    let topics = std::iter::once(status).chain(own);
    let component = Component {
        platform,
        unique_id: String::new(),
        name: Some(with(' ')),
        state_topic: channel.topic.clone(),
        qos: QOS,
        availability: topics.map(|topic| Availability { topic }).collect(),
        availability_mode: mode,
        options,
    };
    (format!("{platform}-{}", with('-')), component)
}

const fn platform(options: &Options) -> &'static str {
    match options {
        Options::BinarySensor(_) => "binary_sensor",
        Options::Event(_) => "event",
        Options::Sensor(_) => "sensor",
        Options::Light(_) => "light",
        Options::Switch(_) => "switch",
        Options::Number(_) => "number",
        Options::Text(_) => "text",
    }
}

const fn level(device_class: Option<&'static str>) -> Options {
    Options::BinarySensor(BinarySensor {
        payload_on: TRUE,
        payload_off: FALSE,
        device_class,
        entity_category: None,
    })
}

const fn press() -> Options {
    Options::Event(Event {
        event_types: ["press"],
        device_class: "button",
        value_template: templates::PRESS,
    })
}

fn measured(measure: Measure) -> Options {
    Options::Sensor(Sensor {
        device_class: measure.class,
        unit_of_measurement: measure.unit,
        state_class: Some("measurement"),
        ..Sensor::default()
    })
}

fn number(spec: &Spec, min: i64, max: i64) -> Options {
    let mode = match max.saturating_sub(min) {
        ..=SLIDER => "slider",
        _ => "box",
    };
    Options::Number(Number {
        command_topic: spec.set_topic(),
        min,
        max,
        step: 1,
        mode,
        value_template: templates::NUMBER,
    })
}

/// A dimmed or coloured light is turned on by its brightness or colour alone: a plain `ON` beside it would mean the
/// brightest, and would come last.
fn light(spec: &Spec) -> Light {
    let set = spec.set_topic();
    let plain = Light {
        command_topic: set.clone(),
        payload_on: "ON",
        payload_off: "OFF",
        state_value_template: None,
        on_command_type: Some("brightness"),
        brightness: None,
        rgb: None,
    };
    match spec.value() {
        ValueKind::Integer { min, max } => {
            let (there, back) = templates::moved(min).unzip();
            Light {
                state_value_template: Some(templates::dimmed_state(min)),
                brightness: Some(Brightness {
                    command_topic: set,
                    state_topic: spec.topic(),
                    scale: max.saturating_sub(min).max(1),
                    command_template: there,
                    value_template: back,
                }),
                ..plain
            }
        }
        ValueKind::Color => Light {
            state_value_template: Some(templates::COLOR_STATE.to_owned()),
            rgb: Some(Rgb {
                command_topic: set,
                state_topic: spec.topic(),
                command_template: templates::COLOR_COMMAND,
                value_template: templates::COLOR_VALUE,
            }),
            ..plain
        },
        _ => Light {
            payload_on: TRUE,
            payload_off: FALSE,
            on_command_type: None,
            ..plain
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;

    #[test]
    fn the_words_are_those_of_the_wire() {
        assert_eq!(TRUE, Value::Bool(true).encode());
        assert_eq!(FALSE, Value::Bool(false).encode());
    }
}
