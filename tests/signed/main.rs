//! Proofs of signed commands from outside: the real binary over a real Mosquitto, with what a stranger on the network
//! may try, and kills in between.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../executor/bench.rs"]
mod bench;
#[path = "../governor/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

mod attacks;
mod lab;
mod replays;
mod starts;
