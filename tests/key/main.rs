//! `mqtt-thing key`, as people use it; and what other programs make of its keys and signatures.

mod interop;
mod lists;
mod own;
#[path = "../support/mod.rs"]
mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A user's home folder.
struct Home(TempDir);

/// What a call came to.
struct Told {
    code: Option<i32>,
    out: String,
    error: String,
}

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Where the key of that name is kept.
    fn kept(&self, name: &str) -> PathBuf {
        self.path(&format!(".config/mqtt-thing/keys/{name}.pem"))
    }

    fn key(&self, arguments: &[&str]) -> Told {
        let mut key = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        for variable in ["XDG_CONFIG_HOME", "RUST_LOG", "CLICOLOR_FORCE", "USER"] {
            key.env_remove(variable);
        }
        key.env("HOME", self.0.path()).current_dir(self.0.path());
        told(&key.arg("key").args(arguments).output().unwrap())
    }

    /// A call that goes well, and what it prints.
    fn well(&self, arguments: &[&str]) -> String {
        let told = self.key(arguments);
        assert_eq!(
            (told.code, told.error.as_str()),
            (Some(0), ""),
            "{arguments:?}"
        );
        told.out
    }

    /// The public half of this user's key of that name.
    fn public(&self, name: &str) -> String {
        let shown: serde_json::Value =
            serde_json::from_str(&self.well(&["show", name, "--json"])).unwrap();
        shown["public_key"].as_str().unwrap().to_owned()
    }
}

fn told(output: &Output) -> Told {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Told {
        code: output.status.code(),
        out: text(&output.stdout),
        error: text(&output.stderr),
    }
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        // it stays, for the next who changes something
        .filter(|name| name != ".list.lock")
        .collect();
    names.sort();
    names
}
