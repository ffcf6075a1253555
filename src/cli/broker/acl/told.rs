//! What a test came to: for a person, for a program, and as the table that is handed in.

use super::files::shown;
use crate::cli::output::columns;
use mqtt_thing::broker::acl_file::{AclFile, Wish};
use mqtt_thing::broker::acl_test::table::{AclTable, Row};
use mqtt_thing::broker::acl_test::{Decided, Denied, Found, Outcome, Tried, judge};
use mqtt_thing::model::{Topic, escaped};
use owo_colors::OwoColorize;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// So much of a cell is shown.
const MOST: usize = 200;
/// So many lines of a snippet are shown.
const LINES: usize = 50;

/// An ACL file with the name by which its lines are shown.
#[derive(Debug)]
pub(super) struct AclText {
    pub(super) name: String,
    pub(super) file: AclFile,
}

/// All rows with what they came to.
pub(super) struct Told<'t> {
    file: String,
    table: &'t AclTable,
    outcomes: Vec<Outcome>,
    acl: Option<&'t AclText>,
}

/// What stands in the column PASSED.
const fn mark(passed: Option<bool>) -> &'static str {
    match passed {
        Some(true) => "y",
        Some(false) => "n",
        None => "?",
    }
}

const fn verb(wish: Wish) -> &'static str {
    match wish {
        Wish::Write => "publish",
        Wish::Read => "subscribe",
    }
}

const fn word(allowed: bool) -> &'static str {
    match allowed {
        true => "allowed",
        false => "denied",
    }
}

