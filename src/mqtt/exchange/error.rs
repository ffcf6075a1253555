//! Why an exchange has ended.

use crate::mqtt::{BrokerUrl, Cause};
use thiserror::Error;

/// Why an exchange has ended.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ExchangeError {
    /// No connection came about.
    #[error("cannot connect to {broker}: {words}")]
    Connect {
        /// Where to.
        broker: BrokerUrl,
        /// Why.
        words: String,
        /// The same for a program.
        cause: Cause,
    },
    /// One was there, and is not any more.
    #[error("the connection to {broker} was lost: {words}")]
    Lost {
        /// Where to.
        broker: BrokerUrl,
        /// Why.
        words: String,
    },
    /// A message could not be written down.
    #[error("a packet cannot be written: {0}")]
    Packet(String),
}
