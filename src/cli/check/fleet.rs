//! What follows from a file of pipelines or a `config.ini`, for a person and for a program.

use super::super::output::columns;
use mqtt_thing::fleet::{
    Choice, ExecutorSettings, OnFailure, OperatorPlan, Pipeline, Step, StepCommand,
};
use mqtt_thing::model::escaped;
use mqtt_thing::topology::governor::GovernorConfig;
use serde_json::{Value as Json, json};

/// The longest command that is shown whole, in bytes.
const SHOWN: usize = 100;

/// A plan in few lines: how the fleet is walked, and the steps.
pub(super) fn plan(file: &str, plan: &OperatorPlan) -> String {
    let mut text = format!("{file}: ok\n");
    if let Some(broker) = &plan.broker {
        text.push_str(&format!("broker {broker}\n"));
    }
    let wait = plan.registration_timeout.as_secs_f64();
    let clients = match &plan.clients {
        None => "all clients that register".to_owned(),
        Some(names) => format!("only {}", listed(names)),
    };
    text.push_str(&format!("{clients}, {wait} s after the first\n"));
    for pipeline in &plan.pipelines {
        text.push_str(&self::pipeline(pipeline));
    }
    let then: Vec<&str> = [
        (plan.realtime, "realtime mode follows"),
        (plan.receive_commands, "commanders are served"),
        (!plan.jsonify, "old clients are spoken to in text"),
    ]
    .into_iter()
    .filter_map(|(is_so, words)| is_so.then_some(words))
    .collect();
    if !then.is_empty() {
        text.push_str(&format!("\n{}\n", then.join(", ")));
    }
    if let Some(path) = &plan.feedback_file {
        text.push_str(&format!("feedback goes to {}\n", path.display()));
    }
    text
}

fn pipeline(pipeline: &Pipeline) -> String {
    let mut head = shown(&pipeline.name);
    if let Choice::Matching(names) = &pipeline.clients {
        head.push_str(&format!(", for {}", listed(names)));
    }
    match pipeline.on_failure {
        OnFailure::Continue => {}
        OnFailure::Stop => head.push_str(", stops at a failure"),
        OnFailure::NextPipeline => head.push_str(", a failure leads to the next"),
    }
    if pipeline.barrier {
        head.push_str(", in lock-step");
    }
    let numbered = pipeline.steps.iter().enumerate();
    let steps = numbered.map(|(index, step)| row((index + 1).to_string(), step));
    let finally = pipeline
        .finally
        .iter()
        .map(|step| row("finally".to_owned(), step));
    let rows: Vec<Vec<String>> = steps.chain(finally).collect();
    format!("\n{head}\n{}", columns("  ", &rows))
}

fn row(number: String, step: &Step) -> Vec<String> {
    let command = match &step.command {
        StepCommand::Text(text) => text.clone(),
        StepCommand::Argv(argv) => mqtt_thing::fleet::words::quoted(argv),
    };
    let mut more = Vec::new();
    if step.name != command {
        more.push(format!("called {}", shown(&step.name)));
    }
    if let Some(limit) = step.time_limit {
        more.push(format!("at most {} s", limit.as_secs_f64()));
    }
    match step.retries {
        0 => {}
        1 => more.push("tried again once".to_owned()),
        times => more.push(format!("tried again {times} times")),
    }
    let command = match command.is_empty() {
        true => "(an empty command)".to_owned(),
        false => shown(&command),
    };
    vec![number, command, more.join(", ")]
}

/// A configuration for all three roles.
pub(super) fn governor(file: &str, config: &GovernorConfig) -> String {
    let executor = &config.executor;
    let allowed = match executor.allow.as_slice() {
        [] => "nothing may run, since there is no `allow` in [sut]".to_owned(),
        entries => {
            let rows: Vec<Vec<String>> = entries.iter().map(|entry| vec![shown(entry)]).collect();
            format!("may run\n{}", columns("  ", &rows))
        }
    };
    let shell = match executor.shell {
        true => "what `*` allows goes to a shell\n",
        false => "",
    };
    format!(
        "{}\nas a SUT: {}\n{shell}",
        plan(file, &config.operator),
        allowed.trim_end()
    )
}

/// A plan for a program.
pub(super) fn plan_json(plan: &OperatorPlan) -> Json {
    let pipelines: Vec<Json> = plan.pipelines.iter().map(pipeline_json).collect();
    json!({
        "broker": plan.broker,
        "topics": {
            "registration": plan.topics.registration.as_str(),
            "acknowledgment": plan.topics.acknowledgment.as_str(),
            "commands": plan.topics.commands.as_str(),
            "responses": plan.topics.responses.as_str(),
            "command_loader": plan.topics.command_loader.as_str(),
        },
        "jsonify": plan.jsonify,
        "registration_timeout_s": plan.registration_timeout.as_secs_f64(),
        "clients": plan.clients,
        "realtime": plan.realtime,
        "receive_commands": plan.receive_commands,
        "feedback_file": plan.feedback_file,
        "patience_s": plan.patience.as_secs_f64(),
        "silence_s": plan.silence.as_secs_f64(),
        "pipelines": pipelines,
    })
}

fn pipeline_json(pipeline: &Pipeline) -> Json {
    let steps = |steps: &[Step]| -> Vec<Json> { steps.iter().map(step_json).collect() };
    json!({
        "name": pipeline.name,
        "clients": match &pipeline.clients {
            Choice::All => Json::Null,
            Choice::Matching(names) => json!(names),
        },
        "on_failure": match pipeline.on_failure {
            OnFailure::Stop => "stop",
            OnFailure::Continue => "continue",
            OnFailure::NextPipeline => "next_pipeline",
        },
        "barrier": pipeline.barrier,
        "steps": steps(&pipeline.steps),
        "finally": steps(&pipeline.finally),
    })
}

fn step_json(step: &Step) -> Json {
    let (command, argv) = match &step.command {
        StepCommand::Text(text) => (Some(text), None),
        StepCommand::Argv(argv) => (None, Some(argv)),
    };
    json!({
        "name": step.name,
        "command": command,
        "argv": argv,
        "timeout_s": step.time_limit.map(|limit| limit.as_secs_f64()),
        "retries": step.retries,
    })
}

/// The policy of `[sut]` for a program.
pub(super) fn executor_json(settings: &ExecutorSettings) -> Json {
    json!({ "allow": settings.allow, "shell": settings.shell, "parallel": settings.parallel })
}

fn listed(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
    names.join(", ")
}

fn shown(text: &str) -> String {
    escaped(text.as_bytes(), SHOWN)
}
