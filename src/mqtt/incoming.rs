//! What came from the network, checked before anyone else sees it.

use super::counters::{Counters, add};
use super::journal::worth_a_line;
use crate::model::{Message, QoS, Topic, escaped};
use rumqttc::Publish;

/// The message, unless it is larger than allowed or has a topic that is none; then it is counted and logged: the
/// first, the tenth, the hundredth and so on, or a hostile sender could fill the log.
pub(super) fn accept(publish: Publish, largest: usize, counters: &Counters) -> Option<Message> {
    let Publish {
        qos,
        retain,
        topic,
        payload,
        ..
    } = publish;
    let size = topic.len() + payload.len();
    if size > largest {
        add(&counters.refused_too_large, 1);
        let count = counters.refused_too_large();
        if worth_a_line(count) {
            let topic = escaped(topic.as_bytes(), 256);
            let payload = escaped(&payload, 64);
            tracing::warn!(
                topic,
                payload,
                size,
                largest,
                retain,
                count,
                "dropped a message that is too large"
            );
        }
        return None;
    }
    let topic = match Topic::new(&topic) {
        Ok(topic) => topic,
        Err(error) => {
            add(&counters.refused_topics, 1);
            let count = counters.refused_topics();
            if worth_a_line(count) {
                tracing::warn!(count, "dropped a message: {error}");
            }
            return None;
        }
    };
    add(&counters.received, 1);
    let qos = match qos {
        rumqttc::QoS::AtMostOnce => QoS::AtMostOnce,
        // we subscribe at QoS 1 at most, so the broker delivers at QoS 1 at most
        rumqttc::QoS::AtLeastOnce | rumqttc::QoS::ExactlyOnce => QoS::AtLeastOnce,
    };
    Some(Message {
        topic,
        // an exact copy: the buffer it lies in is the network's
        payload: payload.to_vec(),
        qos,
        retain,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(topic: &str, payload: usize) -> Publish {
        Publish::new(topic, rumqttc::QoS::AtLeastOnce, vec![b'x'; payload])
    }

    #[test]
    fn a_message_of_the_largest_size_passes_and_one_byte_more_is_counted() {
        let counters = Counters::new();
        assert!(accept(publish("ab", 8), 10, &counters).is_some());
        assert!(accept(publish("ab", 9), 10, &counters).is_none());
        assert_eq!((counters.received(), counters.refused_too_large()), (1, 1));
    }

    #[test]
    fn a_topic_with_control_characters_is_dropped_and_counted() {
        let counters = Counters::new();
        assert!(accept(publish("a\u{7}b", 1), 10, &counters).is_none());
        assert_eq!(counters.refused_topics(), 1);
    }
}
