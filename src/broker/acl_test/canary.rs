//! What is sent: something that no thing obeys.

use crate::model::{CANARY, Message, QoS, Topic};

/// Where a user's message goes that is sent for its acknowledgement alone.
const FENCE: &str = "mqtt-thing/canary/fence";

/// A message of its own: nobody else has sent one like it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Canary {
    pub(super) topic: Topic,
    pub(super) payload: Vec<u8>,
}

impl Canary {
    pub(super) fn to(topic: &Topic) -> Self {
        let token: u128 = rand::random();
        Self {
            topic: topic.clone(),
            payload: format!("{CANARY}{token:032x}").into_bytes(),
        }
    }

    pub(super) fn fence() -> Self {
        Self::to(&Topic::new(FENCE).expect("the fence is a topic"))
    }

    pub(super) fn message(&self) -> Message {
        Message {
            topic: self.topic.clone(),
            payload: self.payload.clone(),
            qos: QoS::AtLeastOnce,
            retain: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Value, ValueKind};

    #[test]
    fn no_actuator_understands_a_canary_and_no_two_are_alike() {
        let topic = Topic::new("a").unwrap();
        let [one, other] = [Canary::to(&topic), Canary::to(&topic)];
        assert_ne!(one, other);
        let numbers = ValueKind::Integer { min: 0, max: 1023 };
        let (color, text) = (ValueKind::Color, ValueKind::Text);
        for kind in [ValueKind::Bool, numbers, ValueKind::Decimal, color, text] {
            assert!(Value::decode(kind, &one.payload).is_err(), "{kind}");
        }
        assert!(serde_json::from_slice::<serde_json::Value>(&one.payload).is_err());
        assert!(!one.message().retain && !Canary::fence().message().retain);
    }
}
