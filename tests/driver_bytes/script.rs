//! A bus that expects exact transactions, in order, and plays the device's part.
#![allow(unreachable_pub)]

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{ErrorType, I2c, Operation};
use mqtt_thing::board::BusError;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

/// One step on the bus, with what the device does.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Write(u8, Vec<u8>),
    WriteFails(u8, Vec<u8>, i32),
    Read(u8, Vec<u8>),
    ReadFails(u8, usize, i32),
    Pause(u32),
}
use Step::{Pause, ReadFails, WriteFails};

pub fn write(bytes: [u8; 4]) -> Step {
    Step::Write(0x04, bytes.to_vec())
}

pub fn read(bytes: &[u8]) -> Step {
    Step::Read(0x04, bytes.to_vec())
}

pub fn version() -> [Step; 3] {
    [write([8, 0, 0, 0]), Pause(100), read(&[8, 1, 4, 0])]
}

/// The steps that must happen, in this order and no others.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<VecDeque<Step>>>);

impl Script {
    pub fn expect(&self, steps: impl IntoIterator<Item = Step>) {
        self.0.lock().unwrap().extend(steps);
    }

    fn next(&self, doing: &str) -> Step {
        let step = self.0.lock().unwrap().pop_front();
        step.unwrap_or_else(|| panic!("the script is over, but the driver goes on: {doing}"))
    }

    pub fn assert_over(&self) {
        let left = self.0.lock().unwrap();
        assert!(left.is_empty(), "the driver left out {left:?}");
    }
}

impl ErrorType for Script {
    type Error = BusError;
}

impl I2c for Script {
    fn transaction(&mut self, to: u8, operations: &mut [Operation<'_>]) -> Result<(), BusError> {
        let [operation] = operations else {
            panic!("a repeated start: {operations:?}");
        };
        match operation {
            Operation::Write(sent) => match self.next(&format!("write {to:02x} {sent:02x?}")) {
                Step::Write(address, bytes) => assert_eq!((to, &sent[..]), (address, &bytes[..])),
                WriteFails(address, bytes, errno) => {
                    assert_eq!((to, &sent[..]), (address, &bytes[..]));
                    return Err(BusError::from_errno(errno));
                }
                step => panic!("{step:?} was due, but the driver wrote {sent:02x?}"),
            },
            Operation::Read(buffer) => match self.next(&format!("read {}", buffer.len())) {
                Step::Read(address, bytes) => {
                    assert_eq!((to, buffer.len()), (address, bytes.len()));
                    buffer.copy_from_slice(&bytes);
                }
                ReadFails(address, length, errno) => {
                    assert_eq!((to, buffer.len()), (address, length));
                    return Err(BusError::from_errno(errno));
                }
                step => panic!("{step:?} was due, but the driver read {}", buffer.len()),
            },
        }
        Ok(())
    }
}

impl DelayNs for Script {
    fn delay_ns(&mut self, ns: u32) {
        assert_eq!(self.next(&format!("pause of {ns} ns")), Pause(ns / 1_000));
    }

    fn delay_us(&mut self, us: u32) {
        assert_eq!(self.next(&format!("pause of {us} us")), Pause(us));
    }
}
