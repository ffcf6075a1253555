//! `mqtt-thing topics match` as a student uses it, and whether Mosquitto agrees.
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod agreement;
mod broker;
mod sources;
mod words;

use std::io::Write;
use std::process::{Command, Stdio};

/// `topics match` with these arguments and this standard input: its exit code, and what it wrote to both outputs.
fn matched(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    for variable in ["MQTT_THING_BROKER", "RUST_LOG", "CLICOLOR_FORCE"] {
        command.env_remove(variable);
    }
    let mut child = command
        .args(["topics", "match"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // who does not read it has closed it
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

/// The object that it prints.
fn object(arguments: &[&str]) -> serde_json::Value {
    let (_, out, err) = matched(&[arguments, &["--json"]].concat(), "");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{err}"))
}
