//! A run for a program: an object a line. Every object has `event` and `at` (Unix seconds).

use super::lines::number;
use crate::cli::signing::SignedBy;
use mqtt_thing::fleet::OperatorPlan;
use mqtt_thing::fleet::operator::{Answer, OperatorEvent, Outcome, StepRef, Summary, Task};
use mqtt_thing::runtime::console::Sight;
use mqtt_thing::store::RunId;
use serde_json::{Map, Value as Json, json};
use std::time::{SystemTime, UNIX_EPOCH};

fn object(event: &str, mut rest: Json) -> Json {
    let at = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let mut all = Map::new();
    all.insert("event".to_owned(), json!(event));
    all.insert("at".to_owned(), json!(at.as_secs_f64()));
    if let Some(rest) = rest.as_object_mut() {
        all.append(rest);
    }
    Json::Object(all)
}

/// What is seen, as one object.
pub(super) fn of(plan: &OperatorPlan, sight: &Sight<'_>, by: Option<&SignedBy>) -> Json {
    match sight {
        Sight::Connected => {
            let by = by.map(
                |by| json!({ "key": by.key.id().as_str(), "file": by.file.display().to_string() }),
            );
            object("connected", json!({ "signed_by": by }))
        }
        Sight::Disconnected(reason) => object("disconnected", json!({ "reason": reason })),
        Sight::Trouble(text) => object("trouble", json!({ "text": text })),
        Sight::Event(event) => of_event(plan, event),
    }
}

fn of_event(plan: &OperatorPlan, event: &OperatorEvent) -> Json {
    let bytes = |payload: &[u8]| String::from_utf8_lossy(payload).into_owned();
    match event {
        OperatorEvent::Known {
            client,
            way,
            takes_part,
        } => object(
            "known",
            json!({ "client": **client, "way": way, "takes_part": takes_part }),
        ),
        OperatorEvent::SignatureWanted { client } => {
            object("signature_wanted", json!({ "client": **client }))
        }
        OperatorEvent::Registered { client, again } => {
            object("registered", json!({ "client": **client, "again": again }))
        }
        OperatorEvent::RegistrationRefused { client, why } => object(
            "registration_refused",
            json!({ "client": client, "why": why }),
        ),
        OperatorEvent::Presence { client, online } => {
            object("presence", json!({ "client": **client, "online": online }))
        }
        OperatorEvent::Waiting { .. } => {
            let wait = plan.registration_timeout.as_secs_f64();
            object("waiting", json!({ "wait_s": wait }))
        }
        OperatorEvent::Begun { clients, missing } => {
            let missing: Vec<&str> = missing.iter().map(|name| &**name).collect();
            object("begun", json!({ "clients": clients, "missing": missing }))
        }
        OperatorEvent::JoinedLate { client } => {
            object("joined_late", json!({ "client": **client }))
        }
        OperatorEvent::PipelineBegun { client, pipeline } => {
            object("pipeline_begun", pipeline_of(plan, client, *pipeline))
        }
        OperatorEvent::PipelineEnded { client, pipeline } => {
            object("pipeline_ended", pipeline_of(plan, client, *pipeline))
        }
        OperatorEvent::Sent {
            client,
            task,
            attempt,
            way,
            id,
            again,
        } => {
            let rest =
                json!({ "attempt": attempt, "way": way, "id": id.as_deref(), "again": again });
            object("sent", with_task(plan, client, task, rest))
        }
        OperatorEvent::Progress {
            client,
            task,
            progress,
        } => {
            let rest = json!({
                "id": progress.id,
                "state": progress.state.as_str(),
                "elapsed_s": progress.elapsed.as_secs_f64(),
                "last_lines": progress.last,
            });
            object("progress", with_task(plan, client, task, rest))
        }
        OperatorEvent::Answered {
            client,
            task,
            attempt,
            way,
            answer,
            ..
        } => {
            let mut rest = answered(answer);
            rest["attempt"] = json!(attempt);
            rest["way"] = json!(way);
            object("answered", with_task(plan, client, task, rest))
        }
        OperatorEvent::Ended {
            client,
            task,
            outcome,
        } => object("ended", with_task(plan, client, task, outcome_of(outcome))),
        OperatorEvent::Lost { client, why } => {
            object("lost", json!({ "client": **client, "why": why }))
        }
        OperatorEvent::Back { client } => object("back", json!({ "client": **client })),
        OperatorEvent::Unasked {
            client,
            command,
            payload,
        } => object(
            "unasked",
            json!({ "client": client, "command": command, "payload": bytes(payload) }),
        ),
        OperatorEvent::TwoWithOneName { client, why } => object(
            "two_with_one_name",
            json!({ "client": **client, "why": why }),
        ),
        OperatorEvent::Ignored {
            topic,
            why,
            payload,
        } => object(
            "ignored",
            json!({ "topic": topic.as_str(), "why": why, "payload": bytes(payload) }),
        ),
        OperatorEvent::LoaderAccepted {
            client_id,
            command,
            clients,
        } => object(
            "loader_accepted",
            json!({ "client_id": client_id, "command": command, "clients": clients }),
        ),
        OperatorEvent::LoaderRefused {
            client_id,
            command,
            why,
        } => object(
            "loader_refused",
            json!({ "client_id": client_id, "command": command, "why": why }),
        ),
        OperatorEvent::Line { command, clients } => {
            object("line", json!({ "command": command, "clients": clients }))
        }
        OperatorEvent::LineQueued { command } => {
            object("line_queued", json!({ "command": command }))
        }
        OperatorEvent::LineRefused { command, why } => {
            object("line_refused", json!({ "command": command, "why": why }))
        }
        OperatorEvent::Walked => object("walked", json!({})),
        OperatorEvent::Interrupted { again } => object("interrupted", json!({ "again": again })),
        other => object("other", json!({ "text": format!("{other:?}") })),
    }
}

