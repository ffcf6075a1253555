//! A message on its way out: what it is to its sender, and what it takes of the outbox.

use crate::model::{Message, QoS, Topic};
use bytes::Bytes;

/// What a sender knows a promise by: a number of its own choice, see [`Outbox::promise`](super::Outbox::promise).
/// The session does not look at it, so one that is used twice comes back twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Receipt(pub u64);

/// What a message is to its sender. It follows from the retain flag and the quality of service, unless the sender
/// wants a receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// Retained: only the latest of a topic counts, and all are said again at every connect.
    State,
    /// QoS 0: worth nothing when late.
    Event,
    /// QoS 1, or with a receipt: kept until the broker certainly has it.
    Promise,
}

/// A message for sending. Clones share the payload, so one that is kept for another connection costs no second copy.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub(super) topic: Topic,
    pub(super) payload: Bytes,
    pub(super) qos: QoS,
    pub(super) retain: bool,
    pub(super) receipt: Option<Receipt>,
}

impl Letter {
    pub(super) fn class(&self) -> Class {
        match (self.receipt, self.retain, self.qos) {
            (Some(_), _, _) | (None, false, QoS::AtLeastOnce | QoS::ExactlyOnce) => Class::Promise,
            (None, true, _) => Class::State,
            (None, false, QoS::AtMostOnce) => Class::Event,
        }
    }

    /// Whether it takes a packet identifier, and the broker acknowledges it.
    pub(super) fn is_acknowledged(&self) -> bool {
        self.qos != QoS::AtMostOnce
    }

    /// What it takes of the outbox, and what is compared with the size limits: bytes of topic and payload.
    pub(super) fn size(&self) -> usize {
        self.topic.as_str().len() + self.payload.len()
    }

    pub(super) fn with_receipt(message: Message, receipt: Receipt) -> Self {
        Self {
            receipt: Some(receipt),
            ..Self::from(message)
        }
    }
}

impl From<Message> for Letter {
    fn from(message: Message) -> Self {
        Self {
            topic: message.topic,
            payload: message.payload.into(),
            qos: message.qos,
            retain: message.retain,
            receipt: None,
        }
    }
}
