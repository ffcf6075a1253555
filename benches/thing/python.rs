//! The counterparts' interpreter.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A Python that has paho-mqtt 2: the one on the path, or of an environment that docs/figures.md or CI made.
pub fn python() -> Result<PathBuf, String> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let target = target.parent().unwrap_or(target);
    let candidates = [
        target.join("bench-venv/bin/python3"),
        target.join("ci/venv/bin/python3"),
        PathBuf::from("python3"),
    ];
    let ask = "import sys, paho.mqtt.client as c; c.CallbackAPIVersion; print(sys.executable)";
    for candidate in &candidates {
        let Ok(output) = Command::new(candidate).args(["-c", ask]).output() else {
            continue;
        };
        // its own path, without a shim that would be measured with it
        let path = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if output.status.success() && !path.is_empty() {
            return Ok(PathBuf::from(path));
        }
    }
    let made = target.join("bench-venv");
    let made = made.display();
    Err(format!(
        "skipped: install python3-venv, then `python3 -m venv {made} && {made}/bin/pip install paho-mqtt==2.1.0`"
    ))
}
