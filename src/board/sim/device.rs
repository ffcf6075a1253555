//! The board as a device on the bus.

use super::avr::Received;
use super::faults::{Direction, Fault};
use super::log::{Data, Transfer, Violation};
use super::pins::{Pins, Shared, State};
use super::timing::{self, SimDelay, Timing};
use crate::board::{ADDRESS, BoardError, BusError, GrovePi, ResetLine};
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// An I2C bus with a simulated GrovePi at its address.
///
/// A clone is another file handle on the same bus: transfers take turns.
#[derive(Debug, Clone)]
pub struct SimGrovePi {
    shared: Arc<Shared>,
}

impl SimGrovePi {
    /// A board that has started, with nothing wired to it: all inputs read low.
    #[must_use]
    pub fn new(timing: Timing) -> Self {
        Self {
            shared: Arc::new(Shared::new(timing)),
        }
    }

    /// The board's bench.
    #[must_use]
    pub fn pins(&self) -> Pins {
        Pins::of(&self.shared)
    }

    /// The delay for the driver, on the board's clock.
    #[must_use]
    pub fn delay(&self) -> SimDelay {
        SimDelay(Arc::clone(&self.shared.clock))
    }

    /// A driver on this bus, with the board's delay and without a reset line.
    #[must_use]
    pub fn board(&self) -> GrovePi<Self, SimDelay> {
        GrovePi::new(self.clone(), self.delay())
    }

    /// The line to the board's reset pin.
    #[must_use]
    pub fn reset_line(&self) -> SimResetLine {
        SimResetLine(self.pins())
    }

    fn send(&self, address: u8, bytes: &[u8]) -> Result<(), BusError> {
        let bus = &self.shared;
        let start = bus.clock.now();
        let mut state = bus.lock();
        state.counts.writes += 1;
        if bytes.is_empty() {
            state.violations.push(Violation::EmptyTransfer);
        } else if bytes.len() == 1 && address == ADDRESS {
            state.violations.push(Violation::OneByteWrite);
        }
        let fault = state.fate(address, Direction::Write, start);
        let takes = match fault {
            Some(Fault::Nak | Fault::Reset) => timing::UNACKNOWLEDGED,
            Some(Fault::TimedOut) => state.bus_timeout,
            _ => timing::write_takes(bytes.len(), &mut state.rng),
        };
        drop(state);

        let stop = start + takes;
        bus.clock.wait_until(stop);
        let mut state = bus.lock();
        let lost = matches!(
            fault,
            Some(
                Fault::Nak
                    | Fault::Reset
                    | Fault::TimedOut
                    | Fault::LostSilently
                    | Fault::LostWithError
            )
        );
        let received = if lost {
            Received::Ignored
        } else if address != ADDRESS {
            if let Some(lcd) = &mut state.lcd {
                lcd.receive(address, bytes);
            }
            Received::Ignored
        } else {
            state.receive(bytes, stop)
        };
        let errno = match fault {
            Some(Fault::Nak | Fault::Reset) => Some(BusError::NAK),
            Some(Fault::TimedOut) => Some(BusError::TIMED_OUT),
            Some(Fault::Eio | Fault::LostWithError) => Some(BusError::IO),
            _ => None,
        };
        state.note(start, address, errno, || Data::Write(bytes.to_vec()));
        let changed = match received {
            Received::Executed(Some(pin)) if state.has_changed(pin) => Some(pin),
            _ => None,
        };
        drop(state);
        if let Some(pin) = changed {
            bus.clock.wait_until(timing::executed(stop));
            bus.lock().announce(pin);
            bus.changed.notify_all();
        }
        errno.map_or(Ok(()), |errno| Err(BusError::from_errno(errno)))
    }