impl<'t> Told<'t> {
    pub(super) fn new(
        file: String,
        table: &'t AclTable,
        outcomes: Vec<Outcome>,
        acl: Option<&'t AclText>,
    ) -> Self {
        Self {
            file,
            table,
            outcomes,
            acl,
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&Row, &Outcome)> {
        self.table.rows.iter().zip(&self.outcomes)
    }

    fn passed(&self) -> impl Iterator<Item = Option<bool>> {
        self.rows()
            .map(|(row, outcome)| outcome.passed(row.expected))
    }

    pub(super) fn all_passed(&self) -> bool {
        self.passed().all(|passed| passed == Some(true))
    }

    fn count(&self, wanted: Option<bool>) -> usize {
        self.passed().filter(|passed| *passed == wanted).count()
    }

    fn decided(&self, row: &Row, outcome: &Outcome, tried: &Tried) -> Option<Decided> {
        judge(&self.acl?.file, row, outcome, tried)
    }

    pub(super) fn markdown(&self) -> String {
        let marks: Vec<&str> = self.passed().map(mark).collect();
        self.table.filled_in(&marks)
    }

    pub(super) fn text(&self) -> String {
        let mut head = vec![
            "PASSED", "ROW", "USER", "TRIED", "TOPIC", "EXPECTED", "FOUND",
        ];
        if self.acl.is_some() {
            head.push("DECIDED BY");
        }
        let mut rows = vec![head.into_iter().map(str::to_owned).collect::<Vec<_>>()];
        let mut notes = String::new();
        for (number, (row, outcome)) in (1..).zip(self.rows()) {
            for (index, tried) in outcome.tried.iter().enumerate() {
                let decided = self.decided(row, outcome, tried);
                let mut cells = vec![
                    match index {
                        0 => mark(outcome.passed(row.expected)).to_owned(),
                        _ => String::new(),
                    },
                    u32::to_string(&number),
                    row.user.as_deref().map_or_else(|| "-".to_owned(), cell),
                    verb(tried.wish).to_owned(),
                    cell(&row.topic),
                    word(row.expected).to_owned(),
                    tried.found.as_str().to_owned(),
                ];
                if self.acl.is_some() {
                    cells.push(self.by(tried, decided.as_ref()));
                }
                rows.push(cells);
                self.note(&mut notes, row, tried, decided.as_ref());
            }
        }
        let mut text = coloured(&columns("", &rows));
        text.push_str(&notes);
        // writing to a String cannot fail
        let _ = writeln!(
            text,
            "{} passed, {} failed, {} undecided",
            self.count(Some(true)),
            self.count(Some(false)),
            self.count(None)
        );
        text
    }

    /// Which line decided, by the file.
    fn by(&self, tried: &Tried, decided: Option<&Decided>) -> String {
        if let Found::Denied(Denied::NotLetIn(_)) = &tried.found {
            return "the broker: nobody without a user name".to_owned();
        }
        let name = self.acl.map_or("", |acl| &acl.name);
        decided.map_or_else(String::new, |decided| {
            let decision = &decided.decision;
            match decision.line {
                Some(line) => format!("{name}:{line}: {}", cell(&decision.text)),
                None => format!("no line: {}", word(decision.allowed)),
            }
        })
    }

    /// What is to be said of it beside the table.
    fn note(&self, notes: &mut String, row: &Row, tried: &Tried, decided: Option<&Decided>) {
        let (file, line, wish) = (shown(&self.file), row.line, verb(tried.wish));
        if let Found::Undecided(why) = &tried.found {
            let why = shown(&why.to_string());
            let _ = writeln!(notes, "{file}:{line}: {wish} is undecided: {why}");
        }
        if let Some(decided) = decided.filter(|decided| decided.agrees == Some(false)) {
            let _ = writeln!(
                notes,
                "{file}:{line}: {wish} is {} by the broker and {} by {}: the broker has another file loaded",
                tried.found.as_str(),
                word(decided.decision.allowed),
                self.by(tried, Some(decided)),
            );
        }
    }

    pub(super) fn json(&self) -> Json {
        let rows = (1_u32..).zip(self.rows()).map(|(number, (row, outcome))| {
            let tried = outcome.tried.iter();
            let tried = tried.map(|tried| self.tried_json(row, outcome, tried));
            json!({
                "row": number,
                "line": row.line,
                "topic": row.topic,
                "canary_topic": row.canary_topic.as_str(),
                "user": row.user,
                "expected": word(row.expected),
                "passed": outcome.passed(row.expected),
                "tried": tried.collect::<Vec<_>>(),
            })
        });
        json!({
            "table": self.file,
            "acl": self.acl.map(|acl| &acl.name),
            "passed": self.count(Some(true)),
            "failed": self.count(Some(false)),
            "undecided": self.count(None),
            "rows": rows.collect::<Vec<_>>(),
        })
    }

    fn tried_json(&self, row: &Row, outcome: &Outcome, tried: &Tried) -> Json {
        let decided = self.decided(row, outcome, tried);
        let decided = decided.map(|decided| {
            json!({
                "allowed": decided.decision.allowed,
                "line": decided.decision.line,
                "text": decided.decision.text,
                "broker_agrees": decided.agrees,
            })
        });
        json!({
            "what": verb(tried.wish),
            "found": tried.found.as_str(),
            "because": tried.found.to_string(),
            "file": decided,
        })
    }
}

fn cell(text: &str) -> String {
    escaped(text.as_bytes(), MOST)
}

/// The same with the first column in colour.
fn coloured(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let rest = line.get(1..).unwrap_or_default();
        match line.as_bytes() {
            [b'y', b' ', ..] => format!("{}{rest}\n", "y".green()),
            [b'n', b' ', ..] => format!("{}{rest}\n", "n".red()),
            [b'?', b' ', ..] => format!("{}{rest}\n", "?".yellow()),
            _ => format!("{line}\n"),
        }
    });
    lines.collect()
}

/// What a broker's ACL file needs so that the prover can prove.
pub(super) fn snippet(user: &str, topics: &[Topic]) -> String {
    let mut text = format!(
        "in the broker's ACL file it needs, and then the broker must read its files again (SIGHUP):\n\nuser {}\n",
        cell(user)
    );
    for topic in topics.iter().take(LINES) {
        let _ = writeln!(text, "topic readwrite {}", cell(topic.as_str()));
    }
    if let Some(more @ 1..) = topics.len().checked_sub(LINES) {
        let _ = writeln!(text, "# and {more} more");
    }
    text
}
