//! Each rule, by the exact words that a person reads; and each alone: without it, its own rows change and no other.

mod access;
mod alarms;
mod answers;
mod any_text;
mod caret;
mod executor_jobs;
mod executors;
mod file;
mod follows;
mod governor;
mod governor_face;
mod governor_odd;
mod governor_sut;
mod home;
mod pipelines;
mod resources;
mod rooms;
mod sources;
mod steps;
mod things;
mod wires;

use super::findings::{RULES, Rule, without};
use super::{load, parse, report, report_warnings};
use crate::fleet::simulated::Manner;
use crate::topology::{
    alarms as rules, answers as scripts, governor as config, pipelines as walks,
};

/// What stands before the text of a row.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// Nothing: the row is a whole file.
    Whole,
    /// The broker. The row begins with line 3.
    Thing,
    /// The broker, and `inner` at 10.0.0.1. The row is its resources, from line 6.
    Inner,
    /// As before with `inner/button0`, `inner/rotary0` and `inner/clock0`, and `outer` at 10.0.0.2. The row is the
    /// resources of `outer`, from line 12.
    Outer,
    /// Nothing: the row is a whole `config.ini` of the governor.
    Governor,
    /// Nothing: the row is a whole file of pipelines.
    Pipelines,
    /// Nothing: the row is a whole script of a simulated fleet.
    Answers,
    /// Nothing: the row is a whole file of rules of alarms.
    Alarms,
}

/// One wrong file and what is said about it.
struct Row {
    rule: Rule,
    frame: Frame,
    text: &'static str,
    told: &'static str,
}

const fn row(rule: Rule, frame: Frame, text: &'static str, told: &'static str) -> Row {
    Row {
        rule,
        frame,
        text,
        told,
    }
}

const BROKER: &str = "[broker]\nurl = \"mqtt://b\"\n";
const INNER: &str = "[things.inner]\naddress = \"10.0.0.1\"\n[things.inner.resources]\n";
const INNER_RESOURCES: &str = r#"button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
clock0 = { kind = "clock" }
"#;
const OUTER: &str = "[things.outer]\naddress = \"10.0.0.2\"\n[things.outer.resources]\n";

impl Row {
    fn file(&self) -> String {
        let Self { text, .. } = self;
        match self.frame {
            Frame::Whole | Frame::Governor | Frame::Pipelines | Frame::Answers | Frame::Alarms => {
                (*text).to_owned()
            }
            Frame::Thing => format!("{BROKER}{text}"),
            Frame::Inner => format!("{BROKER}{INNER}{text}"),
            Frame::Outer => format!("{BROKER}{INNER}{INNER_RESOURCES}{OUTER}{text}"),
        }
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    let tables = [
        file::ROWS,
        access::ROWS,
        home::ROWS,
        things::ROWS,
        resources::ROWS,
        rooms::ROWS,
        executors::ROWS,
        executor_jobs::ROWS,
        governor_face::ROWS,
        follows::ROWS,
        wires::ROWS,
        governor::ROWS,
        governor_odd::ROWS,
        governor_sut::ROWS,
        pipelines::ROWS,
        steps::ROWS,
        answers::ROWS,
        alarms::ROWS,
    ];
    tables.into_iter().flatten()
}

/// What `check` prints about a file: its mistakes, or else its warnings.
fn told(text: &str) -> String {
    match parse(text) {
        Ok(topology) => report_warnings("lab.toml", text, &topology.warnings, false),
        Err(mistakes) => report("lab.toml", text, &mistakes, false),
    }
}

impl Row {
    /// What `check` prints about its file.
    fn told(&self, file: &str) -> String {
        let (name, outcome) = match self.frame {
            Frame::Governor => (
                "config.ini",
                config::check(file).map(|found| found.warnings),
            ),
            Frame::Pipelines => ("slow.toml", walks::parse(file).map(|found| found.warnings)),
            Frame::Answers => {
                let script = scripts::parse(file, Manner::default());
                ("answers.toml", script.map(|_| Vec::new()))
            }
            Frame::Alarms => {
                let rules = rules::parse(file, None);
                ("alarms.toml", rules.map(|found| found.warnings))
            }
            _ => return told(file),
        };
        match outcome {
            Ok(warnings) => report_warnings(name, file, &warnings, false),
            Err(mistakes) => report(name, file, &mistakes, false),
        }
    }
}

#[test]
fn each_mistake_is_told_in_these_words() {
    for row in rows() {
        let file = row.file();
        let found = row.told(&file);
        assert!(
            found == row.told,
            "{:?}\n{file}\n--- told:\n{found}\n--- expected:\n{}",
            row.rule,
            row.told
        );
    }
}

#[test]
fn a_file_that_is_too_large_is_told_in_these_words() {
    let text = "#".repeat(load::LARGEST + 1);
    let mistakes = parse(&text).unwrap_err();
    assert_eq!(
        mistakes[0].message,
        "the file has 262145 bytes; at most 262144 are read"
    );
    assert_eq!(mistakes[0].help.as_deref(), Some("is this the right file?"));
    let others = without(Rule::TooLarge, || parse(&text)).unwrap_err();
    assert_ne!(others, mistakes);
}

#[test]
fn without_a_rule_its_own_rows_change_and_no_other() {
    let files: Vec<(&Row, String)> = rows().map(|row| (row, row.file())).collect();
    for rule in RULES.iter().copied().filter(|rule| *rule != Rule::TooLarge) {
        assert!(
            files.iter().any(|(row, _)| row.rule == rule),
            "{rule:?} has no row"
        );
        for (row, file) in &files {
            let found = without(rule, || row.told(file));
            assert_eq!(
                found == row.told,
                row.rule != rule,
                "without {rule:?}, the row of {:?} says\n{found}\n{file}",
                row.rule
            );
        }
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let file = format!(
        "{BROKER}keep_alve_s = 5\n{INNER}{}",
        r#"b0 = { kind = "buton", port = "D10" }
b1 = { kind = "button", port = D2 }
b2 = { kind = "button", port = "D7", every_ms = 0 }
b2 = { kind = "button", port = "D8" }
led0 = { kind = "led", port = "D9", follows = ["inner/b0", "iner/b1", "inner/b7"] }
led1 = { kind = "led", port = "D7", follows = "inner/led2", combine = "sum" }
led2 = { kind = "led", port = "D5", follows = "inner/led1" }
"#
    );
    let found: Vec<String> = parse(&file)
        .unwrap_err()
        .into_iter()
        .map(|mistake| mistake.message)
        .collect();
    assert_eq!(
        found,
        [
            "[broker] has no key `keep_alve_s`",
            "there is no kind `buton`",
            "the board has no port `D10`",
            "`D2` is text without quotes",
            "`every_ms` is 0; allowed is 1 to 60000",
            "`b2` stands here a second time",
            "the board has no port `D9`",
            "there is no thing `iner`",
            "thing `inner` has no resource `b7`",
            "port D7 is taken by `b2`",
            "the wire goes in a circle: inner/led1 follows inner/led2 follows inner/led1",
            "`combine` has nothing to combine here",
            "`combine` cannot be `sum`",
        ]
    );
}
