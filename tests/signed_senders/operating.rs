//! `mqtt-thing operator`.

use crate::support::{Mosquitto, Observer};
use crate::user::{User, open_pi, pi};
use serde_json::Value as Json;

#[test]
fn an_operator_signs_and_says_by_which_key() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["default"]);
    let _pi = pi(
        &mosquitto,
        "c1",
        &[format!("op {}", user.public("default"))],
    );
    let told = user.operate(&["echo one", "echo two"], &["--expect", "c1"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let by = format!("signing with default ({})", user.id("default"));
    assert!(told.err.contains(&by), "no {by} in {}", told.err);
    let told = user.operate(&["echo one"], &["--expect", "c1", "--json"]);
    assert_eq!(told.code, Some(0), "{told:?}");
    let first: Json = serde_json::from_str(told.out.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "connected");
    assert_eq!(first["signed_by"]["key"], user.id("default"), "{first}");
    let file = user.key_file("default").display().to_string();
    assert_eq!(first["signed_by"]["file"], file, "{first}");
    let pem = std::fs::read_to_string(user.key_file("default")).unwrap();
    let secret = pem.lines().nth(1).unwrap();
    assert!(!told.out.contains(secret) && !told.err.contains(secret));
    let runs = std::fs::read(user.path("state/runs.db")).unwrap();
    let held = |bytes: &[u8]| runs.windows(bytes.len()).any(|window| window == bytes);
    assert!(held(b"echo one") && !held(secret.as_bytes()));
}

#[test]
fn without_a_key_those_that_want_one_are_named_and_the_others_walk() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let owner = User::with_keys(&mosquitto, &["default"]);
    let _pi = pi(
        &mosquitto,
        "c1",
        &[format!("owner {}", owner.public("default"))],
    );
    let _open = open_pi(&mosquitto, "c2");
    let user = User::new(&mosquitto);
    let told = user.operate(&["echo one"], &["--expect", "c1,c2"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    for part in [
        "c1 obeys signed commands only",
        "c1 p 1/1 `echo one` refused",
        "to mend that: it wants signed commands",
        "1 of 2 steps of 2 clients succeeded",
    ] {
        assert!(told.out.contains(part), "no {part} in {}", told.out);
    }
    assert!(
        !told.out.contains("c2 obeys signed commands only"),
        "{}",
        told.out
    );
    let told = user.operate(&["echo one"], &["--expect", "c1,c2", "--json"]);
    assert!(
        told.out.contains(r#""event":"signature_wanted""#),
        "{told:?}"
    );
}

#[test]
fn a_cancelled_command_is_cancelled_by_a_signed_order() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["default"]);
    let _pi = pi(
        &mosquitto,
        "c1",
        &[format!("op {}", user.public("default"))],
    );
    let observer = Observer::start(&mosquitto, "c1/executors/executor0/#");
    let mut sent = crate::process::Start::new(&mosquitto, "send")
        .args(&["c1", "--key", user.key_file("default").to_str().unwrap()])
        .args(&["--", "sleep", "600"])
        .run();
    observer.wait_where("the command to run", |seen| {
        seen.topic.ends_with("/progress") && seen.text().contains("running")
    });
    sent.signal(rustix::process::Signal::INT);
    assert_eq!(sent.ended().code(), Some(143), "{:?}", sent.err.all());
    let cancels = observer.texts("c1/executors/executor0/commands");
    let cancel = cancels.iter().find(|text| text.contains("\"cancel\""));
    assert!(cancel.unwrap().contains("\"signature\""), "{cancel:?}");
}
