//! What a person and a script see, and that nothing is changed.

use crate::matrix::broker;
use crate::patient::{FILE, Patient, is_root};
use crate::support::skipped;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const NOBODY: u32 = 65_534;

/// Everything below a folder that a change would show in.
fn all(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let (path, its) = (entry.path(), entry.metadata().unwrap());
        let times = (its.mtime(), its.mtime_nsec(), its.ctime(), its.ctime_nsec());
        let text = if its.is_file() {
            fs::read(&path).unwrap()
        } else {
            Vec::new()
        };
        let look = format!(
            "{:o} {} {} {times:?} {text:?}",
            its.mode(),
            its.uid(),
            its.len()
        );
        found.insert(path.clone(), look);
        if its.is_dir() {
            all(&path, found);
        }
    }
}

#[test]
fn nothing_is_changed_and_systemd_is_only_asked() {
    let Some(broker) = broker() else { return };
    let patient = Patient::healthy(&broker);
    patient.systemd();
    patient.service(
        "mqtt-thing.service",
        &[
            ("ActiveState", "failed"),
            ("Result", "exit-code"),
            ("ExecMainStatus", "1"),
        ],
    );
    let look = || {
        let mut found = BTreeMap::new();
        all(&patient.path("/"), &mut found);
        found
    };
    let before = look();
    assert!(before.len() > 30);
    assert_eq!(patient.doctor().rules(), ["service-failing"]);
    assert_eq!(look(), before);
    patient.bus.pins().assert_no_violations();
    let calls = patient.calls();
    assert!(!calls.is_empty());
    for call in calls.lines() {
        let asks = ["systemctl show ", "journalctl -u ", "journalctl -k "];
        let only_asks = asks.iter().any(|asks| call.starts_with(asks));
        assert!(only_asks, "{call}");
    }
}

