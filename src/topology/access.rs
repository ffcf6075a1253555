//! Reads what lets us in at the broker: `username`, `password_file`, `ca_file`, `cert_file`, `key_file`. Names of files
//! only; they are looked at when it is connected, since they stand on the Pi and not where the file is written.

use super::findings::{Findings, Rule};
use super::section::{Item, Placed, Section};
use crate::model::{Mistake, Place};
use crate::mqtt::{Access, BrokerUrl};
use std::path::PathBuf;

const ANY: &str = "dangerously_accept_any_certificate";

/// Reads the keys of a table. `url` is the broker's, if that could be read.
pub(super) fn read(
    section: &mut Section<'_>,
    url: Option<&BrokerUrl>,
    findings: &mut Findings<'_>,
) -> Access {
    let mut text = |key: &'static str| {
        let item = section.take(key)?;
        filled(&item, findings)
    };
    let written = Written {
        username: text("username"),
        password_file: text("password_file"),
        ca_file: text("ca_file"),
        cert_file: text("cert_file"),
        key_file: text("key_file"),
        any: section.take(ANY).and_then(|item| {
            let value = item.boolean(findings)?;
            let place = item.key.place;
            value.then_some(Placed { value, place })
        }),
    };
    written.checked(url, findings)
}

/// What is written, each with its place.
#[derive(Debug, Default)]
pub(super) struct Written {
    pub(super) username: Option<Placed<String>>,
    pub(super) password_file: Option<Placed<String>>,
    pub(super) ca_file: Option<Placed<String>>,
    pub(super) cert_file: Option<Placed<String>>,
    pub(super) key_file: Option<Placed<String>>,
    pub(super) any: Option<Placed<bool>>,
}

impl Written {
    /// Whether it fits together. What does not is told.
    pub(super) fn checked(self, url: Option<&BrokerUrl>, findings: &mut Findings<'_>) -> Access {
        self.pair(findings);
        self.trust(findings);
        if let Some(url) = url.filter(|url| !url.is_tls()) {
            self.without_tls(url, findings);
        }
        let value = |placed: Option<Placed<String>>| placed.map(|placed| placed.value);
        let path = |placed| value(placed).map(PathBuf::from);
        Access {
            username: value(self.username),
            password_file: path(self.password_file),
            ca_file: path(self.ca_file),
            cert_file: path(self.cert_file),
            key_file: path(self.key_file),
            dangerously_accept_any_certificate: self.any.is_some(),
        }
    }

    fn pair(&self, findings: &mut Findings<'_>) {
        let (alone, given, missing) = match (&self.cert_file, &self.key_file) {
            (Some(cert), None) => (cert, "cert_file", "key_file"),
            (None, Some(key)) => (key, "key_file", "cert_file"),
            _ => return,
        };
        let message = format!("`{given}` stands without `{missing}`");
        let mistake = Mistake::new(alone.place.clone(), message)
            .help("a client's certificate takes both: the certificate, and the key that proves that it is ours");
        findings.refuse(Rule::CertificateHalf, mistake);
    }

    fn trust(&self, findings: &mut Findings<'_>) {
        let Some(any) = &self.any else { return };
        let mistake = |message: &str| Mistake::new(any.place.clone(), message);
        if self.ca_file.is_some() {
            let mistake = mistake("a CA is named, and it is said that any certificate is accepted")
                .help("leave out one of the two; `ca_file` is the safe one");
            findings.refuse(Rule::CaAndAnyCertificate, mistake);
        } else {
            let mistake = mistake(
                "whoever answers is taken for the broker: anybody on the way can read and change everything",
            )
            .help("name the broker's CA with `ca_file` instead");
            findings.warn(Rule::AnyCertificate, mistake);
        }
    }

    fn without_tls(&self, url: &BrokerUrl, findings: &mut Findings<'_>) {
        let place = |placed: &Option<Placed<String>>| placed.as_ref().map(|it| it.place.clone());
        let tls: [(&str, Option<Place>); 3] = [
            ("ca_file", place(&self.ca_file)),
            ("cert_file", place(&self.cert_file)),
            (ANY, self.any.as_ref().map(|any| any.place.clone())),
        ];
        for (key, place) in tls {
            let Some(place) = place else { continue };
            let message = format!("`{key}` is for TLS, and the broker {url} is reached without");
            let mistake = Mistake::new(place, message)
                .help(format!("write url = \"mqtts://{}\"", url.host()));
            findings.refuse(Rule::TlsKeyWithoutTls, mistake);
        }
        if let Some(password) = self.password_file.as_ref().filter(|_| !url.is_loopback()) {
            let message = "the password goes to the broker readable by everybody on the way";
            let mistake = Mistake::new(password.place.clone(), message).help(format!(
                "with TLS nobody can: url = \"mqtts://{}\"",
                url.host()
            ));
            findings.warn(Rule::PasswordReadable, mistake);
        }
    }
}

fn filled(item: &Item<'_>, findings: &mut Findings<'_>) -> Option<Placed<String>> {
    let text = item.text(findings)?;
    if text.is_empty() || text.chars().any(char::is_control) {
        let message = format!("`{}` is empty or has control characters", item.key.value);
        findings.refuse(
            Rule::AccessEmpty,
            item.mistake(message).help("leave it out, or fill it in"),
        );
        return None;
    }
    Some(Placed {
        value: text.to_owned(),
        place: item.place.clone(),
    })
}
