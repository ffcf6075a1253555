//! Reads `[operator]`.

use super::super::findings::{Findings, Rule};
use super::super::section::shown;
use super::pipeline;
use super::sections::Sections;
use super::value::{Value, boolean};
use crate::fleet::{OperatorPlan, Pipeline, way_back};
use crate::model::Mistake;
use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

const SECTION: &str = "operator";

/// The longest wait, in seconds: a year.
pub(in super::super) const LONGEST_WAIT_S: f64 = 31_536_000.0;

/// Where feedback goes when only `save_feedback` is there.
const FEEDBACK_FILE: &str = "feedback.txt";

/// Reads it; `None` after a mistake. Broker and topics are the usual ones.
///
/// What is left out has the value that the original's README gives, but for `receive_commands`, of which it says
/// nothing: a door to the network stays shut.
pub(super) fn read(
    sections: &mut Sections<'_, '_>,
    findings: &mut Findings<'_>,
) -> Option<OperatorPlan> {
    let usual = OperatorPlan::default();
    let wait = |from: f64| (from, LONGEST_WAIT_S);
    let registration_timeout =
        sections.seconds(SECTION, "registration_timeout", wait(0.0), findings);
    let patience = sections.seconds(SECTION, "patience_s", wait(0.001), findings);
    let silence = sections.seconds(SECTION, "silence_s", wait(1.0), findings);
    let pipelines_wanted = switch(sections, "enable_pipeline_mode", "pipeline_mode", findings);
    let realtime = switch(sections, "enable_realtime_mode", "realtime_mode", findings);
    let jsonify = sections.boolean(SECTION, "jsonify", findings);
    let receive_commands = sections.boolean(SECTION, "receive_commands", findings);
    let feedback_file = feedback_file(sections, findings);
    let clients = clients(sections, findings);
    let mut pipelines = pipelines(sections, findings);
    // ours; the original passes it over
    let restore_frequency = sections.boolean(SECTION, "restore_frequency", findings);
    if restore_frequency?.unwrap_or(true) {
        way_back::add_to_chain(&mut pipelines);
    }
    let pipelines = match pipelines_wanted? {
        true => pipelines,
        false => Vec::new(),
    };
    let or = |found: Option<Duration>, usual| found.unwrap_or(usual);
    Some(OperatorPlan {
        jsonify: jsonify?.unwrap_or(true),
        registration_timeout: or(registration_timeout?, usual.registration_timeout),
        clients: clients?,
        pipelines,
        realtime: realtime?,
        receive_commands: receive_commands?.unwrap_or(false),
        feedback_file: feedback_file?,
        patience: or(patience?, usual.patience),
        silence: or(silence?, usual.silence),
        ..usual
    })
}

/// A switch that older versions of the original call otherwise; on, when it is not there.
fn switch(
    sections: &mut Sections<'_, '_>,
    key: &'static str,
    older: &'static str,
    findings: &mut Findings<'_>,
) -> Option<bool> {
    if let Some(on) = sections.boolean(SECTION, key, findings)? {
        return Some(on);
    }
    let Some((value, on)) = older_switch(sections, key, older, findings) else {
        return Some(true);
    };
    let message = format!("`{older}` is the old name of `{key}`, and read as that");
    let mistake = Mistake::new(value.key_place, message).help(format!("write {key} = {on}"));
    findings.warn(Rule::SwitchOld, mistake);
    Some(on)
}

/// The old switch, where it counts: the new one is not there, and it is a boolean.
fn older_switch<'i>(
    sections: &mut Sections<'i, '_>,
    key: &'static str,
    older: &'static str,
    findings: &mut Findings<'_>,
) -> Option<(Value<'i>, bool)> {
    if sections.get(SECTION, key, findings).is_some() {
        return None;
    }
    let value = sections.get(SECTION, older, findings)?;
    let on = boolean(&value.text)?;
    Some((value, on))
}

/// The keys that begin with `pipeline`, in the order in which Python gives them.
fn pipelines(sections: &mut Sections<'_, '_>, findings: &mut Findings<'_>) -> Vec<Pipeline> {
    let switch = older_switch(sections, "enable_pipeline_mode", "pipeline_mode", findings)
        .map(|(value, _)| value.key);
    let entries = sections.entries(SECTION).into_iter();
    let named = entries.filter(|entry| entry.key.value.starts_with("pipeline"));
    let chosen: Vec<_> = named
        .filter(|entry| Some(entry.key.value.as_str()) != switch)
        .collect();
    let mut pipelines = Vec::new();
    for entry in chosen {
        let value = sections.value(SECTION, entry, findings);
        pipelines.push(pipeline::read(&value, findings));
    }
    pipelines
}

fn feedback_file(
    sections: &mut Sections<'_, '_>,
    findings: &mut Findings<'_>,
) -> Option<Option<PathBuf>> {
    let save = sections.boolean(SECTION, "save_feedback", findings);
    let file = sections.get(SECTION, "feedback_file", findings);
    if !save?.unwrap_or(true) {
        return Some(None);
    }
    match file {
        Some(value) if value.text.is_empty() => {
            let mistake = value.mistake("`feedback_file` names no file");
            let help = "write feedback_file = feedback.txt, or save_feedback = False";
            findings.refuse(Rule::FeedbackFileEmpty, mistake.help(help));
            None
        }
        Some(value) => Some(Some(value.text.into())),
        None => Some(Some(FEEDBACK_FILE.into())),
    }
}

/// Ours: names of clients, a line each or with commas between.
fn clients(
    sections: &mut Sections<'_, '_>,
    findings: &mut Findings<'_>,
) -> Option<Option<Vec<String>>> {
    let Some(value) = sections.get(SECTION, "clients", findings) else {
        return Some(None);
    };
    let names = value.text.split([',', '\n']).map(super::ini::strip);
    let names: Vec<String> = names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect();
    let mut seen = HashSet::new();
    if let Some(name) = names.iter().find(|name| !seen.insert(name.as_str())) {
        let message = format!("the client `{}` is named twice", shown(name));
        findings.refuse(Rule::ClientTwice, value.mistake(message));
        return None;
    }
    if names.is_empty() {
        let help = "name them with commas between, or leave `clients` out for all that register";
        findings.refuse(
            Rule::ClientsEmpty,
            value.mistake("`clients` names nobody").help(help),
        );
        return None;
    }
    Some(Some(names))
}
