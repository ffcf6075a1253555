//! What the operator is to do: a file of pipelines or the governor's configuration, with what the command line changes.

use super::OperatorArgs;
use crate::cli::{governor, whole};
use anstream::{eprint, eprintln};
use mqtt_thing::fleet::{Choice, OperatorPlan};
use mqtt_thing::mqtt::Access;
use mqtt_thing::topology::{self, pipelines, report, report_warnings};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A plan, and the text that it was read from.
pub(super) struct Planned {
    pub(super) plan: OperatorPlan,
    pub(super) text: String,
    pub(super) access: Access,
    pub(super) file: Option<PathBuf>,
}

/// Reads it. What is wrong is shown on standard error; `None` if that is anything.
pub(super) fn load(args: &OperatorArgs) -> anyhow::Result<Option<Planned>> {
    let is_ini = |path: &&PathBuf| path.extension().is_some_and(|its| its == "ini");
    let ini = args.file.as_ref().filter(is_ini).or(args.config.as_ref());
    let read = match &args.file {
        Some(path) if ini.is_none() => from_toml(path),
        _ => {
            let config = governor::load(ini.map(PathBuf::as_path), topology::governor::operator)?;
            config.map(|read| Planned {
                plan: read.config.plan,
                text: read.text,
                access: read.config.access,
                file: read.file,
            })
        }
    };
    Ok(read.and_then(|planned| changed(planned, args)))
}

fn from_toml(path: &Path) -> Option<Planned> {
    let text = match topology::load(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("mqtt-thing: {}", whole(&error));
            return None;
        }
    };
    let file = path.display().to_string();
    match pipelines::parse(&text) {
        Ok(read) => {
            eprint!("{}", report_warnings(&file, &text, &read.warnings, true));
            Some(Planned {
                plan: read.plan,
                text,
                access: read.access,
                file: Some(path.to_owned()),
            })
        }
        Err(mistakes) => {
            eprint!("{}", report(&file, &text, &mistakes, true));
            None
        }
    }
}

fn changed(mut planned: Planned, args: &OperatorArgs) -> Option<Planned> {
    let plan = &mut planned.plan;
    if !args.pipeline.is_empty() {
        for wanted in &args.pipeline {
            if plan.pipelines.iter().all(|its| its.name != *wanted) {
                let known: Vec<&str> = plan.pipelines.iter().map(|its| its.name.as_str()).collect();
                eprintln!(
                    "mqtt-thing: there is no pipeline `{wanted}`; there are {}",
                    known.join(", ")
                );
                return None;
            }
        }
        plan.pipelines
            .retain(|its| args.pipeline.contains(&its.name));
    }
    if !args.client.is_empty() {
        for pipeline in &mut plan.pipelines {
            pipeline.clients = Choice::Matching(args.client.clone());
        }
    }
    if !args.expect.is_empty() {
        plan.clients = Some(args.expect.clone());
    }
    if let Some(wait) = args.wait {
        match Duration::try_from_secs_f64(wait) {
            Ok(wait) => plan.registration_timeout = wait,
            Err(_) => {
                eprintln!("mqtt-thing: --wait is {wait}; it takes seconds, 0 or more");
                return None;
            }
        }
    }
    if let Some(file) = &args.feedback_file {
        plan.feedback_file = Some(file.clone());
    }
    if plan.pipelines.is_empty() && !plan.realtime && !plan.receive_commands {
        eprintln!(
            "mqtt-thing: there is nothing to do: no pipeline, no realtime mode, no commander's commands\n  \
             give a file of pipelines, as resources/pipelines/three-frequencies.toml, or write\n  \
             enable_pipeline_mode = true and pipeline1 = .. under [operator] of config.ini"
        );
        return None;
    }
    Some(planned)
}
