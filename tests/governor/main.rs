//! The governor's three roles: ours in the place of the Python programs, and beside them, over a real Mosquitto.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod breakages;
mod bytes;
mod floods;
mod identity;
mod outages;
mod outputs;
mod peer;
mod process;
mod roles;
mod sends;
mod wire;
