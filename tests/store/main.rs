//! The stores as processes see them: kills, two at once, full disks, the command line.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod command_line;
mod disk;
mod kills;
mod syncs;
mod thread;
mod writer;

#[path = "../support/mod.rs"]
mod support;
