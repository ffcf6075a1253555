//! The lab that ships, with passwords of its own, on a free port.

use crate::live::Live;
use crate::support::skipped;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use tempfile::TempDir;

pub const USERS: [&str; 4] = ["alice", "bob", "carol", "prover"];

pub fn resource(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("resources/acl-lab")
        .join(name)
}

pub fn shipped(name: &str) -> String {
    std::fs::read_to_string(resource(name)).unwrap()
}

/// The passwords, as they are and as the broker keeps them; none if there is no mosquitto_passwd.
static PASSWORDS: LazyLock<Option<[String; 2]>> = LazyLock::new(|| {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("passwords");
    let line = |user: &str| format!("{user}:{:032x}\n", rand::random::<u128>());
    let secrets: String = USERS.into_iter().map(line).collect();
    private(&path, &secrets);
    let hashed = Command::new("mosquitto_passwd")
        .arg("-U")
        .arg(&path)
        .stderr(Stdio::null())
        .status();
    if hashed.is_err() {
        skipped("mosquitto");
        return None;
    }
    let hashed = std::fs::read_to_string(&path).unwrap();
    assert!(!hashed.contains(secrets.lines().next().unwrap()));
    Some([secrets, hashed])
});

pub fn private(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

pub struct Lab {
    folder: TempDir,
    broker: Live,
    port: u16,
}

/// What a run came to.
pub struct Run {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Lab {
    /// With the shipped configuration, and this ACL. None if there is no Mosquitto.
    pub fn start(config: &str, acl: &str) -> Option<Self> {
        let [secrets, hashed] = PASSWORDS.as_ref()?;
        let folder = TempDir::new().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("acl"), acl).unwrap();
        std::fs::write(at("passwords"), hashed).unwrap();
        private(&at("secrets"), secrets);
        let (broker, [port], ()) = Live::with_ports(|[port]| {
            let text = shipped(config)
                .replace("listener 1883", &format!("listener {port}"))
                .replace(
                    "password_file ",
                    &format!("password_file {}/", folder.path().display()),
                )
                .replace(
                    "acl_file ",
                    &format!("acl_file {}/", folder.path().display()),
                );
            let path = at("mosquitto.conf");
            std::fs::write(&path, format!("{text}log_dest stderr\n")).unwrap();
            (path, ())
        })?;
        Some(Self {
            folder,
            broker,
            port,
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A file of the lab's own folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the test of a table with the shipped passwords and the broker's own ACL file.
    pub fn test(&self, table: &Path, more: &[&str]) -> Run {
        let url = format!("mqtt://127.0.0.1:{}", self.port);
        let secrets = self.file("secrets");
        let usual = ["--broker", &url, "--prover", "prover", "--passwords"];
        let mut arguments: Vec<&str> = usual.to_vec();
        arguments.push(secrets.to_str().unwrap());
        arguments.extend(more);
        run(table, &arguments)
    }

    /// The rows that failed, by their numbers in the table, with nothing undecided.
    pub fn failing(&self, table: &str) -> BTreeSet<usize> {
        let run = self.test(&resource(table), &["--json"]);
        let rows = run.rows();
        let undecided: Vec<&Json> = rows.iter().filter(|row| row["passed"].is_null()).collect();
        assert!(undecided.is_empty(), "{undecided:#?}\n{}", run.err);
        failed(&rows)
    }
}

/// The numbers of the rows that failed.
pub fn failed(rows: &[Json]) -> BTreeSet<usize> {
    let numbered = (1..).zip(rows);
    numbered
        .filter(|(_, row)| row["passed"] == false)
        .map(|(number, _)| number)
        .collect()
}

/// Runs the test of a table. Whatever it writes, no password is in it.
pub fn run(table: &Path, arguments: &[&str]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .args(["broker", "acl", "test"])
        .arg(table)
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let run = Run {
        code: output.status.code().unwrap(),
        out: text(&output.stdout),
        err: text(&output.stderr),
    };
    for line in PASSWORDS.iter().flat_map(|[secrets, _]| secrets.lines()) {
        let (_, password) = line.split_once(':').unwrap();
        assert!(!run.out.contains(password) && !run.err.contains(password));
    }
    run
}

impl Run {
    pub fn rows(&self) -> Vec<Json> {
        let told: Json = serde_json::from_str(&self.out)
            .unwrap_or_else(|error| panic!("{error}: {}\n{}", self.out, self.err));
        told["rows"].as_array().unwrap().clone()
    }
}
