//! Packets and bytes (MQTT 3.1.1, sections 2 and 3): what comes is cut into packets, what goes is written.

use super::glimpse::Sizes;
use bytes::{Buf, BytesMut};
use rumqttc::mqttbytes::v4::Packet;
use thiserror::Error;

/// The largest remaining length of a packet (section 2.2.3).
pub(super) const LARGEST_REMAINING: usize = 268_435_455;
/// The largest remaining length of an answer: SUBACK has a byte for each filter.
const LARGEST_ANSWER: usize = 64 * 1024;
/// PUBLISH, as the upper half of a packet's first byte.
const PUBLISH: u8 = 3;

/// What is no MQTT; the connection is worth nothing after it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Malformed {
    /// The remaining length goes on beyond four bytes.
    #[error("a packet's length has more than four bytes")]
    Length,
    /// A packet that is no message has no reason to be that large.
    #[error("a packet of type {kind} with {size} bytes came in")]
    Size {
        /// The upper half of its first byte.
        kind: u8,
        /// Its remaining length.
        size: usize,
    },
    /// What it holds is not what the standard says.
    #[error("a packet cannot be read: {0}")]
    Packet(String),
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Frame {
    /// A packet.
    Packet(Packet, Sizes),
    /// A PUBLISH over the limit; its payload is read and forgotten.
    TooLarge {
        topic: String,
        /// 0 to 2.
        qos: u8,
        /// 0 at QoS 0.
        id: u16,
        sizes: Sizes,
    },
}

/// Bytes that came, and the packets in them.
#[derive(Debug)]
pub(super) struct Frames {
    /// Where more bytes go.
    pub(super) buffer: BytesMut,
    /// The largest remaining length that is kept.
    largest: usize,
    /// So many bytes of a too large packet are still to come.
    skip: usize,
}

impl Frames {
    pub(super) fn new(largest: usize) -> Self {
        Self {
            buffer: BytesMut::new(),
            largest: largest.min(LARGEST_REMAINING),
            skip: 0,
        }
    }

    /// The next packet, if all of it is here.
    pub(super) fn next(&mut self) -> Result<Option<Frame>, Malformed> {
        let skipped = self.skip.min(self.buffer.len());
        self.buffer.advance(skipped);
        self.skip -= skipped;
        let Some((header, remaining)) = header(&self.buffer)? else {
            return Ok(None);
        };
        let first = self.buffer[0];
        match first >> 4 {
            PUBLISH if remaining > self.largest => return self.left_out(header, remaining),
            PUBLISH => {}
            kind if remaining > LARGEST_ANSWER => {
                let size = remaining;
                return Err(Malformed::Size { kind, size });
            }
            _ => {}
        }
        if self.buffer.len() < header + remaining {
            return Ok(None);
        }
        let packet = Packet::read(&mut self.buffer, usize::MAX)
            .map_err(|error| Malformed::Packet(error.to_string()))?;
        let sizes = Sizes::of(&packet, first, header, remaining);
        Ok(Some(Frame::Packet(packet, sizes)))
    }

    /// Whether [`Frames::next`] has something to say without more bytes.
    pub(super) fn has_next(&self) -> bool {
        let Some(bytes) = self.buffer.get(self.skip..) else {
            return false;
        };
        match header(bytes) {
            Ok(Some((header, remaining))) => bytes.len() >= header + remaining,
            Ok(None) => false,
            Err(_) => true,
        }
    }

    /// Topic and identifier of a PUBLISH that is too large, once they are here; the rest is skipped.
    fn left_out(&mut self, header: usize, remaining: usize) -> Result<Option<Frame>, Malformed> {
        let first = self.buffer[0];
        let wrong = |what: &str| Malformed::Packet(what.to_owned());
        let qos = first >> 1 & 3;
        if qos == 3 {
            return Err(wrong("a QoS of 3"));
        }
        let Some(length) = self.buffer.get(header..header + 2) else {
            return Ok(None);
        };
        let topic = usize::from(u16::from_be_bytes([length[0], length[1]]));
        let id_at = header + 2 + topic;
        let head = id_at + if qos > 0 { 2 } else { 0 };
        if head > header + remaining {
            return Err(wrong("a topic that is longer than its packet"));
        }
        if self.buffer.len() < head {
            return Ok(None);
        }
        let id = match qos {
            0 => 0,
            _ => u16::from_be_bytes([self.buffer[id_at], self.buffer[id_at + 1]]),
        };
        let topic = String::from_utf8(self.buffer[header + 2..id_at].to_vec())
            .map_err(|_| wrong("a topic that is no UTF-8"))?;
        self.buffer.advance(head);
        self.skip = header + remaining - head;
        let sizes = Sizes {
            first_byte: first,
            fixed_header: header,
            variable_header: head - header,
            payload: self.skip,
        };
        Ok(Some(Frame::TooLarge {
            topic,
            qos,
            id,
            sizes,
        }))
    }
}

/// Length of the fixed header, and the remaining length that stands in it, if it is all here.
fn header(bytes: &[u8]) -> Result<Option<(usize, usize)>, Malformed> {
    let mut remaining = 0;
    for (place, byte) in bytes.iter().skip(1).enumerate() {
        if place == 4 {
            return Err(Malformed::Length);
        }
        remaining |= usize::from(byte & 0x7F) << (7 * place);
        if byte & 0x80 == 0 {
            return Ok(Some((place + 2, remaining)));
        }
    }
    match bytes.len() {
        0..5 => Ok(None),
        _ => Err(Malformed::Length),
    }
}

