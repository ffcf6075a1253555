//! The driver of the GrovePi's firmware, over any I2C bus.
//!
//! A command is one plain write of four bytes; its reply is one plain read after a gap. A repeated start fails
//! regularly on a Pi's controller, and a write of one byte, with which SMBus reads begin, runs over the firmware's
//! memory; neither is ever sent, and the bus is never scanned.
//!
//! # What the driver vouches for
//! A value that it returns was read whole, echoes its command, lies in its range, and was not left over from a
//! command that failed. **What cannot be told**: the reply carries no pin, so when the write of a command is lost
//! without an error *and* the command before it had the same number, the answer for that one's pin looks right.
//! The firmware itself loses a write silently only while it is busy with the last one, and the driver always waits
//! for that to end.
//!
//! Source: DexterInd's `grovepi.ino` 1.4.0, `processIO`, `receiveData`, `sendData`.

use super::pace::Pace;
use super::{Board, BoardError, BusCounters, BusError, Request};
use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::I2c;
use std::error::Error;
use std::io;
use std::sync::Arc;

/// The board's I2C address.
pub const ADDRESS: u8 = 0x04;

/// Byte 0 of a reply that is not ready: read again.
const NOT_READY: u8 = 0x17;

/// What the firmware answers to a command that has no reply of its own.
const DONE: u8 = 0x00;

/// Pauses before the second, third and fourth attempt, in microseconds. A board that was just reset does not
/// acknowledge for about 1 ms; all four attempts on a dead one last less than 4 ms.
const PAUSES_US: [u32; 3] = [200, 500, 1_000];

/// Attempts after which a bus that is stuck, and costs a second each time, is left alone.
const STUCK_ATTEMPTS: usize = 2;

/// Attempts at finding a board that was lost: it is asked often, so each costs little.
const RESYNC_ATTEMPTS: usize = 2;

/// A line that resets the board when it is pulsed.
pub trait ResetLine: Send {
    /// Pulses the line.
    ///
    /// # Errors
    /// The line could not be driven ([`BoardError::ResetLine`]).
    fn pulse(&mut self) -> Result<(), BoardError>;
}

/// A GrovePi on an I2C bus.
///
/// ```
/// use mqtt_thing::board::sim::{SimGrovePi, Timing};
/// use mqtt_thing::board::{Board, GrovePi, Port};
///
/// let sim = SimGrovePi::new(Timing::None);
/// sim.pins().set_digital(Port::D3, true);
/// let mut board = GrovePi::new(sim.clone(), sim.delay());
/// assert!(board.digital_read(Port::D3.digital())?);
/// # Ok::<(), mqtt_thing::board::BoardError>(())
/// ```
pub struct GrovePi<I2C, D> {
    i2c: I2C,
    delay: D,
    reset_line: Option<Box<dyn ResetLine>>,
    counters: BusCounters,
    /// A reply may be waiting that belongs to a command which failed, or to another process.
    unsure: bool,
}

