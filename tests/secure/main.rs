//! Proofs over a whole set-up of `broker init`: a Pi's own binary that obeys what is signed, and a full run in which no
//! secret is seen.
#![cfg(feature = "broker-tools")]
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "../broker/client.rs"]
mod client;
#[path = "../broker/lab.rs"]
mod lab;
#[path = "../broker/live.rs"]
mod live;
#[path = "../support/mod.rs"]
mod support;

mod mistakes;
mod panics;
mod person;
mod pi;
mod run;
mod search;
mod stage;
