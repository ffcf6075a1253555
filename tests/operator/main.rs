//! The operator as a user starts it, over a real Mosquitto, with old peers and our own executors.
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../governor/peer.rs"]
#[allow(dead_code)]
mod peer;
#[path = "../governor/process.rs"]
#[allow(dead_code)]
mod process;

mod breakages;
mod crowd;
mod fates;
mod fleet;
mod frequencies;
mod interrupts;
mod output;
mod restarts;
mod roles;
mod terminal;
