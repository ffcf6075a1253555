//! One MQTT application message, as it is to be sent or as it came.

use super::{Topic, escaped};
use std::fmt;

/// Quality of service (MQTT 3.1.1, section 4.3). Things use 0 and 1: an `id` makes repeats harmless, and QoS 2 takes twice
/// the packets. [`Session`](crate::mqtt::Session) refuses QoS 2; [`Exchange`](crate::mqtt::exchange::Exchange) speaks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum QoS {
    /// At most once.
    AtMostOnce,
    /// At least once.
    AtLeastOnce,
    /// Exactly once, as long as both sides keep their session.
    ExactlyOnce,
}

impl QoS {
    /// As it stands on the wire: 0, 1 or 2.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::AtMostOnce => 0,
            Self::AtLeastOnce => 1,
            Self::ExactlyOnce => 2,
        }
    }

    /// What stands on the wire as this; 0, 1 and 2 are.
    #[must_use]
    pub const fn of_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::AtMostOnce),
            1 => Some(Self::AtLeastOnce),
            2 => Some(Self::ExactlyOnce),
            _ => None,
        }
    }
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
