//! A Pi's own binary on the things' listener, where a client certificate is required: it runs what a trusted key has
//! signed, and refuses the rest with an answer. For this machine always; for a Pi, under emulation, when
//! `MQTT_THING_ARMV7_BIN` or `MQTT_THING_AARCH64_BIN` names a binary that was built for it (`deploy/build.sh`).

use crate::client::Who;
use crate::lab::Lab;
use crate::person::{Person, without_ours};
use crate::support::{LIMIT, Lines, Target, wait_for};
use mqtt_thing::fleet::StepCommand;
use mqtt_thing::fleet::own::{Command, Order};
use mqtt_thing::fleet::signing::{Sequence, Signer, SigningKey};
use mqtt_thing::model::Topic;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

const ID: &str = "10.0.0.7";
const COMMANDS: &str = "10.0.0.7/executors/executor0/commands";
const RESPONSES: &str = "10.0.0.7/executors/executor0/responses";
/// What the issue gives a stripped binary with SQLite, TLS and signatures, in bytes.
const LARGEST: u64 = 5_000_000;

fn topology(trusted: &Path) -> String {
    format!(
        "[broker]\nurl = \"mqtt://broker.lab\"\n\n[things.pi]\naddress = \"{ID}\"\n\n[things.pi.resources.executor0]\n\
         kind = \"executor\"\nallow = [\"echo *\"]\ntrusted_keys = \"{}\"\n",
        trusted.display()
    )
}

/// A process of the binary, with its set-up installed beside its topology. Killed when dropped.
struct Pi {
    process: Child,
    err: Lines,
    folder: TempDir,
}

