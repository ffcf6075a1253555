//! Where a siren is told to be on, and where it says that it is.

use super::below;
use crate::model::{Message, QoS, Topic, Value, escaped};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// An actuator of a thing, by the topics of the wire contract, section 2; or anybody's topic that takes `True` and
/// `False`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Siren {
    name: String,
    set: Topic,
    /// Of an actuator: its state, and the status of its thing.
    hears: Option<[Topic; 2]>,
}

/// Why a text names no actuator.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SirenError {
    /// It is no topic, or too short for one.
    #[error(
        "`{found}` names no actuator; allowed is THING/RESOURCE, as 10.0.0.2/buzzer0, or a topic, as 10.0.0.2/actuators/buzzer0"
    )]
    Form {
        /// What was found, escaped.
        found: String,
    },
    /// It is on a sensor's or another's side of a thing.
    #[error("`{found}` is among a thing's {class}; an alarm drives actuators")]
    Class {
        /// What was found, escaped.
        found: String,
        /// Which class.
        class: &'static str,
    },
}

/// What a thing has beside actuators.
const OTHERS: [&str; 3] = ["sensors", "stuff", "executors"];

impl Siren {
    /// The actuator `name` of the thing with that id. `shown` is what people call it.
    ///
    /// # Errors
    /// These are no levels of a topic.
    pub fn of(id: &str, name: &str, shown: &str) -> Result<Self, SirenError> {
        let base = format!("{id}/actuators/{name}");
        let (set, state) = (below(&base, "/set"), below(&base, ""));
        let topics = (set, state, below(id, "/status"));
        let (Some(set), Some(state), Some(status)) = topics else {
            return Err(form(shown));
        };
        Ok(Self {
            name: shown.to_owned(),
            set,
            hears: Some([state, status]),
        })
    }

    /// Where it is told.
    #[must_use]
    pub const fn set(&self) -> &Topic {
        &self.set
    }

    /// Where it says what it shows; a stranger says that nowhere.
    #[must_use]
    pub fn state(&self) -> Option<&Topic> {
        self.hears.as_ref().map(|[state, _]| state)
    }

    /// Where its thing says that it is there.
    #[must_use]
    pub fn status(&self) -> Option<&Topic> {
        self.hears.as_ref().map(|[_, status]| status)
    }

    /// Both.
    pub(super) fn hears(&self) -> impl Iterator<Item = &Topic> {
        self.hears.iter().flatten()
    }

    /// The wish that it be on, or off: acknowledged, and never kept, since a thing refuses an old one.
    #[must_use]
    pub fn say(&self, on: bool) -> Message {
        Message {
            topic: self.set.clone(),
            payload: Value::Bool(on).encode().into_bytes(),
            qos: QoS::AtLeastOnce,
            retain: false,
        }
    }
}

fn form(text: &str) -> SirenError {
    let found = escaped(text.as_bytes(), 64);
    SirenError::Form { found }
}

impl FromStr for Siren {
    type Err = SirenError;

    /// `10.0.0.2/buzzer0`, `10.0.0.2/actuators/buzzer0` (also with `/set`), or a topic of three levels or more.
    fn from_str(text: &str) -> Result<Self, SirenError> {
        let topic = Topic::new(text).map_err(|_| form(text))?;
        let levels: Vec<&str> = text.split('/').collect();
        if text.starts_with('$') || levels.iter().any(|level| level.is_empty()) {
            return Err(form(text));
        }
        if let Some(class) = levels.get(1).and_then(|level| {
            let its = OTHERS.iter().find(|class| *class == level);
            its.copied().filter(|_| levels.len() > 2)
        }) {
            let found = escaped(text.as_bytes(), 64);
            return Err(SirenError::Class { found, class });
        }
        match levels[..] {
            [id, name] | [id, "actuators", name] | [id, "actuators", name, "set"] => {
                Self::of(id, name, &format!("{id}/{name}"))
            }
            [_, _, _, ..] => Ok(Self {
                name: text.to_owned(),
                set: topic,
                hears: None,
            }),
            _ => Err(form(text)),
        }
    }
}

impl fmt::Display for Siren {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escaped(self.name.as_bytes(), 200))
    }
}
