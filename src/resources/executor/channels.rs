//! What an executor says, for those who derive rights and clean-up from it.

use crate::fleet::GovernorFace;
use crate::fleet::own::ExecutorTopics;
use crate::model::{QoS, Topic, ValueKind};
use crate::thing::Channel;

/// What an executor says: answers and progress, and what a governor's operator has to hear.
pub(super) fn channels(topics: &ExecutorTopics, face: Option<&GovernorFace>) -> Vec<Channel> {
    let channel = |topic: &Topic, qos| Channel {
        topic: topic.clone(),
        value: ValueKind::Text,
        unit: None,
        qos,
        retain: false,
    };
    let own = [
        channel(&topics.responses, QoS::AtLeastOnce),
        channel(&topics.progress, QoS::AtMostOnce),
    ];
    let governor = face.map(|face| {
        let topics = [&face.topics.registration, &face.topics.responses];
        topics.map(|topic| channel(topic, QoS::AtMostOnce))
    });
    own.into_iter()
        .chain(governor.into_iter().flatten())
        .collect()
}
