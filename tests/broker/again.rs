//! What `mqtt-thing broker init` leaves on the disk, and what stays when it is called again.

use crate::lab::{LAB, init};
use crate::support::{mqtt_thing, well};
use mqtt_thing::broker::set_up::Authority;
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const PORTS: [u16; 3] = [8883, 8884, 0];

/// Every file below a folder, with what it holds.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for path in all(folder).into_iter().filter(|path| path.is_file()) {
        let bytes = std::fs::read(&path).unwrap();
        found.insert(path.strip_prefix(folder).unwrap().to_owned(), bytes);
    }
    found
}

fn all(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut left) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = std::fs::read_dir(&path).unwrap();
            left.extend(entries.map(|entry| entry.unwrap().path()));
        }
        found.push(path);
    }
    found
}

/// Everything that nobody else may know.
fn secrets(folder: &Path) -> Vec<String> {
    let is_secret = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.ends_with(".key") || name.starts_with("password")
    };
    let mut secrets = Vec::new();
    for path in all(folder)
        .into_iter()
        .filter(|path| path.is_file())
        .filter(is_secret)
    {
        let text = std::fs::read_to_string(path).unwrap();
        let lines = text.lines().filter(|line| !line.starts_with("-----"));
        secrets.extend(lines.map(|line| line.rsplit('$').next().unwrap().to_owned()));
    }
    secrets
}

struct Place {
    folder: TempDir,
    topology: PathBuf,
    set_up: PathBuf,
}

impl Place {
    fn new(topology: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let (file, set_up) = (folder.path().join("lab.toml"), folder.path().join("set-up"));
        std::fs::write(&file, topology).unwrap();
        Self {
            folder,
            topology: file,
            set_up,
        }
    }

    fn broker(&self, arguments: &[&str]) -> std::process::Output {
        let start = [
            "broker",
            "init",
            "--topology",
            self.topology.to_str().unwrap(),
        ];
        mqtt_thing(&[&start[..], arguments, &[self.set_up.to_str().unwrap()]].concat())
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.broker(arguments);
        assert!(!output.status.success(), "{output:?}");
        assert!(output.stdout.is_empty(), "{output:?}");
        let said = String::from_utf8(output.stderr).unwrap();
        said.replace(self.folder.path().to_str().unwrap(), "HERE")
    }
}

#[test]
fn what_is_secret_is_for_its_owner_alone_and_shown_to_nobody() {
    let place = Place::new(LAB);
    let said = init(&place.topology, &place.set_up, PORTS);
    for path in all(&place.set_up) {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        let name = path.file_name().unwrap().to_str().unwrap();
        let expected = match () {
            () if path.is_dir() => 0o700,
            () if name.ends_with(".key") || name.starts_with("password") => 0o600,
            () => 0o644,
        };
        assert_eq!(mode, expected, "{mode:o} {}", path.display());
    }
    let secrets = secrets(&place.set_up);
    assert!(secrets.len() > 20);
    let again = place.broker(&["--again", "--name", "other.lab"]);
    let renewed = mqtt_thing(&[
        "-vvv",
        "broker",
        "cert",
        "renew",
        place.set_up.to_str().unwrap(),
    ]);
    let mut told = said + &well(&again) + &well(&renewed);
    told.push_str(&String::from_utf8_lossy(&again.stderr));
    told.push_str(&String::from_utf8_lossy(&renewed.stderr));
    for secret in secrets {
        assert!(!told.contains(&secret), "{secret} is shown");
    }
    let left = std::fs::read_dir(place.folder.path()).unwrap().count();
    assert_eq!(left, 2, "nothing else is left behind");
}

