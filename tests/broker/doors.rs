//! Who comes in, and who does not.

use crate::client::{Client, Refused, Who, plain, tls};
use crate::lab::{LAB, Lab, now, trusting};
use crate::support::{mqtt_thing, well};
use mqtt_thing::broker::set_up::Authority;
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConnection, version};

const DAY: Duration = Duration::from_secs(86_400);
/// CONNACK: bad user name or password, or not authorised (MQTT 3.1.1, section 3.2.2.3).
const NOT_YOU: [u8; 2] = [4, 5];

fn code(outcome: Result<Client, Refused>) -> u8 {
    match outcome {
        Err(Refused::Code(code)) => code,
        Err(Refused::Wire(error)) => panic!("refused before CONNACK: {error}"),
        Ok(_) => 0,
    }
}

fn is_shut(outcome: Result<Client, Refused>) -> bool {
    matches!(outcome, Err(Refused::Wire(_)))
}

#[test]
fn nobody_comes_in_without_a_name_and_its_password() {
    let Some(lab) = Lab::new(LAB) else { return };
    let inner = lab.issued("10.0.0.1");
    let who = |user, password| Who {
        client_id: "10.0.0.1",
        user,
        password,
    };
    let right = lab.password("10.0.0.1");
    let others = lab.password("pi-2.lab");
    for (user, password) in [
        (None, None),
        (Some("10.0.0.1"), None),
        (Some("10.0.0.1"), Some("")),
        (Some("10.0.0.1"), Some(&*others)),
        (Some("pi-2.lab"), Some(&*right)),
        (Some("nobody"), Some(&*right)),
        (Some("root"), Some("root")),
    ] {
        let things = code(lab.enter(lab.things, Some(&inner), who(user, password)));
        assert!(NOT_YOU.contains(&things), "{user:?}: {things}");
        let people = code(lab.enter(lab.people, None, who(user, password)));
        assert!(NOT_YOU.contains(&people), "{user:?}: {people}");
    }
    let there = who(Some("10.0.0.1"), Some(&right));
    assert_eq!(code(lab.enter(lab.things, Some(&inner), there)), 0);
    // each listener has accounts of its own
    assert!(NOT_YOU.contains(&code(lab.enter(lab.people, None, there))));
    let password = lab.password("operator");
    let operator = who(Some("operator"), Some(&password));
    assert_eq!(code(lab.enter(lab.people, None, operator)), 0);
    let own = lab.issued("operator");
    let at_things = code(lab.enter(lab.things, Some(&own), operator));
    assert!(NOT_YOU.contains(&at_things), "{at_things}");
    for port in [lab.things, lab.people] {
        let outcome = Client::connect(plain(port).unwrap(), there);
        assert!(is_shut(outcome), "not without TLS");
    }
}

#[test]
fn a_thing_needs_a_certificate_of_this_ca_that_lasts_and_is_a_clients() {
    let Some(lab) = Lab::new(LAB) else { return };
    let password = lab.password("10.0.0.1");
    let who = Who {
        client_id: "10.0.0.1",
        user: Some("10.0.0.1"),
        password: Some(&password),
    };
    let ca = lab.authority();
    let (foreign, _) = Authority::new(now()).unwrap();
    let names = ["10.0.0.1".to_owned()];
    let good = ca.client("10.0.0.1", 1, now()).unwrap();
    assert!(lab.enter(lab.things, Some(&good), who).is_ok());
    let wrong = [
        ("none", None),
        (
            "another CA's",
            Some(foreign.client("10.0.0.1", 9, now()).unwrap()),
        ),
        (
            "ended",
            Some(ca.client("10.0.0.1", 1, now() - DAY * 3).unwrap()),
        ),
        (
            "not begun",
            Some(ca.client("10.0.0.1", 9, now() + DAY * 3).unwrap()),
        ),
        ("a server's", Some(ca.server(&names, 9, now()).unwrap())),
    ];
    for (what, certificate) in &wrong {
        let outcome = lab.enter(lab.things, certificate.as_ref(), who);
        assert!(is_shut(outcome), "{what}");
    }
}

#[test]
fn a_client_goes_to_no_broker_of_another_name_or_ca() {
    let Some(lab) = Lab::new(LAB) else { return };
    let password = lab.password("operator");
    let who = Who {
        client_id: "o",
        user: Some("operator"),
        password: Some(&password),
    };
    let good = || trusting(&lab.file("ca/ca.crt"), None, &[&version::TLS13]);
    for name in ["broker.lab", "localhost", "127.0.0.1", "::1"] {
        let wire = tls(lab.people, name, good()).unwrap();
        assert!(Client::connect(wire, who).is_ok(), "{name}");
    }
    let wire = tls(lab.people, "broker.lab.example.org", good()).unwrap();
    assert!(is_shut(Client::connect(wire, who)));
    let (foreign, _) = Authority::new(now()).unwrap();
    let other = lab.file("foreign.crt");
    std::fs::write(&other, foreign.certificate()).unwrap();
    let config = trusting(&other, None, &[&version::TLS13]);
    let wire = tls(lab.people, "localhost", config).unwrap();
    assert!(is_shut(Client::connect(wire, who)));
    let config = trusting(&lab.file("ca/ca.crt"), None, &[&version::TLS12]);
    let wire = tls(lab.people, "localhost", config).unwrap();
    assert!(Client::connect(wire, who).is_ok(), "TLS 1.2 is enough");
}

