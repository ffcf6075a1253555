//! A made machine: a root tree with all that a thing needs, a board on its bus, programs that stand in for the system's.

use crate::support::{Mosquitto, SimBus, Target};
use mqtt_thing::board::sim::Timing;
use serde_json::{Value, json};
use std::any::Any;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

/// The thing's name in its file.
pub(crate) const THING: &str = "inner";
/// Where its file lies.
pub(crate) const FILE: &str = "/etc/mqtt-thing/topology.toml";

/// The service's variables.
pub(crate) const VARIABLES: &str = "/etc/default/mqtt-thing";
/// The service's unit.
pub(crate) const UNIT: &str = "/usr/lib/systemd/system/mqtt-thing.service";

/// The group i2c.
const I2C: u32 = 64_997;

/// What a Pi has that is well.
const HEALTHY: &[(&str, &str)] = &[
    ("/boot/firmware/config.txt", "dtparam=i2c_arm=on\n"),
    ("/run/systemd/timesync/synchronized", ""),
    ("/sys/class/thermal/thermal_zone0/temp", "48312\n"),
    ("/sys/class/hwmon/hwmon0/name", "rpi_volt\n"),
    ("/sys/class/hwmon/hwmon0/in0_lcrit_alarm", "0\n"),
    (
        "/sys/devices/platform/soc/soc:firmware/get_throttled",
        "0\n",
    ),
    (
        "/sys/fs/cgroup/cgroup.controllers",
        "cpuset cpu io memory pids\n",
    ),
    (
        "/proc/cpuinfo",
        "model name\t: ARMv7 Processor rev 3 (v7l)\n",
    ),
];

/// One into which everybody may look.
fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

