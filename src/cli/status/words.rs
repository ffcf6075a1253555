//! Times, names and sentences. Everything that came from the network is made safe here.

use crate::cli::operator::lines::safe;
use crate::cli::text::Ink;
use mqtt_thing::thing::overview::{Member, State};
use std::time::{SystemTime, UNIX_EPOCH};

/// The longest name in a table, in bytes.
const LONGEST: usize = 40;

/// A name, an id or the like, short and safe for a terminal.
pub(super) fn short(text: &str) -> String {
    safe(text, LONGEST)
}

/// What a thing is called: its name, else its id.
pub(super) fn called(member: &Member) -> String {
    short(member.name().unwrap_or(&member.id))
}

/// Its name with its id, where they differ.
pub(super) fn in_full(member: &Member) -> String {
    match member.name() {
        Some(name) if name != member.id => format!("{} ({})", short(name), short(&member.id)),
        _ => short(&member.id),
    }
}

/// A time of this day, or with its date.
pub(super) fn time(at: SystemTime, now: SystemTime) -> String {
    let zoned = |time: SystemTime| {
        let time = jiff::Timestamp::try_from(time).unwrap_or_default();
        time.to_zoned(jiff::tz::TimeZone::system())
    };
    let (at, now) = (zoned(at), zoned(now));
    let form = match at.date() == now.date() {
        true => "%H:%M:%S",
        false => "%Y-%m-%d %H:%M",
    };
    at.strftime(form).to_string()
}

/// Unix seconds, with thousandths.
pub(super) fn unix(at: SystemTime) -> f64 {
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default();
    (seconds.as_secs_f64() * 1000.0).round() / 1000.0
}

/// How a state looks.
pub(super) const fn ink(state: State, is_ours: bool) -> Ink {
    match state {
        _ if !is_ours => Ink::Faint,
        State::Online => Ink::Good,
        State::Silent => Ink::Warn,
        State::Offline | State::NeverSeen => Ink::Bad,
        State::NoStatus => Ink::Faint,
    }
}

/// What is wrong with a thing, shortly; none if nothing is known to be.
pub(super) fn wrong(member: &Member, now: SystemTime) -> Option<String> {
    if member.is_unreadable() {
        return Some("its about makes no sense".to_owned());
    }
    let mut faults = member
        .resources()
        .filter_map(|(name, its)| Some((name, its.fault.as_ref()?)));
    let more = |shown: u64| match member.faulty().saturating_sub(shown) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    if let Some((name, fault)) = faults.next() {
        let since = UNIX_EPOCH.checked_add(std::time::Duration::from_secs(fault.since));
        let since = since.map_or_else(String::new, |since| format!(" since {}", time(since, now)));
        let error = safe(&fault.error, 120);
        return Some(format!("{}{since}: {error}{}", short(name), more(1)));
    }
    let away = member
        .resources()
        .filter(|(_, its)| its.available == Some(false))
        .map(|(name, _)| short(name));
    let away: Vec<String> = away.collect();
    match (away.as_slice(), member.faulty()) {
        ([], 0) => None,
        ([], 1) => Some("1 resource, as its health counts".to_owned()),
        ([], count) => Some(format!("{count} resources, as its health counts")),
        ([one], _) => Some(format!("{one} does not answer")),
        (several, _) if several.len() <= 3 => Some(format!("{} do not answer", several.join(", "))),
        (several, _) => Some(format!(
            "{}, and {} more do not answer",
            several[..2].join(", "),
            several.len() - 2
        )),
    }
}
