//! One MQTT application message, as it is to be sent or as it came.

use super::{Topic, escaped};
use std::fmt;

/// Quality of service. QoS 2 is not used: with the client library it can storm, and an `id` makes repeats harmless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QoS {
    /// At most once.
    AtMostOnce,
    /// At least once.
    AtLeastOnce,
}

/// A message with its topic, payload and flags.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it goes, or where it came from.
    pub topic: Topic,
    /// Any bytes; what came from the network is hostile until decoded.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: QoS,
    /// Towards the broker: keep this one. From the broker: it was kept, so it is old.
    pub retain: bool,
}

impl Message {
    /// A message at QoS 1 that the broker keeps: a state.
    #[must_use]
    pub fn state(topic: Topic, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            topic,
            payload: payload.into(),
            qos: QoS::AtLeastOnce,
            retain: true,
        }
    }

    /// A message at QoS 0 that nobody keeps.
    #[must_use]
    pub fn event(topic: Topic, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            topic,
            payload: payload.into(),
            qos: QoS::AtMostOnce,
            retain: false,
        }
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let retain = if self.retain { " retained" } else { "" };
        write!(
            f,
            "{} \"{}\" {:?}{retain}",
            self.topic,
            escaped(&self.payload, 64),
            self.qos
        )
    }
}
