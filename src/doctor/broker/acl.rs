//! What the broker lets the account do, of all that the topology needs.

use super::{Seen, Subject};
use crate::doctor::{Cure, Findings, Severity};
use crate::model::{Topic, escaped};
use crate::mqtt::{Answered, Failure, Peer};
use crate::thing::{Source, ThingTopics};
use crate::topology::rights::{self, Access};

/// No thing obeys it.
const CANARY: &[u8] = b"mqtt-thing-canary";

/// What was found out.
pub(super) struct Acl {
    /// What it may not say, and may not hear, of what it needs.
    unsaid: Vec<Topic>,
    unheard: Vec<String>,
    /// Followed, and never seen by anybody.
    silent: Vec<Topic>,
    /// What the broker keeps.
    pub(super) seen: Seen,
}

/// Tries all. The peer hears the thing's status already, and nothing else.
pub(super) async fn try_all(
    subject: &Subject<'_>,
    mut peer: Peer,
    anybodys: &Seen,
) -> Result<Acl, Failure> {
    let status = ThingTopics::of(&subject.id).status;
    let account = rights::of_thing(subject.plan, &subject.id);
    let (mut unsaid, mut unheard) = (Vec::new(), Vec::new());
    let mut released_alone = false;
    match peer.may_say(&status, b"offline").await? {
        Some(Answered::Denied) => unsaid.push(status.clone()),
        _ => {
            peer.say(&status, b"offline").await?;
            peer.fence().await?;
            let echo = peer.take_heard().iter().filter(|its| !its.retained).count();
            // twice, if the broker did not wait for the release
            released_alone = echo == 1;
            match (echo, peer.speaks_of_rights()) {
                (0, true) => unheard.push(status.to_string()),
                (0, false) => unsaid.push(status.clone()),
                _ => {}
            }
        }
    }
    let seen = Seen::wide(subject, &mut peer).await?;
    peer.leave().await;
    let needed = account.grants.iter();
    let said = needed.filter(|grant| grant.access != Access::Read);
    let said = said.filter_map(|grant| Topic::new(grant.filter.as_str()).ok());
    let said = said.filter(|topic| *topic != status && (released_alone || is_harmless(topic)));
    unsaid.extend(denied(subject, said.collect()).await?);
    unheard.extend(seen.refused.iter().cloned());
    let read = account
        .grants
        .iter()
        .filter(|grant| grant.access != Access::Write);
    let read = read.filter_map(|grant| Topic::new(grant.filter.as_str()).ok());
    let hidden = read.filter(|topic| anybodys.has(topic) && !seen.has(topic));
    unheard.extend(hidden.map(|topic| topic.to_string()));
    unheard.sort();
    unheard.dedup();
    let silent = silent(subject, &seen, &unheard);
    Ok(Acl {
        unsaid,
        unheard,
        silent,
        seen,
    })
}

/// What nobody follows, and may be passed on without harm.
fn is_harmless(topic: &Topic) -> bool {
    let ends = ["/about", "/health", "/fault"];
    ends.iter().any(|end| topic.as_str().ends_with(end))
}

/// Those of the topics that the account may not write; none where the broker does not tell.
async fn denied(subject: &Subject<'_>, topics: Vec<Topic>) -> Result<Vec<Topic>, Failure> {
    let mut denied = Vec::new();
    let mut left = topics.into_iter().peekable();
    while left.peek().is_some() {
        let mut peer = subject.enter().await?;
        if !peer.can_ask() {
            peer.leave().await;
            break;
        }
        // what is never released counts against the broker's limit until we leave
        while peer.can_ask() {
            let Some(topic) = left.next() else { break };
            if peer.may_say(&topic, CANARY).await? == Some(Answered::Denied) {
                denied.push(topic);
            }
        }
        peer.leave().await;
    }
    Ok(denied)
}

/// What it follows of others whom it should see, and of which the broker has nothing. Strangers keep nothing there.
fn silent(subject: &Subject<'_>, seen: &Seen, unheard: &[String]) -> Vec<Topic> {
    let specs = subject.plan.specs(&subject.id);
    let known = |topic: &Topic| seen.has(topic) || unheard.iter().any(|its| its == topic.as_str());
    let never = |source: &Source| {
        let presence = !source.presence.is_empty();
        presence && !known(&source.topic) && !source.presence.iter().any(known)
    };
    let sources = specs.iter().flat_map(|spec| &spec.sources);
    let others = sources.filter(|source| !is_own(&subject.id, source.topic.as_str()));
    let mut silent: Vec<Topic> = others
        .filter(|source| never(source))
        .map(|source| source.topic.clone())
        .collect();
    silent.sort();
    silent.dedup();
    silent
}