/// Makes a program. By another process: while a file is open for writing here, a child that another test makes has it
/// open, too, and nobody can execute it.
pub(crate) fn install(program: &[u8], path: &Path) {
    let mut child = Command::new("sh")
        .args(["-c", "cat > \"$0\" && chmod 755 \"$0\""])
        .arg(path)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(program).unwrap();
    assert!(child.wait().unwrap().success());
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Who the service runs as.
fn service_uid() -> u32 {
    let us = rustix::process::geteuid();
    if us.is_root() { 64_999 } else { us.as_raw() }
}

/// A machine, removed with it.
pub(crate) struct Patient {
    root: TempDir,
    /// Stands before `PATH`.
    programs: TempDir,
    pub(crate) bus: SimBus,
    pub(crate) broker: String,
    /// What a fault needs for as long as it lasts: a process, a mounted disk.
    kept: Mutex<Vec<Box<dyn Any + Send>>>,
    /// What the doctor is told beside `--root` and `--json`.
    pub(crate) options: Vec<String>,
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
    /// A thing with nothing wrong, which does not run: a button, a LED, a clock and an executor, at a real broker. The
    /// service is installed with its runner; systemd is not there to be asked.
    pub(crate) fn healthy(broker: &Mosquitto) -> Self {
        let patient = Self {
            root: tempfile::tempdir().unwrap(),
            programs: open_folder(),
            bus: SimBus::start(Timing::None),
            broker: broker.url(),
            kept: Mutex::default(),
            options: Vec::new(),
        };
        patient.topology("", "");
        patient.put(VARIABLES, &format!("MQTT_THING_THING={THING}\n"));
        patient.users();
        patient.put("/dev/i2c-1", "");
        patient.mode("/dev/i2c-1", 0o660);
        patient.own("/dev/i2c-1", 0, I2C);
        for (path, text) in HEALTHY {
            patient.put(path, text);
        }
        patient.put("/usr/bin/stress-ng", "");
        patient.mode("/usr/bin/stress-ng", 0o755);
        patient.folder("/var/lib/mqtt-thing/executors", 0o700);
        patient.mode("/var/lib/mqtt-thing", 0o700);
        patient.ours("/var/lib/mqtt-thing");
        patient.ours("/var/lib/mqtt-thing/executors");
        patient
    }

    /// The users and groups, and the units that name them. Root can give files to users that are not there; anybody else has
    /// but one, who is the service's here.
    fn users(&self) {
        let uid = service_uid();
        self.put(
            "/etc/passwd",
            &format!(
                "root:x:0:0:root:/root:/bin/bash\nmqtt-thing:x:{uid}:{uid}::/var/lib/mqtt-thing:/usr/sbin/nologin\n\
                 mqtt-thing-runner:x:64998:64998::/:/usr/sbin/nologin\n"
            ),
        );
        self.put(
            "/etc/group",
            &format!("root:x:0:\ni2c:x:{I2C}:pi\nmqtt-thing:x:{uid}:\n"),
        );
        self.put(
            UNIT,
            "[Service]\nUser=mqtt-thing\nSupplementaryGroups=i2c\n\
             Environment=MQTT_THING_RUNNER=/run/mqtt-thing-runner/jobs.sock\n",
        );
        self.put(
            "/usr/lib/systemd/system/mqtt-thing-runner.service",
            "[Service]\nUser=mqtt-thing-runner\n",
        );
    }

    /// Has the service run as whoever runs this test.
    pub(crate) fn is_us(&self) {
        let (uid, us) = (service_uid(), rustix::process::geteuid().as_raw());
        self.edit(
            "/etc/passwd",
            &format!(":{uid}:{uid}:"),
            &format!(":{us}:{us}:"),
        );
        for folder in ["/var/lib/mqtt-thing", "/var/lib/mqtt-thing/executors"] {
            self.own(folder, us, us);
        }
    }

    /// Has it the processes of this machine.
    pub(crate) fn real_processes(&self) {
        fs::remove_dir_all(self.path("/proc")).unwrap();
        symlink("/proc", self.path("/proc")).unwrap();
    }

    /// What the system's programs were called with.
    pub(crate) fn calls(&self) -> String {
        fs::read_to_string(self.programs.path().join("calls")).unwrap_or_default()
    }

    /// Has systemd run the machine, with both services as they should be: its program stands in for `systemctl`, and says
    /// what [`Patient::service`] sets.
    pub(crate) fn systemd(&self) {
        self.folder("/run/systemd/system", 0o755);
        let folder = self.programs.path().display();
        for (name, kept) in [("systemctl", "show"), ("journalctl", "log")] {
            let note = format!("echo {name} \"$*\" >> {folder}/calls");
            self.program(name, &format!("{note}\ncat {folder}/$2.{kept} 2>/dev/null"));
        }
        self.service("mqtt-thing.service", &[]);
        self.service("mqtt-thing-runner.service", &[]);
    }

    /// Changes what systemd says of a service that is well.
    pub(crate) fn service(&self, unit: &str, changed: &[(&str, &str)]) {
        let mut values = BTreeMap::from([
            ("LoadState", "loaded"),
            ("ActiveState", "active"),
            ("SubState", "running"),
            ("Result", "success"),
            ("NRestarts", "0"),
            ("ExecMainCode", "0"),
            ("ExecMainStatus", "0"),
            ("UnitFileState", "enabled"),
        ]);
        values.extend(changed.iter().copied());
        let lines: String = values
            .iter()
            .map(|(name, value)| format!("{name}={value}\n"))
            .collect();
        fs::write(self.programs.path().join(format!("{unit}.show")), lines).unwrap();
    }

    /// What a service logged last.
    pub(crate) fn log(&self, unit: &str, text: &str) {
        fs::write(self.programs.path().join(format!("{unit}.log")), text).unwrap();
    }

    /// Has the thing run as a service, which tells of itself what it would and `change` makes of that.
    pub(crate) fn running(&self, change: impl FnOnce(&mut Value)) {
        self.systemd();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let mut report = json!({
            "version": env!("CARGO_PKG_VERSION"), "pid": 4242, "name": THING, "id": "10.77.0.1", "broker": self.broker,
            "written_at": now, "started_at": now - 3600, "connected": true, "connections": 1, "connected_since": now - 3599,
            "cannot_connect": null, "disconnected": null,
            "board": {"up": true, "firmware": "1.4.0", "error": null}, "faults": [],
            "health": {
                "uptime_s": 3600,
                "bus": {"transfers": 400_000, "retries": 12, "failures": 0},
                "faults": 0, "faulty_resources": 0,
                "executors": {"waiting": 0, "running": 0, "undelivered": 3},
            },
        });
        change(&mut report);
        self.put(
            &format!("/run/mqtt-thing/{THING}.json"),
            &report.to_string(),
        );
        self.put(
            "/proc/4242/stat",
            "4242 (mqtt-thing) S 1 4242 4242 0 -1 0 0 0 0 0 1 1 0 0 20 0 4 0 9 1 1\n",
        );
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
                 clock0 = {{ kind = \"clock\" }}\n\
                 jobs = {{ kind = \"executor\", allow = [\"stress-ng --cpu 1\"] }}\n{resources}\n"
            ),
        );
    }

    /// Puts `new` in the place of `old` in a file.
    pub(crate) fn edit(&self, absolute: &str, old: &str, new: &str) {
        let text = fs::read_to_string(self.path(absolute)).unwrap();
        assert!(text.contains(old), "{absolute} has no {old}");
        self.put(absolute, &text.replace(old, new));
    }

    /// Gives a file to a user and a group, where we may.
    pub(crate) fn own(&self, absolute: &str, uid: u32, gid: u32) -> bool {
        is_root() && chown(self.path(absolute), Some(uid), Some(gid)).is_ok()
    }

    /// Gives a file to the service's user.
    pub(crate) fn ours(&self, absolute: &str) {
        self.own(absolute, service_uid(), service_uid());
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
        let text = format!("#!/bin/sh\n{text}\n");
        install(text.as_bytes(), &self.programs.path().join(name));
    }

    /// Keeps something for as long as the patient is there.
    pub(crate) fn keep(&self, what: impl Any + Send) {
        self.kept.lock().unwrap().push(Box::new(what));
    }

    /// `PATH`, with the programs that stand in for the system's.
    pub(crate) fn search_path(&self) -> String {
        let path = std::env::var("PATH").unwrap_or_default();
        format!("{}:{path}", self.programs.path().display())
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
        command
            .env("PATH", self.search_path())
            .env_remove("RUST_LOG")
            .env_remove("STATE_DIRECTORY")
            .env_remove("SUDO_USER")
            .env_remove("SUDO_UID")
            .env_remove("SUDO_GID")
            .env_remove("XDG_STATE_HOME")
            .env("HOME", "/nobody")
            .args(["doctor", "--root"])
            .arg(self.root.path())
            .args(options);
        command
    }

    /// What the doctor says.
    pub(crate) fn doctor(&self) -> Said {
        let mut command = self.command(&["--json"]);
        let output = command.args(&self.options).output().unwrap();
        Said {
            code: output.status.code(),
            json: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
