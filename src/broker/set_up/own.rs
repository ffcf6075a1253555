//! A server certificate that somebody else gave: the site's own CA, or certbot.

use super::folder::{Files, OPEN, SECRET};
use super::{SetUpError, Settings, authority, place, x509};
use crate::system::{Secret, read_secret};
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The largest file with certificates, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// The files of such a certificate.
#[derive(Debug, Clone)]
pub struct OwnCertificate {
    /// The certificate, those of the CAs between may follow. PEM.
    pub certificate: PathBuf,
    /// Its key. PEM.
    pub key: PathBuf,
    /// The CA that vouches for it; the system's list when absent. PEM.
    pub ca: Option<PathBuf>,
}

/// A certificate that was read and fits.
pub(super) struct Checked {
    certificate: String,
    key: Secret,
    ca: Option<String>,
}

impl OwnCertificate {
    /// Reads it: it has to belong to its key, to be for the broker's host, and to last.
    pub(super) fn read(&self, settings: &Settings, now: SystemTime) -> Result<Checked, SetUpError> {
        let own = |path: &Path, message: String| SetUpError::Own {
            path: path.to_owned(),
            message,
        };
        let pem = text(&self.certificate)?;
        let wrong = |message| own(&self.certificate, message);
        let found = x509::leaf(&pem).map_err(|error| wrong(error.to_string()))?;
        let secret = read_secret(&self.key).map_err(|error| own(&self.key, error.to_string()))?;
        match authority::belongs(&secret, &found) {
            Some(true) => {}
            Some(false) => {
                let message = format!("it is not the key of {}", self.certificate.display());
                return Err(own(&self.key, message));
            }
            None => {
                let message =
                    "it holds no private key that can be read; PKCS #8 without a passphrase is allowed, as \
                     `openssl pkcs8 -topk8 -nodes -in FILE` writes it"
                        .to_owned();
                return Err(own(&self.key, message));
            }
        }
        is_for(&found, settings).map_err(|message| own(&self.certificate, message))?;
        if found.days_left(now) < 0 {
            return Err(wrong("it has ended; take a new one".to_owned()));
        }
        let ca = match &self.ca {
            Some(path) => {
                let pem = text(path)?;
                x509::leaf(&pem).map_err(|error| own(path, error.to_string()))?;
                Some(pem)
            }
            None => None,
        };
        Ok(Checked {
            certificate: pem,
            key: secret,
            ca,
        })
    }
}

/// Whether clients that come by the topology's name would accept it; if not, why not.
pub(super) fn is_for(found: &x509::Certificate, settings: &Settings) -> Result<(), String> {
    let names = match found.names.as_slice() {
        _ if found.is_for(&settings.host) => return Ok(()),
        [] => "no name at all".to_owned(),
        names => names.join(", "),
    };
    Err(format!(
        "it is for {names}, and the topology's broker is `{}`: no client would accept it; name the broker in the topology \
         as the certificate does, or take another certificate with --cert and --key",
        settings.host
    ))
}

impl Checked {
    /// Whether clients know it by the system's list.
    pub(super) const fn by_system(&self) -> bool {
        self.ca.is_none()
    }

    /// Puts it where the broker takes it from, and returns the CA that clients need.
    pub(super) fn put(self, files: &mut Files) -> Option<String> {
        files.put(place::SERVER, OPEN, self.certificate);
        files.put(place::SERVER_KEY, SECRET, self.key.expose());
        self.ca
    }
}

fn text(path: &Path) -> Result<String, SetUpError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_end(&mut bytes))
        .map_err(|source| SetUpError::Io {
            what: "read",
            path: path.to_owned(),
            source,
        })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
