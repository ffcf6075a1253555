//! The files of `deploy/systemd` where a Pi has them, below a root.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub(super) const THING: &str = "mqtt-thing.service";
pub(super) const RUNNER: &str = "mqtt-thing-runner.service";

/// Of `deploy/systemd`, and where it goes.
const PLACES: [(&str, &str); 6] = [
    (THING, "usr/lib/systemd/system/mqtt-thing.service"),
    (RUNNER, "usr/lib/systemd/system/mqtt-thing-runner.service"),
    (
        "mqtt-thing.sysusers.conf",
        "usr/lib/sysusers.d/mqtt-thing.conf",
    ),
    (
        "mqtt-thing.tmpfiles.conf",
        "usr/lib/tmpfiles.d/mqtt-thing.conf",
    ),
    (
        "mqtt-thing.modules-load.conf",
        "usr/lib/modules-load.d/mqtt-thing.conf",
    ),
    (
        "60-mqtt-thing.rules",
        "usr/lib/udev/rules.d/60-mqtt-thing.rules",
    ),
];

/// A file of `deploy/systemd`.
pub(super) fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("deploy/systemd")
        .join(name)
}

/// What it says.
pub(super) fn text(name: &str) -> String {
    std::fs::read_to_string(source(name)).unwrap()
}

/// A root with those files, and others that a test adds.
pub(super) struct Root(TempDir);

impl Root {
    /// With this program as `/usr/bin/mqtt-thing`.
    pub(super) fn with(program: &Path) -> Self {
        let root = Self(TempDir::new().unwrap());
        // it becomes a machine's `/`, which others than root read
        std::fs::set_permissions(root.path(), PermissionsExt::from_mode(0o755)).unwrap();
        for (name, place) in PLACES {
            root.put(place, 0o644, text(name).as_bytes());
        }
        root.put(
            "usr/bin/mqtt-thing",
            0o755,
            &std::fs::read(program).unwrap(),
        );
        root
    }

    pub(super) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file of it.
    pub(super) fn put(&self, place: &str, mode: u32, bytes: &[u8]) {
        let path = self.path().join(place);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, bytes).unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
    }

    /// Adds to a unit what a drop-in says.
    pub(super) fn drop_in(&self, unit: &str, lines: &str) {
        let place = format!("etc/systemd/system/{unit}.d/test.conf");
        self.put(&place, 0o644, lines.as_bytes());
    }
}
