//! A clean stop, and a second one that wants the same folder.

use crate::bench::{ANYTHING, Bench, there};
use crate::process::Start;
use crate::support::{Mosquitto, Observer, Proxy, wait_for};
use rustix::process::Signal;
use serde_json::json;
use std::time::Duration;
use tempfile::TempDir;

/// Whether a process has gone, or is only waited for by init.
pub fn gone(pid: &str) -> Option<()> {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else {
        return Some(());
    };
    let (_, state) = stat.rsplit_once(')')?;
    state.trim_start().starts_with('Z').then_some(())
}

#[test]
fn a_stop_ends_what_runs_tells_it_and_leaves_what_waits_for_the_next_life() {
    let Some(mut bench) = Bench::start() else {
        return;
    };
    let folder = bench.sut.folder.path().to_owned();
    bench.command("a", "echo x; sleep 60 & echo $! > child; : > began; wait");
    bench.there("began");
    bench.command("b", "echo ran >> effects; cat effects");
    bench
        .observer
        .wait_where("b to wait", |m| m.text().contains("queued"));
    bench.sut.signal(Signal::TERM);
    assert_eq!(bench.sut.ended().code(), Some(0));
    let child = std::fs::read_to_string(folder.join("child")).unwrap();
    wait_for("the job's child to be gone", || gone(child.trim()));
    let told = bench.answer_of("a");
    assert_eq!(
        (&told["status"], &told["output"]),
        (&json!("interrupted"), &json!("x\n"))
    );
    bench.observer.wait_for("c1/status", "offline");
    let bench = bench.next_life(ANYTHING);
    assert_eq!(bench.answer_of("b")["output"], "ran\n");
    assert_eq!(bench.answer("c", "true")["status"], "succeeded");
    let answers = bench.observer.texts(crate::bench::RESPONSES);
    assert_eq!(answers.len(), 3, "a was told once: {answers:?}");
}

#[test]
fn an_old_peer_is_told_of_the_interruption_once_also_when_the_broker_is_slow() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let proxy = Proxy::to(mosquitto.port());
    let observer = Observer::start(&mosquitto, "#");
    let life = |folder| {
        let said = "'c1/status', ... (6 bytes)";
        let before = mosquitto.count_log(said);
        let sut = Start::within(folder, &proxy.url(), "sut")
            .args(ANYTHING)
            .run();
        wait_for("its life", || {
            (mosquitto.count_log(said) > before).then_some(())
        });
        sut
    };
    let mut sut = life(TempDir::new().unwrap());
    let to = "system_performance/commands";
    mosquitto.publish(to, b"c1|: > began; exec sleep 60", false);
    there(sut.folder.path(), "began");
    // what proves that the broker has the answer comes late
    proxy.delay_downwards(Duration::from_millis(200));
    sut.signal(Signal::TERM);
    assert_eq!(sut.ended().code(), Some(0));
    observer.wait_for("c1/status", "offline");
    proxy.delay_downwards(Duration::ZERO);
    let _sut = life(sut.kill());
    mosquitto.publish(to, b"c1|echo second", false);
    observer.wait_where("another answer", |m| m.text().contains("Output: second"));
    let told = observer.texts("system_performance/responses");
    let interruptions = told
        .iter()
        .filter(|text| text.contains("ended while it ran"));
    assert_eq!(interruptions.count(), 1, "{told:?}");
}

#[test]
fn a_job_that_does_not_listen_is_killed_before_the_stop_ends() {
    let Some(mut bench) = Bench::start() else {
        return;
    };
    bench.command(
        "a",
        "trap '' TERM; echo $$ > child; : > began; while :; do sleep 0.05; done",
    );
    bench.there("began");
    let child = std::fs::read_to_string(bench.sut.folder.path().join("child")).unwrap();
    bench.sut.signal(Signal::INT);
    assert_eq!(bench.sut.ended().code(), Some(0));
    wait_for("the job to be gone", || gone(child.trim()));
    assert_eq!(bench.answer_of("a")["status"], "interrupted");
}

#[test]
fn a_stop_without_a_broker_leaves_the_answer_for_the_next_life() {
    let Some(mut bench) = Bench::start() else {
        return;
    };
    bench.command("a", ": > began; exec sleep 60");
    bench.there("began");
    bench.mosquitto.kill();
    bench.sut.signal(Signal::TERM);
    assert_eq!(bench.sut.ended().code(), Some(0));
    bench.mosquitto.restart();
    bench.observer.wait_subscribed(2);
    let bench = bench.next_life(ANYTHING);
    assert_eq!(bench.answer_of("a")["status"], "interrupted");
}

#[test]
fn a_second_sut_on_the_same_folder_is_told_who_has_it() {
    let Some(bench) = Bench::start() else { return };
    let state = bench.sut.folder.path().join("state");
    let mut second = Start::new(&bench.mosquitto, "sut")
        .args(ANYTHING)
        .args(&["--state", state.to_str().unwrap()])
        .run();
    assert_eq!(second.ended().code(), Some(1));
    let first = bench.sut.child.id();
    second.wait_err(&format!("in use by another mqtt-thing (process {first})"));
    assert_eq!(bench.answer("a", "echo on")["output"], "on\n");
}
