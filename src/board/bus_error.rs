//! What the kernel said about a transfer, with its number.

use embedded_hal::i2c::{ErrorKind, NoAcknowledgeSource};
use rustix::io::Errno;
use std::fmt;
use std::io;

/// A transfer on the I2C bus that went wrong, with the kernel's errno.
///
/// The real bus and the simulated one both speak of it, so that nothing above can tell them apart. It reads as the
/// kernel's own words: `Remote I/O error (os error 121)`.
#[derive(Debug)]
pub struct BusError(io::Error);

impl BusError {
    /// Nobody acknowledged: no board, no power, or a board that is starting (EREMOTEIO, 121).
    pub const NAK: i32 = Errno::REMOTEIO.raw_os_error();
    /// The controller lost the transfer (EIO, 5).
    pub const IO: i32 = Errno::IO.raw_os_error();
    /// The bus was held for longer than the kernel waits, usually a second (ETIMEDOUT, 110).
    pub const TIMED_OUT: i32 = Errno::TIMEDOUT.raw_os_error();

    /// The error with this number, such as [`BusError::NAK`].
    #[must_use]
    pub fn from_errno(errno: i32) -> Self {
        Self(io::Error::from_raw_os_error(errno))
    }

    /// The kernel's number; none for an error that the kernel did not make.
    #[must_use]
    pub fn errno(&self) -> Option<i32> {
        self.0.raw_os_error()
    }
}

impl From<io::Error> for BusError {
    fn from(error: io::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for BusError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl embedded_hal::i2c::Error for BusError {
    fn kind(&self) -> ErrorKind {
        match self.errno().map(Errno::from_raw_os_error) {
            Some(Errno::REMOTEIO | Errno::NXIO) => {
                ErrorKind::NoAcknowledge(NoAcknowledgeSource::Unknown)
            }
            Some(Errno::AGAIN) => ErrorKind::ArbitrationLoss,
            Some(Errno::IO) => ErrorKind::Bus,
            _ => ErrorKind::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nak_reads_as_the_kernel_says_it() {
        let error = BusError::from_errno(121);
        assert_eq!(error.to_string(), "Remote I/O error (os error 121)");
        assert_eq!(
            (BusError::NAK, BusError::IO, BusError::TIMED_OUT),
            (121, 5, 110)
        );
    }
}
