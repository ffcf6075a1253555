//! Which versions of TLS are spoken, and that a session over TLS outlives what a plain one does.

use crate::certificates::{Ca, Valid};
use crate::client::{Client, options, promise};
use crate::listener::{broker_in, nothing_newer_than};
use crate::support::{Observer, Proxy};
use crate::{broker, send, told};
use mqtt_thing::mqtt::{Access, BrokerUrl, Endpoint, Receipt};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// Whether a client of OpenSSL's own gets a session of that version there.
fn speaks(port: u16, version: &str) -> Option<bool> {
    let asked = Command::new("openssl")
        .args(["s_client", "-connect", &format!("127.0.0.1:{port}")])
        .args([version, "-cipher", "DEFAULT:@SECLEVEL=0"])
        .stdin(Stdio::null())
        .output();
    let Ok(asked) = asked else {
        crate::support::skipped("openssl");
        return None;
    };
    Some(asked.status.success())
}

/// Sends with nothing more than the CA.
fn sent(port: u16, ca: &Ca, folder: &Path) -> std::process::Output {
    let url = format!("mqtts://127.0.0.1:{port}");
    send(&url, folder, &["--ca-file", ca.file.to_str().unwrap()])
}

#[test]
fn a_broker_that_speaks_nothing_newer_than_tls_1_2_is_good_enough() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let ca = Ca::new(dir, "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let (name, value) = nothing_newer_than(dir, "TLSv1.2");
    let Some((_mosquitto, port)) = broker_in(&[(name, &value)], &server, "") else {
        return;
    };
    let Some(newer) = speaks(port, "-tls1_3") else {
        return;
    };
    assert!(!newer, "or this proves nothing");
    let output = sent(port, &ca, dir);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn a_broker_that_speaks_nothing_older_than_tls_1_3_is_understood() {
    let folder = TempDir::new().unwrap();
    let ca = Ca::new(folder.path(), "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let Some((_mosquitto, port)) = broker(&server, "tls_version tlsv1.3") else {
        return;
    };
    let Some(older) = speaks(port, "-tls1_2") else {
        return;
    };
    assert!(!older, "or this proves nothing");
    let output = sent(port, &ca, folder.path());
    assert_eq!(output.status.code(), Some(0), "{}", told(&output));
}

#[test]
fn a_broker_that_speaks_nothing_newer_than_tls_1_1_is_refused_in_words() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let ca = Ca::new(dir, "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let (name, value) = nothing_newer_than(dir, "TLSv1.1");
    let environment = [(name, value.as_str())];
    let Some((_mosquitto, port)) = broker_in(&environment, &server, "tls_version tlsv1.1") else {
        return;
    };
    let Some(old) = speaks(port, "-tls1_1") else {
        return;
    };
    assert!(old, "or this proves nothing");
    let output = sent(port, &ca, dir);
    let told = told(&output);
    assert_eq!(output.status.code(), Some(125), "{told}");
    let words = "the broker speaks neither TLS 1.2 nor TLS 1.3";
    assert!(told.contains(words), "{told}");
}

/// The broker that comes back has forgotten the tickets by which a handshake is shortened.
#[test]
fn a_session_over_tls_outlives_a_cut_connection_and_a_new_broker_as_a_plain_one_does() {
    let folder = TempDir::new().unwrap();
    let dir = folder.path();
    let ca = Ca::new(dir, "ours");
    let server = ca.server("server", &["127.0.0.1"], Valid::Now);
    let mine = ca.client("mine", Valid::Now);
    let demand = format!("cafile {}\nrequire_certificate true", ca.file.display());
    let trusting = Access {
        ca_file: Some(ca.file.clone()),
        ..Access::default()
    };
    let known = Access {
        cert_file: Some(mine.cert),
        key_file: Some(mine.key),
        ..trusting.clone()
    };
    for (scheme, access, more) in [
        ("mqtt", Access::default(), ""),
        ("mqtts", trusting, ""),
        ("mqtts", known, demand.as_str()),
    ] {
        let Some((mut mosquitto, tls)) = broker(&server, more) else {
            return;
        };
        let port = match scheme {
            "mqtt" => mosquitto.port(),
            _ => tls,
        };
        let proxy = Proxy::to(port);
        let url: BrokerUrl = format!("{scheme}://127.0.0.1:{}", proxy.port())
            .parse()
            .unwrap();
        let endpoint: Endpoint = access.endpoint(url, None, None).unwrap();
        let mut options = options("mqtt://127.0.0.1", "thing");
        options.broker = endpoint;
        let observer = Observer::start(&mosquitto, "thing/#");
        let client = Client::connected(options);
        let deliver = |number: u64| {
            let message = promise("thing/responses", number.to_string());
            client.outbox.promise(message, Receipt(number)).unwrap();
            assert_eq!(client.wait_delivered(), number, "{scheme} {more}");
            observer.wait_for("thing/responses", &number.to_string());
        };
        deliver(1);
        proxy.cut();
        client.wait_disconnected();
        client.wait_connected();
        deliver(2);
        mosquitto.restart();
        client.wait_disconnected();
        observer.wait_subscribed(2);
        deliver(3);
        // a cable is pulled: nothing ends, and nothing comes
        proxy.freeze();
        client.wait_disconnected();
        proxy.thaw();
        deliver(4);
    }
}
