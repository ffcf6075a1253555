//! A broker's set-up, on a real Mosquitto.
#![cfg(feature = "broker-tools")]
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[path = "../support/mod.rs"]
mod support;

mod acl_file;
mod again;
mod building;
mod client;
mod doors;
mod lab;
mod live;
mod mended;
mod rights;
mod scenario;