impl<I2C, D> GrovePi<I2C, D>
where
    I2C: I2c,
    I2C::Error: Error + Send + Sync + 'static,
    D: DelayNs,
{
    /// A board on this bus. Nothing is sent until the first command.
    pub fn new(i2c: I2C, delay: D) -> Self {
        Self {
            i2c,
            delay,
            reset_line: None,
            counters: BusCounters::default(),
            unsure: true,
        }
    }

    /// The same with a line that resets the board.
    #[must_use]
    pub fn with_reset_line(mut self, line: Box<dyn ResetLine>) -> Self {
        self.reset_line = Some(line);
        self
    }

    /// Asks for the version until its echo is right, so that whatever waited in the firmware's buffer is gone and a
    /// lost write can be told by the echo `08`.
    fn resynchronise(&mut self) -> Result<(), BoardError> {
        self.counters.resyncs += 1;
        self.repeat(Request::VERSION, &mut [0; 4], RESYNC_ATTEMPTS)?;
        self.unsure = false;
        Ok(())
    }

    /// Sends the whole command again until it works, at most `attempts` times.
    fn repeat(
        &mut self,
        request: Request,
        reply: &mut [u8],
        attempts: usize,
    ) -> Result<(), BoardError> {
        let mut attempt = 1;
        loop {
            let error = match self.attempt(request, reply) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            tracing::trace!(%request, attempt, %error, "an attempt failed");
            let most = match &error {
                // The command is still being worked on, so a second write would be dropped.
                BoardError::NotReady { .. } => 1,
                BoardError::Bus { source, .. } if timed_out(&**source) => {
                    attempts.min(STUCK_ATTEMPTS)
                }
                _ => attempts,
            };
            if attempt >= most {
                return Err(error);
            }
            self.counters.retries += 1;
            self.delay
                .delay_us(PAUSES_US[(attempt - 1).min(PAUSES_US.len() - 1)]);
            attempt += 1;
        }
    }

    /// One write, and reads until there is an answer. A read is never believed after a write that failed.
    fn attempt(&mut self, request: Request, reply: &mut [u8]) -> Result<(), BoardError> {
        let pace = Pace::of(request.command());
        self.i2c
            .write(ADDRESS, &request.bytes())
            .map_err(|error| bus_error(request, error))?;
        self.delay.delay_us(pace.gap_us);
        let mut done = [0xff];
        let answers = !reply.is_empty();
        let awaited = if answers { reply } else { &mut done };
        for read in 1..=pace.reads {
            // A read that comes back short must not leave an older reply standing.
            awaited.fill(0xff);
            self.i2c
                .read(ADDRESS, awaited)
                .map_err(|error| bus_error(request, error))?;
            if awaited[0] != NOT_READY {
                let verdict = if answers {
                    request
                        .check(awaited)
                        .and_then(|()| self.confirm(request, awaited))
                } else {
                    done_with(request, awaited[0])
                };
                tracing::trace!(%request, reply = ?awaited, read, "transfer");
                self.counters.discarded += u64::from(verdict.is_err());
                return verdict;
            }
            self.counters.not_ready += 1;
            if read < pace.reads {
                self.delay.delay_us(pace.again_us);
            }
        }
        Err(BoardError::NotReady {
            request,
            reads: pace.reads,
        })
    }

    /// Reads an analog value or a distance again when its last byte is `ff`, which is also what is read once the
    /// board has let go of the bus: 255, 511, 767 and 1023 out of the blue.
    fn confirm(&mut self, request: Request, reply: &[u8]) -> Result<(), BoardError> {
        let &[3 | 7, high, 0xff] = reply else {
            return Ok(());
        };
        let mut again = [0; 3];
        self.i2c
            .read(ADDRESS, &mut again)
            .map_err(|error| bus_error(request, error))?;
        if again == reply {
            return Ok(());
        }
        Err(BoardError::Unconfirmed(format!(
            "the board answered command {request} first with {high:02x} ff and then with {:02x} {:02x}",
            again[1], again[2]
        )))
    }
}

impl<I2C, D> Board for GrovePi<I2C, D>
where
    I2C: I2c + Send,
    I2C::Error: Error + Send + Sync + 'static,
    D: DelayNs + Send,
{
    fn transact(&mut self, request: Request, reply: &mut [u8]) -> Result<(), BoardError> {
        self.counters.transfers += 1;
        let attempts = Pace::of(request.command()).attempts;
        // The version command resynchronises by itself.
        let found = if self.unsure && request.command() != Request::VERSION.command() {
            self.resynchronise()
        } else {
            Ok(())
        };
        let outcome = found.and_then(|()| self.repeat(request, reply, attempts));
        self.unsure = outcome.is_err();
        if outcome.is_err() {
            self.counters.failures += 1;
        }
        outcome
    }

    fn write_to(&mut self, address: u8, bytes: &[u8]) -> Result<(), BoardError> {
        let failed = |source| BoardError::Device { address, source };
        if address == ADDRESS {
            let source = io::Error::other("this is the board itself, which takes commands only");
            return Err(failed(Arc::new(source)));
        }
        self.counters.transfers += 1;
        if self.i2c.write(address, bytes).is_ok() {
            return Ok(());
        }
        self.counters.retries += 1;
        self.delay.delay_us(PAUSES_US[0]);
        self.i2c.write(address, bytes).map_err(|error| {
            self.counters.failures += 1;
            failed(Arc::new(error))
        })
    }

    fn reset(&mut self) -> Result<bool, BoardError> {
        let Some(line) = &mut self.reset_line else {
            return Ok(false);
        };
        self.unsure = true;
        line.pulse()?;
        self.counters.resets += 1;
        Ok(true)
    }

    fn counters(&self) -> BusCounters {
        self.counters
    }
}

/// Whether the board says that it has done a command without a reply of its own.
fn done_with(request: Request, found: u8) -> Result<(), BoardError> {
    if found == DONE {
        return Ok(());
    }
    Err(BoardError::Echo {
        request,
        found,
        expected: DONE,
    })
}

fn bus_error<E: Error + Send + Sync + 'static>(request: Request, error: E) -> BoardError {
    BoardError::Bus {
        request,
        source: Arc::new(error),
    }
}

fn timed_out(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error
        .downcast_ref::<BusError>()
        .and_then(BusError::errno)
        .is_some_and(|errno| errno == BusError::TIMED_OUT)
}
