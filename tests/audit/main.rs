//! Proofs of the audit log from outside: the real binary over a real Mosquitto, kills, full disks, floods, another
//! language's verifier.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../executor/bench.rs"]
mod bench;
#[path = "../governor/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

mod command_line;
mod disk;
mod kills;
mod live;
mod log;
