//! Where a session goes, and as whom.

use super::{BrokerUrl, Credentials, Tls};
use std::fmt;

/// A broker with what is needed to be let in.
#[derive(Debug, Clone)]
pub struct Endpoint {
    /// Where the broker is.
    pub url: BrokerUrl,
    /// User and password, if it asks for them.
    pub credentials: Option<Credentials>,
    /// How TLS is spoken; there if and only if the URL asks for it.
    pub tls: Option<Tls>,
}

impl From<BrokerUrl> for Endpoint {
    /// A broker that lets everybody in.
    fn from(url: BrokerUrl) -> Self {
        Self {
            url,
            credentials: None,
            tls: None,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
    }
}
