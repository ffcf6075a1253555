//! A GrovePi without hardware: the firmware 1.4.0 as a device on an I2C bus.
//!
//! [`SimGrovePi`] is the bus that a driver owns; [`Pins`] is the bench on which the board lies: whoever holds it sets
//! inputs, sees outputs, pulls the plug and injects faults, from any thread.
//!
//! It knows the commands of pins (1 to 5), the version (8) and the modules of the Grove shelf that have commands of
//! their own; any other is answered `00`, as the firmware answers a command that it does not know.

mod avr;
mod bench;
mod device;
mod displays;
mod faults;
mod interrupts;
mod lcd;
mod log;
mod modules;
mod pins;
mod reply;
mod timing;

pub use avr::Output;
pub use device::{SimGrovePi, SimResetLine};
pub use faults::Fault;
pub use lcd::Shown;
pub use log::{Data, Transfer, TransferCounts, Violation};
pub use pins::{OutputChange, Pins};
pub use timing::{SimDelay, Timing};
