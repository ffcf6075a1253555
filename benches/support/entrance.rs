//! How a program gets to the broker that it is measured with: over plain TCP, or over TLS.

use crate::certificates::{Ca, Valid};
use crate::listener::{broker_in, nothing_newer_than};
use crate::support::{Mosquitto, free_port};
use mqtt_thing::mqtt::{Access, Endpoint};
use std::path::Path;

/// Where the broker is for a program, and what that shows there.
#[derive(Debug, Clone)]
pub struct Entrance {
    pub scheme: &'static str,
    pub port: u16,
    pub access: Access,
}

/// A broker with every entrance.
pub struct Doors {
    pub broker: Mosquitto,
    pub plain: Entrance,
    pub tls: Entrance,
    /// TLS where the client has a certificate, too.
    pub mutual: Entrance,
}

/// A broker, and where ours go in.
pub fn start(lines: &str, folder: &Path, tls: bool) -> Option<(Mosquitto, Entrance)> {
    if tls {
        Doors::open(lines, folder, None).map(|doors| (doors.broker, doors.tls))
    } else {
        let broker = Mosquitto::start_with(lines)?;
        let plain = Entrance::plain(&broker);
        Some((broker, plain))
    }
}

impl Doors {
    /// Starts it with further lines of its configuration, and with certificates in a folder that has to stay; for
    /// OpenSSL's newest version, or for one as `TLSv1.2`.
    pub fn open(lines: &str, folder: &Path, newest: Option<&str>) -> Option<Self> {
        let ca = Ca::new(folder, "ca");
        let server = ca.server("server", &["127.0.0.1"], Valid::Now);
        let client = ca.client("client", Valid::Now);
        let (cert, key) = (server.cert.display(), server.key.display());
        let (port, ca_file) = (free_port(), ca.file.display());
        let more = format!(
            "{lines}\nlistener {port} 127.0.0.1\ncertfile {cert}\nkeyfile {key}\n\
             cafile {ca_file}\nrequire_certificate true"
        );
        let limit = newest.map(|version| nothing_newer_than(folder, version));
        let limit = limit.as_ref().map(|(name, path)| (*name, path.as_str()));
        let (broker, tls) = broker_in(limit.as_slice(), &server, &more)?;
        let known = Access {
            ca_file: Some(ca.file.clone()),
            ..Access::default()
        };
        let both = Access {
            cert_file: Some(client.cert),
            key_file: Some(client.key),
            ..known.clone()
        };
        let entrance = |port, access| Entrance {
            scheme: "mqtts",
            port,
            access,
        };
        Some(Self {
            plain: Entrance::plain(&broker),
            tls: entrance(tls, known),
            mutual: entrance(port, both),
            broker,
        })
    }
}

impl Entrance {
    pub fn plain(broker: &Mosquitto) -> Self {
        Self {
            scheme: "mqtt",
            port: broker.port(),
            access: Access::default(),
        }
    }

    /// The same by way of another port.
    pub fn through(&self, port: u16) -> Self {
        Self {
            port,
            ..self.clone()
        }
    }

    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    fn files(&self) -> impl Iterator<Item = (&'static str, String)> {
        let Access {
            ca_file,
            cert_file,
            key_file,
            ..
        } = self.access.clone();
        let files = [
            ("ca_file", ca_file),
            ("cert_file", cert_file),
            ("key_file", key_file),
        ];
        let there = |(name, path): (_, Option<std::path::PathBuf>)| {
            path.map(|path| (name, path.to_str().unwrap().to_owned()))
        };
        files.into_iter().filter_map(there)
    }

    /// As arguments of a subcommand.
    pub fn arguments(&self) -> Vec<String> {
        let mut words = vec!["--broker".to_owned(), self.url()];
        for (name, path) in self.files() {
            words.extend([format!("--{}", name.replace('_', "-")), path]);
        }
        words
    }

    /// As the `[broker]` of a topology.
    pub fn table(&self) -> String {
        let files = self
            .files()
            .map(|(name, path)| format!("{name} = {path:?}\n"));
        format!(
            "[broker]\nurl = {:?}\n{}",
            self.url(),
            files.collect::<String>()
        )
    }

    /// As what a session takes; the files are read anew, so nothing is remembered of an earlier one.
    pub fn endpoint(&self) -> Endpoint {
        let url = self.url().parse().unwrap();
        self.access.endpoint(url, None, None).unwrap()
    }
}
