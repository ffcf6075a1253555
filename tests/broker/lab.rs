//! A set-up that `mqtt-thing broker init` wrote, on a Mosquitto that takes it as it is written.

use crate::client::{Client, Refused, Who, tls};
use crate::live::Live;
use crate::support::broker_init;
use mqtt_thing::broker::set_up::{Authority, Issued};
use mqtt_thing::system::Secret;
use mqtt_thing::topology::rights::{self, Account};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

/// One of everything: sensors, also in a room, actuators, what the courses have, an executor with the governor's face, and a stranger who is followed.
pub const LAB: &str = r#"
[broker]
url = "mqtt://broker.lab"

[home_assistant]
discovery = true

[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
led0 = { kind = "led", port = "D4", follows = "inner/button0" }

[things.outer]
address = "pi-2.lab"
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = ["inner/button0", "172.16.32.99/sensors/button0"] }
led1 = { kind = "led", port = "D5", follows = "inner/rotary0" }
relay0 = { kind = "relay", port = "D2" }
clock0 = { kind = "clock" }
heartbeat0 = { kind = "heartbeat" }
echo0 = { kind = "echo" }
vibration0 = { kind = "vibration", port = "A0", room = "house/P_7/S/4" }
[things.outer.resources.executor0]
kind = "executor"
allow = ["echo *"]
governor = true
"#;

pub struct Lab {
    _folder: TempDir,
    pub set_up: PathBuf,
    pub topology: PathBuf,
    pub accounts: Vec<Account>,
    pub things: u16,
    pub people: u16,
    /// A listener of the test alone, where everybody may do everything.
    pub back: u16,
    pub broker: Live,
}

impl Lab {
    /// `None` if there is no Mosquitto.
    pub fn new(topology: &str) -> Option<Self> {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("lab.toml");
        std::fs::write(&file, topology).unwrap();
        let mut tries = 0;
        let (broker, [things, people, back], set_up) = Live::with_ports(|ports| {
            tries += 1;
            let set_up = folder.path().join(format!("set-up-{tries}"));
            init(&file, &set_up, ports);
            (with_back_door(folder.path(), &set_up, ports[2]), set_up)
        })?;
        let parsed = mqtt_thing::topology::parse(topology).unwrap();
        Some(Self {
            _folder: folder,
            set_up,
            topology: file,
            accounts: rights::derive(&parsed).unwrap(),
            things,
            people,
            back,
            broker,
        })
    }

    pub fn file(&self, path: &str) -> PathBuf {
        self.set_up.join(path)
    }

    pub fn password(&self, user: &str) -> String {
        let path = self.file(&format!("clients/{user}/password"));
        std::fs::read_to_string(path).unwrap().trim_end().to_owned()
    }

    /// The CA of this set-up, which gives what it is asked for.
    pub fn authority(&self) -> Authority {
        let key = std::fs::read(self.file("ca/ca.key")).unwrap();
        let certificate = std::fs::read_to_string(self.file("ca/ca.crt")).unwrap();
        Authority::load(&Secret::new(key), &certificate).unwrap()
    }

    /// The client certificate of an account.
    pub fn issued(&self, user: &str) -> Issued {
        let path = |file| self.file(&format!("clients/{user}/{file}"));
        Issued {
            certificate: std::fs::read_to_string(path("client.crt")).unwrap(),
            key: Secret::new(std::fs::read(path("client.key")).unwrap()),
        }
    }

    pub fn is_thing(&self, user: &str) -> bool {
        let mut all = self.accounts.iter();
        all.any(|its| its.user == user && matches!(its.who, rights::Who::Thing { .. }))
    }

    /// Connects as that account, as it is meant.
    pub fn connect(&self, user: &str) -> Result<Client, Refused> {
        self.connect_as(user, user)
    }

    /// Connects under any client id.
    pub fn connect_as(&self, user: &str, client_id: &str) -> Result<Client, Refused> {
        let (port, own) = match self.is_thing(user) {
            true => (self.things, Some(self.issued(user))),
            false => (self.people, None),
        };
        let password = self.password(user);
        let who = Who {
            client_id,
            user: Some(user),
            password: Some(&password),
        };
        self.enter(port, own.as_ref(), who)
    }

    /// Connects by any port with any certificate.
    pub fn enter(&self, port: u16, own: Option<&Issued>, who: Who<'_>) -> Result<Client, Refused> {
        let config = trusting(&self.file("ca/ca.crt"), own, &[&version::TLS13]);
        Client::connect(tls(port, "localhost", config)?, who)
    }

    /// Somebody who sees and does everything, by the back door.
    pub fn witness(&self) -> Client {
        Client::anonymous(self.back, "witness")
    }
}

pub fn init(topology: &Path, set_up: &Path, [things, people, _]: [u16; 3]) -> String {
    broker_init(topology, set_up, things, people)
}

/// The configuration, and behind it a door for the test. `user` is for tests that run as root: Mosquitto would become
/// another user, who may not read what is ours.
fn with_back_door(folder: &Path, set_up: &Path, port: u16) -> PathBuf {
    let written = std::fs::read_to_string(set_up.join("broker/mosquitto.conf")).unwrap();
    let path = folder.join("mosquitto.conf");
    let text = format!(
        "user root\nlog_type all\n{written}listener {port} 127.0.0.1\nallow_anonymous true\n"
    );
    // that has to stand first, and it does not matter to it who the user is
    std::fs::write(&path, text).unwrap();
    path
}

/// A client that trusts this CA, with a certificate of its own or without.
pub fn trusting(
    ca: &Path,
    own: Option<&Issued>,
    versions: &[&'static SupportedProtocolVersion],
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca).unwrap() {
        roots.add(certificate.unwrap()).unwrap();
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    Arc::new(match own {
        None => builder.with_no_client_auth(),
        Some(own) => {
            let chain = CertificateDer::pem_slice_iter(own.certificate.as_bytes())
                .map(Result::unwrap)
                .collect();
            let key = PrivateKeyDer::from_pem_slice(own.key.expose()).unwrap();
            builder.with_client_auth_cert(chain, key).unwrap()
        }
    })
}

pub fn now() -> SystemTime {
    SystemTime::now()
}
