//! How TLS is spoken: rustls with ring, TLS 1.2 and 1.3, the server's name checked. Source: RFC 8446, RFC 5246, and
//! RFC 9525 for names. The provider is named here and never taken from the process, whose default may be missing.

use crate::system::{Secret, SecretError, User, read_secret_for};
use rumqttc::TlsConfiguration;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;
use tokio_rustls::rustls::client::danger::{
    HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier,
};
use tokio_rustls::rustls::crypto::{
    CryptoProvider, verify_tls12_signature, verify_tls13_signature,
};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use tokio_rustls::rustls::{
    self, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, crypto,
};

/// Who is trusted to vouch for the broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrustedCa {
    /// The system's list, as for web sites.
    System,
    /// Those of this PEM file, and nobody else.
    File(PathBuf),
    /// Nobody is asked: whoever answers is taken for the broker. Anybody on the way can read and change everything.
    DangerouslyAnybody,
}

/// A client's certificate, and the key that proves that it is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate with what follows it up to the CA, as PEM.
    pub cert_file: PathBuf,
    /// Its key, as PEM, readable by nobody else.
    pub key_file: PathBuf,
}

/// How TLS is spoken; made once, used by every connection.
#[derive(Clone)]
pub struct Tls {
    config: Arc<ClientConfig>,
    checks_nothing: bool,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls(..)")
    }
}

/// Why TLS cannot be spoken like this.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file of certificates cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file should hold certificates.
    #[error(
        "{} holds no certificate that can be read; it takes PEM, which begins with -----BEGIN CERTIFICATE-----",
        .0.display()
    )]
    NoCertificate(PathBuf),
    /// The system trusts nobody.
    #[error(
        "this system has no list of trusted CAs; install ca-certificates, or name the broker's own with ca_file"
    )]
    NoSystemCa,
    /// The key's file is not to be used.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// A file should hold a key.
    #[error(
        "{} holds no private key that can be read; it takes PEM without a pass phrase, which begins with -----BEGIN PRIVATE KEY-----",
        .0.display()
    )]
    NoKey(PathBuf),
    /// Certificate and key are not a pair, or of a kind that is not known.
    #[error("{} and {} are no pair that can be used: {reason}", cert_file.display(), key_file.display())]
    NoPair {
        /// The certificate.
        cert_file: PathBuf,
        /// The key.
        key_file: PathBuf,
        /// What rustls says.
        reason: String,
    },
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// One of them cannot be used.
    pub fn new(ca: &TrustedCa, client: Option<&ClientCertificate>) -> Result<Self, TlsError> {
        Self::new_for(User::effective().uid, ca, client)
    }

    /// Reads them as the user with this number would, which root can.
    pub(super) fn new_for(
        uid: u32,
        ca: &TrustedCa,
        client: Option<&ClientCertificate>,
    ) -> Result<Self, TlsError> {
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring knows the suites of TLS 1.2 and 1.3");
        let builder = match ca {
            TrustedCa::DangerouslyAnybody => builder
                .dangerous()
                .with_custom_certificate_verifier(Arc::new(Anybody(provider))),
            TrustedCa::File(path) => builder.with_root_certificates(own_ca(path)?),
            TrustedCa::System => builder.with_root_certificates(system_ca()?),
        };
        let config = match client {
            None => builder.with_no_client_auth(),
            Some(ClientCertificate {
                cert_file,
                key_file,
            }) => builder
                .with_client_auth_cert(
                    certificates(cert_file)?,
                    key(key_file, &read_secret_for(key_file, uid)?)?,
                )
                .map_err(|error| TlsError::NoPair {
                    cert_file: cert_file.clone(),
                    key_file: key_file.clone(),
                    reason: error.to_string(),
                })?,
        };
        Ok(Self {
            config: Arc::new(config),
            checks_nothing: *ca == TrustedCa::DangerouslyAnybody,
        })
    }

    /// Whether whoever answers is taken for the broker.
    pub(super) const fn checks_nothing(&self) -> bool {
        self.checks_nothing
    }

    /// For a connection that is tried without the client library.
    pub(super) fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    pub(super) fn for_client(&self) -> TlsConfiguration {
        TlsConfiguration::Rustls(Arc::clone(&self.config))
    }
}

fn own_ca(path: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates(path)?);
    match added {
        0 => Err(TlsError::NoCertificate(path.to_owned())),
        _ => Ok(roots),
    }
}

fn system_ca() -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    let (added, _) = roots.add_parsable_certificates(found.certs);
    match added {
        0 => Err(TlsError::NoSystemCa),
        _ => Ok(roots),
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let bytes = std::fs::read(path).map_err(|source| TlsError::Read {
        path: path.to_owned(),
        source,
    })?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let found = found.ok().filter(|found| !found.is_empty());
    found.ok_or_else(|| TlsError::NoCertificate(path.to_owned()))
}

fn key(path: &Path, secret: &Secret) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(secret.expose()).map_err(|_| TlsError::NoKey(path.to_owned()))
}

/// Takes every certificate. The handshake's signatures are checked all the same, so that it is at least the owner of
/// that certificate who answers.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            cert,
            signed,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
