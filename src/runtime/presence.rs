//! What a thing says of itself: `status`, `about`, `health`.

use super::{HostReport, InboxCounts};
use crate::board::{Firmware, Port};
use crate::fleet::{ExecutorCounts, own};
use crate::model::{Message, Topic, ValueKind};
use crate::mqtt::Counters;
use crate::resources::Spec;
use crate::store::AuditState;
use crate::thing::{Channel, Class, ThingTopics};
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The retained `about` of a thing.
#[derive(Debug, Clone, Serialize)]
pub struct About {
    name: String,
    version: &'static str,
    firmware: Option<Firmware>,
    resources: Vec<AboutResource>,
    executors: Vec<serde_json::Value>,
}

/// One resource in `about`.
#[derive(Debug, Clone, Serialize)]
pub struct AboutResource {
    name: String,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<Port>,
    topics: BTreeMap<&'static str, String>,
    value: &'static str,
    /// Of a kind with several values.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    channels: Vec<AboutChannel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<[i64; 2]>,
    /// Where its values are said in a building's room, as JSON.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    room: Vec<AboutInRoom>,
}

/// One value of a resource in a building's room.
#[derive(Debug, Clone, Serialize)]
struct AboutInRoom {
    topic: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
}

/// One of several values of a resource in `about`.
#[derive(Debug, Clone, Serialize)]
struct AboutChannel {
    topic: String,
    value: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<[i64; 2]>,
}

impl About {
    /// What `specs` tell.
    #[must_use]
    pub fn new(name: &str, specs: &[Spec]) -> Self {
        let is_executor = |spec: &&Spec| spec.kind.class == Class::Executors;
        let resources = specs.iter().filter(|spec| !is_executor(spec));
        let resources = resources.map(AboutResource::new).collect();
        let executors = specs.iter().filter(is_executor).map(executor).collect();
        let version = env!("CARGO_PKG_VERSION");
        Self {
            name: name.to_owned(),
            version,
            firmware: None,
            resources,
            executors,
        }
    }

    /// The board told its firmware; returns whether that is news.
    pub fn set_firmware(&mut self, firmware: Firmware) -> bool {
        self.firmware.replace(firmware) != Some(firmware)
    }

    /// The message that says it.
    #[must_use]
    pub fn message(&self, id: &Topic) -> Message {
        let json = serde_json::to_vec(self).expect("an about is plain JSON");
        Message::state(ThingTopics::of(id).about, json)
    }
}

/// How an operator finds an executor.
fn executor(spec: &Spec) -> serde_json::Value {
    let face = spec.executor.as_ref().and_then(|its| its.governor.as_ref());
    let governor = face.map(|face| face.client_id.clone());
    let signed = spec
        .executor
        .as_ref()
        .is_some_and(|its| its.trusted_keys.is_some());
    let topics = own::ExecutorTopics::of(&spec.id, &spec.name)
        .expect("a checked name below a checked topic is a topic");
    let name = spec.name.clone();
    let told = own::AboutExecutor {
        name,
        topics,
        governor,
        signed,
    };
    serde_json::from_slice(&own::about_json(&told)).expect("an executor is told in JSON")
}

impl AboutResource {
    fn new(spec: &Spec) -> Self {
        let several = !spec.kind.channels.is_empty();
        let mut topics = BTreeMap::new();
        if !several {
            topics.insert("value", spec.channel().topic.to_string());
        }
        if let Some(asked) = spec.asked_on() {
            topics.insert("ask", asked.to_string());
        }
        if spec.kind.can_follow.is_some() {
            topics.insert("set", spec.set_topic().to_string());
        }
        if spec.kind.needs_board() {
            topics.insert("availability", spec.availability_topic().to_string());
        }
        let channels = if several { spec.channels() } else { Vec::new() };
        let (value, range) = told(spec.value());
        Self {
            name: spec.name.clone(),
            kind: spec.kind.name,
            port: spec.port,
            topics,
            value,
            channels: channels.into_iter().map(AboutChannel::new).collect(),
            unit: spec.kind.unit,
            range,
            room: spec.room_channels().into_iter().map(in_room).collect(),
        }
    }
}

fn in_room(channel: Channel) -> AboutInRoom {
    AboutInRoom {
        topic: channel.topic.to_string(),
        unit: channel.unit,
    }
}

impl AboutChannel {
    fn new(channel: Channel) -> Self {
        let (value, range) = told(channel.value);
        Self {
            topic: channel.topic.to_string(),
            value,
            unit: channel.unit,
            range,
        }
    }
}

/// A kind of value in `about`: its name, and the range of integers.
const fn told(value: ValueKind) -> (&'static str, Option<[i64; 2]>) {
    match value {
        ValueKind::Bool => ("bool", None),
        ValueKind::Integer { min, max } => ("integer", Some([min, max])),
        ValueKind::Decimal => ("decimal", None),
        ValueKind::Color => ("color", None),
        ValueKind::Text => ("text", None),
    }
}

