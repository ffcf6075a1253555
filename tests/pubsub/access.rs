//! Who is let in, and by which way.

use crate::certificates::{Ca, Valid};
use crate::support::{FakeBroker, fake_broker};
#[cfg(feature = "websockets")]
use crate::support::{Mosquitto, free_port};
use crate::{Process, at, listener, name, run};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A password in a file that nobody else may read.
fn secret(folder: &Path, password: &str) -> String {
    let path = folder.join(format!("{password}.secret"));
    std::fs::write(&path, format!("{password}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn over_tls_with_a_password_it_goes_both_ways_and_otherwise_it_is_said_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let users = folder.path().join("users");
    let made = Command::new("mosquitto_passwd")
        .args(["-c", "-b", users.to_str().unwrap(), "alice", "wonderland"])
        .status();
    if !made.is_ok_and(|status| status.success()) {
        crate::support::skipped("mosquitto");
        return;
    }
    let ca = Ca::new(folder.path(), "ca");
    let pair = ca.server("server", &["localhost", "127.0.0.1"], Valid::Now);
    let lines = format!("password_file {}\nallow_anonymous false", users.display());
    let Some((broker, port)) = listener::broker(&pair, &lines) else {
        return;
    };
    let url = format!("mqtts://localhost:{port}");
    let (right, wrong) = (
        secret(folder.path(), "wonderland"),
        secret(folder.path(), "underland"),
    );
    let ca = ca.file.to_str().unwrap().to_owned();
    let login = |password: &str| {
        [
            "--ca-file",
            &ca,
            "--username",
            "alice",
            "--password-file",
            password,
        ]
        .map(str::to_owned)
    };
    let with = |arguments: &[&str], login: &[String]| {
        let mut command = at(&url, arguments);
        command.args(login);
        command
    };
    let me = name();
    let all = [
        "sub", "a/#", "-q", "2", "-1", "-i", &me, "--for", "60", "--raw",
    ];
    let heard = Process::start(&mut with(&all, &login(&right)));
    broker.wait_log(&format!("Sending SUBACK to {me}"));
    let payload: Vec<u8> = crate::everyday::all_bytes().repeat(2048);
    let sending = with(&["pub", "a/b", "--stdin", "-q", "2"], &login(&right));
    run(sending, &payload).well();
    assert!(heard.end().well().out == payload, "a mebibyte over TLS");
    for (login, words) in [
        (&login(&wrong)[..], "refused: not authorised (code 5)"),
        (&login(&right)[..2], "refused: not authorised (code 5)"),
        (
            &login(&right)[2..],
            "not vouched for by the CA that is trusted here",
        ),
    ] {
        for arguments in [&["pub", "a", "x"][..], &["sub", "a"]] {
            let ended = run(with(arguments, login), b"");
            assert_eq!(ended.status.code(), Some(1));
            assert!(ended.err.contains(words), "no {words} in {}", ended.err);
        }
    }
}

#[test]
fn a_refused_subscription_is_an_error_with_its_filter() {
    let broker = FakeBroker::start(|packet| match packet.kind {
        fake_broker::SUBSCRIBE => fake_broker::suback(packet.id(), &[0, 0x80, 0x80]),
        _ => fake_broker::polite(packet),
    });
    let ended = run(
        at(&broker.url(), &["sub", "a", "secret/#", "b", "-q", "1"]),
        b"",
    );
    assert_eq!(ended.status.code(), Some(1));
    let told = "the broker refuses to let us subscribe to `secret/#`, `b`";
    assert!(ended.err.contains(told), "{}", ended.err);
}

#[test]
fn a_lower_quality_of_service_than_asked_for_is_told() {
    let broker = FakeBroker::start(|packet| match packet.kind {
        fake_broker::SUBSCRIBE => fake_broker::suback(packet.id(), &[1]),
        _ => fake_broker::polite(packet),
    });
    let all = ["sub", "a", "-q", "2", "--for", "0.5"];
    let told = "the broker grants QoS 1 for `a`, not 2";
    let err = run(at(&broker.url(), &all), b"").err;
    assert!(err.contains(told), "{err}");
}

#[cfg(feature = "websockets")]
#[test]
fn by_a_web_socket_it_goes_both_ways() {
    let port = free_port();
    let lines = format!("listener {port} 127.0.0.1\nprotocol websockets");
    let Some(broker) = Mosquitto::start_with(&lines) else {
        return;
    };
    let url = format!("ws://127.0.0.1:{port}");
    let me = name();
    let all = [
        "sub", "a", "-q", "2", "-C", "2", "-i", &me, "--for", "60", "--raw",
    ];
    let heard = Process::start(&mut at(&url, &all));
    broker.wait_log(&format!("Sending SUBACK to {me}"));
    let payload: Vec<u8> = crate::everyday::all_bytes().repeat(500);
    for _ in 0..2 {
        let sent = at(&url, &["pub", "a", "--stdin", "-q", "2"]);
        run(sent, &payload).well();
    }
    assert!(heard.end().well().out == payload.repeat(2));
}
