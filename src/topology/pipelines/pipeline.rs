//! Reads `[[pipelines]]`.

use super::super::findings::{Findings, Rule};
use super::super::section::{Item, Section, shown};
use super::{clients, step};
use crate::fleet::{Choice, OnFailure, Pipeline};
use crate::model::Mistake;
use std::collections::HashSet;
use toml::de::DeValue;

/// The keys of a pipeline, but for `clients`, which the file has as well.
pub(super) const KEYS: [&str; 6] = [
    "name",
    "steps",
    "finally",
    "on_failure",
    "barrier",
    "restore_frequency",
];

const HELP: &str = "begin one with [[pipelines]], and steps = [\"uptime\"] below it";

/// Reads all of them.
pub(super) fn all(top: &mut Section<'_>, findings: &mut Findings<'_>) -> Vec<Pipeline> {
    let Some(item) = top.take("pipelines") else {
        let mistake = Mistake::new(0..0, "there are no pipelines").help(HELP);
        top.missing("pipelines", Rule::NoPipelines, mistake, findings);
        return Vec::new();
    };
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`pipelines` is {}; it takes a list of tables", item.is());
        let mistake = Mistake::new(item.key.place.clone(), message).help(HELP);
        findings.refuse(Rule::PipelinesNoList, mistake);
        return Vec::new();
    };
    let mut names = HashSet::new();
    let mut pipelines = Vec::new();
    for (index, element) in elements.iter().enumerate() {
        let element = item.element(element);
        pipelines.extend(pipeline(index + 1, &element, &mut names, findings));
    }
    pipelines
}

fn pipeline(
    number: usize,
    item: &Item<'_>,
    names: &mut HashSet<String>,
    findings: &mut Findings<'_>,
) -> Option<Pipeline> {
    let mut section = item.section("a pipeline", Rule::UnknownKeyInPipeline, findings)?;
    // its head [[pipelines]], or all of an inline table
    section.place = item.place.clone();
    let name = name(number, &mut section, names, findings);
    let steps = section.take("steps");
    let steps = match &steps {
        Some(item) => step::list(item, findings),
        None => {
            let mistake = Mistake::new(section.place.clone(), "this pipeline has no `steps`")
                .help("write steps = [\"uptime\"]");
            section.missing("steps", Rule::StepsMissing, mistake, findings);
            Vec::new()
        }
    };
    let finally = section.take("finally");
    let finally = finally
        .map(|item| step::list(&item, findings))
        .unwrap_or_default();
    let on_failure = section.take("on_failure");
    let on_failure = on_failure.and_then(|item| self::on_failure(&item, findings));
    let barrier = section
        .take("barrier")
        .and_then(|item| item.boolean(findings));
    let restore_frequency = section
        .take("restore_frequency")
        .and_then(|item| item.boolean(findings));
    let clients = section.take("clients");
    let clients = clients.map_or(Choice::All, |item| clients::choice(&item, findings));
    section.finish(in_a_step, findings);
    let mut pipeline = Pipeline {
        name,
        steps,
        finally,
        on_failure: on_failure.unwrap_or_default(),
        barrier: barrier.unwrap_or(false),
        clients,
    };
    if restore_frequency.unwrap_or(true) && pipeline.sets_frequency() {
        pipeline.add_way_back();
    }
    Some(pipeline)
}

/// A key of a step that stands in the pipeline is a frequent slip.
fn in_a_step(key: &str) -> Option<String> {
    let is_one = ["command", "argv", "timeout_s", "retries"].contains(&key);
    is_one.then(|| {
        format!("`{key}` belongs to a step, as in {{ command = \"uptime\", timeout_s = 5 }}")
    })
}

fn name(
    number: usize,
    section: &mut Section<'_>,
    names: &mut HashSet<String>,
    findings: &mut Findings<'_>,
) -> String {
    let item = section.take("name");
    let written = item.as_ref().and_then(|item| item.text(findings));
    let name = written.map_or_else(|| format!("pipeline {number}"), str::to_owned);
    if let Some(item) = item {
        if name.is_empty() {
            let mistake = item.mistake("a pipeline's name is empty");
            findings.refuse(
                Rule::PipelineNameless,
                mistake.help("name it, or leave `name` out"),
            );
        } else if names.contains(&name) {
            let message = format!("a pipeline before this one is called `{}`", shown(&name));
            findings.refuse(Rule::PipelineTwice, item.mistake(message));
        }
    }
    names.insert(name.clone());
    name
}

fn on_failure(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<OnFailure> {
    let word = item.text(findings)?;
    let found = match word {
        "stop" => Some(OnFailure::Stop),
        "continue" => Some(OnFailure::Continue),
        "next_pipeline" => Some(OnFailure::NextPipeline),
        _ => None,
    };
    if found.is_none() {
        let message = format!("`on_failure` cannot be `{}`", shown(word));
        let help = "\"stop\": this client is done; \"continue\": the next step follows; \"next_pipeline\": the next pipeline follows";
        findings.refuse(Rule::OnFailureUnknown, item.mistake(message).help(help));
    }
    found
}