/// The last will, and its opposite.
#[must_use]
pub(super) fn status(id: &Topic, online: bool) -> Message {
    Message::state(
        ThingTopics::of(id).status,
        if online { "online" } else { "offline" },
    )
}

/// Every topic, beside those of resources, on which the broker keeps something of a thing.
#[must_use]
pub(super) fn retained(id: &Topic) -> [Topic; 2] {
    let ThingTopics { status, about, .. } = ThingTopics::of(id);
    [status, about]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::kind;
    use serde_json::{Value as Json, json};

    fn told(name: &str, port: Option<Port>) -> Json {
        let id = Topic::new("10.0.0.1").expect("a topic");
        let kind = kind(name).expect("a kind");
        let spec = Spec::new(id, "it".to_owned(), kind, port);
        serde_json::to_value(AboutResource::new(&spec)).expect("JSON")
    }

    #[test]
    fn a_kind_with_several_values_tells_each_with_its_topic_and_unit() {
        let about = told("dht", Some(Port::D7));
        let base = "10.0.0.1/sensors/it";
        assert_eq!(
            about["channels"],
            json!([
                { "topic": format!("{base}/temperature"), "value": "decimal", "unit": "C" },
                { "topic": format!("{base}/humidity"), "value": "decimal", "unit": "%" },
            ])
        );
        let availability = json!({ "availability": format!("{base}/availability") });
        assert_eq!(about["topics"], availability);
    }

    #[test]
    fn what_is_said_elsewhere_is_told_with_its_topic() {
        let echo = told("echo", None);
        let topics = json!({ "value": "cb_res", "ask": "10.0.0.1" });
        assert_eq!(echo["topics"], topics);
        let id = Topic::new("10.0.0.1").expect("a topic");
        let kind = kind("light").expect("a kind");
        let mut spec = Spec::new(id, "it".to_owned(), kind, Some(Port::A0));
        spec.room = Some("house/P_7/S/4".parse().expect("a room"));
        let light = serde_json::to_value(AboutResource::new(&spec)).expect("JSON");
        let room = json!([{ "topic": "house/P_7/S/4/LUX", "unit": "of 1023" }]);
        assert_eq!(light["room"], room);
        assert_eq!(light["topics"]["value"], "10.0.0.1/sensors/it");
        assert_eq!(light["unit"], Json::Null);
    }

    #[test]
    fn a_device_on_the_bus_has_no_port_and_says_whether_it_answers() {
        let about = told("rgb_lcd", None);
        assert_eq!(about["port"], Json::Null);
        assert_eq!(about["channels"], Json::Null);
        assert_eq!(about["topics"]["set"], "10.0.0.1/actuators/it/set");
        let availability = &about["topics"]["availability"];
        assert_eq!(availability, "10.0.0.1/actuators/it/availability");
    }
}

#[derive(Serialize)]
struct Health<'a> {
    uptime_s: u64,
    bus: Option<crate::board::BusCounters>,
    faults: u64,
    faulty_resources: usize,
    refused_messages: u64,
    dropped_messages: u64,
    connects: u64,
    queues: BTreeMap<&'a str, u64>,
    resident_kib: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    executors: Option<ExecutorCounts>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit: Option<AuditState>,
}

/// How a thing is doing. Its executors and their audit log, if it has any.
pub(super) fn health(
    id: &Topic,
    uptime: Duration,
    reports: &[(HostReport, InboxCounts)],
    session: &Counters,
    resident_kib: Option<u64>,
    executors: Option<Option<AuditState>>,
) -> Message {
    let inbox: usize = reports.iter().map(|(_, inbox)| inbox.waiting).sum();
    let dropped: u64 = reports.iter().map(|(_, inbox)| inbox.dropped).sum();
    let refused = reports
        .iter()
        .map(|(report, inbox)| report.refused + inbox.refused)
        .sum::<u64>();
    let health = Health {
        uptime_s: uptime.as_secs(),
        bus: reports.iter().find_map(|(report, ..)| report.bus),
        faults: reports.iter().map(|(report, ..)| report.faults).sum(),
        faulty_resources: reports.iter().map(|(report, ..)| report.faulty).sum(),
        refused_messages: refused + session.refused_too_large() + session.refused_topics(),
        dropped_messages: dropped + session.dropped(),
        connects: session.connects(),
        queues: BTreeMap::from([("inbox", inbox as u64), ("outbox", session.queue_depth())]),
        resident_kib,
        executors: executors.is_some().then(|| {
            let counts = reports.iter().map(|(report, ..)| report.executors);
            counts.fold(ExecutorCounts::default(), ExecutorCounts::and)
        }),
        audit: executors.flatten(),
    };
    let json = serde_json::to_vec(&health).expect("health is plain JSON");
    Message::event(ThingTopics::of(id).health, json)
}
