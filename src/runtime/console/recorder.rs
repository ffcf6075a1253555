//! Keeps what comes back: in the run store, and as lines of a feedback file in the original's form.

use crate::fleet::feedback_file;
use crate::fleet::governor::time_of;
use crate::fleet::operator::{Answer, Effect, OperatorEvent, Outcome, StepRef, Summary, Task, Way};
use crate::fleet::{Face, OperatorPlan, Status};
use crate::model::escaped;
use crate::store::{RunClient, RunId, RunOutput, RunResponse, Runs, StoreError};
use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;
use thiserror::Error;

/// The raw payload is kept beside its parts up to this size; beyond, it would only be there twice.
const RAW: usize = 64 << 10;

/// Why a result could not be kept.
#[derive(Debug, Error)]
pub enum RecorderError {
    /// The run store.
    #[error("the result cannot be kept, so nothing more is sent: {0}")]
    Store(#[from] StoreError),
    /// The feedback file.
    #[error("the feedback file {} cannot be written, so nothing more is sent: {source}", path.display())]
    Feedback {
        /// The file.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
}

/// Where results are kept. Without both it keeps nothing.
#[derive(Debug, Default)]
pub struct Recorder {
    /// The run store and the run in it.
    pub store: Option<(Runs, RunId)>,
    /// The feedback file, open for appending, and its name.
    pub feedback: Option<(File, PathBuf)>,
}

impl Recorder {
    /// Keeps what is among the effects of one heap.
    pub(super) fn keep(
        &mut self,
        plan: &OperatorPlan,
        effects: &[Effect],
    ) -> Result<(), RecorderError> {
        self.append_feedback(effects)?;
        let Some((runs, run)) = &mut self.store else {
            return Ok(());
        };
        let (mut responses, mut lines) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::Save(line) => lines.push(line.clone()),
                Effect::Event(event) => {
                    responses.extend(response(plan, event));
                    if let OperatorEvent::Known { client, way, .. } = event {
                        let client = RunClient {
                            client: client.to_string(),
                            face: face(*way, plan.jsonify),
                            joined: SystemTime::now(),
                        };
                        runs.add_client(run, &client)?;
                    }
                }
                Effect::Publish(_) | Effect::Finished(_) => {}
            }
        }
        if !responses.is_empty() || !lines.is_empty() {
            runs.add_responses(run, &responses, &lines)?;
        }
        Ok(())
    }

    fn append_feedback(&mut self, effects: &[Effect]) -> Result<(), RecorderError> {
        let Some((file, path)) = &mut self.feedback else {
            return Ok(());
        };
        let mut text = Vec::new();
        for effect in effects {
            if let Effect::Event(
                OperatorEvent::Answered { payload, .. } | OperatorEvent::Unasked { payload, .. },
            ) = effect
            {
                text.extend(feedback_file::line(payload));
            }
        }
        file.write_all(&text)
            .map_err(|source| RecorderError::Feedback {
                path: path.clone(),
                source,
            })
    }

    /// The run is over. Steps that were sent and never answered get their rows now: until the end they might have been.
    pub(super) fn finish(
        &mut self,
        plan: &OperatorPlan,
        summary: &Summary,
    ) -> Result<(), RecorderError> {
        let Some((runs, run)) = &mut self.store else {
            return Ok(());
        };
        let mut silent = Vec::new();
        for client in &summary.clients {
            let face = face(client.way, plan.jsonify);
            let steps = client.steps.iter();
            let steps = steps.filter(|(_, its)| its.end.is_silence() && its.attempts > 0);
            silent.extend(
                steps.map(|(at, its)| silence(plan, &client.client, &Task::Step(*at), face, its)),
            );
        }
        if !silent.is_empty() {
            runs.add_responses(run, &silent, &[])?;
        }
        for client in &summary.clients {
            let failed = client
                .steps
                .iter()
                .filter(|(_, outcome)| !outcome.end.is_good());
            let outcome = match (client.lost, failed.count()) {
                (true, _) => "lost".to_owned(),
                (false, 0) => "succeeded".to_owned(),
                (false, failed) => format!("{failed} of {} failed", client.steps.len()),
            };
            runs.end_client(run, &client.client, &outcome)?;
        }
        let outcome = match (summary.succeeded(), summary.interrupted) {
            (true, _) => "succeeded",
            (false, true) => "interrupted",
            (false, false) => "failed",
        };
        runs.finish(run, SystemTime::now(), outcome)?;
        Ok(())
    }
}

