//! Feedback for a person: all answers, stress-ng's figures, and the times of each client.

use super::super::output::columns;
use super::{duration_s, figures};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use mqtt_thing::fleet::feedback_file::Found;
use mqtt_thing::fleet::governor::{Feedback, time_of};
use mqtt_thing::model::escaped;
use std::collections::BTreeMap;
use std::time::SystemTime;

/// The most of a command, an output or a name that is shown, in bytes.
const SHOWN: usize = 60;

/// What is kept of the answers: short cells, never their outputs.
#[derive(Debug, Default)]
pub(super) struct Table {
    answers: Vec<Vec<String>>,
    figures: Vec<Vec<String>>,
    clients: BTreeMap<String, Times>,
}

/// What a client did.
#[derive(Debug, Default)]
struct Times {
    answers: u64,
    failed: u64,
    busy_s: f64,
    first: Option<SystemTime>,
    last: Option<SystemTime>,
}

impl Table {
    pub(super) fn add(&mut self, found: &Found) {
        let feedback = &found.feedback;
        let line = found.line.to_string();
        let client = shown(&feedback.client_id);
        let taken = duration_s(feedback);
        self.answers.push(vec![
            line.clone(),
            client.clone(),
            shown(&feedback.command),
            moment(&feedback.start_time),
            taken.map_or_else(|| "?".to_owned(), |taken| format!("{taken:.3}")),
            result(feedback),
        ]);
        for metric in figures(feedback) {
            let mut row = vec![
                line.clone(),
                client.clone(),
                shown(&metric.stressor),
                metric.bogo_ops.to_string(),
            ];
            let numbers = [
                metric.real_s,
                metric.user_s,
                metric.system_s,
                metric.ops_per_real_s,
                metric.ops_per_cpu_s,
            ];
            row.extend(numbers.map(|number| format!("{number:.2}")));
            self.figures.push(row);
        }
        let times = self.clients.entry(feedback.client_id.clone()).or_default();
        times.answers += 1;
        times.failed += u64::from(!feedback.is_normal());
        times.busy_s += taken.unwrap_or(0.0);
        let (start, end) = (time_of(&feedback.start_time), time_of(&feedback.end_time));
        // none is before all moments
        times.first = times.first.map_or(start, |first| {
            Some(start.map_or(first, |start| first.min(start)))
        });
        times.last = times.last.max(end);
    }

    /// All of it; ends with a newline.
    pub(super) fn told(&self) -> String {
        if self.answers.is_empty() {
            return "no answers\n".to_owned();
        }
        let head = ["LINE", "CLIENT", "COMMAND", "STARTED", "SECONDS", "OUTPUT"];
        let mut text = under(&head, &self.answers);
        if !self.figures.is_empty() {
            let head = [
                "LINE",
                "CLIENT",
                "STRESSOR",
                "BOGO OPS",
                "REAL s",
                "USR s",
                "SYS s",
                "OPS/s REAL",
                "OPS/s CPU",
            ];
            text.push_str(&format!("\nstress-ng\n{}", under(&head, &self.figures)));
        }
        let clients: Vec<Vec<String>> = self
            .clients
            .iter()
            .map(|(name, times)| times.row(name))
            .collect();
        let head = ["CLIENT", "ANSWERS", "FAILED", "BUSY s", "FIRST", "LAST"];
        text.push_str(&format!("\n{}", under(&head, &clients)));
        text
    }
}

impl Times {
    fn row(&self, name: &str) -> Vec<String> {
        let at =
            |moment: Option<SystemTime>| moment.and_then(local).unwrap_or_else(|| "?".to_owned());
        vec![
            shown(name),
            self.answers.to_string(),
            self.failed.to_string(),
            format!("{:.3}", self.busy_s),
            at(self.first),
            at(self.last),
        ]
    }
}

fn under(head: &[&str], rows: &[Vec<String>]) -> String {
    let head = head.iter().map(|name| (*name).to_owned()).collect();
    let all: Vec<Vec<String>> = std::iter::once(head).chain(rows.iter().cloned()).collect();
    columns("", &all)
}

/// The beginning of the output; of a command that did not start, why. Standard error, when there is nothing else.
fn result(feedback: &Feedback) -> String {
    let error = match feedback.error.as_str() {
        "None" | "" => None,
        error => Some(first_line(error)),
    };
    match (&feedback.output, error) {
        (None, error) => format!("failed: {}", error.unwrap_or_default()),
        (Some(output), Some(error)) if output.trim().is_empty() => format!("error: {error}"),
        (Some(output), _) => first_line(output),
    }
}

fn first_line(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = shown(lines.next().unwrap_or_default());
    match lines.next() {
        Some(_) => format!("{first} ..."),
        None => first,
    }
}

/// Local time; what is no time as it stands.
fn moment(text: &str) -> String {
    time_of(text).and_then(local).unwrap_or_else(|| shown(text))
}

fn local(at: SystemTime) -> Option<String> {
    let at = Timestamp::try_from(at).ok()?.to_zoned(TimeZone::system());
    Some(at.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn shown(text: &str) -> String {
    escaped(text.as_bytes(), SHOWN)
}
