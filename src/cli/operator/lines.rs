//! Pieces of text that the forms share. Everything that came from the network is escaped here.

use crate::cli::signing::SignedBy;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{End, StepRef, Task};
use mqtt_thing::model::escaped;
use owo_colors::OwoColorize;

/// The longest piece of a name or a command in a line, in bytes.
const PIECE: usize = 80;

/// Text that is safe for a terminal, with its quotes and backslashes as they are; so many bytes of it at most.
pub(in crate::cli) fn safe(text: &str, most: usize) -> String {
    let escaped = escaped(text.as_bytes(), most);
    escaped.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// A name or a command, short and safe for a terminal.
pub(super) fn short(text: &str) -> String {
    safe(text, PIECE)
}

/// What names are sorted by: numbers in them by their value, so that `pi2` comes before `pi10`.
pub(in crate::cli) fn order(name: &str) -> String {
    let mut key = String::with_capacity(name.len() + 20);
    let mut rest = name;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        key.push_str(&rest[..at]);
        rest = &rest[at..];
        let end = rest.find(|c: char| !c.is_ascii_digit());
        let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
        key.push_str(&format!("{:0>20}", number.trim_start_matches('0')));
        rest = after;
    }
    key + rest
}

/// A step's place in its pipeline, from 1: `slow 2/6`.
pub(super) fn place(plan: &OperatorPlan, at: StepRef) -> String {
    let Some(pipeline) = plan.pipelines.get(at.pipeline) else {
        return "?".to_owned();
    };
    let all = pipeline.steps.len() + pipeline.finally.len();
    format!("{} {}/{all}", short(&pipeline.name), number(plan, at))
}

/// A step's place among all of its pipeline, from 1; `finally` steps come last.
pub(super) fn number(plan: &OperatorPlan, at: StepRef) -> usize {
    let before = match (at.finally, plan.pipelines.get(at.pipeline)) {
        (true, Some(pipeline)) => pipeline.steps.len(),
        _ => 0,
    };
    before + at.step + 1
}

/// What a task is: its place and its name.
pub(super) fn task(plan: &OperatorPlan, task: &Task) -> String {
    match task {
        Task::Step(at) => {
            let name = at.of(plan).map_or("?", |step| &step.name);
            format!("{}: {}", place(plan, *at), short(name))
        }
        Task::Line(text) => format!("line: {}", short(text)),
        Task::Loaded(text) => format!("commander: {}", short(text)),
    }
}

/// An end in its colour; anstream takes the colours out where they are not wanted.
pub(super) fn end(end: End) -> String {
    let word = end.as_str().replace('_', " ");
    match end {
        End::Succeeded => word.green().to_string(),
        End::Cancelled | End::NotSent | End::Unknown | End::Skipped => word.yellow().to_string(),
        _ => word.red().to_string(),
    }
}

/// Text of several lines, each escaped and indented; after so many the rest is counted.
pub(super) fn indented(text: &str, most: usize) -> String {
    let mut told = String::new();
    let mut lines = text.lines();
    for line in lines.by_ref().take(most) {
        told.push_str(&format!("    {}\n", safe(line, 500)));
    }
    let more = lines.count();
    if more > 0 {
        told.push_str(&format!("    .. and {more} more lines\n"));
    }
    told
}

/// By which key commands are signed.
pub(super) fn signed_by(by: &SignedBy) -> String {
    format!("signing with {} ({})", short(&by.name()), by.key.id())
}

/// How to look at a run that was kept.
pub(super) fn where_it_is(run: &str) -> String {
    format!("every answer is kept: mqtt-thing runs show {run}\n")
}

/// A line of the log without its time, as a note.
pub(in crate::cli) fn logged(line: &str) -> String {
    let line = line.trim();
    let levels = [" WARN ", " ERROR ", " INFO ", " DEBUG ", " TRACE "];
    let place = levels
        .iter()
        .find_map(|level| Some(line.find(level)? + level.len()));
    line[place.unwrap_or(0)..].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_safe_and_as_readable_as_it_was() {
        assert_eq!(
            safe("echo \"a\\b\" \u{1b}[2J", 99),
            "echo \"a\\b\" \\u{1b}[2J"
        );
    }

    #[test]
    fn names_are_sorted_as_people_count() {
        let mut names = ["pi10", "pi2", "bench", "pi02b", "10.0.0.9", "10.0.0.10"];
        names.sort_by_key(|name| order(name));
        assert_eq!(
            names,
            ["10.0.0.9", "10.0.0.10", "bench", "pi2", "pi02b", "pi10"]
        );
    }

    #[test]
    fn a_line_of_the_log_loses_its_time() {
        assert_eq!(
            logged("2026-11-24T16:32:29.3Z  WARN cannot connect a=1\n"),
            "cannot connect a=1"
        );
        assert_eq!(logged("as it is"), "as it is");
    }
}
