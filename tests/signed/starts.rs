//! What is wrong with whom a SUT trusts is no start at all, and said so that it can be mended.

use crate::lab::Person;
use crate::process::Start;
use crate::support::{LIMIT, Mosquitto, wait_for};
use std::os::unix::fs::PermissionsExt;

/// Starts a SUT that must not start; returns what it said.
fn refused(list: Option<(&str, u32)>, arguments: &[&str], config: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys");
    if let Some((text, mode)) = list {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let config = config.replace("LIST", path.to_str().unwrap());
    // nobody listens there: it ends before that matters
    let url = "mqtt://127.0.0.1:1";
    let mut sut = Start::within(tempfile::tempdir().unwrap(), url, "sut")
        .args(&["--client-id", "c1"])
        .args(arguments)
        .config(&config)
        .run();
    let status = sut.ended();
    wait_for("all that it said", || sut.err.ended().then_some(()));
    let said = sut.err.all().join("\n");
    assert!(!status.success(), "{said}");
    said.replace(path.to_str().unwrap(), "LIST")
}

#[test]
fn a_list_that_does_not_count_is_no_start() {
    let alice = Person::new().line("alice", "");
    let config = "[sut]\nallow = seq *\n  date\ntrusted_keys = LIST\nunsigned = true\ngovernor_allow = date\n";
    let rows: [(Option<(&str, u32)>, &str); 4] = [
        (None, "LIST cannot be read: No such file or directory"),
        (Some((&alice, 0o666)), "chmod go-w LIST"),
        (Some(("alice ed25519:x\nbob\n", 0o644)), "LIST:1:7: error:"),
        (
            Some(("alice ed25519:x\nbob\n", 0o644)),
            "LIST:2:4: error: the key is missing",
        ),
    ];
    for (list, expected) in rows {
        let said = refused(list, &[], config);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn the_governors_face_beside_trusted_keys_needs_a_narrower_list_of_its_own() {
    let alice = Person::new().line("alice", "");
    let list = Some((alice.as_str(), 0o644));
    let config = "[sut]\nallow = seq *\n  date\ntrusted_keys = LIST\n";
    let rows: [(&[&str], &str); 4] = [
        (
            &[],
            "say what may run unsigned: under [sut] `unsigned = true` and `governor_allow = ...`",
        ),
        (
            &["--unsigned-allow", "*"],
            "what the executor `executor0` may run unsigned is too much",
        ),
        (
            &["--unsigned-allow", "uptime"],
            "does not have this program",
        ),
        (
            &["--unsigned-allow", "date", "--unsigned-allow", "seq *"],
            "the signatures protect nothing",
        ),
    ];
    for (arguments, expected) in rows {
        let said = refused(list, arguments, config);
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn without_a_list_at_the_usual_place_it_says_that_nothing_needs_a_signature() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().display();
    let config = format!("[sut]\nallow = date\nsystem_root = {root}\n");
    let start = || {
        Start::new(&mosquitto, "sut")
            .args(&["--client-id", "c1"])
            .config(&config)
            .run()
    };
    let sut = start();
    sut.wait_err("commands need no signature: no key is trusted");
    drop(sut);
    // once it is there it counts, named or not
    let usual = folder.path().join("etc/mqtt-thing");
    std::fs::create_dir_all(&usual).unwrap();
    std::fs::write(usual.join("trusted-keys"), "").unwrap();
    let mut sut = start();
    assert!(!sut.ended().success());
    let said = sut.err.wait(LIMIT, |lines| {
        let has = |text: &str| lines.iter().any(|(_, line)| line.contains(text));
        has("obeys signed commands only").then_some(())
    });
    assert!(said.is_some(), "{:?}", sut.err.all());
}
