//! A full run over a set-up, as loud as it gets and with what goes wrong in it: no password and no private key is in
//! anything that was written, said or sent, but in the files that are there to hold them.

use crate::lab::Lab;
use crate::mistakes;
use crate::person::{Person, Told, told, without_ours};
use crate::search::Secrets;
use crate::stage::{Arguments, Evidence, files, holds_a_secret, secrets_of};
use crate::support::{Observer, wait_for};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs::{File, create_dir, create_dir_all};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

const INNER: &str = "10.0.0.1";
const OUTER: &str = "pi-2.lab";
/// What a job sees that inherits the thing's environment.
const SEEN: &str = "LAB_SAYS=inherited";

const EXECUTOR: &str = r#"kind = "executor"
allow = ["*"]
shell = true
inherit_environment = true
trusted_keys = "TRUSTED"
governor = { unsigned = true, allow = ["echo *"] }
"#;

fn topology(trusted: &Path) -> String {
    let executor = EXECUTOR.replace("TRUSTED", trusted.to_str().unwrap());
    format!(
        "[broker]\nurl = \"mqtt://broker.lab\"\n\n[things.inner]\naddress = \"{INNER}\"\n[things.inner.resources]\n\
         clock0 = {{ kind = \"clock\" }}\n[things.inner.resources.executor0]\n{executor}\n[things.outer]\n\
         address = \"{OUTER}\"\n[things.outer.resources.executor0]\n{executor}"
    )
}

/// A long-running subcommand whose output goes to files. Killed when dropped.
struct Serving(Child);

impl Serving {
    fn start(command: &mut Command, folder: &Path) -> Self {
        let file = |name: &str| File::create(folder.join(name)).unwrap();
        command
            .current_dir(folder)
            .env("RUST_LOG", "trace")
            .env("RUST_BACKTRACE", "full")
            .env("LAB_SAYS", "inherited")
            .env("STATE_DIRECTORY", folder.join("state"))
            .stdin(Stdio::null())
            .stdout(file("out.log"))
            .stderr(file("err.log"));
        Self(command.spawn().unwrap())
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _already_dead = self.0.kill();
        let _status = self.0.wait();
    }
}

/// What an account gets of the set-up, in a folder of its own.
fn install(lab: &Lab, id: &str, folder: &Path) {
    create_dir(folder).unwrap();
    for file in ["ca.crt", "client.crt", "client.key", "password"] {
        let from = lab.file(&format!("clients/{id}/{file}"));
        std::fs::copy(from, folder.join(file)).unwrap();
    }
}

/// `run` as one thing, whose password comes by the environment.
fn start_inner(lab: &Lab, topology: &str, folder: &Path) -> Serving {
    install(lab, INNER, folder);
    let way = format!(
        "url = \"mqtts://localhost:{}\"\nca_file = \"ca.crt\"\ncert_file = \"client.crt\"\nkey_file = \"client.key\"\n",
        lab.things
    );
    let text = topology.replace("url = \"mqtt://broker.lab\"\n", &way);
    std::fs::write(folder.join("lab.toml"), text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    without_ours(&mut command);
    command
        .args(["-vvv", "run", "lab.toml", "--thing", "inner"])
        .env("MQTT_THING_PASSWORD", lab.password(INNER));
    Serving::start(&mut command, folder)
}

/// `sut` as the other one, by a configuration.
fn start_outer(lab: &Lab, trusted: &Path, folder: &Path) -> Serving {
    install(lab, OUTER, folder);
    let config = format!(
        "[mqtt]\nbroker = mqtts://localhost:{}\nusername = {OUTER}\npassword_file = password\nca_file = ca.crt\n\
         cert_file = client.crt\nkey_file = client.key\n[sut]\nallow = *\nshell = True\ninherit_environment = True\n\
         trusted_keys = {}\nunsigned = True\ngovernor_allow = echo *\n",
        lab.things,
        trusted.display()
    );
    std::fs::write(folder.join("config.ini"), config).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    without_ours(&mut command);
    command.args(["-vvv", "sut", "--client-id", OUTER]);
    Serving::start(&mut command, folder)
}

/// Calls, and what they said.
struct Calls<'a> {
    person: &'a Person,
    evidence: &'a mut Evidence,
}

impl Calls<'_> {
    fn loud(&mut self, arguments: &[&str], at_broker: bool) -> Told {
        let arguments = [&["-vvv"], arguments].concat();
        let owned = match at_broker {
            true => self.person.with_way(&arguments),
            false => arguments.iter().map(|&text| text.to_owned()).collect(),
        };
        let owned: Vec<&str> = owned.iter().map(String::as_str).collect();
        let mut command = self.person.command(&owned);
        let said = told(command.env("RUST_LOG", "trace"));
        let name = format!("what `{}` said", arguments.join(" "));
        self.evidence
            .put(name, format!("{}\n{}", said.out, said.err));
        said
    }

    /// A call that goes well, and says this.
    fn well(&mut self, arguments: &[&str], says: &str) {
        let said = self.loud(arguments, false);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        assert!(said.out.contains(says), "no {says}: {said:?}");
    }

    /// The same at the broker.
    fn at_broker(&mut self, arguments: &[&str], says: &str) {
        let said = self.loud(arguments, true);
        assert_eq!(said.code, Some(0), "{arguments:?}: {said:?}");
        assert!(said.out.contains(says), "no {says}: {said:?}");
    }
}

