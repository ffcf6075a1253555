//! A made machine with a few programs, and the policy of an executor on it.

use mqtt_thing::fleet::policy::{Command, Policy};
use mqtt_thing::fleet::{ExecutorSettings, Verdict};
use mqtt_thing::system::{Programs, Root, User};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use tempfile::TempDir;

/// A command as it comes.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    Text(String),
    Argv(Vec<String>),
}

impl Sent {
    pub(crate) fn command(&self) -> Command<'_> {
        match self {
            Self::Text(text) => Command::Text(text),
            Self::Argv(argv) => Command::Argv(argv),
        }
    }
}

/// Somebody who owns nothing on the made machine.
pub(crate) fn jobs_user(root: &Path) -> User {
    User {
        uid: fs::metadata(root).unwrap().uid() + 1000,
        groups: vec![],
    }
}

/// A machine with `stress-ng`, `bench.sh`, and programs that jobs could replace.
pub(crate) fn machine() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(at(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    for (folder, bits) in [
        ("", 0o755),
        ("usr", 0o755),
        ("usr/bin", 0o755),
        ("opt", 0o755),
        ("opt/lab", 0o755),
        ("srv", 0o755),
        ("srv/open", 0o777),
        ("tmp", 0o1777),
    ] {
        fs::create_dir_all(at(folder)).unwrap();
        mode(folder, bits);
    }
    for (program, bits) in [
        ("usr/bin/stress-ng", 0o755),
        ("usr/bin/true", 0o755),
        ("opt/lab/bench.sh", 0o755),
        ("opt/lab/open.sh", 0o777),
        ("opt/lab/notes.txt", 0o644),
        ("srv/open/tool", 0o755),
        ("tmp/stress-ng", 0o777),
    ] {
        fs::write(at(program), "#!/bin/sh\n").unwrap();
        mode(program, bits);
    }
    symlink("/opt/lab/open.sh", at("usr/bin/linked")).unwrap();
    symlink("/usr/bin/true", at("usr/bin/honest")).unwrap();
    root
}

/// The policy of an executor there.
pub(crate) fn policy(root: &Path, allow: &[&str], shell: bool) -> Policy {
    let settings = ExecutorSettings {
        allow: allow.iter().map(|&entry| entry.to_owned()).collect(),
        shell,
        ..ExecutorSettings::default()
    };
    let programs = Programs::new(Root::at(root), jobs_user(root));
    Policy::new(&settings, move |name| programs.find(name))
}

/// The rule that refuses, if one does.
pub(crate) fn refused(policy: &Policy, sent: &Sent) -> Option<&'static str> {
    match policy.decide(&sent.command()) {
        Verdict::Refused { rule, .. } => Some(rule),
        Verdict::Allowed { .. } => None,
    }
}
