//! Commands as they go over the bus.

use super::BoardError;
use serde::{Serialize, Serializer};
use std::fmt;

/// One command frame: exactly four bytes on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request([u8; 4]);

impl Request {
    /// "Which version are you?" The answer is always the same, so asking does no harm, and the board may be probed
    /// with this one alone.
    pub const VERSION: Self = Self::new(8, 0, 0, 0);

    /// A command number and its three parameters; unused ones are 0.
    #[must_use]
    pub const fn new(command: u8, p1: u8, p2: u8, p3: u8) -> Self {
        Self([command, p1, p2, p3])
    }

    /// The command number, which byte 0 of the reply echoes.
    #[must_use]
    pub const fn command(self) -> u8 {
        self.0[0]
    }

    /// The frame.
    #[must_use]
    pub const fn bytes(self) -> [u8; 4] {
        self.0
    }

    /// Whether `reply` can be this command's: the echo, and the range where the hardware has one.
    ///
    /// # Errors
    /// Another command's echo, or a value that the hardware cannot produce.
    pub fn check(self, reply: &[u8]) -> Result<(), BoardError> {
        let (found, most) = match (self.command(), reply) {
            (expected, [found, ..]) if *found != expected => {
                return Err(BoardError::Echo {
                    request: self,
                    found: *found,
                    expected,
                });
            }
            (1, [_, level, ..]) => (u32::from(*level), 1),
            // No firmware has it, and it is what the end of a lost reply looks like.
            (8, [_, _, _, patch, ..]) => (u32::from(*patch), 254),
            (3, [_, high, low, ..]) => (u32::from(u16::from_be_bytes([*high, *low])), 1023),
            // an echo is waited for 75 ms, and 58 us are a centimetre
            (7, [_, high, low, ..]) => (u32::from(u16::from_be_bytes([*high, *low])), 1293),
            // 60 s of the shortest pulses
            (10, [_, a, b, c, d, ..]) => (u32::from_le_bytes([*a, *b, *c, *d]), 6_000_000),
            // pins 0 to 8
            (12, [_, _, high, ..]) => (u32::from(*high), 1),
            _ => return Ok(()),
        };
        if found <= most {
            return Ok(());
        }
        Err(BoardError::OutOfRange {
            request: self,
            found,
            most,
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [command, p1, p2, p3] = self.0;
        write!(f, "{command:02x} {p1:02x} {p2:02x} {p3:02x}")
    }
}

/// A port's direction, as the firmware's `pinMode` takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PinMode {
    /// Reads a level.
    Input = 0,
    /// Drives a level.
    Output = 1,
}

/// The firmware's version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Firmware {
    /// 1 for all boards that were ever sold.
    pub major: u8,
    /// 4 for the firmware that this driver was measured against.
    pub minor: u8,
    /// 0 likewise.
    pub patch: u8,
}

impl Firmware {
    /// The version whose frames and timing this driver was measured against.
    pub const MEASURED: Self = Self {
        major: 1,
        minor: 4,
        patch: 0,
    };
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Serialize for Firmware {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
