//! The governor's three roles: ours in the place of the Python programs, and beside them, over a real Mosquitto.
#![allow(clippy::unwrap_used)]

#[path = "../support/mod.rs"]
mod support;

mod breakages;
mod bytes;
mod peer;
mod process;
mod roles;
