//! A user with a home folder, and Pis that trust keys.

use crate::process::{Process, Start, online};
use crate::support::Mosquitto;
use serde_json::Value as Json;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What a call came to.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Somebody who gives commands.
pub struct User {
    home: TempDir,
    broker: String,
}

impl User {
    /// One without a key.
    pub fn new(mosquitto: &Mosquitto) -> Self {
        Self {
            home: TempDir::new().unwrap(),
            broker: mosquitto.url(),
        }
    }

    /// One with keys of these names.
    pub fn with_keys(mosquitto: &Mosquitto, names: &[&str]) -> Self {
        let user = Self::new(mosquitto);
        for name in names {
            let told = user.call(&["key", "new", name]);
            assert_eq!(told.code, Some(0), "{told:?}");
        }
        user
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The file of a key.
    pub fn key_file(&self, name: &str) -> PathBuf {
        self.path(&format!("config/mqtt-thing/keys/{name}.pem"))
    }

    /// `mqtt-thing ..` to its end.
    pub fn call(&self, arguments: &[&str]) -> Told {
        self.call_with("", arguments)
    }

    /// The same, with this key named by the environment.
    pub fn call_with(&self, key: &str, arguments: &[&str]) -> Told {
        let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
            .args(arguments)
            .current_dir(self.home.path())
            .env("STATE_DIRECTORY", self.path("state"))
            .env("XDG_CONFIG_HOME", self.path("config"))
            .env("MQTT_THING_SIGNING_KEY", key)
            .env("MQTT_THING_BROKER", &self.broker)
            .env_remove("MQTT_BROKER")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
        Told {
            code: output.status.code(),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    pub fn send(&self, arguments: &[&str]) -> Told {
        self.call(&[&["send"], arguments].concat())
    }

    /// An operator with these steps.
    pub fn operate(&self, steps: &[&str], arguments: &[&str]) -> Told {
        let pipelines = format!("[[pipelines]]\nname = \"p\"\nsteps = {steps:?}\n");
        std::fs::write(self.path("pipelines.toml"), pipelines).unwrap();
        self.call(&[&["operator", "pipelines.toml", "--wait", "1"], arguments].concat())
    }

    fn shown(&self, name: &str, what: &str) -> String {
        let told = self.call(&["key", "show", name, "--json"]);
        let shown: Json = serde_json::from_str(&told.out).unwrap();
        shown[what].as_str().unwrap().to_owned()
    }

    /// The public half of a key.
    pub fn public(&self, name: &str) -> String {
        self.shown(name, "public_key")
    }

    pub fn id(&self, name: &str) -> String {
        self.shown(name, "id")
    }
}

/// A Pi that may run `echo` and `sleep`, and obeys the keys of these lines.
pub fn pi(mosquitto: &Mosquitto, id: &str, trusted: &[String]) -> Process {
    pi_in(TempDir::new().unwrap(), mosquitto, id, trusted)
}

/// The same in a folder that was used before.
pub fn pi_in(folder: TempDir, mosquitto: &Mosquitto, id: &str, trusted: &[String]) -> Process {
    let list = folder.path().join("trusted-keys");
    write(&list, &(trusted.join("\n") + "\n"), 0o644);
    let start = Start::within(folder, &mosquitto.url(), "sut").args(&[
        "--client-id",
        id,
        "--allow",
        "echo *",
        "--allow",
        "sleep *",
        "--unsigned-allow",
        "echo *",
        "--trusted-keys",
        list.to_str().unwrap(),
    ]);
    let pi = start.run();
    pi.wait_err("connected");
    is_known(mosquitto, id);
    pi
}

/// Waits until it listens, and the broker has what it says of itself.
fn is_known(mosquitto: &Mosquitto, id: &str) {
    online(mosquitto, id);
    mosquitto.wait_log(&format!("'{id}/about'"));
}

/// A Pi that obeys everybody.
pub fn open_pi(mosquitto: &Mosquitto, id: &str) -> Process {
    let pi = Process::sut(mosquitto, id);
    is_known(mosquitto, id);
    pi
}

pub fn write(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
