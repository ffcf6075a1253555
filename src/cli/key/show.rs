//! `mqtt-thing key show`.

use super::super::EXIT_USAGE;
use super::super::output::{columns, print};
use super::list::{self, List};
use super::{TRUSTED_KEYS, USUAL, signing_key};
use anstream::eprintln;
use clap::Args;
use mqtt_thing::fleet::signing::{Trust, Trusted};
use mqtt_thing::model::{escaped, harmless_json};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Show the public half of a key of yours, or whom this machine obeys
#[derive(Debug, Args)]
pub(super) struct Show {
    /// A key of yours, or a file with one: a path with a `/` or `.pem` at its end
    #[arg(value_name = "NAME|FILE", default_value = USUAL)]
    key: String,

    /// Show the list of trusted keys instead
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = TRUSTED_KEYS, conflicts_with = "key")]
    trusted: Option<PathBuf>,

    /// Print it for a program: one object, or an array of them
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(path) = &self.trusted {
            return trusted(path, self.json);
        }
        let (key, path) = signing_key(&self.key)?;
        let (public, id, file) = (key.public(), key.public().id(), path.display());
        print(&match self.json {
            true => {
                let object = json!({
                    "public_key": public.to_string(),
                    "id": id.as_str(),
                    "file": file.to_string(),
                });
                harmless_json(format!("{object:#}\n"))
            }
            false => format!("public key  {public}\nid          {id}\nfile        {file}\n"),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn trusted(path: &Path, json: bool) -> anyhow::Result<ExitCode> {
    let list = List::read(path)?;
    if !list.is_there() {
        eprintln!(
            "mqtt-thing: {} is not there, so no key is trusted",
            path.display()
        );
    }
    let trust = match Trust::parse(list.text()) {
        Ok(trust) => trust,
        Err(mistakes) => {
            list::show(&list, &mistakes);
            return Ok(ExitCode::from(EXIT_USAGE));
        }
    };
    print(&match json {
        true => {
            let all: Vec<_> = trust.keys().iter().map(object).collect();
            harmless_json(format!("{:#}\n", json!(all)))
        }
        false => table(trust.keys()),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn object(trusted: &Trusted) -> serde_json::Value {
    json!({
        "name": trusted.name,
        "id": trusted.key.id().as_str(),
        "public_key": trusted.key.to_string(),
        "allow": trusted.allow,
        "revoked": trusted.revoked,
        "may_revoke": trusted.may_revoke,
    })
}

fn table(keys: &[Trusted]) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let mut rows = vec![
        ["NAME", "ID", "STATE", "MAY RUN"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(keys.iter().map(|trusted| {
        let state = match (trusted.revoked, trusted.may_revoke) {
            (true, _) => "revoked",
            (false, true) => "trusted, may revoke",
            (false, false) => "trusted",
        };
        let allow = match (&trusted.allow, trusted.revoked) {
            (_, true) => "nothing".to_owned(),
            (None, _) => "all that its executor allows".to_owned(),
            (Some(patterns), _) => patterns
                .iter()
                .map(|pattern| format!("`{}`", escaped(pattern.as_bytes(), 200)))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let (name, id) = (trusted.name.clone(), trusted.key.id().to_string());
        vec![name, id, state.to_owned(), allow]
    }));
    columns("", &rows)
}