fn pipeline_of(plan: &OperatorPlan, client: &str, pipeline: usize) -> Json {
    let name = plan.pipelines.get(pipeline).map(|its| its.name.as_str());
    json!({ "client": client, "pipeline": name })
}

fn with_task(plan: &OperatorPlan, client: &str, task: &Task, mut rest: Json) -> Json {
    rest["client"] = json!(client);
    match task {
        Task::Step(at) => {
            let name = plan.pipelines.get(at.pipeline).map(|its| its.name.as_str());
            rest["pipeline"] = json!(name);
            rest["step"] = json!(at.of(plan).map(|step| step.name.as_str()));
            rest["step_number"] = json!(number(plan, *at));
        }
        Task::Line(text) => rest["line"] = json!(**text),
        Task::Loaded(text) => rest["loaded"] = json!(**text),
    }
    rest
}

fn outcome_of(outcome: &Outcome) -> Json {
    json!({ "end": outcome.end, "attempts": outcome.attempts, "why": outcome.why.as_deref() })
}

fn answered(answer: &Answer) -> Json {
    let feedback = answer.feedback();
    let (end, why) = answer.end();
    let mut told = json!({
        "end": end,
        "why": why.as_deref(),
        "command": feedback.command,
        "start_time": feedback.start_time,
        "end_time": feedback.end_time,
        "output": feedback.output,
        "error": feedback.error,
    });
    if let Answer::Own(response) = answer {
        told["id"] = json!(response.id);
        told["status"] = json!(response.status);
        told["exit_code"] = json!(response.exit_code);
        told["signal"] = json!(response.signal);
        told["duration_s"] = json!(response.duration.map(|took| took.as_secs_f64()));
        told["truncated"] = json!(response.truncated);
        told["usage"] = json!(response.usage.map(|usage| json!({
            "user_s": usage.user.as_secs_f64(),
            "system_s": usage.system.as_secs_f64(),
            "max_rss_kib": usage.max_rss_kib,
        })));
        told["host"] = json!(response.host);
    }
    told
}

/// The end, as one object.
pub(super) fn summary(plan: &OperatorPlan, summary: &Summary, run: Option<&RunId>) -> Json {
    let step = |(at, outcome): &(StepRef, Outcome)| {
        let mut told = outcome_of(outcome);
        told["pipeline"] = json!(plan.pipelines.get(at.pipeline).map(|its| its.name.as_str()));
        told["step"] = json!(at.of(plan).map(|step| step.name.as_str()));
        told["step_number"] = json!(number(plan, *at));
        told
    };
    let clients: Vec<Json> = summary
        .clients
        .iter()
        .map(|client| {
            let steps: Vec<Json> = client.steps.iter().map(step).collect();
            json!({ "client": *client.client, "way": client.way, "lost": client.lost, "steps": steps })
        })
        .collect();
    let missing: Vec<&str> = summary.missing.iter().map(|name| &**name).collect();
    object(
        "summary",
        json!({
            "succeeded": summary.succeeded(),
            "interrupted": summary.interrupted,
            "clients": clients,
            "missing": missing,
            "unwalked": summary.unwalked,
            "run": run.map(RunId::as_str),
        }),
    )
}
