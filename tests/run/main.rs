//! The real binary, `mqtt-thing run`, as systemd and a person start it: on a simulated board behind `/dev/i2c-1`,
//! with a real Mosquitto, and everything that can go away going away.
#![allow(clippy::unwrap_used)]

mod hostile;
mod lifecycle;
mod loss;
mod pi;
mod report;
mod rivals;
mod soak;
mod stop;
#[path = "../support/mod.rs"]
mod support;
mod systemd;
