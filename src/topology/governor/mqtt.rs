//! Reads `[mqtt]`: where the broker is, and what the topics are called.

use super::super::access::Written;
use super::super::findings::{Findings, Rule};
use super::super::section::{Placed, shown};
use super::sections::Sections;
use crate::fleet::GovernorTopics;
use crate::model::{Mistake, Place, Topic};
use crate::mqtt::{Access, BrokerUrl};

/// The port of MQTT without TLS (IANA).
const DEFAULT_PORT: u16 = 1883;

const SECTION: &str = "mqtt";

/// What the section says.
#[derive(Debug)]
pub(super) struct Mqtt {
    /// None where the file names no host.
    pub(super) broker: Option<BrokerUrl>,
    pub(super) port: u16,
    pub(super) topics: GovernorTopics,
    pub(super) access: Access,
}

/// Reads it; `None` after a mistake.
pub(super) fn read(sections: &mut Sections<'_, '_>, findings: &mut Findings<'_>) -> Option<Mqtt> {
    let port = sections.integer(SECTION, "port", (1, u16::MAX.into()), findings);
    let port = port.map(|port| {
        port.and_then(|port| port.try_into().ok())
            .unwrap_or(DEFAULT_PORT)
    });
    let broker = broker(sections, port.unwrap_or(DEFAULT_PORT), findings);
    let topics = topics(sections, findings);
    let url = broker.as_ref().and_then(Option::as_ref);
    let access = access(sections, url, findings);
    Some(Mqtt {
        broker: broker?,
        port: port?,
        topics: topics?,
        access,
    })
}

/// What lets us in; the original knows none of it, and passes it over.
fn access(
    sections: &mut Sections<'_, '_>,
    url: Option<&BrokerUrl>,
    findings: &mut Findings<'_>,
) -> Access {
    let mut text = |key: &'static str| {
        let value = sections.get(SECTION, key, findings)?;
        let (value, place) = (value.text, value.place);
        (!value.is_empty()).then_some(Placed { value, place })
    };
    let mut written = Written {
        username: text("username"),
        password_file: text("password_file"),
        ca_file: text("ca_file"),
        cert_file: text("cert_file"),
        key_file: text("key_file"),
        any: None,
    };
    const ANY: &str = "dangerously_accept_any_certificate";
    if let Some(Some(true)) = sections.boolean(SECTION, ANY, findings) {
        let value = sections.get(SECTION, ANY, findings);
        written.any = value.map(|value| Placed {
            value: true,
            place: value.place,
        });
    }
    written.checked(url, findings)
}

fn broker(
    sections: &mut Sections<'_, '_>,
    port: u16,
    findings: &mut Findings<'_>,
) -> Option<Option<BrokerUrl>> {
    let Some(value) = sections
        .get(SECTION, "broker", findings)
        .filter(|value| !value.text.is_empty())
    else {
        return Some(None);
    };
    let url = match value.text.contains("://") {
        true => value.text.parse(),
        false => BrokerUrl::new(&value.text, port),
    };
    match url {
        Ok(url) => Some(Some(url)),
        Err(error) => {
            let help = "`broker` takes a name or an address, and `port` the port";
            findings.refuse(Rule::IniBroker, value.mistake(error.to_string()).help(help));
            None
        }
    }
}

fn topics(sections: &mut Sections<'_, '_>, findings: &mut Findings<'_>) -> Option<GovernorTopics> {
    const KEYS: [&str; 5] = [
        "registration_topic",
        "ack_topic",
        "command_topic",
        "response_topic",
        "command_loader_topic",
    ];
    let usual = GovernorTopics::default();
    let usual = [
        usual.registration,
        usual.acknowledgment,
        usual.commands,
        usual.responses,
        usual.command_loader,
    ];
    // all are looked at, so that all mistakes are told
    let written = KEYS.map(|key| sections.topic(SECTION, key, findings));
    let mut topics: Vec<Topic> = Vec::new();
    for (written, usual) in written.into_iter().zip(usual) {
        topics.push(written?.unwrap_or(usual));
    }
    let topics: [Topic; 5] = topics.try_into().ok()?;
    are_different(&KEYS, &topics, sections, findings);
    let [
        registration,
        acknowledgment,
        commands,
        responses,
        command_loader,
    ] = topics;
    Some(GovernorTopics {
        registration,
        acknowledgment,
        commands,
        responses,
        command_loader,
    })
}

/// Who hears commands where responses are said takes responses for commands.
fn are_different(
    keys: &[&'static str; 5],
    topics: &[Topic; 5],
    sections: &mut Sections<'_, '_>,
    findings: &mut Findings<'_>,
) {
    for (index, topic) in topics.iter().enumerate() {
        let Some(first) = topics[..index].iter().position(|other| other == topic) else {
            continue;
        };
        // one of the two at least is written down
        let written = [keys[index], keys[first]];
        let value = written
            .into_iter()
            .find_map(|key| sections.get(SECTION, key, findings));
        if let Some(value) = value {
            refuse_same_topic((keys[first], keys[index]), topic, value.place, findings);
        }
    }
}

/// Two topics that are one.
pub(in super::super) fn refuse_same_topic(
    (one, other): (&str, &str),
    topic: &Topic,
    place: Place,
    findings: &mut Findings<'_>,
) {
    let message = format!("`{one}` and `{other}` are both `{}`", shown(topic.as_str()));
    let help = "each needs a topic of its own, or one is taken for the other";
    findings.refuse(Rule::SameTopic, Mistake::new(place, message).help(help));
}
