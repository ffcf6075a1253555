//! A GrovePi without hardware: the firmware 1.4.0 as a device on an I2C bus.
//!
//! [`SimGrovePi`] is the bus that a driver owns; [`Pins`] is the bench on which the board lies: whoever holds it sets
//! inputs, sees outputs, pulls the plug and injects faults, from any thread.
//!
//! It knows the commands of buttons, LEDs, rotary sensors, light sensors and relays (1 to 5 and 8); any other is
//! answered `00`, as the firmware answers a command that it does not know.

mod avr;
mod device;
mod faults;
mod log;
mod pins;
mod timing;

pub use avr::Output;
pub use device::{SimGrovePi, SimResetLine};
pub use faults::Fault;
pub use log::{Data, Transfer, TransferCounts, Violation};
pub use pins::{OutputChange, Pins};
pub use timing::{SimDelay, Timing};
