//! The MQTT session against a real Mosquitto, through a proxy that misbehaves.
#![allow(clippy::unwrap_used)]

mod client;
#[path = "../support/mod.rs"]
mod support;

mod everyday;
mod outages;
mod pitfalls;
mod receipts;
mod rivals;
mod sizes;
