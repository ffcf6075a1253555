//! The system calls that the program makes, against those that its unit lets through.

use super::installed::{THING, text};
use super::support::{LIMIT, Mosquitto, Observer, SimBus, Target, skipped, wait_for};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::{Output, Timing};
use rustix::process::{Pid, Signal, kill_process};
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
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
executor0 = { kind = "executor", allow = ["true"] }
"#;

#[test]
fn every_system_call_of_a_thing_is_one_that_its_unit_lets_through() {
    if Command::new("strace").arg("-V").output().is_err() {
        return skipped("strace");
    }
    judge(Target::Host, |bus, binary, trace| {
        let mut traced = Command::new("strace");
        traced.args(["-f", "-qq", "-o"]).arg(trace);
        for (name, value) in bus.command(Target::Host, binary).get_envs() {
            // strace itself needs no board
            let (name, value) = (name.to_str().unwrap(), value.unwrap().to_str().unwrap());
            traced.arg(format!("-E{name}={value}"));
        }
        traced.arg(binary);
        traced
    });
}

/// 32 bits have calls of their own, for the time above all. What the emulator shows are those of the program.
#[test]
fn so_is_every_one_of_the_program_for_a_32_bit_pi() {
    judge(Target::Armv7, |bus, binary, trace| {
        let mut command = bus.command(Target::Armv7, binary);
        command
            .env("QEMU_STRACE", "1")
            .stderr(File::create(trace).unwrap());
        command
    });
}

/// Runs a thing from its start over a press to its end under a command that writes its system calls to a file.
fn judge(target: Target, command: impl Fn(&SimBus, &Path, &Path) -> Command) {
    let Some(allowed) = allowed() else { return };
    let binary = match target.binary() {
        Ok(binary) => binary,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("lab.toml");
    let lab = format!("[broker]\nurl = \"{}\"\n{TOPOLOGY}", mosquitto.url());
    std::fs::write(&file, lab).unwrap();
    let trace = folder.path().join("trace");
    let bus = SimBus::start(Timing::Bus);
    let mut process = command(&bus, &binary, &trace)
        .arg("run")
        .arg(&file)
        .env("STATE_DIRECTORY", folder.path())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    observer.wait_for("127.0.0.1/status", "online");
    let pins = bus.pins();
    pins.set_digital(Port::D3, true);
    assert!(pins.wait_output(Port::D4, LIMIT, Output::is_on).is_ok());
    // the first process in the trace is the program; strace passes no signal on
    let first = std::fs::read_to_string(&trace).unwrap();
    let pid = first.split_whitespace().next().unwrap().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::TERM).unwrap();
    let status = wait_for("the program to end", || process.try_wait().unwrap());
    assert!(status.success(), "{status}");

    let text = std::fs::read_to_string(&trace).unwrap();
    let seen: BTreeSet<&str> = text.lines().filter_map(call).collect();
    println!("{target:?}: {} calls seen: {seen:?}", seen.len());
    assert!(seen.len() > 20 && seen.contains("ioctl") && seen.contains("connect"));
    let as_root: &[&str] = match rustix::process::geteuid().is_root() {
        // SQLite gives a new file to the owner of the old one, where it may: as root (os_unix.c, robustFchown)
        true => &["fchown", "fchown32"],
        false => &[],
    };
    let mut refused: Vec<&str> = seen.into_iter().collect();
    refused.retain(|call| !allowed.contains(*call) && !as_root.contains(call));
    assert!(refused.is_empty(), "the unit refuses {refused:?}");
}

/// The call of a line of a trace, as in `17 read(3, ...`, `17 <... read resumed>`.
fn call(line: &str) -> Option<&str> {
    let rest = line.split_once(' ')?.1.trim_start();
    let rest = rest.strip_prefix("<... ").unwrap_or(rest);
    let end = rest.find(|its: char| !its.is_ascii_alphanumeric() && its != '_')?;
    let follows = rest[end..].starts_with('(') || rest[end..].starts_with(" resumed");
    Some(&rest[..end]).filter(|name| !name.is_empty() && follows)
}
