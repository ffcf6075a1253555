//! A runner in a process of its own: the real binary twice, over a real Mosquitto and a real socket.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../governor/process.rs"]
mod process;
#[path = "../support/mod.rs"]
mod support;

mod chaos;
mod false_runner;
mod kills;
mod lab;
mod liar;
mod lies;
mod outputs;
mod starts;
mod whole;
