//! Where the broker is: `mqtt://host[:port]`, `mqtts://` for TLS, and `ws://`, `wss://` where this build has them.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// How MQTT is carried to the broker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Over TCP, readable by everybody on the way.
    Mqtt,
    /// Over TLS.
    Mqtts,
    /// Over a WebSocket (RFC 6455).
    Ws,
    /// Over a WebSocket on TLS.
    Wss,
}

impl Scheme {
    /// The port when none is given (IANA).
    const fn default_port(self) -> u16 {
        match self {
            Self::Mqtt => 1883,
            Self::Mqtts => 8883,
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Mqtt => "mqtt",
            Self::Mqtts => "mqtts",
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    const fn is_websocket(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }
}

/// Where brokers usually take WebSockets.
const DEFAULT_PATH: &str = "/mqtt";

/// The broker's address, as a user writes it.
///
/// ```
/// use mqtt_thing::mqtt::BrokerUrl;
/// let url: BrokerUrl = "mqtt://172.16.32.5".parse()?;
/// assert_eq!((url.host(), url.port()), ("172.16.32.5", 1883));
/// assert_eq!(url.to_string(), "mqtt://172.16.32.5:1883");
/// let url: BrokerUrl = "mqtts://broker.lab".parse()?;
/// assert_eq!(url.to_string(), "mqtts://broker.lab:8883");
/// # Ok::<(), mqtt_thing::mqtt::BrokerUrlError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BrokerUrl {
    scheme: Scheme,
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// Of a WebSocket, with its slash; empty otherwise.
    path: String,
}

/// Why a text is no broker URL.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BrokerUrlError {
    /// There is no `scheme://`.
    #[error(
        "the broker `{0}` has no scheme; write mqtt://host or mqtt://host:port, or mqtts:// for TLS"
    )]
    NoScheme(String),
    /// A WebSocket in a build without them.
    #[error(
        "the broker `{0}` is reached by a WebSocket, which this build leaves out; write mqtt:// or mqtts://, or build with --features websockets"
    )]
    WebSocket(String),
    /// Another scheme.
    #[error(
        "the scheme of the broker `{0}` is not known; write mqtt://host or mqtt://host:port, or mqtts:// for TLS"
    )]
    Scheme(String),
    /// A user or a password stands before the host. The text is not shown again: it may hold a password.
    #[error(
        "the broker's URL holds a user or a password, which would show in logs and process lists; give the user with --username or `username`, and the password in a file with --password-file or `password_file`"
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
    /// A broker without TLS by its host (a name or an address, IPv6 without brackets) and port.
    ///
    /// # Errors
    /// The host is no name or address, or the port is 0.
    pub fn new(host: &str, port: u16) -> Result<Self, BrokerUrlError> {
        Self::with_scheme(Scheme::Mqtt, host, port)
    }

    fn with_scheme(scheme: Scheme, host: &str, port: u16) -> Result<Self, BrokerUrlError> {
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
                scheme,
                host: host.to_owned(),
                port,
                path: match scheme.is_websocket() {
                    true => DEFAULT_PATH.to_owned(),
                    false => String::new(),
                },
            }),
        }
    }

    /// The same way to another host, and to another port if one is given.
    ///
    /// # Errors
    /// As [`BrokerUrl::new`].
    pub fn at(&self, host: &str, port: Option<u16>) -> Result<Self, BrokerUrlError> {
        let url = Self::with_scheme(self.scheme, host, port.unwrap_or(self.port))?;
        Ok(Self {
            path: self.path.clone(),
            ..url
        })
    }

    /// How MQTT is carried there.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether TLS is spoken there.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        matches!(self.scheme, Scheme::Mqtts | Scheme::Wss)
    }

    /// Whether it is this machine itself, by an address or name that always is.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host.eq_ignore_ascii_case("localhost")
            || address.is_ok_and(|address| address.is_loopback())
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

    /// What the client library takes for an address.
    pub(super) fn for_client(&self) -> String {
        match self.scheme {
            Scheme::Mqtt => self.bracketed_host(),
            // the name that the certificate must have; an address with its port is read without brackets, too
            Scheme::Mqtts => self.host.clone(),
            Scheme::Ws | Scheme::Wss => self.to_string(),
        }
    }

    /// The host as it stands before a port: IPv6 in brackets.
    fn bracketed_host(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        }
    }
}

impl fmt::Display for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host) = (self.scheme.as_str(), self.bracketed_host());
        write!(f, "{scheme}://{host}:{}{}", self.port, self.path)
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
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "mqtt" | "tcp" => Scheme::Mqtt,
            "mqtts" | "ssl" | "tls" => Scheme::Mqtts,
            "ws" => Scheme::Ws,
            "wss" => Scheme::Wss,
            _ => return Err(BrokerUrlError::Scheme(whole())),
        };
        if scheme.is_websocket() && !cfg!(feature = "websockets") {
            return Err(BrokerUrlError::WebSocket(whole()));
        }
        let path = path(scheme, after)?;
        let (host, port) = host_and_port(authority)?;
        if host.is_empty() {
            return Err(BrokerUrlError::NoHost(whole()));
        }
        let port = match port {
            None => scheme.default_port(),
            // `+1883` would parse as a number
            Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => port
                .parse()
                .map_err(|_| BrokerUrlError::Port(port.to_owned()))?,
            Some(port) => return Err(BrokerUrlError::Port(port.to_owned())),
        };
        let url = Self::with_scheme(scheme, host, port)?;
        Ok(match path {
            Some(path) => Self {
                path: path.to_owned(),
                ..url
            },
            None => url,
        })
    }
}

/// What follows the address; only a WebSocket has a path.
fn path(scheme: Scheme, after: &str) -> Result<Option<&str>, BrokerUrlError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/-_.~%?=&".contains(c);
    match after {
        "" | "/" => Ok(None),
        path if scheme.is_websocket() && path.starts_with('/') && path.chars().all(plain) => {
            Ok(Some(path))
        }
        other => Err(BrokerUrlError::Trailing(other.to_owned())),
    }
}

fn host_and_port(authority: &str) -> Result<(&str, Option<&str>), BrokerUrlError> {
    let bad = || BrokerUrlError::Host(authority.to_owned());
    match authority.strip_prefix('[') {
        Some(inner) => {
            let (host, behind) = inner
                .split_once(']')
                .filter(|(host, _)| host.parse::<std::net::Ipv6Addr>().is_ok())
                .ok_or_else(bad)?;
            match behind.strip_prefix(':') {
                Some(port) => Ok((host, Some(port))),
                None if behind.is_empty() => Ok((host, None)),
                None => Err(bad()),
            }
        }
        // more than one colon is an IPv6 address that lacks its brackets
        None if authority.matches(':').count() > 1 => Err(bad()),
        None => Ok(match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        }),
    }
}

#[cfg(test)]
#[path = "url_tests.rs"]
mod tests;
