//! Where the broker is: `mqtt://host[:port]`.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// The port of MQTT without TLS (IANA).
const DEFAULT_PORT: u16 = 1883;

/// The broker's address, as a user writes it.
///
/// ```
/// use mqtt_thing::mqtt::BrokerUrl;
/// let url: BrokerUrl = "mqtt://172.16.32.5".parse()?;
/// assert_eq!((url.host(), url.port()), ("172.16.32.5", 1883));
/// assert_eq!(url.to_string(), "mqtt://172.16.32.5:1883");
/// # Ok::<(), mqtt_thing::mqtt::BrokerUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerUrl {
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
}

/// Why a text is no broker URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokerUrlError {
    /// There is no `scheme://`.
    #[error("the broker `{0}` has no scheme; write mqtt://host or mqtt://host:port")]
    NoScheme(String),
    /// The scheme means TLS.
    #[error("the broker `{0}` asks for TLS; TLS is not in this build yet, write mqtt://host:port")]
    Tls(String),
    /// Another scheme.
    #[error("the scheme of the broker `{0}` is not known; write mqtt://host or mqtt://host:port")]
    Scheme(String),
    /// A user or a password stands before the host. The text is not shown again: it may hold a password.
    #[error(
        "the broker's URL holds a user or a password, which would show in logs and process lists, and this version has no use for them; write mqtt://host:port"
    )]
    Credentials,
    /// Nothing stands where the host should.
    #[error("the broker `{0}` has no host; write mqtt://host or mqtt://host:port")]
    NoHost(String),
    /// A host with characters that no host has.
    #[error(
        "the host `{0}` of the broker is no name or address; a name has letters, digits, `-`, `_` and `.`, an IPv6 address stands in brackets as in mqtt://[::1]:1883"
    )]
    Host(String),
    /// A port that is no number of a port.
    #[error("the port `{0}` of the broker is no port; allowed is 1 to 65535")]
    Port(String),
    /// A path, a query or a fragment follows.
    #[error("`{0}` follows the broker's address; nothing may, write mqtt://host:port")]
    Trailing(String),
}

impl BrokerUrl {
    /// A broker by its host (a name or an address, IPv6 without brackets) and port.
    ///
    /// # Errors
    /// The host is no name or address, or the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, BrokerUrlError> {
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        let is_name = !host.is_empty()
            && host.len() <= 253
            && !host.starts_with(['-', '.'])
            && host
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        match () {
            () if !is_address && !is_name => Err(BrokerUrlError::Host(host.to_owned())),
            () if port == 0 => Err(BrokerUrlError::Port("0".to_owned())),
            () => Ok(Self {
                host: host.to_owned(),
                port,
            }),
        }
    }

    /// The host: a name or an address, IPv6 without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The TCP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The host as it stands before a port: IPv6 in brackets.
    pub(super) fn bracketed_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "mqtt://{}:{}", self.bracketed_host(), self.port)
    }
}

