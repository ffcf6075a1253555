//! The Debian packages as `deploy/package.sh` built them: what is in them, and what becomes of a machine on which one is
//! installed, upgraded, removed and purged (by dpkg and systemd, in `tests/support/machine.rs`).
//!
//! `MQTT_THING_DEB_ARMHF`, `MQTT_THING_DEB_ARM64` and `MQTT_THING_DEB_HOST` name them; CI's step `deb` makes all three.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod contents;
mod life;
mod program;

use std::path::{Path, PathBuf};
use std::process::Command;

/// What a package is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Architecture {
    Armhf,
    Arm64,
    /// This machine: what is done with it is not done by an emulator.
    Host,
}

use Architecture::{Arm64, Armhf, Host};

impl Architecture {
    /// The package; none, and a word about it, where nobody built it. In CI that is an error in the long tests, because
    /// the step before them builds it.
    fn package(self) -> Option<PathBuf> {
        let (variable, words) = match self {
            Armhf => ("MQTT_THING_DEB_ARMHF", "armv7"),
            Arm64 => ("MQTT_THING_DEB_ARM64", "aarch64"),
            Host => ("MQTT_THING_DEB_HOST", "host --binary FILE"),
        };
        let Some(path) = std::env::var_os(variable).map(PathBuf::from) else {
            assert!(std::env::var_os("CI").is_none(), "CI must set {variable}");
            println!("skipped: build it with deploy/package.sh {words} and name it in {variable}");
            return None;
        };
        assert!(path.is_file(), "{variable}: there is no {}", path.display());
        Some(path)
    }
}

/// What a program says that must succeed.
fn said(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

/// What `dpkg-deb` says of a package, or does with it.
fn dpkg_deb(option: &str, package: &Path, more: &[&str]) -> String {
    said(Command::new("dpkg-deb").arg(option).arg(package).args(more))
}
