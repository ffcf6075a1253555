//! The bus and the reset line of a Raspberry Pi: the only place that knows rppal.

use super::lock::BusLock;
use super::reopen::{Opener, Reopening};
use super::{Board, BoardError, BusError, GrovePi, OpenError, ResetLine, SleepDelay};
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use rppal::gpio::{Gpio, IoPin, Mode};
use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// How long the reset line is held low. The microcontroller needs 2.5 us.
const RESET_PULSE: Duration = Duration::from_millis(10);

/// The board on bus `/dev/i2c-<bus>` (1 on every Pi but the very first), owned by us alone, with a reset line if a
/// GPIO is named by its BCM number. Nothing is sent to the board yet.
///
/// The device is opened again by itself when it stops working.
///
/// # Errors
/// There is no such bus, it may not be used, somebody else has it, or the reset line cannot be had.
pub fn open(bus: u8, reset_gpio: Option<u8>) -> Result<impl Board + use<>, OpenError> {
    let path = PathBuf::from(format!("/dev/i2c-{bus}"));
    let lock = BusLock::take(&path)?;
    let device = Reopening::open(PiBus { bus }).map_err(|error| {
        let source = match error.errno() {
            Some(errno) => io::Error::from_raw_os_error(errno),
            None => io::Error::other(error),
        };
        OpenError::on_open(&path, source)
    })?;
    let mut board = GrovePi::new(
        Owned {
            device,
            _lock: lock,
        },
        SleepDelay,
    );
    if let Some(gpio) = reset_gpio {
        let line = PiResetLine::open(gpio).map_err(|error| OpenError::ResetLine {
            gpio,
            source: Box::new(error),
        })?;
        board = board.with_reset_line(Box::new(line));
    }
    Ok(board)
}

/// A bus with the lock that makes it ours.
struct Owned {
    device: Reopening<PiBus>,
    _lock: BusLock,
}

impl ErrorType for Owned {
    type Error = BusError;
}

impl I2c for Owned {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        self.device.transaction(address, operations)
    }
}

/// A bus by its number.
struct PiBus {
    bus: u8,
}

impl Opener for PiBus {
    type Device = PiI2c;

    fn open(&mut self) -> Result<PiI2c, BusError> {
        let device = rppal::i2c::I2c::with_bus(self.bus).map_err(bus_error)?;
        Ok(PiI2c {
            device,
            address: None,
        })
    }
}

/// An open bus. Each operation is a transfer of its own with a stop, as this board wants it.
struct PiI2c {
    device: rppal::i2c::I2c,
    /// The device that the kernel has been told, which spares a system call a transfer.
    address: Option<u8>,
}

impl ErrorType for PiI2c {
    type Error = BusError;
}

impl I2c for PiI2c {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        if self.address != Some(address) {
            self.address = None;
            self.device
                .set_slave_address(address.into())
                .map_err(bus_error)?;
            self.address = Some(address);
        }
        for operation in operations {
            let (wanted, done) = match operation {
                Operation::Read(buffer) => (buffer.len(), self.device.read(buffer)),
                Operation::Write(bytes) => (bytes.len(), self.device.write(bytes)),
            };
            // rppal passes the count on and its own embedded-hal implementation drops it.
            if done.map_err(bus_error)? != wanted {
                return Err(BusError::from_errno(BusError::IO));
            }
        }
        Ok(())
    }
}

/// The errno of an error of rppal, whose own error type hides it from `source()`.
fn bus_error(error: rppal::i2c::Error) -> BusError {
    match error {
        rppal::i2c::Error::Io(error) => BusError::from(error),
        other => BusError::from(io::Error::other(other)),
    }
}

/// A GPIO that is wired to the board's reset pin. It floats except during a pulse, so that the board's own pull-up
/// and its programmer are left alone.
struct PiResetLine {
    pin: IoPin,
}

impl PiResetLine {
    fn open(gpio: u8) -> Result<Self, rppal::gpio::Error> {
        let pin = Gpio::new()?.get(gpio)?;
        Ok(Self {
            pin: pin.into_io(Mode::Input),
        })
    }
}

impl ResetLine for PiResetLine {
    fn pulse(&mut self) -> Result<(), BoardError> {
        self.pin.set_low();
        self.pin.set_mode(Mode::Output);
        std::thread::sleep(RESET_PULSE);
        self.pin.set_mode(Mode::Input);
        Ok(())
    }
}
