//! A message on its way out.

use crate::model::{Message, QoS, Topic};
use crate::mqtt::{limits, options};
use bytes::Bytes;
use thiserror::Error;

/// A message that can be sent. Clones share the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    pub(super) topic: Topic,
    pub(super) payload: Bytes,
    pub(super) qos: QoS,
    pub(super) retain: bool,
}

/// Why a message cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParcelError {
    /// Brokers throw a client out for its topic.
    #[error("the message to `{topic}` cannot be sent: {reason}")]
    Topic {
        /// Where it was to go.
        topic: Topic,
        /// What is wrong with it.
        reason: String,
    },
    /// It does not fit into a packet.
    #[error(
        "the message to `{topic}` has {size} bytes of topic and payload; MQTT carries {limit} at most"
    )]
    TooLarge {
        /// Where it was to go.
        topic: Topic,
        /// Its size.
        size: usize,
        /// The largest there is.
        limit: usize,
    },
}

impl Parcel {
    /// Packs a message.
    ///
    /// # Errors
    /// It is too large, or has a topic that brokers end the connection for.
    pub fn new(message: Message) -> Result<Self, ParcelError> {
        let Message {
            topic,
            payload,
            qos,
            retain,
        } = message;
        if let Err(reason) = limits::deliverable(topic.as_str()) {
            return Err(ParcelError::Topic { topic, reason });
        }
        let (size, limit) = (
            topic.as_str().len() + payload.len(),
            options::LARGEST_MESSAGE,
        );
        if size > limit {
            return Err(ParcelError::TooLarge { topic, size, limit });
        }
        let payload = payload.into();
        Ok(Self {
            topic,
            payload,
            qos,
            retain,
        })
    }

    /// How many bytes the payload has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.payload.len()
    }
}
