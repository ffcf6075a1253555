//! How orders reach a running job: one place for the last order, and a bell that its `poll` hears.

use super::course::Order;
use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

/// The order for one job.
#[derive(Debug)]
pub(super) struct Orders {
    order: Mutex<Option<Order>>,
    bell: OwnedFd,
}

impl Orders {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            order: Mutex::default(),
            bell: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
        })
    }

    /// Leaves an order. A stop is not replaced by a cancel.
    pub(super) fn leave(&self, order: Order) {
        let mut place = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!((&*place, order), (Some(Order::Stop(_)), Order::Cancel)) {
            *place = Some(order);
        }
        drop(place);
        // it fails only when it has been rung 2^64 times and nobody came
        let _ = rustix::io::write(&self.bell, &1_u64.to_ne_bytes());
    }

    /// Takes the order, and silences the bell.
    pub(super) fn take(&self) -> Option<Order> {
        // an error means that it has not been rung
        let _ = rustix::io::read(&self.bell, &mut [0_u8; 8]);
        let mut place = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        place.take()
    }

    /// Readable when there is an order.
    pub(super) fn bell(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