/// Whether a topic is the thing's own.
pub(super) fn is_own(id: &Topic, topic: &str) -> bool {
    let rest = topic.strip_prefix(id.as_str());
    rest.is_some_and(|rest| rest.starts_with('/'))
}

impl Acl {
    pub(super) fn tell(&self, subject: &Subject<'_>, findings: &mut Findings) {
        if !self.unsaid.is_empty() {
            let topics: Vec<&str> = self.unsaid.iter().map(Topic::as_str).collect();
            publish_denied(subject, &topics, findings);
        }
        if !self.unheard.is_empty() {
            let topics: Vec<&str> = self.unheard.iter().map(String::as_str).collect();
            subscribe_denied(subject, &topics, findings);
        }
        if !self.silent.is_empty() {
            let topics: Vec<&str> = self.silent.iter().map(Topic::as_str).collect();
            never_seen(subject, &topics, findings);
        }
    }
}

/// The account may not write these.
pub(super) fn publish_denied(subject: &Subject<'_>, topics: &[&str], findings: &mut Findings) {
    let cause = format!(
        "the broker throws away, without a word, what {} says on {}",
        who(subject),
        listed(topics)
    );
    let cures = lines(subject, topics);
    findings.tell("acl-denies-publish", Severity::Broken, cause, cures);
}

/// The account may not read these.
pub(super) fn subscribe_denied(subject: &Subject<'_>, topics: &[&str], findings: &mut Findings) {
    let cause = format!(
        "the broker keeps from {} what is said on {}",
        who(subject),
        listed(topics)
    );
    let cures = lines(subject, topics);
    findings.tell("acl-denies-subscribe", Severity::Broken, cause, cures);
}

/// Followed topics on which nothing was ever seen.
pub(super) fn never_seen(subject: &Subject<'_>, topics: &[&str], findings: &mut Findings) {
    let cause = format!(
        "nothing was seen yet on {}, which the thing follows",
        listed(topics)
    );
    let mut cures = vec![Cure::advise(
        "start the thing that speaks there, or mend the name after `follows` in the topology file",
    )];
    if subject.has_account() {
        cures.push(Cure::advise(format!(
            "or the broker keeps it from the thing; its ACL file needs {}",
            acl_lines(subject, topics)
        )));
    }
    findings.tell("follows-silent", Severity::Note, cause, cures);
}

fn who(subject: &Subject<'_>) -> String {
    match &subject.way.endpoint.credentials {
        Some(credentials) => format!("`{}`", escaped(credentials.user().as_bytes(), 100)),
        None => "the thing".to_owned(),
    }
}

fn lines(subject: &Subject<'_>, topics: &[&str]) -> Vec<Cure> {
    vec![
        Cure::advise(format!(
            "the broker's ACL file needs {}; then sudo systemctl reload mosquitto",
            acl_lines(subject, topics)
        )),
        Cure::advise(
            "or have the whole file derived from the topology, on a computer: mqtt-thing broker init --again",
        ),
    ]
}

/// As `below the line user 10.0.0.1: topic write a; topic read b`.
fn acl_lines(subject: &Subject<'_>, topics: &[&str]) -> String {
    let account = rights::of_thing(subject.plan, &subject.id);
    let grants = account.grants.iter();
    let needed = grants.filter(|grant| topics.contains(&grant.filter.as_str()));
    let lines: Vec<String> = needed
        .map(|grant| {
            let filter = escaped(grant.filter.as_str().as_bytes(), 300);
            format!("topic {} {filter}", grant.access)
        })
        .collect();
    let place = match &subject.way.endpoint.credentials {
        Some(credentials) => format!(
            "below the line `user {}`",
            escaped(credentials.user().as_bytes(), 100)
        ),
        None => "above its first line `user`".to_owned(),
    };
    format!("{place}: {}", lines.join("; "))
}

/// So many are named.
const NAMED: usize = 10;

pub(super) fn listed(topics: &[&str]) -> String {
    let named = topics.iter().take(NAMED);
    let named: Vec<String> = named.map(|topic| escaped(topic.as_bytes(), 300)).collect();
    match topics.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
