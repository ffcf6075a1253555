//! One thing, with all that is known.

use super::words::{in_full, ink, short, time};
use crate::cli::operator::lines::safe;
use crate::cli::seconds::clock;
use crate::cli::text::{Ink, Text};
use mqtt_thing::thing::overview::{AboutSeen, FaultSeen, HealthSeen, Member, ResourceSeen};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// All of the things that are meant: `wanted` may be the name of several.
pub(super) fn lines<'a>(
    wanted: &str,
    meant: impl Iterator<Item = &'a Member>,
    now: SystemTime,
) -> Vec<Text> {
    let lines: Vec<Text> = meant.flat_map(|member| thing(member, now)).collect();
    match lines.is_empty() {
        true => {
            let text = format!("nothing was seen of a thing `{}`", short(wanted));
            vec![Text::new(Ink::Bad, text)]
        }
        false => lines,
    }
}

fn thing(member: &Member, now: SystemTime) -> Vec<Text> {
    let state = member.state();
    let since = member
        .since
        .map(|since| format!(", since {}", time(since, now)));
    let mut lines = vec![
        Text::new(Ink::Strong, in_full(member))
            .and(Ink::Plain, " is ")
            .and(ink(state, member.is_ours()), state.as_str())
            .and(Ink::Plain, since.unwrap_or_default()),
    ];
    let plain = |text: String| Text::new(Ink::Plain, text);
    if member.is_unreadable() {
        lines.push(Text::new(Ink::Warn, "  its about makes no sense"));
    }
    if let Some(health) = &member.health {
        lines.push(plain(told_health(health, now)));
    }
    if let Some(heard) = member.heard() {
        lines.push(plain(format!("  heard last at {}", time(heard, now))));
    }
    let Some(about) = member.about() else {
        return lines;
    };
    let versions = [("version", &about.version), ("firmware", &about.firmware)];
    let versions = versions.iter().filter_map(|(name, version)| {
        let version = short(version.as_deref()?);
        Some(format!("{name} {version}"))
    });
    let versions: Vec<String> = versions.collect();
    if !versions.is_empty() {
        lines.push(plain(format!("  {}", versions.join(", "))));
    }
    lines.extend(resources(member, about, now));
    for executor in &about.executors {
        let signed = match executor.signed {
            true => ", signed commands only",
            false => "",
        };
        lines.push(plain(format!(
            "  executor {}{signed}",
            short(&executor.name)
        )));
    }
    lines
}

fn told_health(health: &HealthSeen, now: SystemTime) -> String {
    let ago = now.duration_since(health.at).unwrap_or_default();
    let memory = health
        .resident_kib
        .map_or_else(String::new, |kib| format!(", {kib} KiB"));
    format!(
        "  up {}, connected {} times, {} faults so far, {} resources not working, {} messages refused and {} dropped{memory} \
         (as told {} ago)",
        clock(health.uptime(now)),
        health.connects,
        health.faults,
        health.faulty_resources,
        health.refused_messages,
        health.dropped_messages,
        clock(ago)
    )
}

fn resources(member: &Member, about: &AboutSeen, now: SystemTime) -> Vec<Text> {
    if about.resources.is_empty() {
        return Vec::new();
    }
    let nothing = ResourceSeen::default();
    let heads = ["RESOURCE", "KIND", "PORT", "ANSWERS", "TOPICS", "FAULT"];
    let mut rows = vec![heads.map(|head| (Ink::Strong, head.to_owned()))];
    for its in &about.resources {
        let seen = member.resources().find(|(name, _)| *name == its.name);
        let seen = seen.map_or(&nothing, |(_, seen)| seen);
        let answers = match seen.available {
            Some(true) => (Ink::Good, "yes"),
            Some(false) => (Ink::Bad, "no"),
            None => (Ink::Plain, "-"),
        };
        let fault = match (&seen.fault, &seen.last_fault) {
            (Some(fault), _) => (Ink::Warn, told_fault(fault, now)),
            (None, Some(over)) => (Ink::Faint, format!("over: {}", told_fault(over, now))),
            (None, None) => (Ink::Plain, String::new()),
        };
        let unit = its
            .unit
            .as_deref()
            .map(|unit| format!(" in {}", short(unit)));
        let topics = its.channels.iter().map(|topic| safe(topic, 80));
        let topics = topics.collect::<Vec<_>>().join(" ") + &unit.unwrap_or_default();
        rows.push([
            (Ink::Plain, short(&its.name)),
            (Ink::Plain, short(&its.kind)),
            (Ink::Plain, short(its.port.as_deref().unwrap_or("-"))),
            (answers.0, answers.1.to_owned()),
            (Ink::Plain, topics),
            fault,
        ]);
    }
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].1.chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |row: &[(Ink, String); 6]| {
        let cells = row.iter().zip(&widths);
        let line = cells.fold(Text::new(Ink::Plain, "  "), |line, ((ink, text), width)| {
            line.join(Text::new(*ink, text.clone()).padded(width + 2))
        });
        line.trimmed()
    };
    rows.iter().map(line).collect()
}

fn told_fault(fault: &FaultSeen, now: SystemTime) -> String {
    let since = UNIX_EPOCH.checked_add(Duration::from_secs(fault.since));
    let since = since.map_or_else(String::new, |since| format!("{} ", time(since, now)));
    format!("{since}{}", safe(&fault.error, 200))
}