#[test]
fn made_again_everything_secret_stays_and_accounts_come_and_go() {
    let place = Place::new(LAB);
    let told = init(&place.topology, &place.set_up, PORTS);
    let home =
        "\nFor Home Assistant, in the settings of its MQTT integration: broker broker.lab, port ";
    assert!(told.contains(home), "{told}");
    let before = files(&place.set_up);
    let told = well(&place.broker(&["--again"]));
    assert!(told.ends_with("set-up: nothing has changed\n"), "{told}");
    assert_eq!(files(&place.set_up), before);
    // inner goes, and with it what it was followed for; a third comes
    let text = LAB
        .replace(
            "[things.inner]\naddress = \"10.0.0.1\"\n",
            "[things.third]\naddress = \"10.0.0.3\"\n",
        )
        .replace("things.inner.", "things.third.")
        .replace("inner/", "third/");
    std::fs::write(&place.topology, text).unwrap();
    let told = well(&place.broker(&["--again"]));
    let changes: Vec<&str> = told
        .lines()
        .skip(1)
        .take_while(|line| !line.is_empty())
        .collect();
    assert_eq!(
        changes,
        [
            "  gone: 10.0.0.1; its password is no longer good, and its folder was removed",
            "  new: 10.0.0.3",
            "  other rights (acl)"
        ]
    );
    let after = files(&place.set_up);
    for (path, bytes) in &before {
        let path_text = path.to_str().unwrap();
        let changes = ["broker/acl", "broker/passwords-things"].contains(&path_text);
        match path.starts_with("clients/10.0.0.1") {
            true => assert!(!after.contains_key(path), "{path_text}"),
            false => assert_eq!(after[path] != *bytes, changes, "{path_text}"),
        }
    }
    let users = |path: &str| {
        let text = String::from_utf8(after[Path::new(path)].clone()).unwrap();
        let lines = text
            .lines()
            .map(|line| line.split(':').next().unwrap().to_owned());
        lines.collect::<Vec<_>>()
    };
    assert_eq!(users("broker/passwords-things"), ["10.0.0.3", "pi-2.lab"]);
    assert_eq!(
        users("broker/passwords-people"),
        ["operator", "homeassistant", "observer", "172.16.32.99"]
    );
    assert!(!String::from_utf8_lossy(&after[Path::new("broker/acl")]).contains("10.0.0.1"));
}

#[test]
fn a_password_that_was_taken_away_and_a_file_of_somebody_else_are_seen_to() {
    let place = Place::new(LAB);
    init(&place.topology, &place.set_up, PORTS);
    let password = place.set_up.join("clients/operator/password");
    let old = std::fs::read(&password).unwrap();
    std::fs::remove_file(&password).unwrap();
    std::fs::write(place.set_up.join("notes.txt"), "mine").unwrap();
    let told = well(&place.broker(&["--again"]));
    assert!(
        told.contains("\n  made anew what was missing or did not fit: operator\n"),
        "{told}"
    );
    assert_ne!(std::fs::read(&password).unwrap(), old);
    assert_eq!(
        std::fs::read(place.set_up.join("notes.txt")).unwrap(),
        b"mine"
    );
    std::os::unix::fs::symlink("/etc/passwd", place.set_up.join("link")).unwrap();
    assert_eq!(
        place.refused(&["--again"]),
        "mqtt-thing: HERE/set-up/link has no place in a set-up: files of at most 4 MiB are allowed, and folders; take it \
         out first\n"
    );
    std::fs::remove_file(place.set_up.join("link")).unwrap();
    std::fs::remove_file(place.set_up.join("ca/ca.key")).unwrap();
    let before = files(&place.set_up);
    assert_eq!(
        place.refused(&["--again"]),
        "mqtt-thing: the set-up is damaged: ca/ca.key: it is not there\n"
    );
    assert_eq!(files(&place.set_up), before);
}

#[test]
fn what_is_there_is_not_written_over_and_what_is_not_is_not_made_again() {
    let place = Place::new(LAB);
    assert_eq!(
        place.refused(&["--again"]),
        "mqtt-thing: HERE/set-up holds no set-up: there is no set-up.json in it; `mqtt-thing broker init --topology FILE \
         HERE/set-up` makes one\n"
    );
    std::fs::create_dir(&place.set_up).unwrap();
    init(&place.topology, &place.set_up, PORTS);
    assert_eq!(
        place.refused(&[]),
        "mqtt-thing: HERE/set-up is there already; --again keeps its CA, passwords and keys and adds what is new, another \
         folder begins anew\n"
    );
    assert_eq!(
        place.refused(&["--again", "--things-port", "8884"]),
        "mqtt-thing: things and people cannot share port 8884; each listener needs one of its own\n"
    );
    assert_eq!(
        place.refused(&["--again", "--installed-at", "etc"]),
        "mqtt-thing: `etc` cannot be where it is installed; an absolute path without control characters is allowed\n"
    );
    std::fs::write(
        &place.topology,
        LAB.replace("address = \"10.0.0.1\"", "interface = \"eth0\"")
            .replace("inner/", "10.9.9.9/sensors/"),
    )
    .unwrap();
    assert!(place.refused(&["--again"]).contains(
        "HERE/lab.toml: the thing `inner` has the address of eth0, which may be another tomorrow"
    ));
}

