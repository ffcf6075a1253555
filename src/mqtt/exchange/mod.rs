//! MQTT packet by packet, for who wants to see them, needs QoS 2, or leaves a session with the broker: `pub` and `sub`.
//!
//! A [`Session`](crate::mqtt::Session) is for a thing: it goes on for ever, says its state again, and trusts no broker's
//! memory. An [`Exchange`] is for a person at a terminal: it does what the standard says with what the broker
//! remembers, holds back the network when its output is slow, and shows each packet.
//!
//! | file | what it is |
//! |---|---|
//! | `dialogue`, `flights` | the client's side of the standard, pure |
//! | `frames` | bytes to packets and back; the client library's codec |
//! | `glimpse` | a packet as one looks at it |
//! | `parcel` | a message on its way out |
//! | `options` | what an exchange is made with |
//! | `error` | why it has ended |
//! | `wire` | one connection's bytes |
//! | `shell` | the task's side: opening, waiting, opening again |

mod dialogue;
mod error;
mod flights;
mod frames;
mod glimpse;
mod options;
mod parcel;
mod shell;
mod wire;

pub use error::ExchangeError;
pub use glimpse::{Direction, Glimpse, Greeting, Sizes, Told, return_code};
pub use options::{ExchangeOptions, OptionsError};
pub use parcel::{Parcel, ParcelError};
pub use shell::{Exchange, Watcher};

use super::opening::{Failure, Way};
use super::options::wire_qos;
use super::{BrokerUrl, Cause, reasons};
use crate::model::{Message, QoS, TopicFilter};
use frames::Malformed;
use std::time::Duration;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// The broker let us in.
    Connected {
        /// It remembers this client.
        session_present: bool,
        /// So many messages are sent again. On a session that it remembers, none arrives twice at QoS 2.
        repeated: usize,
    },
    /// The broker answered the subscriptions: the filter, what was asked for, what is granted, which is nothing where
    /// it is refused.
    Subscribed(Vec<(TopicFilter, QoS, Option<QoS>)>),
    /// A message came.
    Message {
        /// The message.
        message: Message,
        /// The broker sent it before, perhaps.
        dup: bool,
    },
    /// A message came that is not shown: it is over the limit, or its topic holds what no topic may.
    LeftOut {
        /// Its topic; to be escaped.
        topic: String,
        /// Bytes of its payload.
        size: usize,
    },
    /// The connection has ended; it is opened again after a pause.
    Lost {
        /// Why, as a part of a sentence.
        words: String,
        /// How long nothing is tried.
        pause: Duration,
    },
}

/// Why a connection is not to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Breach {
    /// The broker does not want us (CONNACK).
    Refused(u8),
    /// Nothing came back in time.
    Silent,
    /// It does not keep to the standard.
    NotMqtt,
    /// The other side closed it.
    Closed,
    /// The same before it let us in: perhaps it expects TLS, or none.
    Unheard {
        /// We speak TLS.
        tls: bool,
    },
    /// Another failure of the network.
    Failed(Cause, String),
}

impl Breach {
    fn cause(&self) -> Cause {
        match self {
            Self::Refused(code) => Cause::of_code(*code),
            Self::Silent => Cause::NoAnswer,
            Self::NotMqtt => Cause::NotMqtt,
            Self::Closed | Self::Unheard { .. } => Cause::Closed,
            Self::Failed(cause, _) => *cause,
        }
    }

    /// Of a way that could not be opened.
    fn opening(failure: Failure, broker: &BrokerUrl) -> Self {
        match failure.at {
            Way::Tls => Self::from(failure).unheard(broker),
            _ => failure.into(),
        }
    }

    /// The same of a broker that has not let us in.
    fn unheard(self, broker: &BrokerUrl) -> Self {
        let tls = broker.is_tls();
        match self {
            Self::Closed => Self::Unheard { tls },
            other => other,
        }
    }

    /// Whether it may be over soon.
    fn mends(&self) -> bool {
        matches!(
            self.cause(),
            Cause::NameUnknown
                | Cause::NothingListens
                | Cause::NoRoute
                | Cause::NoAnswer
                | Cause::Closed
                | Cause::Unavailable
                | Cause::Other
        )
    }

    fn words(&self) -> String {
        match self {
            Self::Refused(code) => reasons::refused(self.cause(), *code),
            Self::Silent => "no answer in time".to_owned(),
            Self::NotMqtt => reasons::NOT_MQTT.to_owned(),
            Self::Closed => "the broker closed the connection".to_owned(),
            Self::Unheard { tls } => {
                let hint = match tls {
                    true => "is this a port without TLS (mqtt://)?",
                    false => "is this a port for TLS (mqtts://)?",
                };
                format!("the broker closed the connection before it let us in; {hint}")
            }
            Self::Failed(_, words) => words.clone(),
        }
    }
}

impl From<Malformed> for Breach {
    fn from(malformed: Malformed) -> Self {
        Self::Failed(
            Cause::NotMqtt,
            format!("{}: {malformed}", reasons::NOT_MQTT),
        )
    }
}

impl From<Failure> for Breach {
    fn from(failure: Failure) -> Self {
        match failure.cause {
            Cause::Closed => Self::Closed,
            cause => Self::Failed(cause, failure.words),
        }
    }
}
