//! A CA of the lab's own, and the certificates that it gives: ECDSA on P-256, for a server's names or for one client.
//!
//! Source: RFC 5280, sections 4.1.2.5 (validity), 4.2.1.3, 4.2.1.9 and 4.2.1.12 (what a key is for).

use super::{SetUpError, x509};
use crate::system::Secret;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use std::time::{Duration, SystemTime};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long the CA lasts.
const CA_DAYS: u32 = 3650;
/// How far back a certificate is valid: a Pi without a clock may be a little behind when it starts.
const BEFORE: Duration = DAY;

/// A CA with its key.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    ends: SystemTime,
}

/// A certificate and its key, both as PEM.
pub struct Issued {
    /// For everybody to see.
    pub certificate: String,
    /// For its owner alone.
    pub key: Secret,
}

impl Authority {
    /// Makes a new one, and returns it with its key as PEM.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn new(now: SystemTime) -> Result<(Self, Secret), SetUpError> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        // a name of its own: two labs' CAs are told from each other
        let mark: String = key.public_key_raw()[1..5]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        params.distinguished_name = named(&format!("mqtt-thing CA {mark}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        lasts(&mut params, now, now + DAY * CA_DAYS);
        let certificate = params.self_signed(&key)?.pem();
        let secret = Secret::new(key.serialize_pem());
        Ok((Self::from_parts(key, certificate)?, secret))
    }

    /// One that was made before.
    ///
    /// # Errors
    /// They are no key and no certificate, or do not belong together.
    pub fn load(key: &Secret, certificate: &str) -> Result<Self, SetUpError> {
        let key = std::str::from_utf8(key.expose())
            .ok()
            .and_then(|pem| KeyPair::from_pem(pem).ok());
        let key = key.ok_or_else(|| SetUpError::damaged("ca/ca.key", "it holds no private key"))?;
        let found = x509::leaf(certificate)
            .map_err(|error| SetUpError::damaged("ca/ca.crt", error.to_string()))?;
        if found.public_key != key.public_key_raw() {
            let message = "it is the certificate of another key than ca.key";
            return Err(SetUpError::damaged("ca/ca.crt", message));
        }
        Self::from_parts(key, certificate.to_owned())
    }

    fn from_parts(key: KeyPair, certificate: String) -> Result<Self, SetUpError> {
        let ends = x509::leaf(&certificate)
            .map_err(|error| SetUpError::damaged("ca/ca.crt", error.to_string()))?
            .not_after;
        Ok(Self {
            issuer: Issuer::from_ca_cert_pem(&certificate, key)?,
            certificate,
            ends,
        })
    }

    /// Its certificate, as PEM.
    #[must_use]
    pub fn certificate(&self) -> &str {
        &self.certificate
    }

    /// A certificate for a server with these names and addresses, for so many days from now.
    ///
    /// # Errors
    /// A name is none, or the system gives no random numbers.
    pub fn server(
        &self,
        names: &[String],
        days: u32,
        now: SystemTime,
    ) -> Result<Issued, SetUpError> {
        let mut params = CertificateParams::new(names)?;
        let first = names.first().map_or("broker", String::as_str);
        params.distinguished_name = named(first);
        self.issue(params, ExtendedKeyUsagePurpose::ServerAuth, days, now)
    }

    /// A certificate for the client with that user name, for so many days from now.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn client(&self, user: &str, days: u32, now: SystemTime) -> Result<Issued, SetUpError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(user);
        self.issue(params, ExtendedKeyUsagePurpose::ClientAuth, days, now)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        purpose: ExtendedKeyUsagePurpose,
        days: u32,
        now: SystemTime,
    ) -> Result<Issued, SetUpError> {
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![purpose];
        params.use_authority_key_identifier_extension = true;
        // it is worth nothing without its CA
        lasts(&mut params, now, (now + DAY * days).min(self.ends));
        let key = KeyPair::generate()?;
        Ok(Issued {
            certificate: params.signed_by(&key, &self.issuer)?.pem(),
            key: Secret::new(key.serialize_pem()),
        })
    }
}

/// Whether a private key, as PEM, is that of a certificate.
pub(super) fn belongs(key: &Secret, certificate: &x509::Certificate) -> Option<bool> {
    let pem = std::str::from_utf8(key.expose()).ok()?;
    let key = KeyPair::from_pem(pem).ok()?;
    Some(key.public_key_raw() == certificate.public_key)
}

fn named(name: &str) -> DistinguishedName {
    let mut named = DistinguishedName::new();
    named.push(DnType::CommonName, name);
    named
}

fn lasts(params: &mut CertificateParams, now: SystemTime, until: SystemTime) {
    let seconds = |at: SystemTime| {
        let since = at.duration_since(SystemTime::UNIX_EPOCH);
        Duration::from_secs(since.unwrap_or_default().as_secs())
    };
    let at = |at| rcgen::date_time_ymd(1970, 1, 1) + seconds(at);
    params.not_before = at(now.checked_sub(BEFORE).unwrap_or(SystemTime::UNIX_EPOCH));
    params.not_after = at(until);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: u32) -> SystemTime {
        SystemTime::UNIX_EPOCH + DAY * (20_000 + days)
    }

    #[test]
    fn what_a_ca_gives_says_who_it_is_for_and_how_long() {
        let (ca, key) = Authority::new(at(0)).unwrap();
        let names = ["broker.lab".to_owned(), "10.0.0.5".to_owned()];
        let server = ca.server(&names, 825, at(10)).unwrap();
        let read = x509::leaf(&server.certificate).unwrap();
        assert_eq!(read.subject, "broker.lab");
        assert_eq!(read.names, names);
        assert_eq!(read.not_before, at(9));
        assert_eq!(read.not_after, at(835));
        assert_eq!(belongs(&server.key, &read), Some(true));
        assert_eq!(belongs(&key, &read), Some(false));
        assert_eq!(belongs(&Secret::new("x"), &read), None);
        let again = Authority::load(&key, ca.certificate()).unwrap();
        let client = again.client("10.0.0.7", 30, at(3640)).unwrap();
        let read = x509::leaf(&client.certificate).unwrap();
        assert_eq!(read.subject, "10.0.0.7");
        assert_eq!(read.not_after, at(3650), "not beyond the CA's end");
    }

    #[test]
    fn a_ca_with_another_key_is_refused() {
        let (one, _) = Authority::new(at(0)).unwrap();
        let (_, key) = Authority::new(at(0)).unwrap();
        let Err(error) = Authority::load(&key, one.certificate()) else {
            panic!("loaded");
        };
        assert_eq!(
            error.to_string(),
            "the set-up is damaged: ca/ca.crt: it is the certificate of another key than ca.key"
        );
    }
}
