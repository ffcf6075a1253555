//! Everything for a program. Times are Unix seconds; what is not known is null.

use super::words::unix;
use mqtt_thing::model::TopicFilter;
use mqtt_thing::runtime::overseen::{Happened, Link, Overseen};
use mqtt_thing::thing::overview::{Change, FaultSeen, Member, ResourceSeen, State};
use serde_json::{Value as Json, json};
use std::time::SystemTime;

/// All things, once.
pub(super) fn all<'a>(
    overseen: &Overseen,
    members: impl Iterator<Item = &'a Member>,
    is_well: bool,
    now: SystemTime,
) -> Json {
    let ignored = overseen.overview.ignored();
    let refused = overseen.refused.iter().map(TopicFilter::as_str);
    let known = overseen.overview.members();
    let unseen = known.filter(|its| its.state() == State::NeverSeen);
    let unseen = unseen.map(|its| its.name().unwrap_or(&its.id));
    let never_seen = unseen.chain(overseen.overview.missing());
    json!({
        "at": unix(now),
        "well": is_well,
        "things": members.map(|its| thing(its, now)).collect::<Vec<_>>(),
        "never_seen": never_seen.collect::<Vec<_>>(),
        "malformed_messages": ignored.malformed,
        "messages_of_further_things": ignored.beyond,
        "refused_subscriptions": refused.collect::<Vec<_>>(),
    })
}

/// A thing as it is when a watch begins.
pub(super) fn seen(member: &Member, now: SystemTime) -> Json {
    json!({
        "at": unix(now),
        "event": "seen",
        "id": member.id,
        "thing": thing(member, now),
    })
}

/// Something that changed, with the thing as it is now.
pub(super) fn change(happened: &Happened, member: Option<&Member>) -> Json {
    let change = &happened.change;
    let mut object = match change {
        Change::State { from, to, .. } => json!({
            "event": "state",
            "from": from.map(State::as_str),
            "to": to.as_str(),
        }),
        Change::About { .. } => json!({ "event": "about" }),
        Change::Available {
            resource,
            available,
            ..
        } => json!({ "event": "available", "resource": resource, "available": available }),
        Change::Fault {
            resource, error, ..
        } => json!({ "event": "fault", "resource": resource, "error": error }),
        Change::Gone { .. } => json!({ "event": "gone" }),
    };
    object["at"] = json!(unix(happened.at));
    object["id"] = json!(change.id());
    object["thing"] = json!(member.map(|its| thing(its, happened.at)));
    object
}

/// How the connection is.
pub(super) fn link(link: &Link, now: SystemTime) -> Json {
    let (event, reason) = match link {
        Link::NotYet => ("disconnected", None),
        Link::Up => ("connected", None),
        Link::Lost { reason, .. } => ("disconnected", Some(reason)),
    };
    json!({ "at": unix(now), "event": event, "reason": reason })
}

fn thing(member: &Member, now: SystemTime) -> Json {
    let about = member.about();
    let health = member.health.as_ref().map(|health| {
        json!({
            "at": unix(health.at),
            "uptime_s": health.uptime_s,
            "faults": health.faults,
            "faulty_resources": health.faulty_resources,
            "refused_messages": health.refused_messages,
            "dropped_messages": health.dropped_messages,
            "connects": health.connects,
            "resident_kib": health.resident_kib,
        })
    });
    let executors = about.map(|about| {
        let executors = about.executors.iter();
        let executors = executors.map(|its| json!({ "name": its.name, "signed": its.signed }));
        executors.collect::<Vec<_>>()
    });
    json!({
        "id": member.id,
        "name": member.name(),
        "expected": member.expected.is_some(),
        "ours": member.is_ours(),
        "state": member.state().as_str(),
        "since": member.since.map(unix),
        "heard_at": member.heard().map(unix),
        "well": member.is_well(),
        "version": about.and_then(|about| about.version.as_ref()),
        "firmware": about.and_then(|about| about.firmware.as_ref()),
        "simulated": about.is_some_and(|about| about.simulated),
        "unreadable_about": member.is_unreadable(),
        "resources": resources(member),
        "not_available": member.available().map(|(_, away)| away),
        "faulty": member.faulty(),
        "executors": executors,
        "uptime_s": member.health.as_ref().map(|its| its.uptime(now).as_secs()),
        "health": health,
    })
}

fn resources(member: &Member) -> Option<Vec<Json>> {
    let nothing = ResourceSeen::default();
    let fault = |fault: &FaultSeen| json!({ "since": fault.since, "error": fault.error, "count": fault.count });
    let resources = member.about()?.resources.iter().map(|its| {
        let seen = member.resources().find(|(name, _)| *name == its.name);
        let seen = seen.map_or(&nothing, |(_, seen)| seen);
        json!({
            "name": its.name,
            "kind": its.kind,
            "port": its.port,
            "unit": its.unit,
            "topics": its.channels,
            "available": seen.available,
            "fault": seen.fault.as_ref().map(fault),
            "last_fault": seen.last_fault.as_ref().map(fault),
        })
    });
    Some(resources.collect())
}
