//! Sessions over TLS, with users, passwords and client certificates, on a real Mosquitto: what is right connects,
//! whatever is wrong is told in words, and no secret shows.
#![allow(clippy::unwrap_used)]

mod certificates;
#[path = "../session/client.rs"]
#[allow(dead_code)]
mod client;
mod listener;
mod secrets;
#[path = "../support/mod.rs"]
mod support;
mod trust;
mod versions;

use listener::broker;
use std::path::Path;
use std::process::{Command, Output};

/// Sends a command to nobody, which ends as soon as the broker is reached, or tells why it is not.
pub(crate) fn send(url: &str, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .args(["send", "nobody", "--no-wait", "--broker", url])
        .args(arguments)
        .args(["--", "true"])
        .current_dir(folder)
        .env("XDG_CONFIG_HOME", folder)
        .env("STATE_DIRECTORY", folder)
        .output()
        .unwrap()
}

pub(crate) fn told(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}
