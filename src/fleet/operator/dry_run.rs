//! What would be done, in words.

use super::Operator;
use super::script::text;
use crate::fleet::pipeline::{Choice, OnFailure, OperatorPlan, Pipeline, Step};
use crate::model::escaped;

/// How much of a name or a command is shown, in bytes.
const SHOWN: usize = 200;

impl Operator {
    /// What the plan would do with these clients, one line a step, safe for a terminal. Without clients, those are
    /// shown that the plan expects.
    #[must_use]
    pub fn dry_run(plan: &OperatorPlan, known: &[String]) -> Vec<String> {
        let expected = plan.clients.as_deref().unwrap_or_default();
        let clients = if known.is_empty() { expected } else { known };
        let takes_part = |client: &&String| expected.is_empty() || expected.contains(client);
        let clients: Vec<&String> = clients.iter().filter(takes_part).collect();
        let missing = expected.iter().filter(|name| !clients.contains(name));
        let mut lines: Vec<String> = missing
            .map(|name| format!("missing: {}", shown(name)))
            .collect();
        if plan.pipelines.is_empty() {
            lines.push("no pipeline".to_owned());
        }
        for pipeline in &plan.pipelines {
            lines.push(heading(pipeline, &clients));
            let steps = pipeline.steps.iter().enumerate();
            lines.extend(steps.map(|(index, step)| of_step(&format!("{}.", index + 1), step)));
            if !pipeline.steps.is_empty() {
                lines.extend(pipeline.finally.iter().map(|step| of_step("finally", step)));
            }
        }
        lines
    }
}

fn shown(text: &str) -> String {
    escaped(text.as_bytes(), SHOWN)
}

fn heading(pipeline: &Pipeline, clients: &[&String]) -> String {
    let walkers: Vec<String> = clients
        .iter()
        .filter(|client| pipeline.clients.takes(client))
        .map(|client| shown(client))
        .collect();
    let who = match (&pipeline.clients, walkers.is_empty()) {
        (_, false) => walkers.join(", "),
        (Choice::All, true) => "all clients".to_owned(),
        (Choice::Matching(patterns), true) => {
            let patterns: Vec<String> = patterns.iter().map(|pattern| shown(pattern)).collect();
            let patterns = patterns.join(", ");
            if clients.is_empty() {
                patterns
            } else {
                format!("nobody: no client matches {patterns}")
            }
        }
    };
    let failure = match pipeline.on_failure {
        OnFailure::Stop => "stop",
        OnFailure::Continue => "continue",
        OnFailure::NextPipeline => "next pipeline",
    };
    let barrier = if pipeline.barrier {
        ", in lock-step"
    } else {
        ""
    };
    let name = shown(&pipeline.name);
    format!("pipeline {name} (on failure: {failure}{barrier}): {who}")
}

fn of_step(number: &str, step: &Step) -> String {
    let command = shown(&text(&step.command));
    let name = shown(&step.name);
    let mut line = if name == command {
        format!("  {number} {command}")
    } else {
        format!("  {number} {name}: {command}")
    };
    let limit = step.time_limit;
    let limit = limit.map(|limit| format!("time limit {} s", limit.as_secs_f64()));
    let retries = (step.retries > 0).then(|| format!("{} retries", step.retries));
    let more: Vec<String> = limit.into_iter().chain(retries).collect();
    if !more.is_empty() {
        line.push_str(&format!("  [{}]", more.join(", ")));
    }
    line
}
