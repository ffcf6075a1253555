//! Somebody with a home folder, the operator's account, and keys.

use crate::lab::Lab;
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What a call came to.
#[derive(Debug)]
pub struct Told {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

pub struct Person {
    home: TempDir,
    /// How everybody finds the broker: a set-up's people's listener, by the operator's account.
    way: Vec<String>,
}

impl Person {
    pub fn new(lab: &Lab) -> Self {
        let home = TempDir::new().unwrap();
        let its = |file: &str| lab.file(&format!("clients/operator/{file}"));
        let way = [
            "--broker".to_owned(),
            format!("mqtts://localhost:{}", lab.people),
            "--username".to_owned(),
            "operator".to_owned(),
            "--password-file".to_owned(),
            its("password").display().to_string(),
            "--ca-file".to_owned(),
            its("ca.crt").display().to_string(),
        ];
        Self {
            home,
            way: way.to_vec(),
        }
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn key_file(&self, name: &str) -> PathBuf {
        self.home()
            .join(format!("config/mqtt-thing/keys/{name}.pem"))
    }

    /// `mqtt-thing ..` in this home, with nothing of this process's environment that could change what it does.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        without_ours(&mut command);
        command
            .args(arguments)
            .current_dir(self.home())
            .env("HOME", self.home())
            .env("STATE_DIRECTORY", self.home().join("state"))
            .env("XDG_CONFIG_HOME", self.home().join("config"))
            .stdin(Stdio::null());
        command
    }

    pub fn call(&self, arguments: &[&str]) -> Told {
        told(&mut self.command(arguments))
    }

    /// These arguments and the way to the broker, before what comes after `--`.
    pub fn with_way(&self, arguments: &[&str]) -> Vec<String> {
        let split = arguments.iter().position(|argument| *argument == "--");
        let (before, after) = arguments.split_at(split.unwrap_or(arguments.len()));
        let owned = |part: &[&str]| part.iter().map(|&argument| argument.to_owned()).collect();
        let (before, after): (Vec<String>, Vec<String>) = (owned(before), owned(after));
        [before, self.way.clone(), after].concat()
    }

    /// A call that goes to the broker.
    pub fn at_broker(&self, arguments: &[&str]) -> Told {
        let arguments = self.with_way(arguments);
        self.call(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Makes a key, and has the list of a Pi trust it.
    pub fn new_trusted_key(&self, name: &str, list: &Path) {
        let made = self.call(&["key", "new", name]);
        assert_eq!(made.code, Some(0), "{made:?}");
        let shown = self.call(&["key", "show", name, "--json"]);
        let shown: Json = serde_json::from_str(&shown.out).unwrap();
        let public = shown["public_key"].as_str().unwrap();
        let list = list.to_str().unwrap();
        let trusted = self.call(&["key", "trust", name, public, "--file", list]);
        assert_eq!(trusted.code, Some(0), "{trusted:?}");
    }
}

pub fn told(command: &mut Command) -> Told {
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    Told {
        code: output.status.code(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}

pub fn without_ours(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let ours = name.to_str().is_some_and(|name| {
            name.starts_with("MQTT_") || ["RUST_LOG", "CLIENT_ID"].contains(&name)
        });
        if ours {
            command.env_remove(name);
        }
    }
}
