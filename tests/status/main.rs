//! `mqtt-thing status` as a user starts it: on a real Mosquitto, with things on simulated boards that are pulled,
//! killed and restarted.
#![allow(clippy::unwrap_used, unreachable_pub)]

#[path = "../support/mod.rs"]
mod support;

#[path = "../run/pi.rs"]
#[allow(dead_code)]
mod pi;

#[path = "../governor/process.rs"]
#[allow(dead_code)]
mod process;

mod hostile;
mod kept;
mod live;
mod terminal;

use process::{Process, Start};
use serde_json::Value as Json;
use std::path::Path;
use support::wait_for;
use tempfile::TempDir;

/// How a finished `status` ended, and what it wrote.
struct Told {
    code: i32,
    out: String,
    err: String,
}

/// A `status` that is started with these arguments.
fn status(arguments: &[&str]) -> Process {
    let start = Start::without_broker(TempDir::new().unwrap(), "status");
    start.args(arguments).run()
}

/// The same, to its end.
fn told(arguments: &[&str]) -> Told {
    let mut status = status(arguments);
    let code = status.ended().code().unwrap();
    wait_for("the end of its output", || {
        (status.out.ended() && status.err.ended()).then_some(())
    });
    let text = |lines: Vec<String>| lines.iter().map(|line| format!("{line}\n")).collect();
    Told {
        code,
        out: text(status.out.all()),
        err: text(status.err.all()),
    }
}

/// Its object.
fn object(arguments: &[&str]) -> Json {
    let told = told(&[arguments, &["--json"]].concat());
    serde_json::from_str(&told.out)
        .unwrap_or_else(|error| panic!("{error}: {}{}", told.out, told.err))
}

/// A thing of that object.
fn thing<'a>(object: &'a Json, id: &str) -> &'a Json {
    let things = object["things"].as_array().unwrap();
    let found = things.iter().find(|its| its["id"] == id);
    found.unwrap_or_else(|| panic!("no {id} in {object}"))
}

/// The objects that a watch has written so far.
fn events(watch: &Process) -> Vec<Json> {
    let lines = watch.out.all();
    let events = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    events.collect()
}

/// Waits for one for which this holds.
fn wait_event(watch: &Process, what: &str, matches: impl Fn(&Json) -> bool) -> Json {
    wait_for(what, || {
        events(watch).into_iter().find(|event| matches(event))
    })
}

/// Waits until a thing is in another state.
fn wait_state(watch: &Process, id: &str, state: &str) -> Json {
    wait_event(watch, &format!("{id} {state}"), |event| {
        event["event"] == "state" && event["id"] == id && event["to"] == state
    })
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
