//! How a broker lets us in, as it is written in a file, on a command line or in the environment: names of files, not
//! what stands in them.

use super::{
    BrokerUrl, ClientCertificate, Credentials, CredentialsError, Endpoint, Tls, TlsError, TrustedCa,
};
use crate::system::{Secret, SecretError, User, read_secret_for};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// What is needed to be let in. All of it may be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// The user's name.
    pub username: Option<String>,
    /// A file that holds the password and that nobody else may read.
    pub password_file: Option<PathBuf>,
    /// The CA that vouches for the broker, as PEM; the system's list when absent.
    pub ca_file: Option<PathBuf>,
    /// Our certificate, as PEM, with its key.
    pub cert_file: Option<PathBuf>,
    /// The key of `cert_file`, as PEM, which nobody else may read.
    pub key_file: Option<PathBuf>,
    /// Whoever answers is taken for the broker.
    pub dangerously_accept_any_certificate: bool,
}

/// Why we cannot go to a broker like this.
#[derive(Debug, Error)]
pub enum AccessError {
    /// A certificate without its key, or a key alone.
    #[error("{given} is given without {missing}; a client's certificate takes both")]
    Half {
        /// What is there.
        given: &'static str,
        /// What is not.
        missing: &'static str,
    },
    /// What is for TLS, and a URL without.
    #[error("{what} is for TLS, and the broker {url} is reached without; write mqtts://")]
    WithoutTls {
        /// Which setting.
        what: &'static str,
        /// Where the broker is.
        url: BrokerUrl,
    },
    /// A CA is named, and it is said that none matters.
    #[error(
        "a CA is named, and it is said that any certificate is accepted; one of the two must be left out"
    )]
    CaAndAnybody,
    /// A password, and nobody whose it is.
    #[error(
        "a password is given and no user; name one with --username, MQTT_THING_USERNAME or `username`"
    )]
    NoUser,
    /// A secret is not to be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// User and password cannot be sent.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// TLS cannot be spoken like this.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

impl Access {
    /// What is said here, and for the rest what `other` says. A certificate and its key are one thing, as are a CA and
    /// that any is accepted.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        let own_pair = self.cert_file.is_some() || self.key_file.is_some();
        let own_trust = self.ca_file.is_some() || self.dangerously_accept_any_certificate;
        let (cert_file, key_file) = match own_pair {
            true => (self.cert_file, self.key_file),
            false => (other.cert_file, other.key_file),
        };
        let (ca_file, any) = match own_trust {
            true => (self.ca_file, self.dangerously_accept_any_certificate),
            false => (other.ca_file, other.dangerously_accept_any_certificate),
        };
        Self {
            username: self.username.or(other.username),
            password_file: self.password_file.or(other.password_file),
            ca_file,
            cert_file,
            key_file,
            dangerously_accept_any_certificate: any,
        }
    }

    /// The same, with relative paths starting from `folder`.
    #[must_use]
    pub fn below(self, folder: &Path) -> Self {
        let below = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        Self {
            password_file: below(self.password_file),
            ca_file: below(self.ca_file),
            cert_file: below(self.cert_file),
            key_file: below(self.key_file),
            ..self
        }
    }

    /// Reads the files. `password` goes before `password_file`; `usual_user` is whose a password is when nobody is
    /// named.
    ///
    /// # Errors
    /// Something does not fit together, or a file cannot be used.
    pub fn endpoint(
        &self,
        url: BrokerUrl,
        password: Option<&Secret>,
        usual_user: Option<&str>,
    ) -> Result<Endpoint, AccessError> {
        self.endpoint_for(User::effective().uid, url, password, usual_user)
    }

    /// The same as the user with this number would, which root can.
    ///
    /// # Errors
    /// Something does not fit together, or that user could not use a file.
    pub fn endpoint_for(
        &self,
        uid: u32,
        url: BrokerUrl,
        password: Option<&Secret>,
        usual_user: Option<&str>,
    ) -> Result<Endpoint, AccessError> {
        Ok(Endpoint {
            credentials: self.credentials(uid, password, usual_user)?,
            tls: self.tls(uid, &url)?,
            url,
        })
    }

    fn credentials(
        &self,
        uid: u32,
        password: Option<&Secret>,
        usual_user: Option<&str>,
    ) -> Result<Option<Credentials>, AccessError> {
        let from_file = match (password, &self.password_file) {
            (None, Some(path)) => Some(read_secret_for(path, uid)?),
            _ => None,
        };
        let named = self.username.as_deref();
        Ok(match (password.or(from_file.as_ref()), named) {
            (None, None) => None,
            (None, Some(user)) => Some(Credentials::without_password(user)?),
            (Some(password), user) => {
                let user = user.or(usual_user).ok_or(AccessError::NoUser)?;
                Some(Credentials::new(user, password)?)
            }
        })
    }

    fn tls(&self, uid: u32, url: &BrokerUrl) -> Result<Option<Tls>, AccessError> {
        let half = |given, missing| Err(AccessError::Half { given, missing });
        let client = match (&self.cert_file, &self.key_file) {
            (None, None) => None,
            (Some(_), None) => return half("cert_file", "key_file"),
            (None, Some(_)) => return half("key_file", "cert_file"),
            (Some(cert_file), Some(key_file)) => Some(ClientCertificate {
                cert_file: cert_file.clone(),
                key_file: key_file.clone(),
            }),
        };
        let any = self.dangerously_accept_any_certificate;
        if !url.is_tls() {
            let given = [
                (self.ca_file.is_some(), "ca_file"),
                (client.is_some(), "cert_file"),
                (any, "dangerously_accept_any_certificate"),
            ];
            return match given.into_iter().find(|(given, _)| *given) {
                None => Ok(None),
                Some((_, what)) => Err(AccessError::WithoutTls {
                    what,
                    url: url.clone(),
                }),
            };
        }
        let ca = match (&self.ca_file, any) {
            (Some(_), true) => return Err(AccessError::CaAndAnybody),
            (Some(path), false) => TrustedCa::File(path.clone()),
            (None, true) => TrustedCa::DangerouslyAnybody,
            (None, false) => TrustedCa::System,
        };
        Ok(Some(Tls::new_for(uid, &ca, client.as_ref())?))
    }
}
