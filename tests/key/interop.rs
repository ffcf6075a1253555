//! Keys and signatures that OpenSSL makes and checks, by the specification and not by our own code.

use super::{Home, set_mode};
use crate::support::skipped;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mqtt_thing::fleet::StepCommand;
use mqtt_thing::fleet::own::{Command, Order};
use mqtt_thing::fleet::signing::{
    KeyId, Sequence, Signer, SigningKey, Trust, VerifierClock, verify,
};
use mqtt_thing::model::Topic;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const NOW: u64 = 1_795_172_851;
const TOPIC: &str = "10.0.0.7/executors/executor0/commands";

/// Runs it in that folder; whether it went well.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let mut openssl = process::Command::new("openssl");
    openssl.current_dir(folder).args(arguments.split(' '));
    openssl.output().unwrap().status.success()
}

/// Whether there is an OpenSSL that knows Ed25519 as well as `-rawin` (3.0 and later).
fn is_there() -> bool {
    let version = process::Command::new("openssl").arg("version").output();
    version.is_ok_and(|output| output.stdout.starts_with(b"OpenSSL 3"))
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_be_bytes());
    out.extend(text.as_bytes());
}

fn number(out: &mut Vec<u8>, number: u64) {
    out.extend(8u32.to_be_bytes());
    out.extend(number.to_be_bytes());
}

/// What a signature of `echo hi` covers, as the specification says.
fn covered(key: &str, sequence: u64) -> Vec<u8> {
    let mut out = b"mqtt-thing/command/1\n".to_vec();
    for field in [TOPIC, "command", "echo hi", "10.0.0.7"] {
        text(&mut out, field);
    }
    out.extend([0xff; 4]);
    text(&mut out, "r1");
    text(&mut out, key);
    number(&mut out, sequence);
    number(&mut out, NOW);
    number(&mut out, NOW + 60);
    out
}

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(NOW)
}

struct Fixed(u64);

impl Sequence for Fixed {
    fn next(&mut self, _: SystemTime) -> u64 {
        self.0
    }
}

#[test]
fn openssl_reads_our_keys_and_we_read_its() {
    if !is_there() {
        return skipped("openssl 3");
    }
    let home = Home::new();
    let folder = home.path("");
    home.well(&["new", "--out", "ours.pem"]);
    assert!(openssl(
        &folder,
        "pkey -in ours.pem -pubout -out ours-public.pem"
    ));
    home.well(&["trust", "ours", "ours-public.pem", "--file", "list"]);
    let list = fs::read_to_string(home.path("list")).unwrap();
    assert!(list.contains(&home.public("./ours.pem")), "{list}");
    assert!(openssl(
        &folder,
        "genpkey -algorithm ed25519 -out theirs.pem"
    ));
    set_mode(&home.path("theirs.pem"), 0o600);
    assert!(openssl(
        &folder,
        "pkey -in theirs.pem -pubout -out theirs-public.pem"
    ));
    home.well(&["trust", "theirs", "theirs-public.pem", "--file", "list"]);
    let list = fs::read_to_string(home.path("list")).unwrap();
    assert!(list.contains(&home.public("./theirs.pem")), "{list}");
    assert!(openssl(&folder, "genpkey -algorithm x25519 -out other.pem"));
    set_mode(&home.path("other.pem"), 0o600);
    let told = home.key(&["show", "./other.pem"]);
    assert!(told.error.contains("no Ed25519 key"), "{}", told.error);
}

#[test]
fn openssl_finds_our_signature_right_over_the_bytes_of_the_specification() {
    if !is_there() {
        return skipped("openssl 3");
    }
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    let key = SigningKey::generate().unwrap();
    write("key.pem", key.to_pem().as_bytes());
    let id = key.public().id();
    let mut signer = Signer::new(key, Box::new(Fixed(42)), Duration::from_secs(60));
    let order = Order::Run(Command {
        id: "r1".into(),
        client_id: "10.0.0.7".into(),
        command: StepCommand::Text("echo hi".into()),
        time_limit: None,
        expires: None,
    });
    let payload = signer.sign(&order, &Topic::new(TOPIC).unwrap(), now());
    let payload: Json = serde_json::from_slice(&payload).unwrap();
    let value = payload["signature"]["value"].as_str().unwrap();
    write("signature", &STANDARD.decode(value).unwrap());
    write("right", &covered(id.as_str(), 42));
    write("wrong", &covered(id.as_str(), 43));
    let check = "pkeyutl -verify -rawin -inkey key.pem -sigfile signature -in";
    assert!(openssl(folder.path(), &format!("{check} right")));
    assert!(!openssl(folder.path(), &format!("{check} wrong")));
}

#[test]
fn we_obey_what_openssl_signed() {
    if !is_there() {
        return skipped("openssl 3");
    }
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert!(openssl(
        folder.path(),
        "genpkey -algorithm ed25519 -out key.pem"
    ));
    let key = SigningKey::from_pem(&fs::read_to_string(path("key.pem")).unwrap()).unwrap();
    let id: KeyId = key.public().id();
    fs::write(path("bytes"), covered(id.as_str(), 7)).unwrap();
    assert!(openssl(
        folder.path(),
        "pkeyutl -sign -rawin -inkey key.pem -in bytes -out signature"
    ));
    let value = STANDARD.encode(fs::read(path("signature")).unwrap());
    let payload = json!({
        "command": "echo hi", "client_id": "10.0.0.7", "id": "r1", "expires_at": NOW + 60,
        "signature": {"value": value, "issued": NOW, "sequence": 7, "key": id.as_str()},
    });
    let payload = payload.to_string();
    let signed = Order::decode_signed(payload.as_bytes()).unwrap();
    let trust = Trust::parse(&format!("theirs {}", key.public())).unwrap();
    let clock = VerifierClock {
        now: now(),
        synchronised: true,
        newest_issued: None,
    };
    let verified = verify(
        payload.as_bytes(),
        &signed.order,
        signed.signature.as_ref(),
        &Topic::new(TOPIC).unwrap(),
        &trust,
        &BTreeSet::new(),
        clock,
    );
    assert_eq!(verified.unwrap().name, "theirs");
}
