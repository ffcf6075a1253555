//! What went wrong with TLS, in a user's words: what was found, and what mends it.

use super::Cause;
use rumqttc::{ConnectionError, TlsError};
use std::io;
use std::time::{Duration, SystemTime};
use tokio_rustls::rustls::{AlertDescription, CertificateError, Error};

/// The error of rustls in an error of a connection.
pub(super) fn of(error: &ConnectionError) -> Option<&Error> {
    let io = match error {
        ConnectionError::Tls(TlsError::TLS(error)) => return Some(error),
        ConnectionError::Tls(TlsError::Io(io)) => io,
        other => super::reasons::io_error(other)?,
    };
    of_io(io)
}

/// The error of rustls in an error of the system.
pub(super) fn of_io(error: &io::Error) -> Option<&Error> {
    let inner = error.get_ref()?;
    match inner.downcast_ref::<Error>() {
        Some(error) => Some(error),
        None => inner.downcast_ref::<io::Error>().and_then(of_io),
    }
}

/// What it is, for a program.
pub(super) fn cause(error: &Error) -> Cause {
    match error {
        Error::InvalidMessage(_) => Cause::NotTls,
        Error::AlertReceived(alert) => match alert {
            AlertDescription::CertificateRequired | AlertDescription::HandshakeFailure => {
                Cause::ClientCertificateRequired
            }
            AlertDescription::CertificateExpired
            | AlertDescription::CertificateRevoked
            | AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::AccessDenied => Cause::ClientCertificateRefused,
            _ => Cause::Other,
        },
        Error::InvalidCertificate(error) => match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Cause::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Cause::NotYetValid
            }
            CertificateError::UnknownIssuer => Cause::UnknownCa,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Cause::WrongName
            }
            _ => Cause::BadCertificate,
        },
        _ => Cause::Other,
    }
}

/// Until when, or from when on, a certificate counts that does not count now.
pub(super) fn bound(error: &Error) -> Option<SystemTime> {
    let Error::InvalidCertificate(error) = error else {
        return None;
    };
    let bound = match error {
        CertificateError::ExpiredContext { not_after, .. } => not_after,
        CertificateError::NotValidYetContext { not_before, .. } => not_before,
        _ => return None,
    };
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(bound.as_secs()))
}

/// The error as a part of a sentence.
pub(super) fn in_words(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(error) => certificate(error),
        Error::AlertReceived(alert) => alerted(*alert).to_owned(),
        Error::InvalidMessage(_) => {
            "what answers there does not speak TLS; is this the port of TLS (8883)?".to_owned()
        }
        other => format!("TLS: {other}"),
    }
}

fn certificate(error: &CertificateError) -> String {
    let words = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "the broker's certificate has expired, or this machine's clock is wrong (`timedatectl` shows it)"
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "the broker's certificate is not valid yet: this machine's clock is most likely wrong (`timedatectl` shows it)"
        }
        CertificateError::UnknownIssuer => {
            "the broker's certificate is not vouched for by the CA that is trusted here; name its CA with ca_file"
        }
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            return format!(
                "the broker's certificate is not for `{}` but for {}; use that name in the URL",
                expected.to_str(),
                match presented.is_empty() {
                    true => "nobody".to_owned(),
                    false => presented
                        .iter()
                        .map(|name| plain(name))
                        .collect::<Vec<_>>()
                        .join(", "),
                }
            );
        }
        CertificateError::NotValidForName => {
            "the broker's certificate is for another name than the URL's"
        }
        other => return format!("the broker's certificate is not to be trusted: {other}"),
    };
    words.to_owned()
}

/// `DnsName("broker.lab")`, as the library tells a name, without its wrapping.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_end_matches(')').trim_matches('"')
}

fn alerted(alert: AlertDescription) -> &'static str {
    match alert {
        AlertDescription::CertificateRequired => {
            "the broker wants a client certificate; name one with cert_file and key_file"
        }
        AlertDescription::CertificateExpired => {
            "the broker says that our client certificate has expired"
        }
        AlertDescription::CertificateRevoked => {
            "the broker says that our client certificate is revoked"
        }
        AlertDescription::UnknownCA => "the broker does not know the CA of our client certificate",
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::AccessDenied => "the broker does not accept our client certificate",
        // older TLS libraries say so for a client without a certificate, too
        AlertDescription::HandshakeFailure => {
            "the broker refused the handshake; perhaps it wants a client certificate (cert_file, key_file)"
        }
        AlertDescription::ProtocolVersion => "the broker speaks neither TLS 1.2 nor TLS 1.3",
        _ => "the broker ended the TLS handshake",
    }
}
