//! Attempts from inside a unit: what it runs is replaced by a list of small shell scripts, all else that it says holds.

use super::installed::Root;
use super::support::Machine;
use std::fmt::Write;

/// Where the scripts lie: with the system's programs, which also the thing's unit may run.
const FOLDER: &str = "usr/lib/mqtt-thing-tries";

/// One attempt.
pub(super) struct Try {
    /// In a few words.
    pub(super) what: &'static str,
    /// A shell script; it works when it ends with 0.
    pub(super) script: &'static str,
    /// What shall come of it.
    pub(super) shall: Shall,
}

/// What shall come of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shall {
    /// It works.
    Work,
    /// It fails, and as root outside the unit it works: so it is the unit that keeps it from working.
    Fail,
    /// It fails, and nothing can be said about outside.
    FailAnyway,
}

use Shall::{Fail, FailAnyway, Work};

pub(super) const fn works(what: &'static str, script: &'static str) -> Try {
    Try {
        what,
        script,
        shall: Work,
    }
}

pub(super) const fn fails(what: &'static str, script: &'static str) -> Try {
    Try {
        what,
        script,
        shall: Fail,
    }
}

pub(super) const fn fails_anyway(what: &'static str, script: &'static str) -> Try {
    Try {
        what,
        script,
        shall: FailAnyway,
    }
}

/// Makes the unit run them instead of its program.
pub(super) fn lay(root: &Root, unit: &str, tries: &[Try]) {
    let mut all = String::from("exec >\"$STATE_DIRECTORY/tries\" 2>&1\n");
    for (number, attempt) in tries.iter().enumerate() {
        let place = format!("{FOLDER}/{unit}-{number}");
        root.put(&place, 0o644, attempt.script.as_bytes());
        writeln!(
            all,
            "said=$(sh -e /{place} 2>&1) && echo 'works {number}' || echo 'fails {number}' $said"
        )
        .unwrap();
    }
    root.put(&format!("{FOLDER}/{unit}"), 0o644, all.as_bytes());
    let lines = format!(
        "[Service]\nType=oneshot\nRestart=no\nExecStart=\nExecStart=/bin/sh /{FOLDER}/{unit}\n"
    );
    root.drop_in(unit, &lines);
}

/// Runs the unit in a machine that was booted with them, and compares. `state` is its state folder.
pub(super) fn judge(machine: &Machine, unit: &str, state: &str, tries: &[Try]) {
    machine.run(&["systemctl", "start", unit]);
    let said = std::fs::read_to_string(machine.path(&format!("{state}/tries"))).unwrap();
    let mut wrong = String::new();
    let mut lines = said.lines();
    for (number, attempt) in tries.iter().enumerate() {
        let line = lines.next().unwrap_or("nothing");
        println!("{:<45} {line}", attempt.what);
        let place = format!("/{FOLDER}/{unit}-{number}");
        let came = line.starts_with(&format!("works {number}"));
        if came != (attempt.shall == Work) {
            writeln!(wrong, "{}: {line}", attempt.what).unwrap();
        }
        let outside = ["env", &format!("STATE_DIRECTORY={state}"), "sh", "-e"];
        let outside: Vec<&str> = outside.into_iter().chain([place.as_str()]).collect();
        if attempt.shall == Fail && !machine.try_run(&outside) {
            writeln!(wrong, "{}: fails also outside the unit", attempt.what).unwrap();
        }
    }
    assert!(wrong.is_empty(), "{unit}:\n{wrong}");
}
