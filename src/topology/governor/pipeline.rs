//! Cuts a pipeline into its steps, and tells where that is hardly meant.

use super::super::findings::{Findings, Rule};
use super::super::section::shown;
use super::ini::strip;
use super::value::Value;
use crate::fleet::{Choice, OnFailure, Pipeline, Step, StepCommand};
use crate::model::Mistake;

/// Each part between `;` is a step, also an empty one, and also where the `;` stands in quotes: as the original does.
pub(super) fn read(value: &Value<'_>, findings: &mut Findings<'_>) -> Pipeline {
    for (at, how) in surprising_cuts(&value.text) {
        let before = strip(last_part(&value.text[..at]));
        let after = strip(value.text[at + 1..].split(';').next().unwrap_or_default());
        let message = format!(
            "this `;` {how}, and cuts all the same: `{}` and `{}` become two steps",
            shown(before),
            shown(after)
        );
        let help = "the original cuts here too; in a file of pipelines (TOML) nothing is cut";
        let mistake = Mistake::new(value.part(at, 1), message).help(help);
        findings.warn(Rule::CutInQuotes, mistake);
    }
    let mut start = 0;
    let mut steps = Vec::new();
    for part in value.text.split(';') {
        let command = strip(part);
        if command.is_empty() {
            let message = match value.text.is_empty() {
                true => format!(
                    "`{}` has no step; one empty command is sent",
                    shown(value.key)
                ),
                false => "an empty step: an empty command is sent".to_owned(),
            };
            let place = value.part(
                start.min(value.text.len().saturating_sub(1)),
                part.len().min(1),
            );
            let mistake = Mistake::new(place, message).help("as the original does");
            findings.warn(Rule::StepEmpty, mistake);
        }
        start += part.len() + 1;
        steps.push(Step {
            name: command.to_owned(),
            command: StepCommand::Text(command.to_owned()),
            time_limit: None,
            retries: 0,
        });
    }
    Pipeline {
        name: value.key.to_owned(),
        steps,
        finally: Vec::new(),
        on_failure: OnFailure::Continue,
        barrier: false,
        clients: Choice::All,
    }
}

fn last_part(text: &str) -> &str {
    text.rsplit(';').next().unwrap_or_default()
}

/// The `;` that a shell would not take for the end of a command: within quotes that end, or after a backslash. Source:
/// POSIX.1-2017, Shell Command Language, section 2.2.
fn surprising_cuts(text: &str) -> Vec<(usize, &'static str)> {
    let mut cuts = Vec::new();
    // those within quotes count once these end; an apostrophe alone is no quote
    let mut within = Vec::new();
    let mut quote = None;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => {
                if let Some((at, b';')) = bytes.next() {
                    match quote {
                        None => cuts.push((at, "stands after a backslash")),
                        Some(_) => within.push((at, "stands in quotes")),
                    }
                }
            }
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => {
                quote = None;
                cuts.append(&mut within);
            }
            (b';', Some(_)) => within.push((at, "stands in quotes")),
            _ => {}
        }
    }
    cuts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cuts(text: &str) -> Vec<usize> {
        surprising_cuts(text)
            .into_iter()
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn a_cut_surprises_in_quotes_and_after_a_backslash_and_nowhere_else() {
        assert_eq!(cuts("a; b"), [0; 0]);
        assert_eq!(cuts("echo 'a; b'; c"), [7]);
        assert_eq!(cuts(r#"echo "a; \"b;" ; c"#), [7, 12]);
        assert_eq!(cuts(r#"echo "a\;b""#), [8]);
        assert_eq!(cuts(r"find . -exec ls {} \; ; x"), [20]);
        assert_eq!(cuts(r"echo '\'; a"), [0; 0]);
        assert_eq!(cuts("echo it's; ls"), [0; 0]);
        assert_eq!(cuts(r#"a '"'; b "#), [0; 0]);
    }
}
