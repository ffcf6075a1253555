//! What was seen on the bus.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// One transfer, as an analyser on the bus would show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// When it began, since the board was made, on the bus's clock.
    pub at: Duration,
    /// The device's 7-bit address.
    pub address: u8,
    /// What was sent or received.
    pub data: Data,
    /// The error that the caller got, as an errno.
    pub errno: Option<i32>,
}

/// The bytes of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// From the Pi to the device.
    Write(Vec<u8>),
    /// From the device to the Pi.
    Read(Vec<u8>),
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = match &self.data {
            Data::Write(bytes) => ("write", bytes),
            Data::Read(bytes) => ("read ", bytes),
        };
        write!(
            f,
            "{:>10} us  {:02x} {name}",
            self.at.as_micros(),
            self.address
        )?;
        for byte in bytes {
            write!(f, " {byte:02x}")?;
        }
        match self.errno {
            Some(errno) => write!(f, "  errno {errno}"),
            None => Ok(()),
        }
    }
}

/// Something that a driver must never do to this firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A pin outside the firmware's tables: this frame reads or writes wild memory.
    WildPin([u8; 4]),
    /// A command that a real firmware mishandles in some percent of cases, because of the interrupt command before it.
    Raced([u8; 4]),
    /// A write of one byte: the firmware's index runs on, and sixty of them overwrite its memory.
    OneByteWrite,
    /// A transfer without data, as a scan of the bus sends it.
    EmptyTransfer,
    /// A repeated start, which fails regularly on a Pi's controller.
    RepeatedStart,
}

/// The last transfers, as many as were asked for.
#[derive(Debug, Default)]
pub(super) struct Log {
    capacity: usize,
    transfers: VecDeque<Transfer>,
}

impl Log {
    pub(super) fn keep(&mut self, capacity: usize) {
        self.capacity = capacity;
        while self.transfers.len() > capacity {
            self.transfers.pop_front();
        }
    }

    pub(super) fn push(&mut self, transfer: impl FnOnce() -> Transfer) {
        if self.capacity == 0 {
            return;
        }
        if self.transfers.len() == self.capacity {
            self.transfers.pop_front();
        }
        self.transfers.push_back(transfer());
    }

    pub(super) fn transfers(&self) -> Vec<Transfer> {
        self.transfers.iter().cloned().collect()
    }
}

/// How many transfers there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TransferCounts {
    /// Writes to any device.
    pub writes: u64,
    /// Reads from any device.
    pub reads: u64,
    /// Of both, those that ended with an error.
    pub errors: u64,
    /// Commands that the firmware lost without a sign, because it was busy.
    pub dropped: u64,
}
