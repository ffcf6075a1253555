//! A bus that is opened again when it stops working.
//!
//! A controller that was reset, an overlay that was loaded again or an adapter that was pulled leave a file handle
//! that never works again, while a new one does.

use super::BusError;
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use rustix::io::Errno;

/// Errors in a row after which the handle itself is suspected: four commands of four attempts.
const SUSPECT: u32 = 16;

/// Opens the device again and again.
pub(super) trait Opener {
    /// What it opens.
    type Device: I2c<Error = BusError>;

    fn open(&mut self) -> Result<Self::Device, BusError>;
}

/// A bus behind a handle that is renewed when needed.
pub(super) struct Reopening<O: Opener> {
    opener: O,
    device: Option<O::Device>,
    errors_in_a_row: u32,
}

impl<O: Opener> Reopening<O> {
    /// A bus whose handle is opened now.
    pub(super) fn open(mut opener: O) -> Result<Self, BusError> {
        let device = Some(opener.open()?);
        Ok(Self {
            opener,
            device,
            errors_in_a_row: 0,
        })
    }

    fn count(&mut self, error: &BusError) {
        self.errors_in_a_row += 1;
        let gone = matches!(
            error.errno().map(Errno::from_raw_os_error),
            Some(Errno::NODEV | Errno::BADF | Errno::SHUTDOWN)
        );
        if gone || self.errors_in_a_row >= SUSPECT {
            tracing::debug!(%error, self.errors_in_a_row, "the bus is opened again");
            self.device = None;
            self.errors_in_a_row = 0;
        }
    }
}

impl<O: Opener> ErrorType for Reopening<O> {
    type Error = BusError;
}

impl<O: Opener> I2c for Reopening<O> {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        let device = match &mut self.device {
            Some(device) => device,
            none => none.insert(self.opener.open()?),
        };
        let result = device.transaction(address, operations);
        match &result {
            Ok(()) => self.errors_in_a_row = 0,
            Err(error) => self.count(error),
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    /// What each transfer meets, and how often the device was opened.
    #[derive(Clone, Default)]
    struct Kernel(Rc<RefCell<(Vec<i32>, u32)>>);

    impl ErrorType for Kernel {
        type Error = BusError;
    }

    impl I2c for Kernel {
        fn transaction(&mut self, _: u8, _: &mut [Operation<'_>]) -> Result<(), BusError> {
            match self.0.borrow_mut().0.pop() {
                None | Some(0) => Ok(()),
                Some(errno) => Err(BusError::from_errno(errno)),
            }
        }
    }

    impl Opener for Kernel {
        type Device = Self;

        fn open(&mut self) -> Result<Self, BusError> {
            self.0.borrow_mut().1 += 1;
            Ok(self.clone())
        }
    }

    fn opened_after(mut errors: Vec<i32>) -> u32 {
        errors.reverse();
        let transfers = errors.len();
        let kernel = Kernel(Rc::new(RefCell::new((errors, 0))));
        let mut bus = Reopening::open(kernel.clone()).expect("it opens");
        for _ in 0..=transfers {
            let _ = bus.write(4, &[8, 0, 0, 0]);
        }
        kernel.0.borrow().1
    }

    #[test]
    fn a_device_that_went_away_is_opened_again_at_once() {
        assert_eq!(opened_after(vec![19]), 2);
        assert_eq!(opened_after(vec![9]), 2);
    }

    #[test]
    fn errors_that_a_board_makes_open_it_again_only_when_they_persist() {
        assert_eq!(opened_after(vec![121; 15]), 1);
        assert_eq!(opened_after(vec![121; 16]), 2);
        let with_a_success = [vec![121; 15], vec![0], vec![5; 15]].concat();
        assert_eq!(opened_after(with_a_success), 1);
    }
}
