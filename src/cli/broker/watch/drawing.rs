//! The screen as lines, for a terminal of any size: what is wrong first, then figures, and graphs as high as there is
//! room.

use super::amounts::{bytes, count, rate};
use super::graph::{bars, most};
use super::shown::Shown;
use super::words;
use crate::cli::seconds::clock;
use crate::cli::text::{Ink, Text};
use mqtt_thing::broker::watch::{Connection, Figure, Load, Look, Rates};
use mqtt_thing::model::escaped;
use std::time::Duration;

/// What stands before the figures of a line.
const LABEL: usize = 11;
/// From so many columns on, graphs stand beside each other.
const BESIDE: usize = 72;
/// Higher graphs say no more.
const HIGHEST: usize = 8;
/// A broker that tells more seldom than so is said to.
const SELDOM: Duration = Duration::from_secs(15);
/// How long it is told that the broker has started anew.
const RESTARTED: Duration = Duration::from_secs(60);
/// What is not known.
const UNKNOWN: &str = "-";

/// All of it, as high as the terminal without the line of the cursor; `note` is what the log said last.
pub(super) fn lines(
    shown: &Shown<'_>,
    note: Option<&str>,
    width: usize,
    height: usize,
) -> Vec<Text> {
    // what is written in the last column would be wiped with the rest of its line
    let width = width.saturating_sub(1);
    let room = height.saturating_sub(1).max(1);
    let mut above = head(shown, width);
    above.extend(trouble(shown, width));
    above.push(Text::default());
    above.extend(clients(shown, width));
    above.push(Text::default());
    let mut below = vec![Text::default()];
    below.extend(rest(shown, width));
    below.extend(note.map(|note| Text::new(Ink::Warn, format!(" {note}"))));
    let beside = width >= BESIDE;
    let rows = if beside { 2 } else { 4 };
    let left = room.saturating_sub(above.len() + below.len() + rows);
    let mut lines = above;
    lines.extend(panels(shown, width, (left / rows).min(HIGHEST), beside));
    lines.extend(below);
    lines.truncate(room);
    lines.into_iter().map(|line| line.cut(width)).collect()
}

/// All of it without graphs, to be read later.
pub(super) fn summary(shown: &Shown<'_>, width: usize) -> Vec<Text> {
    let mut lines = head(shown, width);
    lines.push(Text::default());
    lines.extend(clients(shown, width));
    lines.extend(panels(shown, width, 0, false));
    lines.extend(rest(shown, width));
    lines
}

fn head(shown: &Shown<'_>, width: usize) -> Vec<Text> {
    let version = shown.reading().version().unwrap_or("a broker");
    let version = escaped(version.as_bytes(), 60);
    let up = shown
        .reading()
        .uptime()
        .map(|up| format!("   up {}", clock(up)));
    let first = Text::new(Ink::Strong, format!(" {version}"))
        .and(Ink::Plain, format!("   {}", shown.broker))
        .and(Ink::Good, up.unwrap_or_default());
    let every = shown.rates().map(Rates::over);
    let age = shown.watcher.updated().map(|at| shown.ago(at));
    let second = match (age, every) {
        (None, _) => " no figures yet".to_owned(),
        (Some(age), None) => {
            let age = clock(age);
            format!(" figures that the broker had kept, got {age} ago; rates follow")
        }
        (Some(age), Some(every)) => {
            let (age, every) = (clock(age), every.as_secs_f64());
            let since = shown.watcher.history().since(graph_width(width));
            let graphs = since.map_or_else(String::new, |since| {
                format!("; graphs of the last {}", clock(shown.ago(since)))
            });
            format!(" figures of {age} ago, every {every:.0} s{graphs}")
        }
    };
    vec![first, Text::new(Ink::Faint, second)]
}

/// What is wrong, or odd.
fn trouble(shown: &Shown<'_>, width: usize) -> Vec<Text> {
    let mut told = Vec::new();
    match shown.watcher.connection() {
        Connection::Since(_) => {}
        Connection::NotYet => {
            told.push((Ink::Bad, format!("not connected to {} yet", shown.broker)));
        }
        Connection::Lost { since, reason } => {
            let reason = escaped(reason.as_bytes(), 200);
            let since = clock(shown.ago(*since));
            told.push((
                Ink::Bad,
                format!("not connected since {since}: {reason}; trying again"),
            ));
        }
    }
    let connected = matches!(shown.watcher.connection(), Connection::Since(_));
    let silence = shown
        .watcher
        .silence(shown.patience, shown.now)
        .filter(|_| connected);
    if let Some(silence) = silence {
        let text = words::silence(silence, shown.broker, shown.patience);
        told.push((Ink::Warn, text));
    } else if shown.rates().is_some_and(|rates| rates.over() >= SELDOM) {
        let text =
            "the broker tells its figures seldom: `sys_interval` in its configuration".to_owned();
        told.push((Ink::Warn, text));
    }
    let restarted = shown.watcher.restarted_at().map(|at| shown.ago(at));
    if let Some(ago) = restarted.filter(|ago| *ago < RESTARTED) {
        let text = format!("the broker has started anew, seen {} ago", clock(ago));
        told.push((Ink::Warn, text));
    }
    told.iter()
        .flat_map(|(ink, text)| wrapped(*ink, text, width))
        .collect()
}

