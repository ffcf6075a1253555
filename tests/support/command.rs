//! The real binary, started and heard out.

use std::path::Path;
use std::process::{Command, Output};

/// `mqtt-thing` with these arguments, to its end.
pub fn mqtt_thing(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    command.args(arguments).output().unwrap()
}

/// What it says when all goes well.
pub fn well(output: &Output) -> String {
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{complaints}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// `broker init` for a Mosquitto that runs right out of `set_up/broker`, with its two listeners on these ports.
pub fn broker_init(topology: &Path, set_up: &Path, things: u16, people: u16) -> String {
    let broker = set_up.join("broker");
    let output = mqtt_thing(&[
        "broker",
        "init",
        "--topology",
        topology.to_str().unwrap(),
        "--things-port",
        &things.to_string(),
        "--people-port",
        &people.to_string(),
        "--installed-at",
        broker.to_str().unwrap(),
        set_up.to_str().unwrap(),
    ]);
    well(&output)
}
