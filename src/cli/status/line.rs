//! A change as one line, for a pipe or a file.

use super::words::{in_full, short, time, wrong};
use crate::cli::operator::lines::safe;
use mqtt_thing::runtime::overseen::{Happened, Link};
use mqtt_thing::thing::overview::{Change, Member};
use std::time::SystemTime;

/// A thing as it is when the watch begins.
pub(super) fn seen(member: &Member, now: SystemTime) -> String {
    let wrong = wrong(member, now).map_or_else(String::new, |wrong| format!("  {wrong}"));
    let version = member.about().and_then(|about| about.version.as_deref());
    let version = version.map_or_else(String::new, |version| format!("  {}", short(version)));
    format!(
        "{}  {}  {}{version}{wrong}",
        time(now, now),
        in_full(member),
        member.state().as_str()
    )
}

/// Something that changed. `member` is whose it is, if it is still known.
pub(super) fn change(happened: &Happened, member: Option<&Member>) -> String {
    let change = &happened.change;
    let whose = member.map_or_else(|| short(change.id()), in_full);
    let what = match change {
        Change::State { from, to, .. } => match from {
            Some(from) => format!("{}, was {}", to.as_str(), from.as_str()),
            None => format!("{}, is new", to.as_str()),
        },
        Change::About { .. } => {
            let about = member.and_then(Member::about);
            let version = about.and_then(|about| about.version.as_deref());
            let firmware = about.and_then(|about| about.firmware.as_deref());
            format!(
                "tells something else about itself: version {}, firmware {}",
                short(version.unwrap_or("unknown")),
                short(firmware.unwrap_or("unknown"))
            )
        }
        Change::Available {
            resource,
            available,
            ..
        } => {
            let what = if *available {
                "answers"
            } else {
                "does not answer"
            };
            format!("{} {what}", short(resource))
        }
        Change::Fault {
            resource, error, ..
        } => match error {
            Some(error) => format!("{} does not work: {}", short(resource), safe(error, 200)),
            None => format!("{} works again", short(resource)),
        },
        Change::Gone { .. } => "is gone: all that the broker kept of it was cleared".to_owned(),
    };
    let at = happened.at;
    format!("{}  {whose}  {what}", time(at, at))
}

/// How the connection is.
pub(super) fn link(link: &Link) -> String {
    match link {
        Link::NotYet => "not connected yet".to_owned(),
        Link::Up => "connected again".to_owned(),
        Link::Lost { reason, .. } => format!("not connected: {}; trying again", safe(reason, 200)),
    }
}
