//! A connection that is tried step by step: name, TCP, TLS, login; then what this account may do there. A session goes
//! on for ever and tells little; a doctor wants to know at which step it ends, once, and soon.
//!
//! **A publish that reaches nobody.** MQTT 3.1.1 has no answer to a publish that is denied; MQTT 5 has. At QoS 2 the
//! broker answers a PUBLISH with PUBREC, which says whether it is allowed, and passes it on at PUBREL (MQTT 5, section
//! 4.3.3, method A; Mosquitto, source: `handle__pubrel`), which is never sent here. Other brokers may pass it on at once
//! (method B): the caller finds out on a topic where that does no harm.

mod packet;
mod peer;

pub use peer::{Answered, Heard, Peer};

use super::opening::{self, Failure, Stream, Way};
use super::{Cause, Endpoint, reasons, tls_reasons};
use packet::{Hello, Packet, Version};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

/// A larger packet is read and forgotten.
const LARGEST: usize = 256 * 1024;

/// A way to the broker on which nothing was said yet.
pub struct Line {
    stream: Stream,
    /// Which of the name's addresses answers.
    pub address: SocketAddr,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Line({})", self.address)
    }
}

impl Line {
    /// Opens it, each step within `patience`. Of several addresses the first that answers is taken.
    ///
    /// # Errors
    /// A step fails. By a WebSocket nothing is tried: [`Cause::Other`].
    pub async fn open(endpoint: &Endpoint, patience: Duration) -> Result<Self, Failure> {
        let url = &endpoint.url;
        if !matches!(url.scheme(), super::Scheme::Mqtt | super::Scheme::Mqtts) {
            let words = "a WebSocket is not tried";
            return Err(Failure::new(Way::Name, Cause::Other, words));
        }
        let (stream, address) = opening::open(endpoint, patience).await?;
        Ok(Self { stream, address })
    }

    /// Asks to be let in under this client id, in MQTT 5, or in 3.1.1 when `plain`, within `patience`. All that follows
    /// has twice as long.
    ///
    /// # Errors
    /// The broker refuses, or does not answer in MQTT.
    pub async fn login(
        self,
        endpoint: &Endpoint,
        client_id: &str,
        plain: bool,
        patience: Duration,
    ) -> Result<Peer, Failure> {
        let version = if plain { Version::V4 } else { Version::V5 };
        let credentials = endpoint.credentials.as_ref();
        let hello = Hello {
            client_id,
            user: credentials.map(super::Credentials::user),
            password: credentials.map_or("", super::Credentials::password),
        };
        let mut wire = Wire {
            stream: self.stream,
            version,
            limit: Instant::now() + patience,
            at: Way::Login,
        };
        // whoever does not want our certificate says so when we read, whether or not this was written
        let written = wire.write(&version.connect(hello)).await;
        let answer = wire.read().await;
        match (answer, written) {
            (
                Ok(Packet::ConnAck {
                    code: 0,
                    receive_maximum,
                    maximum_qos,
                }),
                _,
            ) => {
                wire.at = Way::In;
                wire.limit = Instant::now() + patience * 2;
                Ok(Peer::new(wire, receive_maximum, maximum_qos))
            }
            (Ok(Packet::ConnAck { code, .. }), _) => {
                let cause = Cause::of_code(code);
                Err(Failure::new(
                    Way::Login,
                    cause,
                    reasons::refused(cause, code),
                ))
            }
            (Ok(_), _) => Err(Failure::new(Way::Login, Cause::NotMqtt, reasons::NOT_MQTT)),
            (Err(failure), _) => Err(failure),
        }
    }
}

/// Whole packets, until the limit.
struct Wire {
    stream: Stream,
    version: Version,
    limit: Instant,
    at: Way,
}

impl Wire {
    async fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let (at, stream) = (self.at, &mut self.stream);
        let written = async {
            stream.write_all(bytes).await?;
            stream.flush().await
        };
        match timeout_at(self.limit, written).await {
            Err(_) => Err(Failure::silent(at)),
            Ok(written) => written.map_err(|error| Failure::io(at, &error)),
        }
    }

    async fn read(&mut self) -> Result<Packet, Failure> {
        let (at, stream, version) = (self.at, &mut self.stream, self.version);
        // who always has something to say would never let the time run out
        if Instant::now() >= self.limit {
            return Err(Failure::silent(at));
        }
        match timeout_at(self.limit, read(stream, version)).await {
            Err(_) => Err(Failure::silent(at)),
            Ok(Err(error)) if error.kind() == io::ErrorKind::InvalidData => {
                match tls_reasons::of_io(&error) {
                    Some(_) => Err(Failure::io(at, &error)),
                    None => Err(Failure::new(at, Cause::NotMqtt, reasons::NOT_MQTT)),
                }
            }
            Ok(read) => read.map_err(|error| Failure::io(at, &error)),
        }
    }
}

/// The next packet. One that is none is [`io::ErrorKind::InvalidData`].
async fn read(stream: &mut Stream, version: Version) -> io::Result<Packet> {
    let first = stream.read_u8().await?;
    let mut length = 0;
    for place in 0.. {
        let byte = stream.read_u8().await?;
        length |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            break;
        }
        if place == 3 {
            return Err(io::ErrorKind::InvalidData.into());
        }
    }
    let mut body = vec![0; length.min(LARGEST)];
    stream.read_exact(&mut body).await?;
    if length > LARGEST {
        let mut left = length - LARGEST;
        while left > 0 {
            let piece = left.min(LARGEST);
            stream.read_exact(&mut body[..piece]).await?;
            left -= piece;
        }
        return Ok(Packet::Other);
    }
    let packet = version.read(first, &body);
    packet.ok_or_else(|| io::ErrorKind::InvalidData.into())
}