/// What people do.
fn use_it(calls: &mut Calls<'_>, lab: &Lab, place: &Path) {
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let home = calls.person.home().to_owned();
    let environment = "env; echo; tr '\\0' '\\n' < /proc/self/environ; cat /proc/self/cmdline";
    let send = ["send", INNER, "--wait", "20", "--key", "alice"];
    calls.at_broker(&[&send[..], &["--", environment]].concat(), SEEN);
    let send = ["send", OUTER, "--wait", "20", "--json", "--key", "alice"];
    calls.at_broker(&[&send[..], &["--", environment]].concat(), SEEN);
    let send = ["send", OUTER, "--wait", "20", "--via", "governor"];
    calls.at_broker(&[&send[..], &["--", "echo hello"]].concat(), "hello");

    let pipelines =
        format!("[[pipelines]]\nname = \"p\"\nsteps = [{environment:?}, \"echo two\"]\n");
    std::fs::write(home.join("pipelines.toml"), pipelines).unwrap();
    let expect = format!("{INNER},{OUTER}");
    for form in ["--plain", "--json"] {
        let walk = ["operator", "pipelines.toml", form, "--wait", "1"];
        let more = [
            "--expect",
            &expect,
            "--key",
            "alice",
            "--feedback-file",
            "feedback.txt",
        ];
        calls.at_broker(&[&walk[..], &more].concat(), "two");
    }
    for form in [
        &["list", "--json"][..],
        &["show", "--json"],
        &["export", "latest", "--csv"],
    ] {
        calls.well(&[&["runs"], form].concat(), "");
    }
    calls.well(&["feedback", "--json", "feedback.txt"], INNER);
    let typed = home.join("typed");
    std::fs::write(&typed, "all\necho loaded\nexit\n").unwrap();
    let commander = calls.person.with_way(&["-vvv", "commander"]);
    let commander: Vec<&str> = commander.iter().map(String::as_str).collect();
    let mut command = calls.person.command(&commander);
    command
        .stdin(File::open(typed).unwrap())
        .env("RUST_LOG", "trace");
    let said = told(&mut command);
    assert_eq!(said.code, Some(0), "{said:?}");
    calls
        .evidence
        .put("what `commander` said", said.out + &said.err);

    let its = |file: &str| text(&lab.file(&format!("clients/observer/{file}")));
    let people = format!("mqtts://localhost:{}", lab.people);
    let (password, ca) = (its("password"), its("ca.crt"));
    let watch = [
        "broker",
        "watch",
        "--once",
        "--json",
        "--broker",
        &people,
        "--username",
        "observer",
    ];
    let more = [
        "--password-file",
        &password,
        "--ca-file",
        &ca,
        "--patience",
        "30",
    ];
    calls.well(&[&watch[..], &more].concat(), "clients");
    let table = "| topic | user | publish | subscribe | expected |\n|---|---|---|---|---|\n\
         | system_performance/command_loader | observer | y | | n |\n";
    std::fs::write(home.join("table.md"), table).unwrap();
    let set_up = text(&lab.set_up);
    let (url, ca) = (
        format!("mqtts://localhost:{}", lab.people),
        text(&lab.file("ca/ca.crt")),
    );
    let acl = [
        "broker", "acl", "test", "table.md", "--json", "--prover", "operator", "--broker", &url,
    ];
    let acl = [&acl[..], &["--ca-file", &ca, "--passwords-dir", &set_up]].concat();
    let said = calls.loud(&acl, false);
    assert!(said.out.contains("\"rows\""), "{said:?}");

    calls.well(&["check", "--json", &text(&lab.topology)], "");
    let explain = [
        "policy",
        "explain",
        "--thing",
        "inner",
        "--topology",
        &text(&lab.topology),
    ];
    calls.well(
        &[&explain[..], &["--json", "--", "echo hello"]].concat(),
        "",
    );
    for folder in ["inner/state", "outer/state"] {
        let log = files(&place.join(folder));
        let log = log.iter().find(|path| path.ends_with("audit.log")).unwrap();
        calls.well(&["audit", "show", "--json", &text(log)], "alice");
        calls.well(&["audit", "verify", "--json", &text(log)], "");
    }
}