impl FromStr for BrokerUrl {
    type Err = BrokerUrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let whole = || text.to_owned();
        let (scheme, rest) = text
            .split_once("://")
            .ok_or_else(|| match text.contains('@') {
                true => BrokerUrlError::Credentials,
                false => BrokerUrlError::NoScheme(whole()),
            })?;
        let (authority, after) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        // first, so that no other message repeats a password
        if rest.contains('@') {
            return Err(BrokerUrlError::Credentials);
        }
        match scheme.to_ascii_lowercase().as_str() {
            "mqtt" | "tcp" => {}
            "mqtts" | "ssl" | "tls" => return Err(BrokerUrlError::Tls(whole())),
            _ => return Err(BrokerUrlError::Scheme(whole())),
        }
        if !matches!(after, "" | "/") {
            return Err(BrokerUrlError::Trailing(after.to_owned()));
        }
        let (host, port) = match authority.strip_prefix('[') {
            Some(inner) => {
                let (host, behind) = inner
                    .split_once(']')
                    .filter(|(host, _)| host.parse::<std::net::Ipv6Addr>().is_ok())
                    .ok_or_else(|| BrokerUrlError::Host(authority.to_owned()))?;
                match behind.strip_prefix(':') {
                    Some(port) => (host, Some(port)),
                    None if behind.is_empty() => (host, None),
                    None => return Err(BrokerUrlError::Host(authority.to_owned())),
                }
            }
            // more than one colon is an IPv6 address that lacks its brackets
            None if authority.matches(':').count() > 1 => {
                return Err(BrokerUrlError::Host(authority.to_owned()));
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        if host.is_empty() {
            return Err(BrokerUrlError::NoHost(whole()));
        }
        let port = match port {
            None => DEFAULT_PORT,
            // `+1883` would parse as a number
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => port
                .parse()
                .map_err(|_| BrokerUrlError::Port(port.to_owned()))?,
            Some(port) => return Err(BrokerUrlError::Port(port.to_owned())),
        };
        Self::new(host, port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> BrokerUrlError {
        text.parse::<BrokerUrl>().unwrap_err()
    }

    #[test]
    fn a_url_without_a_port_means_1883() {
        assert_eq!(
            "mqtt://broker.lab".parse(),
            BrokerUrl::new("broker.lab", 1883)
        );
        assert_eq!(
            "MQTT://broker:18830/".parse(),
            BrokerUrl::new("broker", 18830)
        );
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        let url: BrokerUrl = "mqtt://[fe80::1]:1884".parse().unwrap();
        assert_eq!((url.host(), url.port()), ("fe80::1", 1884));
        assert_eq!(url.to_string(), "mqtt://[fe80::1]:1884");
        assert_eq!("mqtt://[::1]".parse(), BrokerUrl::new("::1", 1883));
        assert_eq!(
            refused("mqtt://::1:1883"),
            BrokerUrlError::Host("::1:1883".into())
        );
        assert_eq!(
            refused("mqtt://[::1]x"),
            BrokerUrlError::Host("[::1]x".into())
        );
        assert_eq!(
            refused("mqtt://[broker]:1"),
            BrokerUrlError::Host("[broker]:1".into())
        );
    }

    #[test]
    fn tls_is_refused_by_name_and_other_schemes_as_unknown() {
        assert_eq!(
            refused("mqtts://broker").to_string(),
            "the broker `mqtts://broker` asks for TLS; TLS is not in this build yet, write mqtt://host:port"
        );
        assert_eq!(
            refused("http://broker"),
            BrokerUrlError::Scheme("http://broker".into())
        );
        assert_eq!(
            refused("broker:1883"),
            BrokerUrlError::NoScheme("broker:1883".into())
        );
    }

    #[test]
    fn a_password_is_refused_and_never_repeated() {
        for text in [
            "mqtt://pi:raspberry@broker",
            "mqtts://pi:raspberry@broker",
            "pi:raspberry@broker",
            "mqtt://pi:rasp/berry@broker",
        ] {
            assert_eq!(refused(text), BrokerUrlError::Credentials);
            assert!(!refused(text).to_string().contains("rasp"));
        }
    }

    #[test]
    fn what_is_no_host_or_port_is_named() {
        assert_eq!(refused("mqtt://"), BrokerUrlError::NoHost("mqtt://".into()));
        assert_eq!(
            refused("mqtt://:1883"),
            BrokerUrlError::NoHost("mqtt://:1883".into())
        );
        assert_eq!(refused("mqtt://a b"), BrokerUrlError::Host("a b".into()));
        for port in ["0", "65536", "", "+1883", "x"] {
            let text = format!("mqtt://broker:{port}");
            assert_eq!(refused(&text), BrokerUrlError::Port(port.into()));
        }
        assert_eq!(
            refused("mqtt://broker/topic"),
            BrokerUrlError::Trailing("/topic".into())
        );
    }

    proptest! {
        #[test]
        fn whatever_is_understood_reads_the_same_again(text in "(mqtt://)?[a-z0-9.:@/\\[\\]-]{0,20}") {
            if let Ok(url) = text.parse::<BrokerUrl>() {
                prop_assert_eq!(url.to_string().parse::<BrokerUrl>(), Ok(url));
            }
        }
    }
}
