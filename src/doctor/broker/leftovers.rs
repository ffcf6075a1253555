//! What the broker still keeps of us and nobody needs any more.

use super::acl::listed;
use super::{Seen, Subject, shell};
use crate::doctor::{Cure, Findings, Severity};
use crate::model::{Topic, escaped};
use crate::thing::ThingTopics;
use crate::topology::rights;

/// So many commands are shown.
const SHOWN: usize = 50;

/// Tells it. `account` is whether it was seen with the thing's account, which may then clear it.
pub(super) fn judge(subject: &Subject<'_>, seen: &Seen, account: bool, findings: &mut Findings) {
    let id = subject.id.as_str();
    let needed = rights::retained(subject.plan, &subject.id);
    let junk: Vec<&Topic> = seen
        .below(id)
        .filter(|topic| !needed.contains(topic))
        .collect();
    if !junk.is_empty() {
        let cause = format!(
            "the broker keeps messages below `{id}` that nothing in the topology says: {}",
            named(&junk)
        );
        let cures = clears(subject, &junk, account);
        findings.tell("retained-junk", Severity::Note, cause, cures);
    }
    let old: Vec<String> = seen.old_ids(subject).collect();
    if !old.is_empty() {
        old_addresses(subject, seen, &old, account, findings);
    }
}

fn old_addresses(
    subject: &Subject<'_>,
    seen: &Seen,
    old: &[String],
    account: bool,
    findings: &mut Findings,
) {
    let name = &subject.plan.name;
    let is_online = |id: &&String| {
        let topic = Topic::new(id.as_str());
        topic.is_ok_and(|id| seen.says(&ThingTopics::of(&id).status, b"online"))
    };
    let (online, gone): (Vec<&String>, Vec<&String>) = old.iter().partition(is_online);
    let ids = |ids: &[&String]| {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        listed(&ids)
    };
    if !online.is_empty() {
        let cause = format!(
            "another machine is the thing `{name}`, too, and is online as {}",
            ids(&online)
        );
        let cures = [Cure::advise(
            "stop the thing there, or let it be another thing of the file: `MQTT_THING_THING=NAME` in /etc/default/mqtt-thing",
        )];
        findings.tell("thing-twice", Severity::Warning, cause, cures);
    }
    if !gone.is_empty() {
        let topics: Vec<&Topic> = gone.iter().flat_map(|id| seen.below(id)).collect();
        let cause = format!(
            "the broker still tells of `{name}` under an id that it does not have any more: {}",
            ids(&gone)
        );
        let cures = clears(subject, &topics, account);
        findings.tell("old-address-left", Severity::Note, cause, cures);
    }
}

fn named(topics: &[&Topic]) -> String {
    let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
    listed(&topics)
}

fn clears(subject: &Subject<'_>, topics: &[&Topic], account: bool) -> Vec<Cure> {
    let shown = topics.iter().take(SHOWN);
    let mut cures: Vec<Cure> = shown
        .map(|topic| shell::clear(subject, topic, account))
        .collect();
    if let Some(more) = topics.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        cures.push(Cure::advise(format!("and so on for {more} more")));
    }
    if subject.has_account() {
        let operator = escaped(rights::OPERATOR.as_bytes(), 100);
        cures.push(Cure::advise(format!(
            "where the broker lets this account not write there, with another one, as `-u {operator}`"
        )));
    }
    cures
}
