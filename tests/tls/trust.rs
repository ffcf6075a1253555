//! Whom we trust, and who trusts us.

use crate::certificates::{Ca, Pair, Valid};
use crate::{broker, send, told};
use tempfile::TempDir;

fn text(path: &std::path::Path) -> &str {
    path.to_str().unwrap()
}

fn client(pair: &Pair) -> [&str; 4] {
    [
        "--cert-file",
        text(&pair.cert),
        "--key-file",
        text(&pair.key),
    ]
}

#[test]
fn a_broker_is_believed_only_with_the_right_ca_name_and_time() {
    let folder = TempDir::new().unwrap();
    let (ours, foreign) = (
        Ca::new(folder.path(), "ours"),
        Ca::new(folder.path(), "foreign"),
    );
    let here = ["127.0.0.1", "localhost"];
    let ca = |ca: &Ca| vec!["--ca-file".to_owned(), text(&ca.file).to_owned()];
    let rows = [
        (ours.server("right", &here, Valid::Now), ca(&ours), Ok(())),
        (
            ours.server("right-2", &here, Valid::Now),
            ca(&foreign),
            Err("not vouched for by the CA that is trusted here"),
        ),
        (
            ours.server("right-3", &here, Valid::Now),
            vec![],
            Err("not vouched for by the CA that is trusted here"),
        ),
        (
            ours.server("name", &["broker.lab"], Valid::Now),
            ca(&ours),
            Err("is not for `127.0.0.1` but for"),
        ),
        (
            ours.server("expired", &here, Valid::InThePast),
            ca(&ours),
            Err("has expired, or this machine's clock is wrong"),
        ),
        (
            ours.server("early", &here, Valid::InTheFuture),
            ca(&ours),
            Err("is not valid yet"),
        ),
        (
            ours.server("any", &["broker.lab"], Valid::InThePast),
            vec!["--dangerously-accept-any-certificate".to_owned()],
            Ok(()),
        ),
    ];
    for (server, arguments, expected) in rows {
        let Some((_mosquitto, port)) = broker(&server, "") else {
            return;
        };
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let url = format!("mqtts://127.0.0.1:{port}");
        let output = send(&url, folder.path(), &arguments);
        let told = told(&output);
        match expected {
            Ok(()) => assert_eq!(output.status.code(), Some(0), "{told}"),
            Err(words) => {
                assert_eq!(output.status.code(), Some(125), "{told}");
                assert!(told.contains(words), "{words}:\n{told}");
            }
        }
        let dangerous = arguments.contains(&"--dangerously-accept-any-certificate");
        assert_eq!(told.contains("DANGER"), dangerous, "{told}");
    }
}

#[test]
fn a_broker_that_asks_for_a_client_certificate_gets_ours_and_no_other_does() {
    let folder = TempDir::new().unwrap();
    let (ours, foreign) = (
        Ca::new(folder.path(), "ours"),
        Ca::new(folder.path(), "foreign"),
    );
    let server = ours.server("server", &["127.0.0.1", "::1"], Valid::Now);
    let more = format!("cafile {}\nrequire_certificate true", text(&ours.file));
    let Some((_mosquitto, port)) = broker(&server, &more) else {
        return;
    };
    let mine = ours.client("mine", Valid::Now);
    let stranger = foreign.client("stranger", Valid::Now);
    let old = ours.client("old", Valid::InThePast);
    let crossed = Pair {
        cert: mine.cert.clone(),
        key: old.key.clone(),
    };
    let rows: [(Vec<&str>, Result<(), &str>); 6] = [
        (client(&mine).into(), Ok(())),
        (vec![], Err("client certificate")),
        (client(&stranger).into(), Err("client certificate")),
        (client(&old).into(), Err("client certificate")),
        (client(&crossed).into(), Err("are no pair that can be used")),
        (
            client(&mine)[..2].into(),
            Err("cert_file is given without key_file"),
        ),
    ];
    for (mut arguments, expected) in rows {
        arguments.extend(["--ca-file", text(&ours.file)]);
        let output = send(
            &format!("mqtts://127.0.0.1:{port}"),
            folder.path(),
            &arguments,
        );
        let told = told(&output);
        match expected {
            Ok(()) => assert_eq!(output.status.code(), Some(0), "{told}"),
            Err(words) => assert!(
                output.status.code() != Some(0) && told.contains(words),
                "{words}:\n{told}"
            ),
        }
    }
}

#[test]
fn the_two_kinds_of_port_are_told_apart() {
    let folder = TempDir::new().unwrap();
    let ca = Ca::new(folder.path(), "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let Some((mosquitto, port)) = broker(&server, "") else {
        return;
    };
    let plain = format!("mqtts://127.0.0.1:{}", mosquitto.port());
    let output = send(&plain, folder.path(), &["--ca-file", text(&ca.file)]);
    assert_eq!(output.status.code(), Some(125), "{}", told(&output));
    let output = send(&format!("mqtt://127.0.0.1:{port}"), folder.path(), &[]);
    assert_eq!(output.status.code(), Some(125), "{}", told(&output));
    let wrong = ["--ca-file", text(&ca.file)];
    let output = send(&mosquitto.url(), folder.path(), &wrong);
    assert!(
        told(&output).contains("ca_file is for TLS"),
        "{}",
        told(&output)
    );
}

#[cfg(feature = "websockets")]
#[test]
fn websockets_carry_the_same_with_and_without_tls() {
    let folder = TempDir::new().unwrap();
    let ca = Ca::new(folder.path(), "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let port = crate::support::free_port();
    let more = format!("protocol websockets\nlistener {port} 127.0.0.1\nprotocol websockets");
    let Some((mosquitto, tls)) = broker(&server, &more) else {
        return;
    };
    let log = mosquitto;
    for (url, arguments) in [
        (
            format!("wss://127.0.0.1:{tls}"),
            vec!["--ca-file", text(&ca.file)],
        ),
        (format!("ws://127.0.0.1:{port}/mqtt"), vec![]),
    ] {
        let output = send(&url, folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{url}: {}", told(&output));
    }
    drop(log);
}
