//! Reads a step: text, a list of words, or a table with either and how it is run.

use super::super::findings::{Findings, Rule};
use super::super::section::Item;
use super::seconds;
use crate::fleet::{Step, StepCommand, words};
use crate::model::Mistake;
use toml::de::DeValue;

const HELP: &str = "write \"stress-ng --cpu 0\", [\"stress-ng\", \"--cpu\", \"0\"], or { argv = [..], timeout_s = 60, retries = 1 }";

/// Reads the list at `steps` or `finally`.
pub(super) fn list(item: &Item<'_>, findings: &mut Findings<'_>) -> Vec<Step> {
    let key = item.key.value;
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`{key}` is {}; it takes a list of steps", item.is());
        let help =
            format!("write {key} = [\"uptime\"]; nothing is split, so each step is an element");
        findings.refuse(Rule::StepsNoList, item.mistake(message).help(help));
        return Vec::new();
    };
    if elements.is_empty() && key == "steps" {
        let mistake = item.mistake("this pipeline has no steps").help(HELP);
        findings.refuse(Rule::StepsEmpty, mistake);
    }
    let elements = elements.iter().map(|element| item.element(element));
    elements
        .filter_map(|element| step(&element, findings))
        .collect()
}

fn step(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Step> {
    match item.value() {
        DeValue::String(text) => Some(plain(self::text(text, item, findings)?)),
        DeValue::Array(_) => Some(plain(argv(item, findings)?)),
        DeValue::Table(_) => detailed(item, findings),
        _ => {
            let message = format!("a step cannot be {}", item.is());
            findings.refuse(Rule::StepNoCommand, item.mistake(message).help(HELP));
            None
        }
    }
}

fn plain(command: StepCommand) -> Step {
    Step {
        name: match &command {
            StepCommand::Text(text) => text.clone(),
            StepCommand::Argv(argv) => words::quoted(argv),
        },
        command,
        time_limit: None,
        retries: 0,
    }
}

fn detailed(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Step> {
    let mut section = item.section("a step", Rule::UnknownKeyInStep, findings)?;
    section.place = item.place.start..item.place.start + 1;
    let (text, argv) = (section.take("command"), section.take("argv"));
    let name = section.take("name");
    let name = name
        .as_ref()
        .and_then(|item| item.text(findings))
        .filter(|name| !name.is_empty());
    let time_limit = seconds(&mut section, "timeout_s", 0.001, findings);
    let retries = section.take("retries").and_then(|item| {
        let about = "how often it is tried again when it failed or timed out; 0 when left out";
        item.integer((0, 1000), Rule::RetriesRange, about, findings)
    });
    let command = match (text, argv) {
        (Some(item), None) => item
            .text(findings)
            .and_then(|text| self::text(text, &item, findings)),
        (None, Some(item)) => self::argv(&item, findings),
        (Some(_), Some(item)) => {
            let message = "`command` and `argv` exclude each other";
            let mistake = Mistake::new(item.key.place, message)
                .help("`argv` is a program with its arguments; `command` is text");
            findings.refuse(Rule::StepBoth, mistake);
            None
        }
        (None, None) => {
            let mistake =
                Mistake::new(section.place.clone(), "this step has no `command`").help(HELP);
            section.missing("command", Rule::StepNeither, mistake, findings);
            None
        }
    };
    section.finish(|_| None, findings);
    let step = plain(command?);
    Some(Step {
        name: name.map_or(step.name, str::to_owned),
        time_limit,
        retries: retries
            .and_then(|retries| retries.try_into().ok())
            .unwrap_or(0),
        ..step
    })
}

fn text(text: &str, item: &Item<'_>, findings: &mut Findings<'_>) -> Option<StepCommand> {
    if text.trim().is_empty() {
        let mistake = item.mistake("an empty step").help("leave it out");
        findings.refuse(Rule::StepBlank, mistake);
        return None;
    }
    Some(StepCommand::Text(text.to_owned()))
}

fn argv(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<StepCommand> {
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`argv` is {}; it takes a list of words", item.is());
        let help = "as in argv = [\"stress-ng\", \"--cpu\", \"0\"]; text stands at `command`";
        findings.refuse(Rule::ArgvNoList, item.mistake(message).help(help));
        return None;
    };
    let elements: Vec<_> = elements
        .iter()
        .map(|element| item.element(element))
        .collect();
    // all are looked at, so that all mistakes are told
    let words: Vec<Option<&str>> = elements
        .iter()
        .map(|element| element.text(findings))
        .collect();
    let argv: Vec<String> = words
        .into_iter()
        .map(|word| word.map(str::to_owned))
        .collect::<Option<_>>()?;
    if let Err(error) = words::check(&argv) {
        findings.refuse(Rule::ArgvBad, item.mistake(error.to_string()));
        return None;
    }
    Some(StepCommand::Argv(argv))
}
