//! All things, a line each: what is wrong comes first.

use super::words::{called, ink, short, time, wrong};
use crate::cli::operator::lines::{order, safe};
use crate::cli::seconds::clock;
use crate::cli::text::{Ink, Text};
use mqtt_thing::runtime::overseen::{Link, Overseen};
use mqtt_thing::thing::overview::{Ignored, MOST_THINGS, Member, State};
use std::time::SystemTime;

const HEAD: [&str; 8] = [
    "THING",
    "STATE",
    "SINCE",
    "UP",
    "RESOURCES",
    "VERSION",
    "ADDRESS",
    "FAULTS",
];
/// What a narrow terminal shows last: up, version, address, resources, since.
const DISPENSABLE: [usize; 5] = [3, 5, 6, 4, 2];
/// So much of the last column is worth a column before it.
const ENOUGH: usize = 30;
/// What is not known.
const UNKNOWN: &str = "-";

/// A cell, and how it looks.
type Cell = (Ink, String);

/// The table, with a line above it that counts. With little `room`, in columns, what matters less is left out.
pub(super) fn lines(
    overseen: &Overseen,
    broker: &str,
    now: SystemTime,
    room: Option<usize>,
) -> Vec<Text> {
    let mut members: Vec<&Member> = overseen.overview.members().collect();
    members.sort_by_cached_key(|its| (rank(its), order(&called(its)), its.id.clone()));
    let mut lines = vec![counted(overseen, &members, broker)];
    let mut rows: Vec<[Cell; 8]> = overseen.overview.missing().map(missing).collect();
    rows.extend(members.iter().map(|member| row(member, now)));
    if rows.is_empty() {
        return lines;
    }
    // a column of which nothing is known in any row takes no room
    let is_known = |column: &usize| {
        let all = rows.iter().map(|row| row[*column].1.as_str());
        *column < 2 || all.clone().any(|text| text != UNKNOWN && !text.is_empty())
    };
    let mut columns: Vec<usize> = (0..HEAD.len()).filter(is_known).collect();
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].1.chars().count());
        cells.chain([HEAD[column].len()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let needed = |columns: &[usize]| -> usize {
        let (last, before) = columns.split_last().unwrap_or((&0, &[]));
        let before = before.iter().map(|column| widths[*column] + 2);
        before.sum::<usize>() + widths[*last].min(ENOUGH)
    };
    for column in DISPENSABLE {
        if room.is_some_and(|room| needed(&columns) > room) {
            columns.retain(|its| *its != column);
        }
    }
    let line = |cells: &dyn Fn(usize) -> Cell| {
        let mut line = Text::default();
        for (place, column) in columns.iter().enumerate() {
            let (ink, text) = cells(*column);
            let cell = Text::new(ink, text);
            line = line.join(match place + 1 == columns.len() {
                true => cell,
                false => cell.padded(widths[*column] + 2),
            });
        }
        line.trimmed()
    };
    lines.push(line(&|column| (Ink::Strong, HEAD[column].to_owned())));
    lines.extend(rows.iter().map(|row| line(&|column| row[column].clone())));
    lines
}

/// What is wrong comes first, what is not ours last.
fn rank(member: &Member) -> (bool, u8) {
    let rank = match member.state() {
        State::NeverSeen => 0,
        State::Offline => 1,
        State::Silent => 2,
        State::Online if !member.is_well() => 3,
        State::Online => 4,
        State::NoStatus => 5,
    };
    (!member.is_ours(), rank)
}

fn counted(overseen: &Overseen, members: &[&Member], broker: &str) -> Text {
    let missing = overseen.overview.missing().count();
    let ours = members.iter().filter(|its| its.is_ours()).count() + missing;
    let things = match ours {
        0 => "no things".to_owned(),
        1 => "1 thing".to_owned(),
        ours => format!("{ours} things"),
    };
    let mut text = Text::new(Ink::Strong, things).and(Ink::Plain, format!(" at {broker}"));
    let states = [
        State::Online,
        State::Silent,
        State::Offline,
        State::NeverSeen,
        State::NoStatus,
    ];
    let mut mark = ": ";
    for state in states {
        let its = |member: &&&Member| member.is_ours() && member.state() == state;
        let mut count = members.iter().filter(its).count();
        if state == State::NeverSeen {
            count += missing;
        }
        if count > 0 {
            let told = format!("{count} {}", state.as_str());
            text = text.and(Ink::Plain, mark).and(ink(state, true), told);
            mark = ", ";
        }
    }
    let faulty = |its: &&&Member| its.state() == State::Online && !its.is_well();
    match members.iter().filter(faulty).count() {
        0 => text,
        count => text
            .and(Ink::Plain, mark)
            .and(Ink::Warn, format!("{count} with faults")),
    }
}

fn missing(name: &str) -> [Cell; 8] {
    let mut cells = [(); 8].map(|()| (Ink::Plain, UNKNOWN.to_owned()));
    cells[0].1 = short(name);
    cells[1] = (Ink::Bad, State::NeverSeen.as_str().to_owned());
    cells[7].1.clear();
    cells
}

fn row(member: &Member, now: SystemTime) -> [Cell; 8] {
    let plain = |text: Option<String>| (Ink::Plain, text.unwrap_or_else(|| UNKNOWN.to_owned()));
    let state = member.state();
    let since = member.since.map(|since| time(since, now));
    let health = member.health.as_ref().filter(|_| state == State::Online);
    let resources = match (member.available(), state) {
        (Some((all, away @ 1..)), State::Online | State::Silent) => {
            (Ink::Warn, format!("{} of {all}", all.saturating_sub(away)))
        }
        (Some((all, _)), _) => plain(Some(all.to_string())),
        (None, _) => plain(None),
    };
    let about = member.about();
    let version = about.and_then(|about| about.version.as_deref()).map(short);
    let version = version.map(|version| match about.is_some_and(|about| about.simulated) {
        true => format!("{version}, simulated"),
        false => version,
    });
    // what was wrong before it went is not known to be so now
    let faults = match state {
        State::Online | State::Silent | State::NoStatus => wrong(member, now),
        State::Offline | State::NeverSeen => None,
    };
    let not_ours = (!member.is_ours()).then(|| match state {
        State::NoStatus => "speaks as an old program, which has no status".to_owned(),
        _ => "tells nothing about itself: not a thing of ours".to_owned(),
    });
    [
        (Ink::Plain, called(member)),
        (ink(state, member.is_ours()), state.as_str().to_owned()),
        plain(since),
        plain(health.map(|health| clock(health.uptime(now)))),
        resources,
        plain(version),
        plain(Some(short(&member.id))),
        match (faults, not_ours) {
            (Some(faults), _) => (Ink::Warn, faults),
            (None, Some(told)) => (Ink::Faint, told),
            (None, None) => (Ink::Plain, String::new()),
        },
    ]
}

/// What else is to be known: of the connection, and of all things.
pub(super) fn notes(overseen: &Overseen, all: bool, now: SystemTime) -> Vec<Text> {
    let mut notes = Vec::new();
    if let Link::Lost { since, reason } = &overseen.link {
        let (since, reason) = (time(*since, now), safe(reason, 200));
        let text = format!("not connected since {since}: {reason}; trying again");
        notes.push(Text::new(Ink::Bad, text));
    }
    for filter in &overseen.refused {
        let filter = safe(filter.as_str(), 80);
        let text = format!("the broker refuses {filter}: this user may not read it");
        notes.push(Text::new(Ink::Warn, text));
    }
    if all {
        notes.extend(ignored(overseen.overview.ignored()));
    }
    let mut members = overseen.overview.members();
    let is_timeless = |its: &Member| its.state() == State::Offline && its.since.is_none();
    if all && members.any(is_timeless) {
        let text = "since when one is offline is not known: what a broker keeps has no time";
        notes.push(Text::new(Ink::Faint, text));
    }
    notes
}

fn ignored(ignored: &Ignored) -> Vec<Text> {
    let messages = |count: u64| match count {
        1 => "1 message".to_owned(),
        count => format!("{count} messages"),
    };
    let mut notes = Vec::new();
    if let (count @ 1.., Some((topic, reason))) = (ignored.malformed, &ignored.last) {
        let (count, topic, reason) = (messages(count), safe(topic, 80), safe(reason, 120));
        notes.push(format!(
            "{count} made no sense, the last on {topic}: {reason}"
        ));
    }
    if ignored.beyond > 0 {
        let count = messages(ignored.beyond);
        notes.push(format!(
            "{count} of further things: {MOST_THINGS} are remembered at most"
        ));
    }
    let notes = notes.into_iter().map(|note| Text::new(Ink::Warn, note));
    notes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqtt_thing::model::{Message, Moment, Now, Topic};
    use mqtt_thing::thing::overview::Overview;
    use std::time::Duration;

    fn overseen() -> Overseen {
        let now = Now::new(Moment::ZERO, SystemTime::UNIX_EPOCH);
        let mut overview = Overview::new(Duration::from_secs(45));
        overview.connected(now);
        overview.expect("pi10", None);
        let about =
            r#"{"name":"pi2","version":"0.1.0","resources":[{"name":"led0","kind":"led"}]}"#;
        let fault = r#"{"since":0,"error":"the board does not answer"}"#;
        for (topic, payload) in [
            ("10.0.0.2/status", "online"),
            ("10.0.0.2/about", about),
            ("10.0.0.2/actuators/led0/fault", fault),
            ("strange/status", "offline"),
        ] {
            let topic = Topic::new(topic).unwrap();
            overview.hear(&Message::state(topic, payload), now);
        }
        Overseen::new(overview)
    }

    fn told(room: Option<usize>) -> Vec<String> {
        let now = SystemTime::UNIX_EPOCH;
        let lines = lines(&overseen(), "mqtt://b", now, room);
        lines.iter().map(Text::plain).collect()
    }

    #[test]
    fn what_is_wrong_stands_first_and_what_is_not_ours_last() {
        let all = told(None);
        assert_eq!(
            all[0],
            "2 things at mqtt://b: 1 online, 1 never seen, 1 with faults"
        );
        let firsts: Vec<&str> = all[1..]
            .iter()
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        assert_eq!(firsts, ["THING", "pi10", "pi2", "strange"]);
        assert!(all[3].ends_with("the board does not answer"), "{all:?}");
        assert!(!all[1].contains("UP"), "of which nothing is known: {all:?}");
    }

    #[test]
    fn a_narrow_terminal_keeps_the_faults_and_drops_what_matters_less() {
        let narrow = told(Some(60));
        assert!(!narrow[1].contains("VERSION"), "{narrow:?}");
        assert!(narrow[1].contains("FAULTS"), "{narrow:?}");
        let narrower = told(Some(20));
        assert_eq!(narrower[1], "THING    STATE       FAULTS");
        assert!(told(Some(200))[1].contains("VERSION"));
    }
}