#[test]
fn an_own_certificate_has_to_be_for_the_broker_and_to_have_its_key() {
    let place = Place::new(LAB);
    let now = crate::lab::now();
    let (ca, _) = Authority::new(now).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        let path = place.folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mode = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(&path, mode).unwrap();
        path.display().to_string()
    };
    let good = ca.server(&["*.lab".to_owned()], 9, now).unwrap();
    let other = ca
        .server(&["broker.example.org".to_owned()], 9, now)
        .unwrap();
    let long_ago = now - std::time::Duration::from_secs(86_400 * 20);
    let ended = ca.server(&["broker.lab".to_owned()], 9, long_ago).unwrap();
    let certificate = put("good.crt", good.certificate.as_bytes());
    let key = put("good.key", good.key.expose());
    let ca_file = put("ca.crt", ca.certificate().as_bytes());
    let other_key = put("other.key", other.key.expose());
    let with = |certificate: &str, key: &str| place.refused(&["--cert", certificate, "--key", key]);
    assert_eq!(
        with(&certificate, &other_key),
        "mqtt-thing: HERE/other.key: it is not the key of HERE/good.crt\n"
    );
    let said = with(&put("other.crt", other.certificate.as_bytes()), &other_key);
    assert!(
        said.starts_with(
            "mqtt-thing: HERE/other.crt: it is for broker.example.org, and the topology's broker is `broker.lab`: no \
             client would accept it"
        ),
        "{said}"
    );
    let said = with(
        &put("ended.crt", ended.certificate.as_bytes()),
        &put("ended.key", ended.key.expose()),
    );
    assert_eq!(
        said,
        "mqtt-thing: HERE/ended.crt: it has ended; take a new one\n"
    );
    assert!(with(&key, &key).contains("it holds no certificate"));
    assert!(with(&certificate, &certificate).contains("it holds no private key that can be read"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(with(&certificate, &key).contains("others may use it"));
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let told = well(&place.broker(&["--cert", &certificate, "--key", &key]));
    assert!(
        !told.contains("ca_file") && !told.contains("--ca-file"),
        "{told}"
    );
    assert!(!place.set_up.join("clients/operator/ca.crt").exists());
    let told = well(&place.broker(&[
        "--again",
        "--cert",
        &certificate,
        "--key",
        &key,
        "--ca",
        &ca_file,
    ]));
    assert!(
        told.contains("clients know the broker by another CA"),
        "{told}"
    );
    assert!(
        told.contains("ca_file = \"/etc/mqtt-thing/ca.crt\""),
        "{told}"
    );
    let its = place.set_up.join("clients/operator/ca.crt");
    assert_eq!(std::fs::read_to_string(its).unwrap(), ca.certificate());
    // it is kept, also by a renewal
    let server = std::fs::read(place.set_up.join("broker/server.crt")).unwrap();
    assert_eq!(server, good.certificate.as_bytes());
    well(&place.broker(&["--again"]));
    well(&mqtt_thing(&[
        "broker",
        "cert",
        "renew",
        place.set_up.to_str().unwrap(),
    ]));
    assert_eq!(
        std::fs::read(place.set_up.join("broker/server.crt")).unwrap(),
        server
    );
}

#[test]
fn the_end_of_a_certificate_is_shown_and_an_end_that_is_near_is_told() {
    let place = Place::new(LAB);
    well(&place.broker(&["--days", "40"]));
    let folder = place.set_up.to_str().unwrap();
    let quiet = mqtt_thing(&["broker", "cert", "show", folder]);
    let table = well(&quiet);
    assert_eq!(table.lines().count(), 9, "{table}");
    assert!(quiet.stderr.is_empty(), "{quiet:?}");
    well(&mqtt_thing(&[
        "broker", "cert", "renew", "--days", "20", "--only", "pi-2.lab", folder,
    ]));
    let near = mqtt_thing(&["broker", "cert", "show", folder]);
    assert!(well(&near).contains("pi-2.lab"));
    assert_eq!(
        String::from_utf8_lossy(&near.stderr),
        "mqtt-thing: warning: clients/pi-2.lab/client.crt ends in 19 days; `mqtt-thing broker cert renew` makes a new one\n"
    );
    let json = well(&mqtt_thing(&["broker", "cert", "show", "--json", folder]));
    let list: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(list[1]["names"][0], "broker.lab");
    assert_eq!(list[1]["days_left"], 39);
    let nobody = mqtt_thing(&["broker", "cert", "renew", "--only", "x", folder]);
    assert_eq!(
        String::from_utf8_lossy(&nobody.stderr),
        "mqtt-thing: there is no account `x`; there are server, 10.0.0.1, 172.16.32.99, homeassistant, observer, operator, pi-2.lab\n"
    );
}

#[test]
fn the_open_broker_is_written_loudly_and_over_nothing() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("classroom");
    let open = || mqtt_thing(&["broker", "init", "--open", place.to_str().unwrap()]);
    let output = open();
    assert!(well(&output).contains("mosquitto -c "));
    let warned = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        warned.contains("WARNING: this broker is OPEN TO EVERYBODY"),
        "{warned}"
    );
    let text = std::fs::read_to_string(place.join("mosquitto.conf")).unwrap();
    assert!(
        text.contains("\nlistener 1883\nallow_anonymous true\n"),
        "{text}"
    );
    assert!(!open().status.success());
}
