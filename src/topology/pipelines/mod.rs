//! Pipelines as TOML: what an operator is to have done. A step is an element of a list, and nothing is split.
//!
//! ```text
//! text -> syntax (TOML with places) -> here (how the fleet is walked) -> pipeline -> step -> OperatorPlan
//! ```
//! `resources/pipelines/every-key.toml` shows every key.

mod clients;
mod pipeline;
mod step;

#[cfg(test)]
mod tests;

use super::findings::{Findings, Rule};
use super::section::{Item, Section};
use super::{access, governor, load, syntax};
use crate::fleet::{GovernorTopics, OperatorPlan};
use crate::model::{Mistake, Place, Topic};
use crate::mqtt::{Access, BrokerUrl};
use std::path::PathBuf;
use std::time::Duration;

/// A file of pipelines.
#[derive(Debug, Clone)]
pub struct PipelinesFile {
    /// What the operator is to do.
    pub plan: OperatorPlan,
    /// What lets us in at the broker.
    pub access: Access,
    /// What is allowed but hardly meant, in the order of the file.
    pub warnings: Vec<Mistake>,
}

/// Reads a file of pipelines.
///
/// # Errors
/// All mistakes of the text, in its order.
///
/// ```
/// use mqtt_thing::topology::pipelines;
/// let text = r#"
///     [[pipelines]]
///     name = "slow"
///     on_failure = "stop"
///     steps = ["cpufreq-set -r -f 600MHz", { argv = ["stress-ng", "--cpu", "0"], timeout_s = 120 }]
/// "#;
/// let plan = pipelines::parse(text).unwrap().plan;
/// assert_eq!(plan.pipelines[0].steps[1].name, "stress-ng --cpu 0");
/// ```
pub fn parse(text: &str) -> Result<PipelinesFile, Vec<Mistake>> {
    let mut findings = Findings::new(text);
    let plan = read(text, &mut findings);
    let (mistakes, warnings) = findings.sorted();
    match plan {
        Some((plan, access)) if mistakes.is_empty() => Ok(PipelinesFile {
            plan,
            access,
            warnings,
        }),
        _ => Err(mistakes),
    }
}

fn read<'t>(text: &'t str, findings: &mut Findings<'t>) -> Option<(OperatorPlan, Access)> {
    if text.len() > load::LARGEST {
        findings.refuse(Rule::TooLarge, load::too_large(text));
        return None;
    }
    let table = syntax::read(text, findings)?;
    let mut top = Section::new(
        "the file",
        0..0,
        Rule::UnknownKeyInPipelines,
        table.get_ref(),
    );
    let usual = OperatorPlan::default();
    let url = top.take("broker").and_then(|item| broker(&item, findings));
    let access = access::read(&mut top, url.as_ref(), findings);
    let plan = OperatorPlan {
        broker: url.map(|url| url.to_string()),
        topics: topics(&mut top, findings),
        jsonify: flag(&mut top, "jsonify", usual.jsonify, findings),
        registration_timeout: seconds(&mut top, "registration_timeout_s", 0.0, findings)
            .unwrap_or(usual.registration_timeout),
        clients: top
            .take("clients")
            .and_then(|item| clients::expected(&item, findings)),
        realtime: flag(&mut top, "realtime", usual.realtime, findings),
        receive_commands: flag(
            &mut top,
            "receive_commands",
            usual.receive_commands,
            findings,
        ),
        feedback_file: top
            .take("feedback_file")
            .and_then(|item| path(&item, findings)),
        patience: seconds(&mut top, "patience_s", 0.001, findings).unwrap_or(usual.patience),
        silence: seconds(&mut top, "silence_s", 1.0, findings).unwrap_or(usual.silence),
        pipelines: pipeline::all(&mut top, findings),
    };
    top.finish(misplaced, findings);
    Some((plan, access))
}

/// A key of a pipeline that stands above all of them is a frequent slip.
fn misplaced(key: &str) -> Option<String> {
    pipeline::KEYS
        .contains(&key)
        .then(|| format!("`{key}` belongs below [[pipelines]]"))
}

/// Reads the broker's URL.
pub(super) fn broker(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<BrokerUrl> {
    let text = item.text(findings)?;
    match text.parse() {
        Ok(url) => Some(url),
        Err(error) => {
            findings.refuse(Rule::UrlBad, item.mistake(error.to_string()));
            None
        }
    }
}

fn topics(top: &mut Section<'_>, findings: &mut Findings<'_>) -> GovernorTopics {
    let mut topics = GovernorTopics::default();
    let section = top
        .take("topics")
        .and_then(|item| item.section("[topics]", Rule::UnknownKeyInTopics, findings));
    let Some(mut section) = section else {
        return topics;
    };
    let mut known: Vec<(Topic, &str, Option<Place>)> = Vec::new();
    for (key, topic) in [
        ("registration", &mut topics.registration),
        ("acknowledgment", &mut topics.acknowledgment),
        ("commands", &mut topics.commands),
        ("responses", &mut topics.responses),
        ("command_loader", &mut topics.command_loader),
    ] {
        let item = section.take(key);
        if let Some(written) = item.as_ref().and_then(|item| self::topic(item, findings)) {
            *topic = written;
        }
        let place = item.map(|item| item.place);
        if let Some((_, other, before)) = known.iter().find(|(other, ..)| other == topic) {
            // two that are not written are not the same
            let place = place.clone().or_else(|| before.clone()).unwrap_or_default();
            governor::refuse_same_topic((other, key), topic, place, findings);
        }
        known.push((topic.clone(), key, place));
    }
    section.finish(|_| None, findings);
    topics
}

fn topic(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Topic> {
    Topic::new(item.text(findings)?)
        .map_err(|error| findings.refuse(Rule::TopicBad, item.mistake(error.to_string())))
        .ok()
}

fn path(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<PathBuf> {
    let text = item.text(findings)?;
    if text.is_empty() {
        let mistake = item.mistake("`feedback_file` names no file");
        let help = "write feedback_file = \"feedback.txt\", or leave it out";
        findings.refuse(Rule::FeedbackFileEmpty, mistake.help(help));
    }
    Some(text.into())
}

fn flag(
    top: &mut Section<'_>,
    key: &'static str,
    usual: bool,
    findings: &mut Findings<'_>,
) -> bool {
    let item = top.take(key);
    item.and_then(|item| item.boolean(findings))
        .unwrap_or(usual)
}

/// Seconds from `least` to a year, with or without a point.
fn seconds(
    section: &mut Section<'_>,
    key: &'static str,
    least: f64,
    findings: &mut Findings<'_>,
) -> Option<Duration> {
    section.take(key)?.seconds(
        (least, governor::LONGEST_WAIT_S),
        Rule::SecondsRange,
        findings,
    )
}