impl Pi {
    fn start(target: Target, binary: &Path, lab: &Lab, topology: &str) -> Self {
        let folder = TempDir::new().unwrap();
        for file in ["ca.crt", "client.crt", "client.key", "password"] {
            let from = lab.file(&format!("clients/{ID}/{file}"));
            std::fs::copy(from, folder.path().join(file)).unwrap();
        }
        let way = format!(
            "url = \"mqtts://localhost:{}\"\nca_file = \"ca.crt\"\ncert_file = \"client.crt\"\nkey_file = \"client.key\"\n\
             password_file = \"password\"\n",
            lab.things
        );
        let text = topology.replace("url = \"mqtt://broker.lab\"\n", &way);
        let file = folder.path().join("lab.toml");
        std::fs::write(&file, text).unwrap();
        let mut command = target.command(binary);
        without_ours(&mut command);
        let mut process = command
            .arg("run")
            .arg(file)
            .env("STATE_DIRECTORY", folder.path().join("state"))
            .args(["--thing", "pi"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let err = Lines::collect(process.stderr.take().unwrap());
        Self {
            process,
            err,
            folder,
        }
    }

    /// Tells it to stop, and waits until it has.
    fn terminate(&mut self) -> ExitStatus {
        let pid = Pid::from_raw(i32::try_from(self.process.id()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        wait_for("the process to end", || self.process.try_wait().unwrap())
    }

    fn log(&self) -> String {
        self.err.all().join("\n")
    }
}

impl Drop for Pi {
    fn drop(&mut self) {
        let _already_dead = self.process.kill();
        let _status = self.process.wait();
    }
}

/// Numbers after those that `send` has given with the same key.
struct Later(u64);

impl Sequence for Later {
    fn next(&mut self, now: SystemTime) -> u64 {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap() + Duration::from_secs(60);
        self.0 = u64::try_from(since.as_micros()).unwrap().max(self.0 + 1);
        self.0
    }
}

fn run(id: &str) -> Order {
    Order::Run(Command {
        id: id.to_owned(),
        client_id: ID.to_owned(),
        command: StepCommand::Text("echo good".to_owned()),
        time_limit: None,
        expires: None,
    })
}

fn a_signed_command_runs_over_mutual_tls(target: Target) {
    let binary = match target.binary() {
        Ok(binary) => binary,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let lists = TempDir::new().unwrap();
    let trusted = lists.path().join("trusted-keys");
    let topology = topology(&trusted);
    let Some(lab) = Lab::new(&topology) else {
        return;
    };
    let alice = Person::new(&lab);
    alice.new_trusted_key("alice", &trusted);
    alice.new_trusted_key("mallory", &lists.path().join("another-list"));
    let mut operator = lab.connect("operator").unwrap();
    operator.subscribe(&[&format!("{ID}/#")]);
    let mut pi = Pi::start(target, &binary, &lab, &topology);
    let mut hear = |operator: &mut crate::client::Client, what: &dyn Fn(&str, &str) -> bool| {
        let heard = crate::support::wait_for("what the Pi says", || {
            operator.settle();
            let came = operator.take();
            came.into_iter()
                .find(|(topic, payload)| what(topic, payload))
                .or_else(|| {
                    let ended = pi.process.try_wait().unwrap();
                    assert!(ended.is_none(), "{ended:?}: {}", pi.err.all().join("\n"));
                    None
                })
        });
        heard.1
    };
    hear(&mut operator, &|topic, payload| {
        topic.ends_with("/status") && payload == "online"
    });

    let send = |options: &[&str]| {
        let before = ["send", ID, "--find", "20", "--wait", "20"];
        alice.at_broker(&[&before[..], options, &["--", "echo", "hello"]].concat())
    };
    let told = send(&["--key", "alice"]);
    assert_eq!(
        (told.code, told.out.as_str()),
        (Some(0), "hello"),
        "{told:?}"
    );
    for (options, rule) in [
        (&["--no-key"][..], "signature-missing"),
        (&["--key", "mallory"], "signature-key-unknown"),
    ] {
        let told = send(options);
        assert_eq!(told.code, Some(126), "{told:?}");
        assert!(told.out.is_empty() && told.err.contains(rule), "{told:?}");
    }

    // on its way somebody makes another command of it; as it was signed it runs
    let pem = std::fs::read_to_string(alice.key_file("alice")).unwrap();
    let hour = Duration::from_secs(3600);
    let key = SigningKey::from_pem(&pem).unwrap();
    let mut signer = Signer::new(key, Box::new(Later(0)), hour);
    let rows: [(&str, &str, &str, &str); 2] = [
        ("tampered", "echo evil", "refused", "signature-wrong"),
        ("as-signed", "echo good", "succeeded", ""),
    ];
    for (id, command, status, rule) in rows {
        let topic = Topic::new(COMMANDS).unwrap();
        let payload = signer.sign(&run(id), &topic, SystemTime::now());
        let payload = String::from_utf8(payload).unwrap();
        assert!(payload.contains("echo good"), "{payload}");
        operator.publish(COMMANDS, &payload.replace("echo good", command));
        let quoted = format!("\"{id}\"");
        let answer = hear(&mut operator, &|topic, payload| {
            topic == RESPONSES && payload.contains(&quoted)
        });
        let answer: Json = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], status, "{answer}");
        let reason = answer["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(rule), "{answer}");
    }

    // where it came in, nobody does who has no certificate
    let password = lab.password(ID);
    let who = Who {
        client_id: ID,
        user: Some(ID),
        password: Some(&password),
    };
    assert!(lab.enter(lab.things, None, who).is_err());
    assert!(pi.process.try_wait().unwrap().is_none(), "{}", pi.log());
    let status = pi.terminate();
    assert!(status.success(), "{status}: {}", pi.log());
    let journals = crate::stage::files(&pi.folder.path().join("state"));
    let journal = journals.iter().find(|path| path.ends_with("journal.db"));
    let bytes = std::fs::read(journal.unwrap()).unwrap();
    assert!(bytes.starts_with(b"SQLite format 3\0"));
    let _generous = LIMIT;
}

#[test]
fn a_signed_command_runs_over_mutual_tls_on_this_machine() {
    a_signed_command_runs_over_mutual_tls(Target::Host);
}

#[test]
fn a_signed_command_runs_over_mutual_tls_on_armv7() {
    a_signed_command_runs_over_mutual_tls(Target::Armv7);
}

#[test]
fn a_signed_command_runs_over_mutual_tls_on_aarch64() {
    a_signed_command_runs_over_mutual_tls(Target::Aarch64);
}

#[test]
fn the_armv7_binary_is_stripped_and_has_at_most_five_megabytes() {
    let binary = match Target::Armv7.binary() {
        Ok(binary) => binary,
        Err(reason) => return println!("skipped: {reason}"),
    };
    let bytes = std::fs::read(&binary).unwrap();
    let size = u64::try_from(bytes.len()).unwrap();
    println!("{}: {size} bytes", binary.display());
    assert!(
        size <= LARGEST,
        "{size} bytes; at most {LARGEST} are allowed"
    );
    assert_eq!(bytes[..4], *b"\x7fELF");
    assert_eq!(bytes[18], 40, "the machine is ARM (ELF, e_machine)");
    let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    assert!(!has(b"\0.symtab\0"), "it is not stripped");
}
