//! The GrovePi board: what one can ask of it, and what its ports can do.
//!
//! [`Board`] is the seam that resources see. On a Pi the driver talks to the firmware over the real bus;
//! without one the same driver, byte for byte, talks to the firmware as it is simulated.
//!
//! Source of the protocol: DexterInd's firmware 1.4.0, `grovepi.ino`, functions `processIO`, `receiveData`
//! and `sendData`.

mod bus_error;
mod delay;
mod error;
mod grovepi;
mod lock;
mod pace;
mod port;
mod reopen;
mod request;
pub mod rpi;
pub mod sim;
mod survey;

pub use bus_error::BusError;
pub use delay::SleepDelay;
pub use error::BoardError;
pub use grovepi::{ADDRESS, GrovePi, ResetLine};
pub use lock::{BusLock, Holder, OpenError};
pub use port::{AnalogPort, DigitalPort, Port, PortError, PwmPort};
pub use request::{Firmware, PinMode, Request};
pub use survey::{BAD_PERCENT, Reading, STRETCHING_REMEDIES, Survey, survey};

use serde::Serialize;

/// What the driver counted since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BusCounters {
    /// Commands asked of the board.
    pub transfers: u64,
    /// Commands that were sent again after an attempt went wrong.
    pub retries: u64,
    /// Commands given up after the last attempt.
    pub failures: u64,
    /// Times that the board answered "not ready, read again".
    pub not_ready: u64,
    /// Replies thrown away: wrong echo, out of range, nobody drove the bus.
    pub discarded: u64,
    /// Times that the version was asked first, to be sure that no answer of a failed command was left.
    pub resyncs: u64,
    /// Pulses sent on the reset line.
    pub resets: u64,
}

/// A GrovePi board, real or simulated.
///
/// Two methods are required, so an exotic Grove sensor needs no change here.
pub trait Board: Send {
    /// Sends one command and reads its reply, `reply.len()` bytes of which byte 0 is the echo of the command.
    /// An empty `reply` is a command that answers nothing worth reading; it is still waited for, or the next
    /// command would be lost.
    ///
    /// # Errors
    /// After a bounded number of attempts of the whole command: what the last one met.
    fn transact(&mut self, request: Request, reply: &mut [u8]) -> Result<(), BoardError>;

    /// Writes bytes to another device on the same bus, such as the RGB LCD at `0x3e`.
    ///
    /// # Errors
    /// The bus refused the write, also when it was repeated.
    fn write_to(&mut self, address: u8, bytes: &[u8]) -> Result<(), BoardError>;

    /// Pulses the board's reset line if one is wired; `false` if none is. All pin modes and outputs are lost.
    ///
    /// # Errors
    /// The line could not be driven.
    fn reset(&mut self) -> Result<bool, BoardError> {
        Ok(false)
    }

    /// What was counted so far.
    fn counters(&self) -> BusCounters {
        BusCounters::default()
    }

    /// Reads a digital level: `true` is high.
    ///
    /// # Errors
    /// As [`Board::transact`], and a level other than 0 or 1.
    fn digital_read(&mut self, port: DigitalPort) -> Result<bool, BoardError> {
        let request = Request::new(1, port.pin(), 0, 0);
        let mut reply = [0; 2];
        self.transact(request, &mut reply)?;
        request.check(&reply)?;
        Ok(reply[1] == 1)
    }

    /// Drives a digital output: `true` is high. The port needs [`PinMode::Output`].
    ///
    /// # Errors
    /// As [`Board::transact`].
    fn digital_write(&mut self, port: DigitalPort, high: bool) -> Result<(), BoardError> {
        self.transact(Request::new(2, port.pin(), high.into(), 0), &mut [])
    }

    /// Reads a voltage: `0..=1023` for 0 V to the board's supply.
    ///
    /// # Errors
    /// As [`Board::transact`], and a value above 1023.
    fn analog_read(&mut self, port: AnalogPort) -> Result<u16, BoardError> {
        let request = Request::new(3, port.channel(), 0, 0);
        let mut reply = [0; 3];
        self.transact(request, &mut reply)?;
        request.check(&reply)?;
        Ok(u16::from_be_bytes([reply[1], reply[2]]))
    }

    /// Drives an output by pulse width: 0 is off, 255 is on. The port needs [`PinMode::Output`].
    ///
    /// # Errors
    /// As [`Board::transact`].
    fn pwm_write(&mut self, port: PwmPort, duty: u8) -> Result<(), BoardError> {
        self.transact(Request::new(4, port.pin(), duty, 0), &mut [])
    }

    /// Sets a port's direction.
    ///
    /// # Errors
    /// As [`Board::transact`].
    fn pin_mode(&mut self, port: DigitalPort, mode: PinMode) -> Result<(), BoardError> {
        self.transact(Request::new(5, port.pin(), mode as u8, 0), &mut [])
    }

    /// Asks which firmware runs. This is also the one safe way to ask whether a board is there at all.
    ///
    /// # Errors
    /// As [`Board::transact`].
    fn firmware_version(&mut self) -> Result<Firmware, BoardError> {
        let mut reply = [0; 4];
        self.transact(Request::VERSION, &mut reply)?;
        Ok(Firmware {
            major: reply[1],
            minor: reply[2],
            patch: reply[3],
        })
    }
}
