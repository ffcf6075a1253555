//! `mqtt-thing feedback`: reads files of feedback, the governor's and ours.

mod table;

use super::output::print;
use super::{EXIT_FAILED, EXIT_OK, EXIT_USAGE};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::fleet::feedback_file::{FeedbackFile, Found};
use mqtt_thing::fleet::governor::{Feedback, Form, time_of};
use mqtt_thing::fleet::stress_ng::{Metric, metrics};
use mqtt_thing::model::escaped;
use serde_json::{Value as Json, json};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;
use table::Table;

/// See what a file of feedback says: who ran what, when, for how long, and stress-ng's figures
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    mqtt-thing feedback feedback.txt                 all answers, and each client's times\n  \
    mqtt-thing feedback --client pi1 feedback.txt    one client's\n  \
    mqtt-thing feedback --failed feedback.txt        commands that did not start\n  \
    mqtt-thing feedback --json feedback.txt | jq .   an answer a line, for a program\n\n\
    JSON and text are told from each other, in one file as well. Times are this machine's local time.\n\
    Exit codes: 0 all of it was read, 1 something in it could not be read, 2 the file cannot be opened.")]
pub(super) struct ReadFeedback {
    /// The file, as `feedback_file` in config.ini names it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Only this client's answers; may be given several times
    #[arg(long, value_name = "CLIENT")]
    client: Vec<String>,

    /// Only commands that did not start
    #[arg(long)]
    failed: bool,

    /// Print a JSON object a line, with the whole output, what was understood of the times, and figures
    #[arg(long)]
    json: bool,
}

impl ReadFeedback {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let name = escaped(self.file.display().to_string().as_bytes(), usize::MAX);
        let opened = File::open(&self.file).and_then(|file| match file.metadata()?.is_dir() {
            true => Err(std::io::ErrorKind::IsADirectory.into()),
            false => Ok(file),
        });
        let file = match opened {
            Ok(file) => file,
            Err(error) => {
                eprintln!("mqtt-thing: {name} cannot be opened: {error}");
                return Ok(ExitCode::from(EXIT_USAGE));
            }
        };
        let mut table = Table::default();
        let mut code = EXIT_OK;
        for found in FeedbackFile::new(BufReader::new(file)) {
            match found {
                Ok(found) if !self.wants(&found.feedback) => {}
                Ok(found) if self.json => print(&as_json(&found))?,
                Ok(found) => table.add(&found),
                Err(broken) => {
                    code = EXIT_FAILED;
                    eprintln!("{name}:{}: {}", broken.line, broken.why);
                }
            }
        }
        if !self.json {
            print(&table.told())?;
        }
        Ok(ExitCode::from(code))
    }

    fn wants(&self, feedback: &Feedback) -> bool {
        let is_chosen = self.client.is_empty() || self.client.contains(&feedback.client_id);
        is_chosen && !(self.failed && feedback.is_normal())
    }
}

/// How long it took, if both times say so.
fn duration_s(feedback: &Feedback) -> Option<f64> {
    let (start, end) = (time_of(&feedback.start_time)?, time_of(&feedback.end_time)?);
    // a clock that was set in between
    let taken = end.duration_since(start).ok()?;
    Some(taken.as_secs_f64())
}

/// stress-ng's figures: newer versions print them to standard output, older ones to standard error.
fn figures(feedback: &Feedback) -> Vec<Metric> {
    let mut found = metrics(feedback.output.as_deref().unwrap_or_default());
    found.append(&mut metrics(&feedback.error));
    found
}

/// One line, in ASCII: what is shown on a terminal must not turn its text around.
fn as_json(found: &Found) -> String {
    let feedback = &found.feedback;
    let mut told = json!({
        "line": found.line,
        "form": match found.form {
            Form::Json => "json",
            Form::Text => "text",
        },
        "client_id": feedback.client_id,
        "command": feedback.command,
        "start_time": feedback.start_time,
        "end_time": feedback.end_time,
        "duration_s": duration_s(feedback),
        "started": feedback.is_normal(),
        "output": feedback.output,
        "error": feedback.error,
    });
    let figures: Vec<Json> = figures(feedback).iter().map(figures_json).collect();
    if let (false, Some(object)) = (figures.is_empty(), told.as_object_mut()) {
        object.insert("stress_ng".to_owned(), figures.into());
    }
    let mut line = String::new();
    for c in told.to_string().chars() {
        if matches!(c, ' '..='~') {
            line.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    line.push('\n');
    line
}

fn figures_json(metric: &Metric) -> Json {
    json!({
        "stressor": metric.stressor,
        "bogo_ops": metric.bogo_ops,
        "real_s": metric.real_s,
        "user_s": metric.user_s,
        "system_s": metric.system_s,
        "bogo_ops_per_s": metric.ops_per_real_s,
        "bogo_ops_per_cpu_s": metric.ops_per_cpu_s,
        "cpu_percent": metric.cpu_percent,
        "max_rss_kib": metric.max_rss_kib,
    })
}
