//! Reads who is expected, and who walks a pipeline.

use super::super::findings::{Findings, Rule};
use super::super::section::{Item, shown};
use crate::fleet::Choice;
use std::collections::HashSet;
use toml::de::DeValue;

/// The clients that are expected: names, as they register.
pub(super) fn expected(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Vec<String>> {
    let names = list(item, findings)?;
    let DeValue::Array(elements) = item.value() else {
        return Some(names);
    };
    for element in elements.iter().map(|element| item.element(element)) {
        let pattern = element
            .value()
            .as_str()
            .filter(|name| name.contains(['*', '?']));
        if let Some(name) = pattern {
            let message = format!(
                "`{}` is a pattern; those who are expected have names",
                shown(name)
            );
            let help = "patterns choose among them, in the `clients` of a pipeline";
            findings.refuse(Rule::ClientPattern, element.mistake(message).help(help));
        }
    }
    Some(names)
}

/// Who walks a pipeline: a name or a pattern, or a list of them.
pub(super) fn choice(item: &Item<'_>, findings: &mut Findings<'_>) -> Choice {
    let chosen = match item.value() {
        DeValue::String(one) if one == "all" || one == "*" => return Choice::All,
        DeValue::String(one) => name(one, item, findings).into_iter().collect(),
        _ => list(item, findings).unwrap_or_default(),
    };
    Choice::Matching(chosen)
}

fn list(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Vec<String>> {
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`clients` is {}; it takes a list of names", item.is());
        let help = "as in clients = [\"pi1\", \"pi2\"]";
        findings.refuse(Rule::ClientsNoList, item.mistake(message).help(help));
        return None;
    };
    if elements.is_empty() {
        let help = "name them, or leave `clients` out for all that register";
        findings.refuse(
            Rule::ClientsEmpty,
            item.mistake("`clients` names nobody").help(help),
        );
    }
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for element in elements.iter().map(|element| item.element(element)) {
        let Some(name) = element
            .text(findings)
            .and_then(|text| name(text, &element, findings))
        else {
            continue;
        };
        if !seen.insert(name.clone()) {
            let message = format!("the client `{}` is named twice", shown(&name));
            findings.refuse(Rule::ClientTwice, element.mistake(message));
        }
        names.push(name);
    }
    Some(names)
}

fn name(text: &str, item: &Item<'_>, findings: &mut Findings<'_>) -> Option<String> {
    if text.is_empty() {
        findings.refuse(
            Rule::ClientNameless,
            item.mistake("a client without a name"),
        );
        return None;
    }
    Some(text.to_owned())
}
