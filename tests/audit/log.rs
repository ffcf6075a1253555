//! The log's files, the subcommand, and the other verifier.

use crate::support::skipped;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Where `sut` with the id `c1` has its log, below this state folder.
pub fn folder(state: &Path) -> PathBuf {
    state.join("sut/executors/c1")
}

pub fn audit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .arg("audit")
        .args(arguments)
        .env("NO_COLOR", "1")
        .env_remove("STATE_DIRECTORY")
        .env_remove("XDG_STATE_HOME")
        .env_remove("HOME")
        .output()
        .unwrap()
}

/// The exit code, and both outputs together.
pub fn told(arguments: &[&str]) -> (i32, String) {
    let output = audit(arguments);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

/// Verifies what is in the folder, which must be good; returns what `--json` says.
pub fn good(folder: &Path, head: Option<&str>) -> Json {
    let mut arguments = vec!["verify", "--json", folder.to_str().unwrap()];
    arguments.extend(head.into_iter().flat_map(|head| ["--head", head]));
    let (code, text) = told(&arguments);
    assert_eq!(code, 0, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// The head as `NUMBER:HASH`.
pub fn head(verified: &Json) -> String {
    let head = &verified["head"];
    format!("{}:{}", head["number"], head["hash"].as_str().unwrap())
}

/// The lines of the newest file; none as long as there is no file.
pub fn lines(folder: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(folder.join("audit.log")).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// What a verifier says that shares no code with ours; none where there is no Python.
pub fn other_verifier(files: &[PathBuf]) -> Option<String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/audit/other.py");
    let Ok(output) = Command::new("python3").arg(script).args(files).output() else {
        skipped("python3");
        return None;
    };
    let text = [output.stdout, output.stderr].concat();
    Some(String::from_utf8(text).unwrap().trim().to_owned())
}
