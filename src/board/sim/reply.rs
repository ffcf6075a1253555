//! The bytes with which the firmware answers a read.

/// A reply: these bytes, then `ff` for as long as somebody reads.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reply {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl Reply {
    /// The longest reply, a DHT's.
    const LONGEST: usize = 9;

    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut reply = Self {
            bytes: [0; Self::LONGEST],
            length: bytes.len(),
        };
        reply.bytes[..bytes.len()].copy_from_slice(bytes);
        reply
    }

    pub(super) fn send(&self, buffer: &mut [u8]) {
        buffer.fill(0xff);
        let length = self.length.min(buffer.len());
        buffer[..length].copy_from_slice(&self.bytes[..length]);
    }
}
