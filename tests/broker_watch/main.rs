//! `mqtt-thing broker watch` as a user starts it, on a real Mosquitto.
#![cfg(feature = "broker-tools")]
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../governor/process.rs"]
#[allow(dead_code)]
mod process;

mod brokers;
mod figures;
mod terminal;

use process::{Process, Start};
use support::wait_for;
use tempfile::TempDir;

/// A Mosquitto that tells its figures as often as it can: every 2 s.
const OFTEN: &str = "sys_interval 1";

/// A watch that is started with these arguments.
fn watch(url: &str, args: &[&str]) -> Process {
    let start = Start::without_broker(TempDir::new().unwrap(), "broker");
    start.args(&["watch", "--broker", url]).args(args).run()
}

/// The objects that it has written so far, each of which must be one.
fn objects(watch: &Process) -> Vec<serde_json::Value> {
    let lines = watch.out.all();
    let objects = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    objects.collect()
}

/// Waits for an object for which this holds.
fn wait_object(
    watch: &Process,
    what: &str,
    mut matches: impl FnMut(&serde_json::Value) -> bool,
) -> serde_json::Value {
    wait_for(what, || {
        objects(watch).into_iter().find(|object| matches(object))
    })
}

/// Its exit code, once it has ended by itself.
fn ended(watch: &mut Process) -> i32 {
    let status = wait_for("the end", || watch.child.try_wait().unwrap());
    wait_for("the end of its output", || {
        (watch.out.ended() && watch.err.ended()).then_some(())
    });
    status.code().unwrap()
}
