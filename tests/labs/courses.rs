//! Heartbeat and echo: over TLS with a password, in a flood, and across a broker that forgot.

use crate::Process;
use crate::certificates::{Ca, Valid};
use crate::listener;
use crate::support::{Mosquitto, Observer, Seen, flood, peak_kib, skipped, wait_for};
use std::fs::{Permissions, set_permissions, write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const ID: &str = "10.0.0.1";

/// A topology of a thing that needs no board, with these lines under `[broker]`.
fn topology(folder: &Path, broker: &str) -> PathBuf {
    let path = folder.join("lab.toml");
    let text = format!(
        "[broker]\n{broker}\n[things.pi]\naddress = \"{ID}\"\n[things.pi.resources]\n\
         heartbeat0 = {{ kind = \"heartbeat\", every_ms = 200 }}\necho0 = {{ kind = \"echo\" }}\n"
    );
    write(&path, text).unwrap();
    path
}

fn run(file: &Path) -> Process {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"));
    Process::start(command.arg("run").arg(file).args(["--thing", "pi"]))
}

/// Whether `text` is `before`, a time of day, and `after`.
fn is_at_a_time(text: &str, before: &str, after: &str) -> bool {
    let time = text
        .strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(after));
    let Some([h1, h2, b':', m1, m2, b':', s1, s2]) = time.map(str::as_bytes) else {
        return false;
    };
    [h1, h2, m1, m2, s1, s2].iter().all(|c| c.is_ascii_digit())
}

fn is_ping(seen: &Seen) -> bool {
    seen.topic == "heartbeat"
        && is_at_a_time(&seen.text(), &format!("PING: {ID} at "), "...")
        && (seen.qos, seen.retained) == (0, false)
}

fn answers(observer: &Observer) -> usize {
    let answers = observer.texts("cb_res");
    let before = format!("CB_RES: {ID} at ");
    for answer in &answers {
        assert!(is_at_a_time(answer, &before, ""), "{answer}");
    }
    answers.len()
}

/// Asks once more, and waits until so many answers have come in all.
fn ask(mosquitto: &Mosquitto, observer: &Observer, expected: usize) {
    mosquitto.publish(ID, b"are you there?", false);
    wait_for("an answer", || {
        (answers(observer) >= expected).then_some(())
    });
    assert_eq!(answers(observer), expected);
}

#[test]
fn a_thing_gives_signs_of_life_and_answers_over_tls_with_a_password() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let ca = Ca::new(dir, "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let (passwords, password) = (dir.join("passwords"), dir.join("password"));
    write(&passwords, "lab:sesame-4711\n").unwrap();
    write(&password, "sesame-4711\n").unwrap();
    set_permissions(&password, Permissions::from_mode(0o600)).unwrap();
    set_permissions(&passwords, Permissions::from_mode(0o600)).unwrap();
    let hashed = Command::new("mosquitto_passwd")
        .arg("-U")
        .arg(&passwords)
        .status();
    let Ok(true) = hashed.map(|status| status.success()) else {
        return skipped("mosquitto");
    };
    // the observer stays anonymous; who gives a name has to know its password
    let more = format!("password_file {}", passwords.display());
    let Some((mosquitto, port)) = listener::broker(&server, &more) else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    let keys = format!(
        "url = \"mqtts://127.0.0.1:{port}\"\nca_file = \"{}\"\nusername = \"lab\"\npassword_file = \"{}\"",
        ca.file.display(),
        password.display()
    );
    let _thing = run(&topology(dir, &keys));
    observer.wait_where("a ping", is_ping);
    ask(&mosquitto, &observer, 1);
    // it is the session's client id, and that session had the name and TLS
    mosquitto.wait_log(&format!(" as {ID} (p2, c1, k10, u'lab')"));
    let pings = observer.texts("heartbeat").len();
    wait_for("more pings", || {
        (observer.texts("heartbeat").len() > pings + 2).then_some(())
    });
    assert!(
        observer
            .seen()
            .iter()
            .filter(|s| s.topic == "heartbeat")
            .all(is_ping)
    );
}

#[test]
fn each_of_a_flood_of_requests_is_answered_in_bounded_memory_and_none_that_was_kept() {
    let Some(mut mosquitto) = Mosquitto::start_with("max_queued_messages 0") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let url = format!("url = \"{}\"", mosquitto.url());
    mosquitto.publish(ID, b"an old request", true);
    let observer = Observer::start(&mosquitto, "#");
    let thing = run(&topology(folder.path(), &url));
    observer.wait_where("a ping", is_ping);
    ask(&mosquitto, &observer, 1);
    let before = peak_kib(thing.child.id());
    const MANY: usize = 500;
    flood(&mosquitto, ID, 1, (0..MANY).map(|n| format!("request {n}")));
    ask(&mosquitto, &observer, MANY + 2);
    // more than it can answer, and each of them large: they are dropped, and it lives
    let large = "x".repeat(20_000);
    flood(&mosquitto, ID, 0, (0..10_000).map(|_| large.clone()));
    let count = answers(&observer);
    wait_for("an answer after all that", || {
        mosquitto.publish(ID, b"are you still there?", false);
        (answers(&observer) > count).then_some(())
    });
    let peak = peak_kib(thing.child.id());
    println!("most memory: {before} KiB before, {peak} KiB after");
    assert!(peak < before + 80_000, "{before} KiB, {peak} KiB");
    assert!(thing.err.all().len() < 50, "{:?}", thing.err.all());
    // a broker that forgot all is subscribed to anew
    mosquitto.restart();
    observer.wait_subscribed(2);
    let count = answers(&observer);
    wait_for("an answer after the broker's restart", || {
        mosquitto.publish(ID, b"are you still there?", false);
        (answers(&observer) > count).then_some(())
    });
}

#[test]
fn a_demo_plays_them_under_its_own_client_id_and_in_no_real_room() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let file = topology(folder.path(), "url = \"mqtt://nowhere\"");
    let mut text = std::fs::read_to_string(&file).unwrap();
    text.push_str("light0 = { kind = \"light\", port = \"A0\", room = \"house/P_7/S/4\" }\n");
    write(&file, text).unwrap();
    let observer = Observer::start(&mosquitto, "#");
    let output = Command::new(env!("CARGO_BIN_EXE_mqtt-thing"))
        .args(["demo", "--script", "--prefix", "my-", "--topology"])
        .arg(&file)
        .args(["--broker", &mosquitto.url()])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}");
    assert!(
        told.contains("pi/echo0 is left out: nobody asks it"),
        "{told}"
    );
    assert!(
        told.contains("message  pi/heartbeat0     heartbeat PING: my-10.0.0.1-demo-"),
        "{told}"
    );
    let pings = observer.texts("heartbeat");
    assert!(!pings.is_empty());
    for ping in pings {
        let rest = ping.strip_prefix("PING: my-10.0.0.1-demo-").unwrap();
        assert!(is_at_a_time(&rest[8..], " at ", "..."), "{ping}");
    }
    let topics = observer.seen().into_iter().map(|seen| seen.topic);
    let rooms: Vec<String> = topics.filter(|topic| topic.contains("/P_7/")).collect();
    assert!(rooms.iter().all(|topic| topic == "my-house/P_7/S/4/LUX") && !rooms.is_empty());
}