/// What was made, kept and said before anybody connects.
fn make(calls: &mut Calls<'_>, lab: &Lab, place: &Path, trusted: &Path) {
    let (topology, list) = (lab.topology.to_str().unwrap(), trusted.to_str().unwrap());
    let another = place.join("another-set-up");
    calls.well(
        &[
            "broker",
            "init",
            "--topology",
            topology,
            another.to_str().unwrap(),
        ],
        "",
    );
    calls.well(
        &[
            "broker",
            "init",
            "--again",
            "--topology",
            topology,
            another.to_str().unwrap(),
        ],
        "",
    );
    calls.well(&["broker", "cert", "renew", another.to_str().unwrap()], "");
    calls.well(&["key", "new", "alice"], "");
    let file = calls.person.key_file("alice");
    calls.well(
        &[
            "key",
            "trust",
            "alice",
            file.to_str().unwrap(),
            "--file",
            list,
        ],
        "",
    );
    calls.well(&["key", "show", "alice", "--json"], "public_key");
    calls.well(&["key", "show", "--trusted", list, "--json"], "alice");
}

#[test]
fn no_password_and_no_private_key_is_seen_in_a_full_run() {
    let place = TempDir::new().unwrap();
    let trusted = place.path().join("trusted-keys");
    let topology = topology(&trusted);
    let arguments = Arguments::watch();
    let Some(lab) = Lab::new(&topology) else {
        return;
    };
    let observer = Observer::at(lab.back, "#");
    let person = Person::new(&lab);
    let mut evidence = Evidence::default();
    let mut calls = Calls {
        person: &person,
        evidence: &mut evidence,
    };
    create_dir_all(place.path()).unwrap();
    make(&mut calls, &lab, place.path(), &trusted);
    let inner = start_inner(&lab, &topology, &place.path().join("inner"));
    let outer = start_outer(&lab, &trusted, &place.path().join("outer"));
    for id in [INNER, OUTER] {
        observer.wait_where("what it says of itself", |seen| {
            seen.topic == format!("{id}/about") && !seen.payload.is_empty()
        });
    }
    use_it(&mut calls, &lab, place.path());
    for id in [INNER, OUTER] {
        observer.wait_where("its health", |seen| seen.topic == format!("{id}/health"));
    }
    mistakes::make_all(&lab, &person, place.path(), &mut |name, bytes| {
        calls.evidence.put(name, bytes);
    });
    wait_for("its own process among the arguments", || {
        let pid = inner.0.id();
        std::fs::read(format!("/proc/{pid}/cmdline")).ok()
    });
    drop((inner, outer));

    for seen in observer.seen() {
        evidence.put(
            format!("a message on {}", seen.topic),
            [seen.topic.as_bytes(), b" ", &seen.payload].concat(),
        );
    }
    evidence.put("mosquitto's log", lab.broker.log.all().join("\n"));
    let arguments = arguments.take();
    let with = |text: &str| {
        arguments
            .iter()
            .any(|line| String::from_utf8_lossy(line).contains(text))
    };
    assert!(with("-vvv\0run\0lab.toml"), "arguments are not seen");
    for line in &arguments {
        evidence.put("the arguments of a process", line.clone());
    }
    let lab_folder = lab.set_up.parent().unwrap();
    let folders = [lab_folder, place.path(), person.home()];
    for folder in folders {
        evidence.put_files(folder);
    }
    let secrets = secrets_of(&folders);
    judge(&evidence, &secrets, &folders);
    plant(&mut evidence, &secrets, &lab);
}

fn judge(evidence: &Evidence, secrets: &Secrets, folders: &[&Path]) {
    // that it is a full run, and that what holds secrets is seen to
    for (name, least) in [
        ("journal.db", 2),
        ("audit.log", 2),
        ("runs.db", 1),
        ("feedback.txt", 1),
        ("err.log", 2),
        ("broker/passwords-", 4),
        ("/about", 2),
        ("/health", 2),
        ("/responses", 4),
        ("the arguments of a process", 20),
        ("what ", 25),
    ] {
        let count = evidence.count(name);
        assert!(count >= least, "{count} of {name}, not {least}");
    }
    let holders = folders.iter().flat_map(|folder| files(folder));
    let holders: Vec<_> = holders.filter(|path| holds_a_secret(path)).collect();
    assert!(holders.len() > 20 && secrets.len() == holders.len());
    for path in holders {
        let found = secrets.found_in(&std::fs::read(&path).unwrap());
        let name = path.display().to_string();
        assert!(
            found.contains(name.as_str()),
            "{name} is not found in itself"
        );
    }
    let leaks = evidence.leaks(secrets);
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// What is put where nothing may be is found.
fn plant(evidence: &mut Evidence, secrets: &Secrets, lab: &Lab) {
    let key = std::fs::read_to_string(lab.file("clients/10.0.0.1/client.key")).unwrap();
    let line = key.lines().nth(1).unwrap().to_owned();
    let password = lab.password("operator");
    for planted in [
        password.clone(),
        STANDARD.encode(format!("u:{password}")),
        line,
    ] {
        evidence.put(
            "a log",
            format!("12:00 TRACE all well {planted}, and so on"),
        );
    }
    let leaks = evidence.leaks(secrets);
    assert_eq!(leaks.len(), 3, "{leaks:?}");
    assert!(
        leaks.iter().all(|leak| leak.starts_with("a log: ")),
        "{leaks:?}"
    );
}
