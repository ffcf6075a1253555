//! A verdict, for a person and for a program.

use mqtt_thing::fleet::policy::Problem;
use mqtt_thing::fleet::words::quoted;
use mqtt_thing::fleet::{Run, Verdict};
use mqtt_thing::model::escaped;
use serde_json::{Value as Json, json};

/// What came from elsewhere, safe for a terminal, with its quotes as they are.
pub(super) fn harmless(text: &str) -> String {
    let each = text.chars().map(|c| match c {
        '"' | '\\' => c.to_string(),
        c => escaped(c.encode_utf8(&mut [0; 4]).as_bytes(), 4),
    });
    each.collect()
}

/// For a person.
pub(super) fn as_text(verdict: &Verdict, uid: u32) -> String {
    match verdict {
        Verdict::Refused { rule, reason } => format!("refused ({rule}): {}\n", harmless(reason)),
        Verdict::Allowed { run, rule } => {
            format!(
                "allowed by `{}`\n{}user     {uid}\n",
                harmless(rule),
                what(run)
            )
        }
    }
}

fn what(run: &Run) -> String {
    match run {
        Run::Program { path, argv } => {
            let (path, argv) = (path.display().to_string(), quoted(argv));
            format!(
                "program  {}\nargv     {}\n",
                harmless(&path),
                harmless(&argv)
            )
        }
        Run::Shell(text) => format!("shell    /bin/sh -c {}\n", harmless(&quoted(&[text]))),
        Run::CpuFrequency(wish) => {
            let governor = wish
                .governor
                .as_ref()
                .map(|name| format!("governor {name}"));
            let khz = wish.khz.map(|khz| format!("{khz} kHz"));
            let asked: Vec<String> = governor.into_iter().chain(khz).collect();
            format!(
                "sysfs    {} for every processor, without a program\n",
                asked.join(", ")
            )
        }
        Run::CpuFrequencyRestore => {
            "sysfs    what governor and frequency were before the first step, without a program\n"
                .to_owned()
        }
    }
}

/// For a program.
pub(super) fn as_json(verdict: &Verdict, problems: &[Problem], uid: u32) -> Json {
    let problems: Vec<Json> = problems
        .iter()
        .map(|problem| json!({ "entry": problem.entry, "reason": problem.reason }))
        .collect();
    match verdict {
        Verdict::Refused { rule, reason } => {
            json!({ "allowed": false, "rule": rule, "reason": reason, "uid": uid, "problems": problems })
        }
        Verdict::Allowed { run, rule } => {
            json!({ "allowed": true, "rule": rule, "run": run_json(run), "uid": uid, "problems": problems })
        }
    }
}

fn run_json(run: &Run) -> Json {
    match run {
        Run::Program { path, argv } => json!({ "program": path, "argv": argv }),
        Run::Shell(text) => json!({ "shell": text }),
        Run::CpuFrequency(wish) => json!({ "governor": wish.governor, "khz": wish.khz }),
        Run::CpuFrequencyRestore => json!({ "restore": true }),
    }
}
