//! Pieces of text that the forms share. Everything that came from the network is escaped here.

use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{End, StepRef, Task};
use mqtt_thing::model::escaped;
use owo_colors::OwoColorize;

/// The longest piece of a name or a command in a line, in bytes.
const PIECE: usize = 80;

/// A name or a command, short and safe for a terminal.
pub(super) fn short(text: &str) -> String {
    escaped(text.as_bytes(), PIECE)
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
        told.push_str(&format!("    {}\n", escaped(line.as_bytes(), 500)));
    }
    let more = lines.count();
    if more > 0 {
        told.push_str(&format!("    .. and {more} more lines\n"));
    }
    told
}

/// How to look at a run that was kept.
pub(super) fn where_it_is(run: &str) -> String {
    format!("every answer is kept: mqtt-thing runs show {run}\n")
}