/// Writes a packet behind what is there, and measures what was really written.
pub(super) fn write(packet: &Packet, out: &mut BytesMut) -> Result<Sizes, Malformed> {
    let before = out.len();
    out.reserve(packet.size());
    packet.write(out, usize::MAX).map_err(|error| {
        out.truncate(before);
        Malformed::Packet(error.to_string())
    })?;
    let written = &out[before..];
    let (header, remaining) = header(written)?.unwrap_or_default();
    Ok(Sizes::of(packet, written[0], header, remaining))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rumqttc::QoS;
    use rumqttc::mqttbytes::v4::{PubAck, Publish, SubAck, SubscribeReasonCode};

    fn publish(qos: QoS, payload: usize) -> Packet {
        let mut publish = Publish::new("a/b", qos, vec![b'x'; payload]);
        publish.pkid = if qos == QoS::AtMostOnce { 0 } else { 7 };
        Packet::Publish(publish)
    }

    fn drain(frames: &mut Frames) -> Vec<Frame> {
        std::iter::from_fn(|| frames.next().unwrap()).collect()
    }

    #[test]
    fn what_is_written_is_measured() {
        let mut out = BytesMut::new();
        let sizes = write(&publish(QoS::AtLeastOnce, 300), &mut out).unwrap();
        assert_eq!(out[..3], [0x32, 0xB3, 0x02]);
        assert_eq!(
            sizes,
            Sizes {
                first_byte: 0x32,
                fixed_header: 3,
                variable_header: 7,
                payload: 300
            }
        );
        assert_eq!(sizes.whole(), out.len());
    }

    #[test]
    fn a_message_over_the_limit_is_skipped_and_what_follows_is_read() {
        for qos in [QoS::AtMostOnce, QoS::ExactlyOnce] {
            let mut bytes = BytesMut::new();
            write(&publish(qos, 1000), &mut bytes).unwrap();
            let size = bytes.len();
            write(&Packet::PingResp, &mut bytes).unwrap();
            let mut frames = Frames::new(100);
            let mut found = Vec::new();
            for byte in &bytes {
                frames.buffer.extend_from_slice(&[*byte]);
                found.extend(drain(&mut frames));
                assert!(frames.buffer.len() < 20, "nothing heaps up");
            }
            let Frame::TooLarge {
                topic, id, sizes, ..
            } = &found[0]
            else {
                panic!("{found:?}");
            };
            assert_eq!((topic.as_str(), sizes.whole()), ("a/b", size));
            assert_eq!(*id, if qos == QoS::AtMostOnce { 0 } else { 7 });
            assert!(matches!(found[1], Frame::Packet(Packet::PingResp, _)));
            assert_eq!(found.len(), 2);
        }
    }

    #[test]
    fn a_packet_that_is_no_message_may_not_be_large() {
        let mut frames = Frames::new(100);
        frames.buffer.extend_from_slice(&[0x90, 0xFF, 0xFF, 0x7F]);
        let size = 0x1F_FFFF;
        assert_eq!(frames.next(), Err(Malformed::Size { kind: 9, size }));
        let mut frames = Frames::new(100);
        frames.buffer.extend_from_slice(&[0x30, 255, 255, 255, 255]);
        assert_eq!(frames.next(), Err(Malformed::Length));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, largest in 0usize..300) {
            let mut frames = Frames::new(largest);
            frames.buffer.extend_from_slice(&bytes);
            while let Ok(Some(_)) = frames.next() {}
        }

        #[test]
        fn no_packet_like_bytes_make_it_panic(first: u8, body in proptest::collection::vec(any::<u8>(), 0..60)) {
            let mut frames = Frames::new(40);
            frames.buffer.extend_from_slice(&[first, body.len() as u8]);
            frames.buffer.extend_from_slice(&body);
            while let Ok(Some(_)) = frames.next() {}
        }

        #[test]
        fn split_anywhere_the_packets_are_the_same(
            sizes in proptest::collection::vec((0usize..400, 0u8..3), 1..8),
            cuts in proptest::collection::vec(1usize..200, 1..20),
        ) {
            let mut bytes = BytesMut::new();
            for (size, qos) in sizes {
                let qos = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce][usize::from(qos)];
                write(&publish(qos, size), &mut bytes).unwrap();
                write(&Packet::PubAck(PubAck::new(9)), &mut bytes).unwrap();
                let codes = vec![SubscribeReasonCode::Failure];
                write(&Packet::SubAck(SubAck::new(3, codes)), &mut bytes).unwrap();
            }
            let mut whole = Frames::new(300);
            whole.buffer.extend_from_slice(&bytes);
            let expected = drain(&mut whole);
            let (mut split, mut found, mut rest) = (Frames::new(300), Vec::new(), &bytes[..]);
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, more) = rest.split_at((*cut).min(rest.len()));
                rest = more;
                split.buffer.extend_from_slice(piece);
                found.extend(drain(&mut split));
            }
            prop_assert_eq!(found, expected);
        }
    }
}
