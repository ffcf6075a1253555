//! What can go wrong between the Pi and the board.

use super::Request;
use std::sync::Arc;
use thiserror::Error;

/// A command that failed, after its last attempt. Cheap to clone, so that each resource can keep its own.
#[derive(Debug, Clone, Error)]
pub enum BoardError {
    /// The bus refused a transfer: a NAK (errno 121 or 6), an I/O error (5), a time-out (110). A loose cable, a
    /// board without power, or the Pi's clock-stretching bug; `mqtt-thing probe` tells how often.
    #[error("the I2C bus failed on command {request}: {source}")]
    Bus {
        /// The command.
        request: Request,
        /// What the bus said, with its errno.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The board took the command and never finished it.
    #[error("the board was not ready with command {request} after {reads} reads")]
    NotReady {
        /// The command.
        request: Request,
        /// How often it was asked.
        reads: u32,
    },
    /// The reply belongs to another command: the write was lost, or the answer is stale.
    #[error(
        "the board answered command {request} with the echo {found:#04x}; expected {expected:#04x}"
    )]
    Echo {
        /// The command.
        request: Request,
        /// Byte 0 of the reply; `0xff` when nobody drove the bus.
        found: u8,
        /// The command's number, or `0x00` for a command without a reply of its own.
        expected: u8,
    },
    /// The reply holds a value that the hardware cannot produce.
    #[error("the board answered command {request} with {found}; at most {most} is possible")]
    OutOfRange {
        /// The command.
        request: Request,
        /// What was read.
        found: u32,
        /// The largest possible value.
        most: u32,
    },
    /// Another device on the bus did not take a write.
    #[error("the device at I2C address {address:#04x} did not take a write: {source}")]
    Device {
        /// Its 7-bit address.
        address: u8,
        /// What the bus said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
    /// The board is known to be away and is being probed; nothing was sent.
    #[error("the board does not answer and is being probed")]
    Away,
    /// A value that must be confirmed by a second, agreeing reading was not.
    #[error("{0}")]
    Unconfirmed(String),
    /// The reset line could not be driven.
    #[error("the reset line GPIO {gpio} could not be driven: {source}")]
    ResetLine {
        /// BCM number of the line.
        gpio: u8,
        /// What the GPIO driver said.
        source: Arc<dyn std::error::Error + Send + Sync>,
    },
}
