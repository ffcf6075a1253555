//! Why there is no connection, for a program that judges it and does not read sentences.

use serde::{Deserialize, Serialize};
use std::io;

/// Why there is no connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The host's name leads to no address.
    NameUnknown,
    /// The machine is there, and nothing listens on the port.
    NothingListens,
    /// No route leads there.
    NoRoute,
    /// Nothing comes back.
    NoAnswer,
    /// The other side closes the connection without a word.
    Closed,
    /// What answers does not speak TLS.
    NotTls,
    /// What answers does not speak MQTT.
    NotMqtt,
    /// The broker does not speak MQTT 3.1.1 (code 1).
    VersionRefused,
    /// It does not allow the client identifier (code 2).
    ClientIdRefused,
    /// It is there, but not available (code 3).
    Unavailable,
    /// User name or password are wrong (code 4).
    LoginRefused,
    /// Whoever we are, we may not come in (code 5); Mosquitto says so of a wrong password, too.
    NotAuthorised,
    /// The CA of its certificate is not trusted here.
    UnknownCa,
    /// Its certificate is for another name.
    WrongName,
    /// Its certificate has expired, by our clock.
    Expired,
    /// Its certificate does not count yet, by our clock.
    NotYetValid,
    /// Its certificate is not to be trusted for another reason.
    BadCertificate,
    /// It wants a client certificate, and got none.
    ClientCertificateRequired,
    /// It does not accept our client certificate.
    ClientCertificateRefused,
    /// Something else; also what a later version of this program tells.
    #[default]
    #[serde(other)]
    Other,
}

impl Cause {
    /// What the system says; TLS has reasons of its own in the same error.
    pub(super) fn of_io(error: &io::Error) -> Self {
        use io::ErrorKind::{
            AddrNotAvailable, BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset,
            HostUnreachable, NetworkDown, NetworkUnreachable, TimedOut, UnexpectedEof,
        };
        match error.kind() {
            ConnectionRefused => Self::NothingListens,
            HostUnreachable | NetworkUnreachable | NetworkDown | AddrNotAvailable => Self::NoRoute,
            TimedOut => Self::NoAnswer,
            BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof => Self::Closed,
            // the standard library and the client library have no kind for it
            _ if is_lookup(&error.to_string()) => Self::NameUnknown,
            _ => Self::Other,
        }
    }

    /// The return code of a CONNACK of MQTT 3.1.1 (section 3.2.2.3) or the reason of one of MQTT 5 (3.2.2.2).
    pub(super) const fn of_code(code: u8) -> Self {
        match code {
            1 | 0x84 => Self::VersionRefused,
            2 | 0x85 => Self::ClientIdRefused,
            3 | 0x88 | 0x89 => Self::Unavailable,
            4 | 0x86 => Self::LoginRefused,
            5 | 0x87 | 0x8A | 0x8C => Self::NotAuthorised,
            _ => Self::Other,
        }
    }
}

fn is_lookup(words: &str) -> bool {
    words.starts_with("failed to lookup address information")
        || words.starts_with("could not resolve to any address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_leads_nowhere_is_told_from_everything_else() {
        let error = std::net::ToSocketAddrs::to_socket_addrs("no-such-host.invalid:1883");
        assert_eq!(Cause::of_io(&error.unwrap_err()), Cause::NameUnknown);
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(Cause::of_io(&refused), Cause::NothingListens);
    }

    #[test]
    fn a_cause_that_is_not_known_here_is_read_as_something_else() {
        let read = |text: &str| serde_json::from_str::<Cause>(text).unwrap();
        assert_eq!(read("\"unknown-ca\""), Cause::UnknownCa);
        assert_eq!(read("\"of-next-year\""), Cause::Other);
    }
}
