//! How often the disk is waited for, as the kernel sees it.

use crate::support::skipped;
use crate::writer::{self, MARK};
use std::process::{Command, Stdio};

/// Runs the writer's steps under strace. Returns what happened in each: syncs, and lines that were told. None where
/// processes may not be traced.
fn traced() -> Option<Vec<(String, Vec<&'static str>)>> {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("trace");
    let writer = writer::process(folder.path(), "steps 0");
    let mut strace = Command::new("strace");
    strace
        .args(["-f", "-s", "64", "-e", "trace=fsync,fdatasync,write", "-o"])
        .arg(&log)
        .arg(writer.get_program())
        .args(writer.get_args())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in writer.get_envs() {
        strace.env(name, value.unwrap());
    }
    let ran = strace.status().is_ok_and(|status| status.success());
    let text = std::fs::read_to_string(&log).unwrap_or_default();
    let mut steps: Vec<(String, Vec<&str>)> = Vec::new();
    for line in text.lines() {
        if let Some((_, step)) = line.split_once(&format!("{MARK}step: ")) {
            let name = step.split('\\').next().unwrap();
            steps.push((name.to_owned(), Vec::new()));
        } else if let Some((_, happened)) = steps.last_mut() {
            if line.contains("sync(") {
                happened.push("sync");
            } else if line.contains(MARK) {
                happened.push("told");
            }
        }
    }
    (ran && steps.last().is_some_and(|(name, _)| name == "over")).then_some(steps)
}

#[test]
fn what_is_written_together_waits_for_the_disk_once_and_is_told_afterwards() {
    let Some(steps) = traced() else {
        return skipped("strace");
    };
    let step = |name: &str| &steps.iter().find(|(known, _)| known == name).unwrap().1;
    let syncs = |name| step(name).iter().filter(|what| **what == "sync").count();
    assert_eq!(step("a start"), &["sync", "told"]);
    assert_eq!(step("an end and a start"), &["sync", "told", "told"]);
    // it is only told again after a power cut; a recall writes nothing
    assert_eq!(syncs("a delivery and a recall"), 0);
    let thousand = step("a thousand commands");
    // the log's head once, and what was cut into two by the size of a transaction
    assert!(syncs("a thousand commands") <= 3, "{thousand:?}");
    assert_eq!(thousand.first(), Some(&"sync"));
    assert_eq!(thousand.last(), Some(&"told"));
}