#[test]
fn no_thing_takes_the_place_of_another() {
    let Some(lab) = Lab::new(LAB) else { return };
    let mut inner = lab.connect("10.0.0.1").unwrap();
    let mut outer = lab.connect_as("pi-2.lab", "10.0.0.1").unwrap();
    assert!(inner.is_there(), "it is not thrown out");
    assert!(outer.is_there());
    // what it really is: the account whose password it has
    let mut again = lab.connect("pi-2.lab").unwrap();
    assert!(again.is_there());
    assert!(!outer.is_there(), "its own place is taken by itself");
    let mut one = lab.connect_as("operator", "a").unwrap();
    let mut two = lab.connect_as("operator", "b").unwrap();
    assert!(
        one.is_there() && two.is_there(),
        "people come several times"
    );
    // README.txt says so: a person is trusted not to do that
    let mut inner = lab.connect("10.0.0.1").unwrap();
    let _operator = lab.connect_as("operator", "10.0.0.1").unwrap();
    assert!(!inner.is_there());
}

#[test]
fn mosquittos_own_client_comes_in_with_what_is_in_the_folder() {
    let Some(lab) = Lab::new(LAB) else { return };
    let home = tempfile::tempdir().unwrap();
    for user in ["10.0.0.1", "operator"] {
        let at = |file: &str| {
            lab.file(&format!("clients/{user}/{file}"))
                .display()
                .to_string()
        };
        let (topic, port) = match lab.is_thing(user) {
            true => ("10.0.0.1/about", lab.things),
            false => ("pi-2.lab/actuators/relay0/set", lab.people),
        };
        let mut options = format!(
            "-h localhost\n-p {port}\n-u {user}\n-P {}\n--cafile {}\n",
            lab.password(user),
            at("ca.crt")
        );
        if lab.is_thing(user) {
            options.push_str(&format!(
                "--cert {}\n--key {}\n",
                at("client.crt"),
                at("client.key")
            ));
        }
        std::fs::write(home.path().join("mosquitto_pub"), options).unwrap();
        let mut witness = lab.witness();
        witness.subscribe(&[topic]);
        let output = Command::new("mosquitto_pub")
            .env("XDG_CONFIG_HOME", home.path())
            .args(["-q", "1", "-t", topic, "-m", "hello"])
            .output();
        let Ok(output) = output else {
            return crate::support::skipped("mosquitto-clients");
        };
        assert!(output.status.success(), "{output:?}");
        witness.settle();
        assert_eq!(witness.take(), [(topic.to_owned(), "hello".to_owned())]);
    }
}

/// The certificate that the broker shows.
fn shown_by_the_broker(lab: &Lab) -> CertificateDer<'static> {
    let config = trusting(&lab.file("ca/ca.crt"), None, &[&version::TLS13]);
    let name = ServerName::try_from("localhost").unwrap();
    let mut session = ClientConnection::new(config, name).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", lab.people)).unwrap();
    while session.is_handshaking() {
        session.complete_io(&mut stream).unwrap();
    }
    session.peer_certificates().unwrap()[0].clone().into_owned()
}

fn x509(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

#[test]
fn new_certificates_are_taken_at_a_reload_and_nobody_is_thrown_out() {
    let Some(lab) = Lab::new(LAB) else { return };
    let mut inner = lab.connect("10.0.0.1").unwrap();
    let before = lab.issued("10.0.0.1");
    let server = x509(&lab.file("broker/server.crt"));
    assert_eq!(shown_by_the_broker(&lab), server);
    well(&mqtt_thing(&[
        "broker",
        "cert",
        "renew",
        lab.set_up.to_str().unwrap(),
    ]));
    assert_ne!(x509(&lab.file("broker/server.crt")), server);
    let after = lab.issued("10.0.0.1");
    assert_ne!(after.certificate, before.certificate);
    assert_ne!(after.key, before.key);
    let pid = rustix::process::Pid::from_raw(i32::try_from(lab.broker.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    let reloaded = lab.broker.log.wait(crate::support::LIMIT, |lines| {
        lines
            .iter()
            .any(|(_, line)| line.contains("Reloading config"))
            .then_some(())
    });
    assert!(reloaded.is_some(), "{:?}", lab.broker.log.all());
    // it answers what came before the signal first
    assert!(inner.is_there());
    let mut outer = lab.connect("pi-2.lab").unwrap();
    assert!(outer.is_there(), "{:?}", lab.broker.log.all());
    assert_eq!(
        shown_by_the_broker(&lab),
        x509(&lab.file("broker/server.crt"))
    );
    drop(inner);
    assert!(lab.connect("10.0.0.1").unwrap().is_there());
}
