//! The script of a simulated fleet as TOML: how commands are answered.
//!
//! ```text
//! text -> syntax (TOML with places) -> here (the usual manner, and manners for commands of a kind) -> Script
//! ```
//! `resources/sim-fleet/answers.toml` shows every key.

use super::findings::{Findings, Rule};
use super::section::{Item, Section, shown};
use super::{load, syntax};
use crate::fleet::simulated::{Manner, Script, Wildcard};
use crate::model::Mistake;
use std::time::Duration;
use toml::de::DeValue;

/// The longest that a command is said to run, in seconds: a day.
const LONGEST_S: f64 = 86_400.0;

const HELP: &str = "begin one with [[commands]], and match = \"stress-ng *\" below it";

/// Reads a script. What it does not say of the usual manner is as in `usual`, and what it does not say of a command is
/// as in the usual manner.
///
/// # Errors
/// All mistakes of the text, in its order.
///
/// ```
/// use mqtt_thing::{fleet::simulated::Manner, topology::answers};
/// let text = "[[commands]]\nmatch = \"stress-ng *\"\ntakes_s = [1, 2.5]\nfails = 0.1\n";
/// let script = answers::parse(text, Manner::default()).unwrap();
/// assert_eq!(script.manner("stress-ng --cpu 0").fails, 0.1);
/// assert_eq!(script.manner("uptime").fails, 0.0);
/// ```
pub fn parse(text: &str, usual: Manner) -> Result<Script, Vec<Mistake>> {
    let mut findings = Findings::new(text);
    let script = read(text, usual, &mut findings);
    let (mistakes, _) = findings.sorted();
    match script {
        Some(script) if mistakes.is_empty() => Ok(script),
        _ => Err(mistakes),
    }
}

fn read<'t>(text: &'t str, usual: Manner, findings: &mut Findings<'t>) -> Option<Script> {
    if text.len() > load::LARGEST {
        findings.refuse(Rule::TooLarge, load::too_large(text));
        return None;
    }
    let table = syntax::read(text, findings)?;
    let mut top = Section::new("the file", 0..0, Rule::UnknownKeyInAnswers, table.get_ref());
    let usual = manner(&mut top, &usual, findings);
    let commands = commands(&mut top, &usual, findings);
    top.finish(|_| None, findings);
    Some(Script { usual, commands })
}

fn commands(
    top: &mut Section<'_>,
    usual: &Manner,
    findings: &mut Findings<'_>,
) -> Vec<(Wildcard, Manner)> {
    let Some(item) = top.take("commands") else {
        return Vec::new();
    };
    let DeValue::Array(elements) = item.value() else {
        let message = format!("`commands` is {}; it takes a list of tables", item.is());
        let mistake = Mistake::new(item.key.place.clone(), message).help(HELP);
        findings.refuse(Rule::AnswersNoList, mistake);
        return Vec::new();
    };
    let elements = elements.iter().map(|element| item.element(element));
    elements
        .filter_map(|element| command(&element, usual, findings))
        .collect()
}

fn command(
    item: &Item<'_>,
    usual: &Manner,
    findings: &mut Findings<'_>,
) -> Option<(Wildcard, Manner)> {
    let mut section = item.section("a command", Rule::UnknownKeyInAnswer, findings)?;
    section.place = item.place.clone();
    let like = section.take("match");
    if like.is_none() {
        let mistake = Mistake::new(section.place.clone(), "this command has no `match`")
            .help("write match = \"stress-ng *\"");
        section.missing("match", Rule::AnswerMatchesNothing, mistake, findings);
    }
    let like = like.and_then(|item| item.text(findings).map(Wildcard::new));
    let manner = manner(&mut section, usual, findings);
    section.finish(|_| None, findings);
    Some((like?, manner))
}

fn manner(section: &mut Section<'_>, usual: &Manner, findings: &mut Findings<'_>) -> Manner {
    let mut text = |key, usual: &String| {
        let item = section.take(key);
        let text = item.and_then(|item| item.text(findings));
        text.map_or_else(|| usual.clone(), str::to_owned)
    };
    let (output, error) = (text("output", &usual.output), text("error", &usual.error));
    let exit_code = section.take("exit_code").and_then(|item| {
        let about = "what a process ends with; 0 is success";
        item.integer((0, 255), Rule::ExitCodeRange, about, findings)
    });
    let mut probability = |key, usual| {
        let item = section.take(key);
        item.and_then(|item| self::probability(&item, findings))
            .unwrap_or(usual)
    };
    let fails = probability("fails", usual.fails);
    let silent = probability("silent", usual.silent);
    let takes = section.take("takes_s");
    Manner {
        output,
        error,
        exit_code: exit_code
            .and_then(|code| code.try_into().ok())
            .unwrap_or(usual.exit_code),
        takes: takes
            .and_then(|item| self::takes(&item, findings))
            .unwrap_or(usual.takes),
        fails,
        silent,
    }
}

fn probability(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<f64> {
    let written = match item.value() {
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str()),
        DeValue::Float(number) => Some(number.as_str()),
        _ => None,
    };
    let number = written.and_then(|text| text.parse::<f64>().ok());
    let fits = number.filter(|number| (0.0..=1.0).contains(number));
    if fits.is_none() {
        let found = written.map_or_else(|| item.is().to_owned(), shown);
        let key = item.key.value;
        let message = format!("`{key}` is {found}; it takes a probability, 0 to 1");
        findings.refuse(Rule::ProbabilityRange, item.mistake(message));
    }
    fits
}

/// Seconds, or a list of the fewest and the most.
fn takes(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<(Duration, Duration)> {
    let seconds = |item: &Item<'_>, findings: &mut Findings<'_>| {
        item.seconds((0.0, LONGEST_S), Rule::SecondsRange, findings)
    };
    let DeValue::Array(elements) = item.value() else {
        let exactly = seconds(item, findings)?;
        return Some((exactly, exactly));
    };
    let elements: Vec<_> = elements
        .iter()
        .map(|element| seconds(&item.element(element), findings))
        .collect();
    let ends = match elements[..] {
        [Some(fewest), Some(most)] if fewest <= most => return Some((fewest, most)),
        [None, _] | [_, None] => return None,
        [_, _] => "the second is less than the first".to_owned(),
        _ => format!("it has {}", elements.len()),
    };
    let message = format!("`takes_s` takes seconds, or a list of the fewest and the most; {ends}");
    let help = "as in takes_s = 0.5, or takes_s = [0.5, 2]";
    findings.refuse(Rule::TakesNoRange, item.mistake(message).help(help));
    None
}
