//! The end of a run: what succeeded, and by name what did not.

use super::lines::{end, place, short};
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{End, Summary};
use owo_colors::OwoColorize;

/// So many failures are named; the run store has all.
const NAMED: usize = 50;

/// The summary as lines.
pub(super) fn of(plan: &OperatorPlan, summary: &Summary) -> String {
    let steps: usize = summary
        .clients
        .iter()
        .map(|client| client.steps.iter())
        .map(|steps| {
            steps
                .filter(|(_, outcome)| outcome.end != End::Skipped)
                .count()
        })
        .sum();
    let failed = summary.failures().count();
    let clients = summary.clients.len();
    let mut text = String::new();
    for (client, at, outcome) in summary.failures().take(NAMED) {
        let why = outcome
            .why
            .as_deref()
            .map_or(String::new(), |why| format!(": {}", short(why)));
        let tries = match outcome.attempts {
            0 | 1 => String::new(),
            more => format!(" after {more} attempts"),
        };
        let name = at.of(plan).map_or("?", |step| &step.name);
        text.push_str(&format!(
            "{} {} `{}` {}{tries}{why}\n",
            short(&client.client).bold(),
            place(plan, at),
            short(name),
            end(outcome.end)
        ));
    }
    if failed > NAMED {
        text.push_str(&format!(".. and {} more\n", failed - NAMED));
    }
    for client in &summary.missing {
        text.push_str(&format!(
            "{} was expected and never came\n",
            short(client).bold()
        ));
    }
    for pipeline in &summary.unwalked {
        text.push_str(&format!(
            "nobody walked the pipeline `{}`\n",
            short(pipeline)
        ));
    }
    if summary.interrupted {
        text.push_str("it was interrupted\n");
    }
    let counts = &summary.counts;
    for (count, what) in [
        (counts.ignored, "messages were not understood"),
        (counts.unasked, "answers came that nobody had asked for"),
        (counts.refused, "registrations were refused"),
    ] {
        if count > 0 {
            text.push_str(&format!("{count} {what}\n"));
        }
    }
    let good = steps - failed;
    let verdict = match summary.succeeded() {
        true => format!("{good} of {steps} steps of {clients} clients succeeded")
            .green()
            .to_string(),
        false => format!("{good} of {steps} steps of {clients} clients succeeded")
            .red()
            .to_string(),
    };
    if steps > 0 || !summary.succeeded() {
        text.push_str(&verdict);
        text.push('\n');
    }
    text
}