fn clients(shown: &Shown<'_>, width: usize) -> Vec<Text> {
    let number = |figure| {
        shown
            .figure(figure)
            .map_or_else(|| UNKNOWN.to_owned(), count)
    };
    let items = vec![
        Text::new(Ink::Strong, number(Figure::ClientsConnected)).and(Ink::Plain, " connected"),
        Text::new(
            Ink::Plain,
            format!("{} disconnected", number(Figure::ClientsDisconnected)),
        ),
        Text::new(
            Ink::Plain,
            format!("{} in all", number(Figure::ClientsTotal)),
        ),
        Text::new(
            Ink::Faint,
            format!("at most {}", number(Figure::ClientsMaximum)),
        ),
    ];
    fields("CLIENTS", items, width)
}

/// What the graphs are of: title, figure, colour, whether it is bytes.
const GRAPHS: [(&str, Figure, Ink, bool); 4] = [
    ("MESSAGES IN", Figure::MessagesReceived, Ink::In, false),
    ("MESSAGES OUT", Figure::MessagesSent, Ink::Out, false),
    ("BYTES IN", Figure::BytesReceived, Ink::In, true),
    ("BYTES OUT", Figure::BytesSent, Ink::Out, true),
];

fn panels(shown: &Shown<'_>, width: usize, height: usize, beside: bool) -> Vec<Text> {
    if !beside {
        let inside = width.saturating_sub(1);
        return GRAPHS
            .iter()
            .flat_map(|graph| panel(shown, graph, inside, height))
            .collect();
    }
    let half = (width - 3) / 2;
    let rows = GRAPHS.chunks(2).flat_map(|pair| {
        let columns = pair.iter().map(|graph| panel(shown, graph, half, height));
        let [left, right] =
            <[Vec<Text>; 2]>::try_from(columns.collect::<Vec<_>>()).expect("a pair");
        let both = left.into_iter().zip(right);
        both.map(|(left, right)| left.padded(half).and(Ink::Plain, "  ").join(right))
            .collect::<Vec<_>>()
    });
    rows.collect()
}

/// How many columns a graph has.
const fn graph_width(width: usize) -> usize {
    let panel = match width >= BESIDE {
        true => (width - 3) / 2,
        false => width.saturating_sub(1),
    };
    panel.saturating_sub(1)
}

/// A title with the numbers, and the graph under it.
fn panel(
    shown: &Shown<'_>,
    (title, figure, ink, is_bytes): &(&str, Figure, Ink, bool),
    width: usize,
    height: usize,
) -> Vec<Text> {
    let told = |number: f64| {
        if *is_bytes {
            bytes(number)
        } else {
            rate(number)
        }
    };
    let inside = width.saturating_sub(1);
    let history = shown.watcher.history();
    let values = history.last(*figure, inside);
    let now = shown.rate(*figure).map_or_else(|| UNKNOWN.to_owned(), told);
    let total = shown.figure(*figure).map(|total| match is_bytes {
        true => bytes(total as f64),
        false => count(total),
    });
    let mut front = Text::new(*ink, format!(" {title:<13}")).and(Ink::Strong, format!("{now}/s"));
    let is_known = height > 0 && values.iter().any(Option::is_some);
    let scale = is_known.then(|| format!("most {}/s", told(most(&values))));
    let scale = scale.unwrap_or_default();
    // the scale of the graph goes before the total where there is no room for both
    let total = total.map_or_else(String::new, |total| format!("  of {total}"));
    if front.width() + total.chars().count() + scale.chars().count() + 2 <= width {
        front = front.and(Ink::Faint, total);
    }
    let gap = width.saturating_sub(front.width() + scale.chars().count());
    if gap >= 2 {
        front = front.and(Ink::Faint, format!("{}{scale}", " ".repeat(gap)));
    }
    let mut lines = vec![front];
    let graph = bars(&values, inside, height).into_iter();
    lines.extend(graph.map(|bar| Text::new(Ink::Plain, " ").and(*ink, bar)));
    lines
}

