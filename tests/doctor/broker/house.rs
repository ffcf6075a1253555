//! A broker with two doors: one as the fault has it, one at the back where everybody may do everything.

use crate::certificates::{Ca, Pair, Valid};
use crate::live::Live;
use crate::patient::Patient;
use crate::support::mosquitto::publish;
use std::fmt::Write;
use std::fs::{self, Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// The thing's id.
pub(crate) const ID: &str = "10.77.0.1";

pub(crate) struct House {
    pub(crate) live: Live,
    /// As the fault has it.
    pub(crate) door: u16,
    pub(crate) back: u16,
    _folder: TempDir,
}

impl House {
    /// Opens it; `front` is what the front door's listener has, and may put files into a folder. `None` without Mosquitto.
    pub(crate) fn open(front: impl Fn(&Path) -> String) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let front = front(folder.path());
        let (live, [door, back], ()) = Live::with_ports(|[door, back]| {
            // as root, Mosquitto would become somebody else, who may not read these files
            let config = format!(
                "per_listener_settings true\nuser root\npersistence false\nlog_dest stderr\nlog_type all\n\
                 listener {back} 127.0.0.1\nallow_anonymous true\n\
                 listener {door} 127.0.0.1\n{front}\n"
            );
            let path = folder.path().join("mosquitto.conf");
            fs::write(&path, config).unwrap();
            (path, ())
        })?;
        Some(Self {
            live,
            door,
            back,
            _folder: folder,
        })
    }

    /// Makes it the patient's, reached by this scheme and with these lines below `[broker]`.
    pub(crate) fn of(self, patient: &mut Patient, scheme: &str, lines: &str) -> bool {
        patient.broker = format!("{scheme}://127.0.0.1:{}", self.door);
        patient.topology(lines, "");
        patient.keep(self);
        true
    }

    pub(crate) fn keeps(&self, topic: &str, payload: &str) {
        publish(self.back, topic, payload.as_bytes(), true);
    }

    /// Everything that it keeps.
    pub(crate) fn kept(&self) -> Vec<String> {
        kept(self.back)
    }
}

/// Everything that a broker keeps, sorted.
pub(crate) fn kept(port: u16) -> Vec<String> {
    // its subscription is answered first, what is kept follows, and the end is said by a message of our own
    let end = format!("end/{}", rand::random::<u64>());
    publish(port, &end, b"x", true);
    let output = Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string(), "-t", "#", "-v"])
        .args(["--retained-only", "-W", "2"])
        .output()
        .unwrap();
    publish(port, &end, b"", true);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains(&end), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with("end/"));
    let mut lines: Vec<String> = lines.map(str::to_owned).collect();
    lines.sort();
    lines
}

/// Lines of a listener with one account, the thing's, and these of an ACL below its name.
pub(crate) fn account(folder: &Path, acl: &str, more: &str) -> String {
    let (passwords, list) = (folder.join("passwords"), folder.join("acl"));
    let made = Command::new("mosquitto_passwd")
        .arg("-b")
        .arg("-c")
        .arg(&passwords)
        .args([ID, "wonderland"])
        .status();
    assert!(made.unwrap().success());
    let mut lines = format!(
        "allow_anonymous false\npassword_file {}\n{more}\n",
        passwords.display()
    );
    if !acl.is_empty() {
        fs::write(&list, format!("topic read #\n\nuser {ID}\n{acl}\n")).unwrap();
        set_permissions(&list, Permissions::from_mode(0o600)).unwrap();
        let _ = writeln!(lines, "acl_file {}", list.display());
    }
    lines
}

/// All that the patient's topology needs at the broker, without the lines that hold `without`.
pub(crate) fn acl_without(without: &str) -> String {
    let needed = [
        "readwrite 10.77.0.1/status",
        "write 10.77.0.1/about",
        "write 10.77.0.1/health",
        "readwrite 10.77.0.1/sensors/button0",
        "readwrite 10.77.0.1/sensors/button0/availability",
        "write 10.77.0.1/sensors/button0/fault",
        "write 10.77.0.1/actuators/led0",
        "write 10.77.0.1/actuators/led0/availability",
        "write 10.77.0.1/actuators/led0/fault",
        "read 10.77.0.1/actuators/led0/set",
        "write 10.77.0.1/stuff/#",
        "readwrite 10.77.0.1/executors/#",
    ];
    let lines = needed
        .iter()
        .filter(|line| without.is_empty() || !line.contains(without));
    lines.map(|line| format!("topic {line}\n")).collect()
}

/// The thing's password, where its file names it.
pub(crate) fn password(patient: &Patient, text: &str) -> &'static str {
    secret(patient, "/etc/mqtt-thing/password", text);
    "password_file = \"/etc/mqtt-thing/password\""
}

/// A file that the thing's user alone may read.
pub(crate) fn secret(patient: &Patient, path: &str, text: &str) {
    patient.put(path, text);
    ours(patient, path);
}

pub(crate) fn ours(patient: &Patient, path: &str) {
    patient.mode(path, 0o600);
    patient.ours(path);
}

/// A CA whose certificate lies with the patient, and the line that names it.
pub(crate) fn ca(patient: &Patient) -> (Ca, &'static str) {
    let folder = patient.path("/etc/mqtt-thing");
    (
        Ca::new(&folder, "lab"),
        "ca_file = \"/etc/mqtt-thing/lab.crt\"",
    )
}

/// Lines of a listener that speaks TLS.
pub(crate) fn tls(server: &Pair, more: &str) -> String {
    let (cert, key) = (server.cert.display(), server.key.display());
    format!("allow_anonymous true\ncertfile {cert}\nkeyfile {key}\n{more}\n")
}

/// A server's certificate for the door.
pub(crate) fn server(ca: &Ca, hosts: &[&str], valid: Valid) -> Pair {
    ca.server("server", hosts, valid)
}
