//! What an account may do at a broker that let it in.

use super::packet::{Packet, Version};
use super::{Failure, Way, Wire};
use crate::model::Topic;
use crate::mqtt::Cause;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// So much of what it hears is kept, in bytes of topics and payloads: a hostile broker has more.
const MOST: usize = 4 * 1024 * 1024;
/// How often a quiet connection is tried.
const PULSE: Duration = Duration::from_millis(100);
/// A DISCONNECT is a few bytes.
const GOODBYE: Duration = Duration::from_millis(500);
/// Whoever is thrown out for another with the same identifier is told this in MQTT 5 (section 3.14.2.1).
const TAKEN_OVER: u8 = 0x8E;

/// What the broker says to a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It may be.
    Allowed,
    /// It may not.
    Denied,
}

/// A message that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Where it was said.
    pub topic: Topic,
    /// What was said.
    pub payload: Vec<u8>,
    /// Whether the broker had kept it.
    pub retained: bool,
}

/// A connection that the broker accepted.
pub struct Peer {
    wire: Wire,
    receive_maximum: u16,
    maximum_qos: u8,
    next_id: u16,
    /// Publishes that were allowed and are never released.
    open: u16,
    heard: Vec<Heard>,
    bytes: usize,
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Peer(..)")
    }
}

impl Peer {
    pub(super) const fn new(wire: Wire, receive_maximum: u16, maximum_qos: u8) -> Self {
        Self {
            wire,
            receive_maximum,
            maximum_qos,
            next_id: 0,
            open: 0,
            heard: Vec::new(),
            bytes: 0,
        }
    }

    /// Subscribes, and waits until everything that the broker kept is there. Returns which it granted, in their order.
    ///
    /// # Errors
    /// The connection ends, or time is over.
    pub async fn subscribe(&mut self, filters: &[&str]) -> Result<Vec<bool>, Failure> {
        let asked = self.id();
        let packet = self.wire.version.subscribe(asked, filters);
        self.send(&packet).await?;
        let granted = loop {
            match self.next().await? {
                Packet::SubAck { id, codes } if id == asked => break codes,
                _ => {}
            }
        };
        self.fence().await?;
        Ok(granted.iter().map(|code| *code < 0x80).collect())
    }

    /// Waits until everything has come that the broker had for us.
    ///
    /// # Errors
    /// The connection ends, or time is over.
    pub async fn fence(&mut self) -> Result<(), Failure> {
        self.send(&Version::ping()).await?;
        while self.next().await? != Packet::PingResp {}
        Ok(())
    }

    /// Listens so long, and does nothing else.
    ///
    /// # Errors
    /// The connection ends.
    pub async fn listen(&mut self, how_long: Duration) -> Result<(), Failure> {
        let until = Instant::now() + how_long;
        // a packet that is read by halves when time is over would be lost
        while Instant::now() < until {
            self.fence().await?;
            sleep(PULSE).await;
        }
        self.fence().await
    }

    /// Says something, not retained, at QoS 1.
    ///
    /// # Errors
    /// The connection ends, or time is over.
    pub async fn say(&mut self, topic: &Topic, payload: &[u8]) -> Result<(), Failure> {
        self.publish(1, topic, payload).await.map(|_| ())
    }

    /// Asks whether something may be said, at QoS 2 and never released; nothing when that cannot be found out here.
    ///
    /// # Errors
    /// The connection ends, or time is over.
    pub async fn may_say(
        &mut self,
        topic: &Topic,
        payload: &[u8],
    ) -> Result<Option<Answered>, Failure> {
        if !self.can_ask() {
            return Ok(None);
        }
        let code = self.publish(2, topic, payload).await?;
        // 0x87 alone is about rights; others may be about payloads and quotas
        Ok(match code {
            0x87 => Some(Answered::Denied),
            0x80.. => None,
            _ => {
                self.open += 1;
                Some(Answered::Allowed)
            }
        })
    }

    /// Whether [`Peer::may_say`] gets an answer: in MQTT 5, at QoS 2, and while not too many are open.
    #[must_use]
    pub fn can_ask(&self) -> bool {
        self.speaks_of_rights() && self.open + 1 < self.receive_maximum
    }

    /// Whether it gets one on a new connection.
    #[must_use]
    pub fn speaks_of_rights(&self) -> bool {
        self.wire.version == Version::V5 && self.maximum_qos >= 2 && self.receive_maximum > 1
    }

    /// What came so far; it is forgotten with this.
    pub fn take_heard(&mut self) -> Vec<Heard> {
        self.bytes = 0;
        std::mem::take(&mut self.heard)
    }

    /// Leaves as one should: no last will, and what was not released is forgotten.
    pub async fn leave(mut self) {
        self.wire.limit = Instant::now() + GOODBYE;
        let _gone_either_way = self.wire.write(&Version::disconnect()).await;
    }

    fn id(&mut self) -> u16 {
        self.next_id = self.next_id.checked_add(1).unwrap_or(1);
        self.next_id
    }

    async fn send(&mut self, packet: &[u8]) -> Result<(), Failure> {
        let Err(failure) = self.wire.write(packet).await else {
            return Ok(());
        };
        // whoever closed the connection may have said why before
        loop {
            match self.next().await {
                Ok(_) => {}
                Err(said) if said.cause == Cause::ClientIdRefused => return Err(said),
                Err(_) => return Err(failure),
            }
        }
    }

    async fn publish(&mut self, qos: u8, topic: &Topic, payload: &[u8]) -> Result<u8, Failure> {
        let asked = self.id();
        let packet = self
            .wire
            .version
            .publish(qos, asked, topic.as_str(), payload);
        self.send(&packet).await?;
        loop {
            match self.next().await? {
                Packet::Answer { id, code } if id == asked => return Ok(code),
                _ => {}
            }
        }
    }

    /// The next packet that is no message; messages are kept.
    async fn next(&mut self) -> Result<Packet, Failure> {
        loop {
            match self.wire.read().await? {
                Packet::Publish {
                    topic,
                    payload,
                    retain: retained,
                } => {
                    let Ok(topic) = Topic::new(&topic) else {
                        continue;
                    };
                    self.bytes += topic.as_str().len() + payload.len();
                    if self.bytes <= MOST {
                        self.heard.push(Heard {
                            topic,
                            payload,
                            retained,
                        });
                    }
                }
                Packet::Disconnect { code: TAKEN_OVER } => {
                    let words = "another client with the same identifier came";
                    return Err(Failure::new(Way::In, Cause::ClientIdRefused, words));
                }
                Packet::Disconnect { code } => {
                    let words = format!("the broker ended the connection (reason 0x{code:02x})");
                    return Err(Failure::new(Way::In, Cause::Closed, words));
                }
                packet => return Ok(packet),
            }
        }
    }
}
