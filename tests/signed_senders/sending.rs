//! `mqtt-thing send`.

use crate::support::{Mosquitto, Observer, wait_for};
use crate::user::{User, open_pi, pi, write};
use serde_json::Value as Json;

const COMMANDS: &str = "c1/executors/executor0/commands";

/// The commands that went out on the Pi's topic.
fn commands(observer: &Observer) -> Vec<Json> {
    let texts = observer.texts(COMMANDS);
    texts
        .iter()
        .map(|text| serde_json::from_str(text).unwrap())
        .collect()
}

#[test]
fn the_usual_key_signs_and_so_does_one_that_is_named() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["default", "other"]);
    let trusted = ["default", "other"].map(|name| format!("{name} {}", user.public(name)));
    let _pi = pi(&mosquitto, "c1", &trusted);
    let observer = Observer::start(&mosquitto, COMMANDS);
    let file = user.key_file("other");
    let calls: [(&str, &[&str], &str); 4] = [
        ("", &[], "default"),
        ("", &["--key", "other"], "other"),
        ("", &["--key", file.to_str().unwrap()], "other"),
        ("other", &[], "other"),
    ];
    for (count, (environment, options, key)) in calls.into_iter().enumerate() {
        let told = user.call_with(
            environment,
            &[&["send", "c1"], options, &["--", "echo", "hi"]].concat(),
        );
        assert_eq!(
            (told.code, told.out.as_str(), told.err.as_str()),
            (Some(0), "hi", ""),
            "{key}"
        );
        let sent = wait_for("the command", || commands(&observer).get(count).cloned());
        assert_eq!(sent["signature"]["key"], user.id(key), "{sent}");
        let valid =
            sent["expires_at"].as_u64().unwrap() - sent["signature"]["issued"].as_u64().unwrap();
        assert_eq!(valid, 86_400, "as long as it is waited for, a day at most");
    }
    let numbers: Vec<u64> = commands(&observer)
        .iter()
        .map(|sent| sent["signature"]["sequence"].as_u64().unwrap())
        .collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "{numbers:?}");
}

#[test]
fn how_long_a_command_counts_is_as_asked_or_as_long_as_it_is_waited_for() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["default"]);
    let observer = Observer::start(&mosquitto, COMMANDS);
    let _pi = pi(
        &mosquitto,
        "c1",
        &[format!("me {}", user.public("default"))],
    );
    let calls: [(&[&str], std::ops::RangeInclusive<u64>); 3] = [
        (&["--valid", "60"], 60..=60),
        (&["--wait", "20.5"], 20..=22),
        (&["--wait", "3000", "--valid", "60"], 60..=60),
    ];
    for (count, (options, allowed)) in calls.into_iter().enumerate() {
        let told = user.send(&[&["c1"], options, &["--", "echo hi"]].concat());
        assert_eq!(told.code, Some(0), "{told:?}");
        let sent = wait_for("the command", || commands(&observer).get(count).cloned());
        let valid =
            sent["expires_at"].as_u64().unwrap() - sent["signature"]["issued"].as_u64().unwrap();
        assert!(allowed.contains(&valid), "{options:?}: {valid}");
    }
    for wrong in ["0", "86401", "x", "1.5"] {
        let told = user.send(&["c1", "--valid", wrong, "--", "echo"]);
        assert_eq!(told.code, Some(2), "{told:?}");
        assert!(
            told.err.contains("1 to 86400 whole seconds"),
            "{}",
            told.err
        );
    }
}

#[test]
fn without_a_key_nothing_is_sent_and_it_is_said_how_to_get_one() {
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
    let observer = Observer::start(&mosquitto, COMMANDS);
    let user = User::new(&mosquitto);
    let told = user.send(&["c1", "--", "echo", "hi"]);
    assert_eq!((told.code, told.out.as_str()), (Some(126), ""), "{told:?}");
    for part in [
        "c1 is not asked",
        "mqtt-thing key new",
        "mqtt-thing key trust",
    ] {
        assert!(told.err.contains(part), "no {part} in {}", told.err);
    }
    let told = user.send(&["all", "--", "echo", "hi"]);
    assert_eq!(
        (told.code, told.out.as_str()),
        (Some(126), "hi"),
        "{told:?}"
    );
    assert_eq!(commands(&observer), Vec::<Json>::new());
    // who insists is told by the Pi itself
    let told = user.send(&["c1", "--no-key", "--", "echo", "hi"]);
    assert_eq!(told.code, Some(126), "{told:?}");
    assert!(
        told.err.contains("(rule signature-missing)") && told.err.contains("key new"),
        "{}",
        told.err
    );
    let told = owner.send(&["c1", "--no-key", "--key", "default", "--", "echo", "hi"]);
    assert_eq!(told.code, Some(126), "{told:?}");
}

#[test]
fn a_key_that_the_pi_does_not_trust_is_told_with_the_line_that_trusts_it() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let owner = User::with_keys(&mosquitto, &["default"]);
    let stranger = User::with_keys(&mosquitto, &["default"]);
    let _pi = pi(
        &mosquitto,
        "c1",
        &[format!("owner {}", owner.public("default"))],
    );
    let told = stranger.send(&["c1", "--", "echo", "hi"]);
    assert_eq!((told.code, told.out.as_str()), (Some(126), ""), "{told:?}");
    let line = format!("key trust NAME {}", stranger.public("default"));
    assert!(told.err.contains(&line), "no {line} in {}", told.err);
}

#[test]
fn a_key_that_cannot_be_used_is_told_before_anything_is_sent() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let user = User::with_keys(&mosquitto, &["default", "open"]);
    let pem = std::fs::read_to_string(user.key_file("open")).unwrap();
    write(&user.key_file("open"), &pem, 0o644);
    write(&user.path("broken.pem"), "no key\n", 0o600);
    for (key, part) in [
        ("open", "chmod 600"),
        ("broken.pem", "PRIVATE KEY"),
        ("nobody", "mqtt-thing key new"),
    ] {
        let told = user.send(&["c1", "--key", key, "--", "echo"]);
        assert_eq!(told.code, Some(125), "{key}: {told:?}");
        assert!(told.err.contains(part), "no {part} in {}", told.err);
        let told = user.operate(&["echo"], &["--key", key]);
        assert_eq!(told.code, Some(2), "{key}: {told:?}");
        assert!(told.err.contains(part), "no {part} in {}", told.err);
        let secret = pem.lines().nth(1).unwrap();
        assert!(!told.err.contains(secret), "it shows the key");
    }
    // the usual one, too, is not passed over when others may read it
    write(&user.key_file("default"), &pem, 0o640);
    let told = user.send(&["c1", "--find", "0.1", "--wait", "1", "--", "echo"]);
    assert_eq!(told.code, Some(125), "{told:?}");
    assert!(told.err.contains("chmod 600"), "{}", told.err);
}
