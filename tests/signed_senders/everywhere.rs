//! `mqtt-thing key revoke --everywhere`.

use crate::support::{Mosquitto, Observer};
use crate::user::{Told, User, open_pi, pi, pi_in};

/// The line of the table for a thing.
fn line<'t>(told: &'t Told, thing: &str) -> &'t str {
    let begins = |line: &&str| line.split_whitespace().next() == Some(thing);
    told.out
        .lines()
        .find(begins)
        .unwrap_or_else(|| panic!("no {thing} in {told:?}"))
}

#[test]
fn a_key_is_revoked_on_every_pi_that_is_there_and_the_others_are_named() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["bob", "admin"]);
    let trusted = [
        format!("bob {}", user.public("bob")),
        format!("admin {} may-revoke", user.public("admin")),
    ];
    let observer = Observer::start(&mosquitto, "+/status");
    let abouts = Observer::start(&mosquitto, "+/about");
    let _one = pi(&mosquitto, "c1", &trusted);
    let _two = pi(&mosquitto, "c2", &trusted);
    let _open = open_pi(&mosquitto, "c3");
    let gone = pi(&mosquitto, "c4", &trusted);
    abouts.wait_where("what c4 says of itself", |seen| seen.topic == "c4/about");
    let folder = gone.kill();
    observer.wait_for("c4/status", "offline");

    let by_bob = |pi: &str| user.send(&[pi, "--key", "bob", "--", "echo", "hi"]);
    assert_eq!(by_bob("c1").code, Some(0));
    let revoke = |wait: &str| {
        user.call(&[
            "key",
            "revoke",
            "bob",
            "--everywhere",
            "--key",
            "admin",
            "--wait",
            wait,
        ])
    };
    let told = revoke("4");
    assert_eq!(told.code, Some(1), "{told:?}");
    for thing in ["c1", "c2"] {
        assert!(
            line(&told, thing).ends_with("yes       revoked"),
            "{told:?}"
        );
    }
    assert!(line(&told, "c3").contains("checks no signatures"));
    assert!(line(&told, "c4").ends_with("no        offline"), "{told:?}");
    let what = format!("sudo mqtt-thing key revoke {}", user.id("bob"));
    assert!(
        told.err.contains("obey the key still: c4\n") && told.err.contains(&what),
        "{told:?}"
    );
    for thing in ["c1", "c2"] {
        let told = by_bob(thing);
        assert_eq!(told.code, Some(126), "{told:?}");
        assert!(told.err.contains("signature-key-revoked"), "{told:?}");
    }

    let _back = pi_in(folder, &mosquitto, "c4", &trusted);
    let told = revoke("30");
    assert_eq!((told.code, told.err.as_str()), (Some(0), ""), "{told:?}");
    assert!(line(&told, "c4").ends_with("yes       revoked"), "{told:?}");
    assert_eq!(by_bob("c4").code, Some(126));
}

#[test]
fn a_key_may_revoke_itself_and_no_other() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["default", "other"]);
    let trusted = ["default", "other"].map(|name| format!("{name} {}", user.public(name)));
    let _pi = pi(&mosquitto, "c1", &trusted);
    let other = user.id("other");
    let told = user.call(&["key", "revoke", &other, "--everywhere", "--wait", "20"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(line(&told, "c1").contains("refused: "), "{told:?}");
    assert!(told.err.contains("--may-revoke"), "{told:?}");
    let send = |key: &str| user.send(&["c1", "--key", key, "--", "echo", "hi"]);
    assert_eq!(send("other").code, Some(0));
    for _ in 0..2 {
        let told = user.call(&["key", "revoke", "default", "--everywhere", "--wait", "20"]);
        assert_eq!(told.code, Some(0), "{told:?}");
    }
    assert_eq!(send("default").code, Some(126));
    assert_eq!(send("other").code, Some(0));
}

#[test]
fn what_cannot_be_revoked_is_told_before_anything_is_sent() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::new(&mosquitto);
    let told = user.call(&["key", "revoke", "carol", "--everywhere"]);
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(told.err.contains("`carol` is no key"), "{told:?}");
    let id = "0123456789abcdef";
    let told = user.call(&["key", "revoke", id, "--everywhere"]);
    assert_eq!(told.code, Some(2), "{told:?}");
    assert!(told.err.contains("no key to sign with"), "{told:?}");
    let told = user.call(&["key", "revoke", id, "--wait", "3"]);
    assert_eq!(told.code, Some(2), "{told:?}");
    let owner = User::with_keys(&mosquitto, &["default"]);
    let told = owner.call(&["key", "revoke", id, "--everywhere", "--wait", "1"]);
    assert_eq!(told.code, Some(1), "{told:?}");
    assert!(told.err.contains("no executor was found"), "{told:?}");
}
