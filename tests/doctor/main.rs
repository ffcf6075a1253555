//! `mqtt-thing doctor`: faults that were put into a made machine, one at a time, and what it finds. The real binary, a real
//! broker, a simulated board behind `/dev/i2c-1`, real files; where a real full disk or a real process can be the fault, it
//! is.
//!
//! A part adds its faults as [`matrix::Row`]s in a file of its own, and names them in [`ROWS`].
#![allow(clippy::unwrap_used)]

mod advice;
mod beside;
mod board;
mod broker;
mod by_hand;
#[path = "../tls/certificates.rs"]
#[allow(dead_code)]
mod certificates;
mod command_line;
mod files;
#[path = "../broker/live.rs"]
#[allow(dead_code, unreachable_pub)]
mod live;
mod machine;
mod matrix;
mod patient;
#[path = "../run/pi.rs"]
#[allow(dead_code, reason = "what the tests of `run` need beside these")]
mod pi;
mod service;
#[path = "../support/mod.rs"]
mod support;
mod together;

use matrix::Row;

/// Every seeded fault.
const ROWS: &[&[Row]] = &[
    files::ROWS,
    machine::ROWS,
    board::ROWS,
    service::ROWS,
    broker::ROWS,
];
