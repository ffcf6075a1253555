//! Home Assistant's side: the rules by which it takes an announcement, and a player of it over a real Mosquitto that
//! finds, shows and sets what simulated boards have.
#![allow(clippy::unwrap_used)]

mod cases;
mod comes_back;
mod forgotten;
mod player;
mod removed;
mod rules;
#[path = "../node/lab.rs"]
#[allow(
    dead_code,
    reason = "the lab of other tests, of which this one takes what it needs"
)]
mod running;
mod set;
#[path = "../support/mod.rs"]
mod support;
mod tables;
mod templates;
mod wrong;