fn rest(shown: &Shown<'_>, width: usize) -> Vec<Text> {
    let number = |figure| {
        shown
            .figure(figure)
            .map_or_else(|| UNKNOWN.to_owned(), count)
    };
    let size = |figure| {
        let size = shown.figure(figure);
        size.map_or_else(|| UNKNOWN.to_owned(), |size| bytes(size as f64))
    };
    let per_second = |figure| shown.rate(figure).map_or_else(|| UNKNOWN.to_owned(), rate);
    let plain = |text: String| Text::new(Ink::Plain, text);
    let flow = |name: &str, figure| {
        plain(format!(
            "{name} {} ({}/s)",
            number(figure),
            per_second(figure)
        ))
    };
    let lost = shown
        .figure(Figure::PublishesDropped)
        .is_some_and(|lost| lost > 0);
    let dropped = format!(
        "dropped {} ({}/s)",
        number(Figure::PublishesDropped),
        per_second(Figure::PublishesDropped)
    );
    let mut lines = fields(
        "PUBLISHED",
        vec![
            flow("in", Figure::PublishesReceived),
            flow("out", Figure::PublishesSent),
            Text::new(if lost { Ink::Warn } else { Ink::Plain }, dropped),
        ],
        width,
    );
    lines.extend(fields(
        "KEPT",
        vec![
            plain(format!("{} retained", number(Figure::RetainedMessages))),
            plain(format!("{} subscriptions", number(Figure::Subscriptions))),
            plain(format!(
                "{} stored, {}",
                number(Figure::StoredMessages),
                size(Figure::StoredBytes)
            )),
            Text::new(
                Ink::Faint,
                format!(
                    "heap {}, at most {}",
                    size(Figure::HeapBytes),
                    size(Figure::HeapMaximumBytes)
                ),
            ),
        ],
        width,
    ));
    let mean = |name: &str, load, told: fn(f64) -> String| {
        let [of_1, of_5, of_15] = shown
            .reading()
            .load(load)
            .map(|mean| mean.map_or_else(|| UNKNOWN.to_owned(), told));
        plain(format!("{name} {of_1}, {of_5}, {of_15}"))
    };
    lines.extend(fields(
        "LOAD",
        vec![
            mean("messages in", Load::MessagesReceived, rate),
            mean("out", Load::MessagesSent, rate),
            mean("connections", Load::Connections, rate),
            Text::new(Ink::Faint, "a minute, over 1, 5, 15 min"),
        ],
        width,
    ));
    lines.extend(process(shown, width));
    lines
}

fn process(shown: &Shown<'_>, width: usize) -> Vec<Text> {
    let items = match shown.look {
        Look::Seen { state, cpu_percent } => {
            let cpu =
                cpu_percent.map_or_else(|| UNKNOWN.to_owned(), |percent| format!("{percent:.1} %"));
            let memory = state.resident_kib.map(|kib| bytes(kib as f64 * 1024.0));
            let memory = memory.unwrap_or_else(|| UNKNOWN.to_owned());
            let files = state.open_files.map(|files| format!("{files} open files"));
            let name = escaped(state.name.as_bytes(), 15);
            let cpu = Text::new(Ink::Strong, cpu).and(Ink::Plain, " of a processor");
            let memory = Text::new(Ink::Strong, memory).and(Ink::Plain, " of memory");
            let mut items = vec![cpu, memory];
            items.extend(files.map(|files| Text::new(Ink::Plain, files)));
            items.push(Text::new(Ink::Faint, format!("{name}, pid {}", state.pid)));
            items
        }
        Look::Elsewhere if !matches!(shown.watcher.connection(), Connection::Since(_)) => {
            vec![Text::new(
                Ink::Faint,
                "not there while the broker is not reached",
            )]
        }
        look => vec![Text::new(
            Ink::Faint,
            words::unseen(look).unwrap_or_default(),
        )],
    };
    fields("PROCESS", items, width)
}

/// A label, and what follows it in as many lines as it takes.
fn fields(label: &str, items: Vec<Text>, width: usize) -> Vec<Text> {
    let mut lines = vec![Text::new(Ink::Faint, format!(" {label:<LABEL$}"))];
    let mut is_first = true;
    for item in items {
        let last = lines.last().map_or(0, Text::width);
        let gap = if is_first { 0 } else { 3 };
        if !is_first && last + gap + item.width() > width {
            lines.push(Text::new(Ink::Plain, " ".repeat(LABEL + 1)).join(item));
        } else if let Some(line) = lines.pop() {
            lines.push(line.and(Ink::Plain, " ".repeat(gap)).join(item));
        }
        is_first = false;
    }
    lines
}

/// A sentence in as many lines as it takes.
fn wrapped(ink: Ink, sentence: &str, width: usize) -> Vec<Text> {
    let mut lines = vec![String::new()];
    for word in sentence.split(' ') {
        let line = lines.last_mut().expect("there is always one");
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(format!(" {word}"));
        } else {
            line.push(' ');
            line.push_str(word);
        }
    }
    lines.into_iter().map(|line| Text::new(ink, line)).collect()
}

#[cfg(test)]
mod tests;
