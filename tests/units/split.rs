//! The thing and its runner in their units, as systemd starts them: jobs that come over the broker and want what is the
//! thing's, and kills of either. The same attempts, made as the thing's user outside of its unit, succeed: so it is the
//! split that keeps jobs from it.

use super::installed::{RUNNER, Root, THING};
use super::jobs::tools;
use super::support::{CpuFreqTree, Machine, wait_for};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Output, Stdio};

const TOPOLOGY: &[u8] = br#"
[broker]
url = "mqtt://127.0.0.1:1883"
[things.inner]
address = "127.0.0.1"
[things.inner.resources]
executor0 = { kind = "executor", allow = ["*"], shell = true }
"#;

/// A machine with a broker, a thing whose executor may do anything, and its runner.
fn machine() -> Option<Machine> {
    let root = Root::with(Path::new(env!("CARGO_BIN_EXE_mqtt-thing")));
    root.put("etc/mqtt-thing/topology.toml", 0o644, TOPOLOGY);
    root.put("etc/mqtt-thing/key", 0o600, b"secret");
    root.put("etc/credstore/mqtt-thing.password", 0o600, b"secret");
    let cpu = CpuFreqTree::pi();
    for (path, text) in cpu.all() {
        let place = path.strip_prefix(cpu.root()).unwrap();
        match std::fs::read_link(&path) {
            Ok(to) => symlink(to, root.path().join(place)).unwrap(),
            Err(_) => root.put(place.to_str().unwrap(), 0o644, text.as_bytes()),
        }
    }
    let machine = Machine::boot(root.path())?;
    for line in [
        "systemd-sysusers mqtt-thing.conf",
        "systemd-tmpfiles --create mqtt-thing.conf",
        "systemd-run --unit=broker --property=Type=simple mosquitto -p 1883",
        "chown mqtt-thing:mqtt-thing /etc/mqtt-thing/key",
        "mknod -m 660 /dev/i2c-1 c 89 1",
        "chown root:i2c /dev/i2c-1",
    ] {
        machine.run(&words(line));
    }
    wait_for("the broker inside", || {
        let pub_ = ["mosquitto_pub", "-t", "try", "-m", "try"];
        machine.try_run(&pub_).then_some(())
    });
    machine.run(&["systemctl", "start", THING]);
    assert_eq!(machine.property(RUNNER, "ActiveState"), "active");
    assert_eq!(said(&job(&machine, "id -un")), "mqtt-thing-runner");
    Some(machine)
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

const SEND: &str = "mqtt-thing send 127.0.0.1 --broker mqtt://127.0.0.1:1883 --";

/// Has the thing run a script, as anybody at the broker may.
fn job(machine: &Machine, script: &str) -> Output {
    machine.output(&[words(SEND), vec![script]].concat())
}

/// The same, without waiting for its end.
fn begin(machine: &Machine, script: &str) -> Child {
    let mut command = machine.command(&[words(SEND), vec![script]].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn said(output: &Output) -> String {
    let both = [&*output.stdout, &output.stderr].concat();
    String::from_utf8_lossy(&both).trim().to_owned()
}

/// The same script as the thing's user, but not in its unit.
fn outside(machine: &Machine, script: &str) -> Output {
    let user = "setpriv --reuid mqtt-thing --regid mqtt-thing --init-groups sh -c";
    machine.output(&[words(user), vec![script]].concat())
}

/// What a job wants, and a script that succeeds if it gets that. `THING` stands for the thing's process.
const WISHES: [(&str, &str); 11] = [
    ("the thing's key", "cat /etc/mqtt-thing/key"),
    ("the thing's state", "ls /var/lib/mqtt-thing/executors"),
    (
        "the thing's credential",
        "cat /run/credentials/mqtt-thing.service/mqtt-thing.password",
    ),
    ("the broker, by its client", "mosquitto_pub -t try -m try"),
    (
        "the broker, by its port",
        "bash -c ': </dev/tcp/127.0.0.1/1883'",
    ),
    (
        // there is no driver behind it: the question is who says no
        "the I2C bus",
        "/usr/bin/python3 -c 'import os; os.open(\"/dev/i2c-1\", os.O_RDWR)' 2>&1 | grep 'No such device or address'",
    ),
    ("the end of the thing", "kill -0 THING"),
    ("a pause of the thing", "kill -CONT THING"),
    (
        "the thing's environment",
        "cat /proc/THING/environ >/dev/null",
    ),
    ("the thing's open files", "ls /proc/THING/fd/"),
    (
        // who is let in is told, if only that somebody else is served
        "jobs for itself at the runner's socket",
        "/usr/bin/python3 -c 'import socket as s; c = s.socket(s.AF_UNIX); c.connect(\"/run/mqtt-thing-runner/jobs.sock\"); exit(not c.recv(9))'",
    ),
];

#[test]
fn a_job_gets_nothing_of_the_things_and_not_through_the_runner_either() {
    if !tools() {
        return;
    }
    let Some(machine) = machine() else { return };
    let thing = machine.property(THING, "MainPID");
    let mut wrong = String::new();
    for (what, script) in WISHES {
        let script = script.replace("THING", &thing);
        let (inside, outside) = (job(&machine, &script), outside(&machine, &script));
        let line = said(&inside).replace('\n', " | ");
        println!("{what:<40} {}  {line}", inside.status);
        if inside.status.success() {
            wrong += &format!("a job gets {what}: {line}\n");
        }
        if !outside.status.success() {
            let why = said(&outside);
            wrong += &format!("nobody gets {what}: {why}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert_eq!(machine.property(THING, "MainPID"), thing, "it lives");
    // a step of a pipeline needs no root either
    let governor = "/sys/devices/system/cpu/cpufreq/policy0/scaling_governor";
    let step = "cpufreq-set -r -f 800MHz";
    let stepped = machine.output(&[words(SEND), words(step)].concat());
    assert!(stepped.status.success(), "{}", said(&stepped));
    assert_eq!(machine.run(&["cat", governor]), "userspace");
    machine.run(&["systemctl", "stop", THING]);
    assert_eq!(machine.run(&["cat", governor]), "ondemand");
}

/// Begins a job that waits for leave; returns once it waits. Its /tmp is the unit's own.
fn waits(machine: &Machine, name: &str) -> Child {
    let script =
        format!("cd /tmp; : >{name}; while [ ! -e {name}-go ]; do sleep 0.05; done; echo done");
    let told = begin(machine, &script);
    wait_for("the job to begin", || {
        private(machine, &format!("test -e /tmp/{name}")).then_some(())
    });
    told
}

/// A script in the runner's own view of the files.
fn private(machine: &Machine, script: &str) -> bool {
    let pid = machine.property(RUNNER, "MainPID");
    machine.try_run(&["nsenter", "--target", &pid, "--mount", "sh", "-c", script])
}

#[test]
fn systemd_brings_back_whichever_is_killed_and_each_job_has_one_true_end() {
    if !tools() {
        return;
    }
    let Some(machine) = machine() else { return };
    let kill = |unit: &str| {
        let before = machine.property(unit, "MainPID");
        let kill = [
            "systemctl",
            "kill",
            "--kill-whom=main",
            "--signal=KILL",
            unit,
        ];
        machine.run(&kill);
        wait_for("systemd to start it again", || {
            let now = machine.property(unit, "MainPID");
            (now != "0" && now != before).then_some(())
        });
    };
    let told = waits(&machine, "first");
    kill(THING);
    // only now: so the job outlived its thing
    assert!(private(&machine, ": >/tmp/first-go"));
    let told = told.wait_with_output().unwrap();
    assert!(told.status.success(), "{}", said(&told));
    assert_eq!(said(&told), "done");

    let told = waits(&machine, "second");
    kill(RUNNER);
    let told = told.wait_with_output().unwrap();
    let why = said(&told);
    assert!(
        !told.status.success() && why.contains("the runner ended while it ran"),
        "{why}"
    );
    assert_eq!(said(&job(&machine, "echo on")), "on");
}
