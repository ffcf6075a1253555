//! Reads the governor's face of an executor: by which name and on which topics it also serves a plain operator.

use super::executor;
use super::findings::{Findings, Rule};
use super::section::{Item, Placed, Section, shown};
use super::thing::WrittenThing;
use super::unsigned;
use crate::fleet::{GovernorFace, GovernorTopics};
use crate::model::{Mistake, Topic};
use toml::de::DeValue;

/// The longest client id, in bytes: all of it stands in each command and answer.
const LONGEST_ID: usize = 256;

/// The face as it is written, with what of it is to be compared with the executor's other keys.
pub(super) type WrittenFace = (Placed<GovernorFace>, Option<unsigned::Written>);

/// Reads `governor = true`, or a table. An empty client id stands for the thing's id, which may be known later.
pub(super) fn read(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<WrittenFace> {
    let item = section.take("governor")?;
    let usual = GovernorFace::new(GovernorTopics::default(), String::new());
    let (value, unsigned) = match item.value() {
        DeValue::Boolean(false) => return None,
        DeValue::Boolean(true) => (usual, None),
        DeValue::Table(_) => detailed(&item, findings)?,
        _ => {
            let message = format!(
                "`governor` is {}; it takes true, false or a table",
                item.is()
            );
            let help = "write governor = true, or governor = { client_id = \"pi3\" }";
            findings.refuse(Rule::GovernorOdd, item.mistake(message).help(help));
            return None;
        }
    };
    let place = item.key.place;
    Some((Placed { value, place }, unsigned))
}

fn detailed(
    item: &Item<'_>,
    findings: &mut Findings<'_>,
) -> Option<(GovernorFace, Option<unsigned::Written>)> {
    let mut section = item.section("`governor`", Rule::UnknownKeyInResource, findings)?;
    let client_id = client_id(&mut section, findings).unwrap_or_default();
    let usual = GovernorTopics::default();
    let mut named: Vec<(Topic, &'static str)> = Vec::new();
    let mut topic = |key: &'static str, usual: Topic| {
        let item = section.take(key);
        let found = item.as_ref().and_then(|item| topic(item, findings));
        let topic = found.unwrap_or(usual);
        if let Some((_, other)) = named.iter().find(|(known, _)| *known == topic) {
            let place = item.map_or_else(|| section.place.clone(), |item| item.place);
            let message = format!("`{key}` is the topic of `{other}` as well");
            let help = "each of the five has a topic of its own, the same for all clients and the operator";
            findings.refuse(
                Rule::GovernorTopicTwice,
                Mistake::new(place, message).help(help),
            );
        }
        named.push((topic.clone(), key));
        topic
    };
    let topics = GovernorTopics {
        registration: topic("registration", usual.registration),
        acknowledgment: topic("acknowledgment", usual.acknowledgment),
        commands: topic("commands", usual.commands),
        responses: topic("responses", usual.responses),
        command_loader: topic("command_loader", usual.command_loader),
    };
    let written = unsigned(&mut section, findings);
    section.finish(|_| None, findings);
    let face = GovernorFace {
        unsigned: written.read(findings),
        ..GovernorFace::new(topics, client_id)
    };
    Some((face, Some(written)))
}

fn unsigned(section: &mut Section<'_>, findings: &mut Findings<'_>) -> unsigned::Written {
    let unsigned = section.take("unsigned").and_then(|item| {
        let value = item.boolean(findings)?;
        let place = item.key.place;
        Some(Placed { value, place })
    });
    let allow = section.take("allow").map(|item| {
        let entries = executor::entries(&item, findings);
        (item.key.place, entries)
    });
    unsigned::Written {
        unsigned,
        allow,
        key: "allow",
    }
}

fn client_id(section: &mut Section<'_>, findings: &mut Findings<'_>) -> Option<String> {
    let item = section.take("client_id")?;
    let text = item.text(findings)?;
    if text.is_empty() || text.len() > LONGEST_ID || text.chars().any(char::is_control) {
        let message = format!("`{}` is no client id", shown(text));
        let help = "any text without control characters, 1 to 256 bytes; the thing's address when left out";
        findings.refuse(Rule::GovernorClientId, item.mistake(message).help(help));
        return None;
    }
    Some(text.to_owned())
}

fn topic(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Topic> {
    let text = item.text(findings)?;
    Topic::new(text)
        .map_err(|error| findings.refuse(Rule::GovernorTopic, item.mistake(error.to_string())))
        .ok()
}

/// Two executors with one name would both run each command.
pub(super) fn names_are_used_once(things: &[WrittenThing<'_>], findings: &mut Findings<'_>) {
    let mut met: Vec<(String, &Topic, String)> = Vec::new();
    for thing in things {
        for resource in &thing.resources {
            let Some(face) = &resource.governor else {
                continue;
            };
            let id = match (face.value.client_id.as_str(), thing.id()) {
                ("", Some(id)) => id.to_string(),
                // no address that others know: of its own, as long as the thing has one of these
                ("", None) => format!("\0{}", thing.name),
                (id, _) => id.to_owned(),
            };
            let commands = &face.value.topics.commands;
            let name = format!("{}/{}", thing.name, resource.name.value);
            let same =
                |(other, topic, _): &&(String, &Topic, String)| *other == id && *topic == commands;
            if let Some((_, _, first)) = met.iter().find(same) {
                let message = format!(
                    "`{}` registers by the same name, so both would run each command",
                    shown(first)
                );
                let help = "give one of them another: governor = { client_id = \"pi3\" }";
                let mistake = Mistake::new(face.place.clone(), message).help(help);
                findings.refuse(Rule::GovernorClientTwice, mistake);
            }
            met.push((id, commands, name));
        }
    }
}