fn text(patient: &Patient, options: &[&str], colour: bool) -> (Option<i32>, String) {
    let mut command = patient.command(options);
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    if colour {
        command.env("CLICOLOR_FORCE", "1");
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (
        output.status.code(),
        said.replace(&*patient.path("/").to_string_lossy(), "/"),
    )
}

#[test]
fn a_person_is_told_what_to_mend_first_and_how() {
    let Some(broker) = broker() else { return };
    let patient = Patient::healthy(&broker);
    let (code, said) = text(&patient, &[], false);
    let well = "inner of /etc/mqtt-thing/topology.toml, which does not run: nothing is wrong\n\n\
                Not looked at:\n  service: this machine was not started by systemd\n";
    assert_eq!((code, said.as_str()), (Some(0), well));

    patient.remove("/dev/i2c-1");
    patient.remove("/run/systemd/timesync/synchronized");
    patient.put("/boot/firmware/config.txt", "");
    let (code, said) = text(&patient, &[], false);
    assert_eq!(code, Some(1));
    let expected = "inner of /etc/mqtt-thing/topology.toml, which does not run: 1 broken, 1 warning; mend the first one first \
                    1. warning clock-not-synchronised no time server";
    let words: Vec<&str> = said.split_ascii_whitespace().collect();
    assert!(words.join(" ").starts_with(expected), "{said}");
    let bus = "2. broken i2c-off there is no /dev/i2c-1, and /boot/firmware/config.txt does not switch I2C on $ sudo";
    assert!(words.join(" ").contains(bus), "{said}");
    let cures = "\n   $ sudo raspi-config nonint do_i2c 0\n   $ sudo reboot\n";
    assert!(said.contains(cures), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
    let (_, coloured) = text(&patient, &[], true);
    assert!(coloured.contains("\u{1b}["), "{coloured:?}");
}

#[test]
fn who_is_not_root_is_told_what_only_root_can_see() {
    let Some(broker) = broker() else { return };
    if !is_root() {
        return println!("skipped: acting as another user needs root");
    }
    let patient = Patient::healthy(&broker);
    patient.systemd();
    patient.mode("/", 0o755);
    let mut command = Command::new("true");
    if command.uid(NOBODY).status().is_err() {
        return println!("skipped: no other user here");
    }
    // the program may lie where only root gets to
    let open = tempfile::tempdir().unwrap();
    fs::set_permissions(open.path(), Permissions::from_mode(0o755)).unwrap();
    let program = open.path().join("mqtt-thing");
    fs::copy(env!("CARGO_BIN_EXE_mqtt-thing"), &program).unwrap();
    let output = Command::new(program)
        .args(["doctor", "--json", "--root"])
        .arg(patient.path("/"))
        .env_clear()
        .env("PATH", patient.search_path())
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .unwrap();
    let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let skipped: Vec<&str> = said["not_looked_at"]
        .as_array()
        .unwrap()
        .iter()
        .map(|skipped| {
            let reason = skipped["reason"].as_str().unwrap();
            assert!(reason.contains("sudo mqtt-thing doctor"), "{reason}");
            skipped["part"].as_str().unwrap()
        })
        .collect();
    assert_eq!(skipped, ["state", "kernel's log", "board"], "{said:#}");
    assert_eq!(said["findings"], serde_json::json!([]));
}

#[test]
fn a_thing_that_somebody_runs_by_hand_is_left_alone() {
    let Some(broker) = broker() else { return };
    let patient = Patient::healthy(&broker);
    let flock = ["/usr/bin/flock", "/bin/flock"]
        .map(Path::new)
        .into_iter()
        .find(|path| path.exists());
    let Some(flock) = flock else {
        return skipped("util-linux");
    };
    // by the name that the kernel knows it by
    let folder = tempfile::tempdir().unwrap();
    let thing = folder.path().join("mqtt-thing");
    fs::copy(flock, &thing).unwrap();
    let device = patient.path("/dev/i2c-1");
    let mut holder = Command::new(&thing)
        .arg(&device)
        .args(["sh", "-c", "echo held; read -r over"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(holder.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "held\n");
    let said = patient.doctor();
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert_eq!(said.rules(), [""; 0], "{:#}", said.json);
    let skipped = &said.json["not_looked_at"][0];
    assert_eq!(skipped["part"], "board");
    assert!(
        skipped["reason"]
            .as_str()
            .unwrap()
            .contains("(mqtt-thing) has the bus"),
        "{skipped}"
    );
    assert_eq!(patient.bus.pins().counts().reads, 0);
}

#[test]
fn what_others_wrote_does_nothing_to_a_terminal() {
    let Some(broker) = broker() else { return };
    let patient = Patient::healthy(&broker);
    patient.running(|report| {
        report["board"] =
            serde_json::json!({"up": false, "error": "\u{1b}[2J\u{9b}2Jgone\u{202e}"});
    });
    for options in [&[][..], &["--json"]] {
        let (code, said) = text(&patient, options, false);
        assert_eq!(code, Some(1));
        assert!(
            said.contains("board-silent") && said.contains("gone"),
            "{said}"
        );
        let harmful = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.contains(harmful), "{said:?}");
    }
}

#[test]
fn the_command_line_lists_the_rules_and_takes_another_file() {
    let Some(broker) = broker() else { return };
    let patient = Patient::healthy(&broker);
    let (code, rules) = text(&patient, &["--rules"], false);
    assert_eq!(code, Some(0));
    assert!(rules.starts_with("topology-missing "), "{rules}");
    for row in crate::ROWS.iter().copied().flatten() {
        let listed = rules
            .lines()
            .any(|line| line.starts_with(&format!("{} ", row.rule)));
        assert!(listed, "{} is not in\n{rules}", row.rule);
    }
    let (code, json) = text(&patient, &["--rules", "--json"], false);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (code, &json[0]["name"]),
        (Some(0), &"topology-missing".into())
    );
    assert_eq!(text(&patient, &["--nonsense"], false).0, Some(2));

    let other = patient.path("/etc/mqtt-thing/other.toml");
    fs::copy(patient.path(FILE), &other).unwrap();
    patient.remove(FILE);
    let (code, said) = text(&patient, &["--topology", other.to_str().unwrap()], false);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = text(&patient, &[], false);
    assert!(said.contains("broken topology-missing"), "{said}");
    assert_eq!(code, Some(1));
}
