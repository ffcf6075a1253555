//! `mqtt-thing broker acl test` as people run it, against a real Mosquitto.
#![cfg(feature = "broker-tools")]
#![allow(clippy::unwrap_used, unreachable_pub, dead_code)]

#[path = "../support/mod.rs"]
mod support;

mod lab;
#[path = "../broker/live.rs"]
mod live;

mod apart;
mod folder;
mod shipped;
mod trouble;
mod wrong;
