//! Proofs of the executor by the real binary `mqtt-thing sut` over a real Mosquitto: what an outsider sees on its own
//! topics, and what is left of its promises when everything is killed.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../governor/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

mod bench;
mod beside;
mod contract;
mod disk;
mod floods;
mod kills;
mod outputs;
mod rules;
mod sender;
mod stop;
