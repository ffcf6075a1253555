//! The program of a package for a Pi, unpacked, under emulation.

use super::Architecture::{self, Arm64, Armhf};
use super::contents::unpacked;
use super::said;
use super::support::{Target, skipped};
use std::path::PathBuf;

#[test]
fn the_armhf_packages_program_runs_and_knows_its_examples() {
    runs(Armhf, Target::Armv7);
}

#[test]
fn the_arm64_packages_program_runs_and_knows_its_examples() {
    runs(Arm64, Target::Aarch64);
}

fn runs(architecture: Architecture, target: Target) {
    let Some(package) = architecture.package() else {
        return;
    };
    if let Some(missing) = target.missing_package() {
        return skipped(missing);
    }
    let folder = unpacked(&package);
    let program = folder.path().join("usr/bin/mqtt-thing");
    let version = said(target.command(&program).arg("--version"));
    assert_eq!(
        version.trim(),
        format!("mqtt-thing {}", env!("CARGO_PKG_VERSION"))
    );
    let mut folders = vec![folder.path().join("usr/share/doc/mqtt-thing/examples")];
    let mut checked = 0;
    while let Some(examples) = folders.pop() {
        for entry in std::fs::read_dir(examples).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            said(target.command(&program).arg("check").arg(&path));
            checked += 1;
        }
    }
    assert!(checked > 4, "{checked} examples");
}
