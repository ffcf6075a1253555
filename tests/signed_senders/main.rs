//! Those who give commands sign them: `send`, `operator` and `key revoke --everywhere`, as people use them, against
//! executors that obey trusted keys only.
#![allow(clippy::unwrap_used, unreachable_pub)]

mod everywhere;
mod operating;
mod sending;
mod user;

#[path = "../governor/process.rs"]
#[allow(dead_code)]
mod process;
#[path = "../support/mod.rs"]
mod support;
