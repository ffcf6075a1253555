//! The alarm of a building, by the real binary and a real Mosquitto: its rules, and a real thing with a simulated board
//! whose buzzer and red LED are on while an alarm stands.
#![allow(clippy::unwrap_used)]

mod check;
mod earlier;
mod guard;
#[path = "../run/pi.rs"]
#[allow(dead_code)]
mod pi;
mod reader;
mod sirens;
mod students;
#[path = "../support/mod.rs"]
mod support;