fn face(way: Way, jsonify: bool) -> Face {
    match (way, jsonify) {
        (Way::Own, _) => Face::Own,
        (Way::Governor, true) => Face::GovernorJson,
        (Way::Governor, false) => Face::GovernorText,
    }
}

/// An answer as a row; or that a task ended without one.
fn response(plan: &OperatorPlan, event: &OperatorEvent) -> Option<RunResponse> {
    match event {
        OperatorEvent::Answered {
            client,
            task,
            attempt,
            way,
            answer,
            payload,
        } => {
            let row = row(plan, client, task, *attempt, face(*way, plan.jsonify));
            Some(answered(row, answer, payload))
        }
        // answers have rows of their own, and steps get theirs at the end
        OperatorEvent::Ended {
            client,
            task: task @ (Task::Line(_) | Task::Loaded(_)),
            outcome,
        } if outcome.end.is_silence() => Some(silence(plan, client, task, Face::Own, outcome)),
        _ => None,
    }
}

/// A row for the lack of an answer.
fn silence(
    plan: &OperatorPlan,
    client: &str,
    task: &Task,
    face: Face,
    outcome: &Outcome,
) -> RunResponse {
    let why = outcome.why.as_deref().unwrap_or(outcome.end.as_str());
    RunResponse {
        reason: Some(escaped(why.as_bytes(), 512)),
        ..row(plan, client, task, outcome.attempts, face)
    }
}

fn row(plan: &OperatorPlan, client: &str, task: &Task, attempt: u32, face: Face) -> RunResponse {
    let (pipeline, step, index) = match task {
        Task::Step(at) => named(plan, *at),
        Task::Line(text) | Task::Loaded(text) => (None, text.to_string(), None),
    };
    RunResponse {
        client: client.to_owned(),
        id: None,
        pipeline,
        command: step.clone(),
        step,
        step_index: index,
        attempt,
        face,
        status: None,
        reason: None,
        exit_code: None,
        signal: None,
        started: None,
        ended: None,
        received: SystemTime::now(),
        duration: None,
        usage: None,
        host: None,
        output: RunOutput::default(),
        error: RunOutput::default(),
        raw: None,
    }
}

fn named(plan: &OperatorPlan, at: StepRef) -> (Option<String>, String, Option<u32>) {
    let pipeline = plan.pipelines.get(at.pipeline).map(|its| its.name.clone());
    let step = at
        .of(plan)
        .map_or_else(String::new, |step| step.name.clone());
    let before = match at.finally {
        true => plan
            .pipelines
            .get(at.pipeline)
            .map_or(0, |its| its.steps.len()),
        false => 0,
    };
    (pipeline, step, u32::try_from(before + at.step).ok())
}

fn answered(row: RunResponse, answer: &Answer, payload: &[u8]) -> RunResponse {
    let feedback = answer.feedback();
    let time = |text: &str| time_of(text);
    let (started, ended) = (time(&feedback.start_time), time(&feedback.end_time));
    let whole = |text: &str| RunOutput::whole(text.as_bytes());
    let base = RunResponse {
        command: feedback.command.clone(),
        started,
        ended,
        duration: started
            .zip(ended)
            .and_then(|(a, b)| b.duration_since(a).ok()),
        output: whole(feedback.output.as_deref().unwrap_or_default()),
        error: match feedback.error.as_str() {
            "None" => RunOutput::default(),
            error => whole(error),
        },
        raw: (payload.len() <= RAW).then(|| payload.to_vec()),
        ..row
    };
    match answer {
        Answer::Governor(feedback) => RunResponse {
            status: Some(match feedback.is_normal() {
                true => Status::Succeeded,
                false => Status::Failed,
            }),
            reason: (!feedback.is_normal()).then(|| feedback.error.clone()),
            ..base
        },
        Answer::Own(response) => RunResponse {
            id: response.id.clone(),
            status: Some(response.status),
            reason: response.reason.clone(),
            exit_code: response.exit_code,
            signal: response.signal,
            duration: response.duration.or(base.duration),
            usage: response.usage,
            host: serde_json::to_string(&response.host).ok(),
            output: RunOutput {
                total: response.output_bytes.unwrap_or(base.output.total),
                truncated: response.truncated,
                ..base.output
            },
            error: RunOutput {
                total: response.error_bytes.unwrap_or(base.error.total),
                truncated: response.truncated,
                ..base.error
            },
            ..base
        },
    }
}
