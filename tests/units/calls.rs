//! The system calls that the program makes, against those that its unit lets through.

use super::installed::{THING, text};
use super::support::{LIMIT, Mosquitto, Observer, SimBus, Target, skipped, wait_for};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Timing;
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};

/// The calls of a systemd's set, with the sets that it holds.
fn set(name: &str) -> Option<BTreeSet<String>> {
    let Ok(output) = Command::new("systemd-analyze")
        .args(["syscall-filter", "--no-pager", name])
        .output()
    else {
        skipped("systemd");
        return None;
    };
    assert!(output.status.success(), "{name}");
    let mut calls = BTreeSet::new();
    for line in String::from_utf8_lossy(&output.stdout).lines().skip(1) {
        let word = line.trim();
        if word.starts_with('@') {
            calls.append(&mut set(word)?);
        } else if !word.is_empty() && !word.starts_with('#') {
            calls.insert(word.to_owned());
        }
    }
    Some(calls)
}

/// What the unit's lines let through.
fn allowed() -> Option<BTreeSet<String>> {
    // an allow list always has these, or nothing could be started or ended (systemd.exec, SystemCallFilter=)
    let mut allowed = set("@default")?;
    for line in text(THING).lines() {
        let Some(words) = line.strip_prefix("SystemCallFilter=") else {
            continue;
        };
        let removes = words.starts_with('~');
        for word in words.trim_start_matches('~').split(' ') {
            let calls = set(word)?;
            if removes {
                allowed.retain(|call| !calls.contains(call));
            } else {
                allowed.extend(calls);
            }
        }
    }
    Some(allowed)
}

const TOPOLOGY: &str = r#"
[things.inner]
address = "127.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
"#;

#[test]
fn every_system_call_of_a_thing_is_one_that_its_unit_lets_through() {
    let Some(allowed) = allowed() else { return };
    if Command::new("strace").arg("-V").output().is_err() {
        return skipped("strace");
    }
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let Ok(binary) = Target::Host.binary() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.toml");
    let lab = format!("[broker]\nurl = \"{}\"\n{TOPOLOGY}", mosquitto.url());
    std::fs::write(&file, lab).unwrap();
    let trace = folder.path().join("trace");
    let bus = SimBus::start(Timing::Bus);
    let seen = bus.command(Target::Host, &binary);
    let mut traced = Command::new("strace");
    traced.args(["-f", "-qq", "-o"]).arg(&trace);
    for (name, value) in seen.get_envs() {
        // strace itself needs no board
        let (name, value) = (name.to_str().unwrap(), value.unwrap().to_str().unwrap());
        traced.arg(format!("-E{name}={value}"));
    }
    let mut process = traced
        .arg(&binary)
        .arg("run")
        .arg(&file)
        .env("STATE_DIRECTORY", folder.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    observer.wait_for("127.0.0.1/status", "online");
    let pins = bus.pins();
    pins.set_digital(Port::D3, true);
    let lit = pins.wait_output(Port::D4, LIMIT, mqtt_thing::board::sim::Output::is_on);
    assert!(lit.is_ok());
    // the first process in the trace is the program, strace passes no signal on
    let first = std::fs::read_to_string(&trace).unwrap();
    let pid = first.split_whitespace().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let status = wait_for("the program to end", || process.try_wait().unwrap());
    assert!(status.success(), "{status}");

    let seen: BTreeSet<String> = std::fs::read_to_string(&trace)
        .unwrap()
        .lines()
        .filter_map(|line| {
            let rest = line.split_once(' ')?.1.trim_start();
            let rest = rest.strip_prefix("<... ").unwrap_or(rest);
            let end = rest.find(|its: char| !its.is_ascii_alphanumeric() && its != '_')?;
            Some(rest[..end].to_owned()).filter(|name| !name.is_empty())
        })
        .collect();
    let refused: Vec<&String> = seen.difference(&allowed).collect();
    println!("{} calls seen, all of: {seen:?}", seen.len());
    assert!(
        seen.len() > 20 && seen.contains("ioctl") | seen.contains("connect"),
        "{seen:?}"
    );
    assert!(refused.is_empty(), "the unit refuses {refused:?}");
}