    fn fetch(&self, address: u8, buffer: &mut [u8]) -> Result<(), BusError> {
        let bus = &self.shared;
        let start = bus.clock.now();
        let mut state = bus.lock();
        state.counts.reads += 1;
        if buffer.is_empty() {
            state.violations.push(Violation::EmptyTransfer);
        }
        let fault = state.fate(address, Direction::Read, start);
        let (takes, errno) = match fault {
            Some(Fault::Nak | Fault::Reset) => (timing::UNACKNOWLEDGED, Some(BusError::NAK)),
            Some(Fault::TimedOut) => (state.bus_timeout, Some(BusError::TIMED_OUT)),
            Some(Fault::Eio) => (timing::read_takes(buffer.len()), Some(BusError::IO)),
            _ => (timing::read_takes(buffer.len()), None),
        };
        let asked = timing::asked(start);
        match fault {
            _ if errno.is_some() => {}
            Some(Fault::Ones) => buffer.fill(0xff),
            Some(Fault::Torn) => {
                state.avr.answer(asked, buffer);
                if let Some(last) = buffer.last_mut() {
                    *last = 0xff;
                }
            }
            Some(Fault::Stale) => state.avr.stale_answer(buffer),
            _ if address != ADDRESS => buffer.fill(0xff),
            _ => state.avr.answer(asked, buffer),
        }
        state.note(start, address, errno, || Data::Read(buffer.to_vec()));
        drop(state);
        bus.clock.wait_until(start + takes);
        errno.map_or(Ok(()), |errno| Err(BusError::from_errno(errno)))
    }
}

impl State {
    /// What goes wrong with a transfer, from what was planned and from the state that the board is in.
    fn fate(&mut self, address: u8, direction: Direction, now: Duration) -> Option<Fault> {
        if self.thaws_at.is_some_and(|moment| now >= moment) {
            self.thaw(now);
        }
        if address != ADDRESS {
            return (!self.others.contains(&address)).then_some(Fault::Nak);
        }
        let fault = self.faults.next(direction);
        match fault {
            Some(Fault::Reset) => self.reset(now),
            Some(Fault::Frozen(span)) => {
                self.avr.freeze();
                self.thaws_at = Some(now + span);
            }
            _ => {}
        }
        if self.unplugged || now < self.started_at {
            return Some(Fault::Nak);
        }
        fault
    }

    fn receive(&mut self, bytes: &[u8], stop: Duration) -> Received {
        let received = self.avr.receive(bytes, stop, &mut self.rng);
        self.count(received);
        let raced = self.avr.raced.take();
        self.violations.extend(raced.map(Violation::Raced));
        received
    }

    fn count(&mut self, received: Received) {
        match received {
            Received::Wild(frame) => self.violations.push(Violation::WildPin(frame)),
            Received::Dropped => self.counts.dropped += 1,
            Received::Executed(_) | Received::Ignored => {}
        }
    }

    /// The firmware goes on.
    pub(super) fn thaw(&mut self, now: Duration) {
        self.thaws_at = None;
        let received = self.avr.thaw(now, &mut self.rng);
        self.count(received);
        if let Received::Executed(Some(pin)) = received {
            self.announce(pin);
        }
    }

    fn note(&mut self, at: Duration, address: u8, errno: Option<i32>, data: impl FnOnce() -> Data) {
        self.counts.errors += u64::from(errno.is_some());
        self.log.push(|| Transfer {
            at,
            address,
            data: data(),
            errno,
        });
    }
}

impl ErrorType for SimGrovePi {
    type Error = BusError;
}

impl I2c for SimGrovePi {
    fn transaction(
        &mut self,
        address: u8,
        operations: &mut [Operation<'_>],
    ) -> Result<(), BusError> {
        let shared = Arc::clone(&self.shared);
        // One transfer at a time, as the kernel does it.
        let _turn = shared.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if operations.len() > 1 {
            shared.lock().violations.push(Violation::RepeatedStart);
        }
        for operation in operations {
            match operation {
                Operation::Write(bytes) => self.send(address, bytes)?,
                Operation::Read(buffer) => self.fetch(address, buffer)?,
            }
        }
        Ok(())
    }
}

/// The reset line of a simulated board.
#[derive(Debug, Clone)]
pub struct SimResetLine(Pins);

impl ResetLine for SimResetLine {
    fn pulse(&mut self) -> Result<(), BoardError> {
        self.0.reset_board();
        Ok(())
    }
}
