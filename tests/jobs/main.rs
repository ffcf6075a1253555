//! Real processes under the runner.
#![allow(clippy::unwrap_used)]

mod bench;
mod ends;
mod outputs;
mod starts;
#[path = "../support/mod.rs"]
mod support;
