//! The measuring end: MQTT 3.1.1 on a socket and nothing between, so that what is measured is the other end.

use crate::support::LIMIT;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// A connection at QoS 0.
pub struct Wire {
    stream: TcpStream,
    /// What was read, from `at` on not yet looked at.
    buffer: Vec<u8>,
    at: usize,
}

/// A message, and when its last byte was here.
pub struct Heard {
    pub topic: String,
    pub payload: Vec<u8>,
    pub at: Instant,
}

impl Wire {
    /// Connects, and waits until the subscriptions stand.
    pub fn connect(port: u16, topics: &[&str]) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        let (buffer, at) = (Vec::new(), 0);
        let mut wire = Self { stream, buffer, at };
        let name = format!("bench-{:08x}", rand::random::<u32>());
        // section 3.1: the protocol's name and level, clean session, no keep-alive
        let mut connect = b"\0\x04MQTT\x04\x02\0\0".to_vec();
        put_text(&mut connect, &name);
        wire.send(0x10, &connect);
        assert_eq!(
            wire.packet(LIMIT).map(|packet| packet.0),
            Some(0x20),
            "CONNACK"
        );
        let mut subscribe = vec![0, 1];
        for topic in topics {
            put_text(&mut subscribe, topic);
            subscribe.push(0);
        }
        wire.send(0x82, &subscribe);
        assert_eq!(
            wire.packet(LIMIT).map(|packet| packet.0),
            Some(0x90),
            "SUBACK"
        );
        wire
    }

    pub fn publish(&mut self, topic: &str, payload: &[u8]) {
        let mut body = Vec::with_capacity(2 + topic.len() + payload.len());
        put_text(&mut body, topic);
        body.extend_from_slice(payload);
        self.send(0x30, &body);
    }

    /// The next message, if one comes in time.
    pub fn next(&mut self, patience: Duration) -> Option<Heard> {
        let until = Instant::now() + patience;
        loop {
            let (kind, body) = self.packet(until.saturating_duration_since(Instant::now()))?;
            if kind & 0xF0 == 0x30 {
                let at = Instant::now();
                let len = usize::from(u16::from_be_bytes([body[0], body[1]]));
                let topic = String::from_utf8(body[2..2 + len].to_vec()).unwrap();
                let payload = body[2 + len..].to_vec();
                return Some(Heard { topic, payload, at });
            }
        }
    }

    fn send(&mut self, kind: u8, body: &[u8]) {
        let mut packet = vec![kind];
        let mut left = body.len();
        loop {
            let byte = (left % 128) as u8;
            left /= 128;
            packet.push(if left > 0 { byte | 0x80 } else { byte });
            if left == 0 {
                break;
            }
        }
        packet.extend_from_slice(body);
        self.stream.write_all(&packet).unwrap();
    }

    /// The next packet: its first byte and what follows the length.
    fn packet(&mut self, patience: Duration) -> Option<(u8, Vec<u8>)> {
        let until = Instant::now() + patience;
        loop {
            if let Some((head, len)) = head(&self.buffer[self.at..]) {
                let (begins, ends) = (self.at + head, self.at + head + len);
                if self.buffer.len() >= ends {
                    let packet = (self.buffer[self.at], self.buffer[begins..ends].to_vec());
                    self.at = ends;
                    return Some(packet);
                }
                self.buffer.reserve(ends - self.buffer.len());
            }
            self.buffer.drain(..std::mem::take(&mut self.at));
            let left = until.checked_duration_since(Instant::now())?;
            self.stream
                .set_read_timeout(Some(left.max(Duration::from_micros(1))))
                .unwrap();
            let mut piece = [0; 64 << 10];
            match self.stream.read(&mut piece) {
                Ok(0) => panic!("the broker closed the connection"),
                Ok(len) => self.buffer.extend_from_slice(&piece[..len]),
                Err(_too_late) => return None,
            }
        }
    }
}

/// How long the fixed header is, and what follows it (section 2.2.3); none while it is not all there.
fn head(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut len = 0;
    for nth in 0..4 {
        let byte = *bytes.get(1 + nth)?;
        len |= usize::from(byte & 0x7F) << (7 * nth);
        if byte & 0x80 == 0 {
            return Some((2 + nth, len));
        }
    }
    panic!("no length of a packet");
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&u16::try_from(text.len()).unwrap().to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}
