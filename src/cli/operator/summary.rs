//! The end of a run: what succeeded, and by name what did not.

use super::lines::{end, order, place, short};
use crate::cli::signing::SignedBy;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{ClientSummary, End, Outcome, StepRef, Summary};
use mqtt_thing::fleet::signing::mending;
use owo_colors::OwoColorize;
use std::collections::BTreeSet;

/// So many failures are named; the run store has all.
const NAMED: usize = 50;

/// The summary as lines.
pub(super) fn of(plan: &OperatorPlan, summary: &Summary, by: Option<&SignedBy>) -> String {
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
    let walked = |client: &&ClientSummary| !client.steps.is_empty();
    let clients = summary.clients.iter().filter(walked).count();
    let mut text = String::new();
    let mut named = failures(plan, summary);
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    text.extend(named);
    if more > 0 {
        text.push_str(&format!(".. and {more} more lines like these\n"));
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
    for advice in mendings(summary, by) {
        text.push_str(&format!("to mend that: {advice}\n"));
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

/// What mends refusals on account of signatures, each once.
fn mendings(summary: &Summary, by: Option<&SignedBy>) -> BTreeSet<String> {
    let whys = summary
        .failures()
        .filter_map(|(_, _, outcome)| outcome.why.as_deref());
    whys.filter_map(|why| mending(why, by.map(|by| &by.key)))
        .collect()
}

/// A line for each step that failed, and one for those of a client that were never sent.
fn failures(plan: &OperatorPlan, summary: &Summary) -> Vec<String> {
    let mut clients: Vec<&ClientSummary> = summary.clients.iter().collect();
    clients.sort_by_cached_key(|client| order(&client.client));
    let mut lines = Vec::new();
    for client in clients {
        let name = short(&client.client);
        let bad = client
            .steps
            .iter()
            .filter(|(_, outcome)| !outcome.end.is_good());
        let (unsent, others): (Vec<_>, Vec<_>) =
            bad.partition(|(_, outcome)| outcome.end == End::NotSent);
        let one = |(at, outcome): &(StepRef, Outcome)| of_step(plan, &name, *at, outcome);
        lines.extend(others.into_iter().map(one));
        match unsent.as_slice() {
            [] => {}
            [step] => lines.push(one(step)),
            [.., (_, last)] => lines.push(format!(
                "{} {} more steps {}{}\n",
                name.bold(),
                unsent.len(),
                end(End::NotSent),
                reason(last)
            )),
        }
    }
    lines
}

fn reason(outcome: &Outcome) -> String {
    let why = outcome.why.as_deref();
    why.map_or(String::new(), |why| format!(": {}", short(why)))
}

fn of_step(plan: &OperatorPlan, client: &str, at: StepRef, outcome: &Outcome) -> String {
    let tries = match outcome.attempts {
        0 | 1 => String::new(),
        more => format!(" after {more} attempts"),
    };
    let name = at.of(plan).map_or("?", |step| &step.name);
    format!(
        "{} {} `{}` {}{tries}{}\n",
        client.bold(),
        place(plan, at),
        short(name),
        end(outcome.end),
        reason(outcome)
    )
}
