//! A made machine: a root tree with all that a thing needs, a board on its bus, programs that stand in for the system's.

use crate::support::{Mosquitto, SimBus, Target};
use mqtt_thing::board::sim::Timing;
use serde_json::Value;
use std::any::Any;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The thing's name in its file.
pub(crate) const THING: &str = "inner";
/// Where its file lies.
pub(crate) const FILE: &str = "/etc/mqtt-thing/topology.toml";

/// A machine, removed with it.
pub(crate) struct Patient {
    root: TempDir,
    /// Stands before `PATH`.
    programs: TempDir,
    pub(crate) bus: SimBus,
    pub(crate) broker: String,
    /// What a fault needs for as long as it lasts: a process, a mounted disk.
    kept: Vec<Box<dyn Any>>,
    variables: Vec<(String, String)>,
}

/// What the doctor said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) json: Value,
    pub(crate) errors: String,
}

impl Said {
    /// The rules of its findings, in their order.
    pub(crate) fn rules(&self) -> Vec<String> {
        let findings = self.json["findings"].as_array();
        let findings = findings.unwrap_or_else(|| panic!("{} {}", self.json, self.errors));
        let rule = |finding: &Value| finding["rule"].as_str().unwrap().to_owned();
        findings.iter().map(rule).collect()
    }
}

impl Patient {
    /// A thing with nothing wrong, which does not run: a button, a LED and a clock, at a real broker.
    pub(crate) fn healthy(broker: &Mosquitto) -> Self {
        let patient = Self {
            root: tempfile::tempdir().unwrap(),
            programs: tempfile::tempdir().unwrap(),
            bus: SimBus::start(Timing::None),
            broker: broker.url(),
            kept: Vec::new(),
            variables: Vec::new(),
        };
        patient.topology("", "");
        patient.put("/dev/i2c-1", "");
        patient.put("/boot/firmware/config.txt", "dtparam=i2c_arm=on\n");
        patient.put("/run/systemd/timesync/synchronized", "");
        patient.put("/sys/class/thermal/thermal_zone0/temp", "48312\n");
        patient.put("/sys/class/hwmon/hwmon0/name", "rpi_volt\n");
        patient.put("/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "0\n");
        patient.put(
            "/sys/devices/platform/soc/soc:firmware/get_throttled",
            "0\n",
        );
        patient.put(
            "/sys/fs/cgroup/cgroup.controllers",
            "cpuset cpu io memory pids\n",
        );
        patient.put(
            "/proc/cpuinfo",
            "model name\t: ARMv7 Processor rev 3 (v7l)\n",
        );
        patient.folder("/var/lib/mqtt-thing", 0o700);
        patient
    }

    /// Writes its file anew: with more lines for `[broker]`, and with more resources.
    pub(crate) fn topology(&self, broker: &str, resources: &str) {
        let url = &self.broker;
        self.put(
            FILE,
            &format!(
                "[broker]\nurl = \"{url}\"\n{broker}\n\
                 [things.{THING}]\naddress = \"10.77.0.1\"\n\
                 [things.{THING}.resources]\n\
                 button0 = {{ kind = \"button\", port = \"D3\" }}\n\
                 led0 = {{ kind = \"led\", port = \"D4\", follows = \"{THING}/button0\" }}\n\
                 clock0 = {{ kind = \"clock\" }}\n{resources}\n"
            ),
        );
    }

    /// Where something lies.
    pub(crate) fn path(&self, absolute: &str) -> PathBuf {
        self.root.path().join(absolute.trim_start_matches('/'))
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn put(&self, absolute: &str, text: &str) {
        let path = self.path(absolute);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Makes a folder with this mode.
    pub(crate) fn folder(&self, absolute: &str, mode: u32) {
        fs::create_dir_all(self.path(absolute)).unwrap();
        self.mode(absolute, mode);
    }

    /// Sets a mode.
    pub(crate) fn mode(&self, absolute: &str, mode: u32) {
        fs::set_permissions(self.path(absolute), Permissions::from_mode(mode)).unwrap();
    }

    /// Removes a file.
    pub(crate) fn remove(&self, absolute: &str) {
        fs::remove_file(self.path(absolute)).unwrap();
    }

    /// Puts a program of this text in the place of the system's.
    pub(crate) fn program(&self, name: &str, text: &str) {
        let path = self.programs.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    }

    /// Keeps something for as long as the patient is there.
    pub(crate) fn keep(&mut self, what: impl Any) {
        self.kept.push(Box::new(what));
    }

    /// Sets a variable of the doctor's environment.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// The doctor, with these options beside `--root`.
    pub(crate) fn command(&self, options: &[&str]) -> Command {
        let binary = Path::new(env!("CARGO_BIN_EXE_mqtt-thing"));
        let mut command = self.bus.command(Target::Host, binary);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("MQTT_THING_") && name != "MQTT_THING_TEST_I2C" {
                command.env_remove(name);
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = self.programs.path().display();
        command
            .env("PATH", format!("{programs}:{path}"))
            .env_remove("RUST_LOG")
            .env_remove("STATE_DIRECTORY")
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .args(["doctor", "--root"])
            .arg(self.root.path())
            .args(options);
        command
    }

    /// What the doctor says of the thing.
    pub(crate) fn doctor(&self) -> Said {
        self.doctor_of(&["--thing", THING])
    }

    /// What it says with these options.
    pub(crate) fn doctor_of(&self, options: &[&str]) -> Said {
        let output = self.command(options).arg("--json").output().unwrap();
        Said {
            code: output.status.code(),
            json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
