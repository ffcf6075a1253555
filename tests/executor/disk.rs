//! A disk that is full, under journal and spool: nothing is done on the strength of what is not written, everything is
//! said, and it goes on when there is room.

use crate::bench::{ANYTHING, Bench, WAIT};
use crate::support::SmallDisk;

fn bench(disk: &SmallDisk) -> Option<Bench> {
    Bench::with(&arguments(disk), "[sut]\n")
}

fn arguments(disk: &SmallDisk) -> Vec<&str> {
    let mut all = ANYTHING.to_vec();
    all.extend(["--state", disk.path().to_str().unwrap()]);
    all
}

fn refused_for_the_disk(bench: &Bench, id: &str) {
    let answer = bench.answer(id, "echo x >> effects");
    assert_eq!(answer["status"], "refused", "{answer}");
    let reason = answer["reason"].as_str().unwrap();
    assert!(
        reason.contains("cannot be journalled: the disk is full"),
        "{reason}"
    );
}

#[test]
fn commands_are_refused_with_the_reason_while_the_disk_is_full_and_run_afterwards() {
    let Some(disk) = SmallDisk::mount(4) else {
        return;
    };
    let Some(bench) = bench(&disk) else { return };
    assert_eq!(bench.answer("a", "true")["status"], "succeeded");
    disk.fill();
    refused_for_the_disk(&bench, "b");
    refused_for_the_disk(&bench, "c");
    disk.free();
    bench.command("b", "echo x >> effects");
    assert_eq!(bench.nth_answer_of("b", 1)["status"], "succeeded");
    assert_eq!(bench.answer("d", "cat effects")["output"], "x\n");
}

#[test]
fn an_end_that_cannot_be_written_is_told_when_there_is_room_and_the_job_runs_once() {
    let Some(disk) = SmallDisk::mount(4) else {
        return;
    };
    let Some(bench) = bench(&disk) else { return };
    let job = format!("{WAIT}; echo x >> effects; head -c 100000 /dev/urandom");
    bench.command("a", &job);
    bench.there("began");
    disk.fill();
    bench.touch("go");
    bench.sut.wait_err("the disk is full");
    assert_eq!(bench.observer.texts(crate::bench::RESPONSES).len(), 0);
    disk.free();
    let answer = bench.answer_of("a");
    assert_eq!(
        (&answer["status"], &answer["output_bytes"]),
        (&"succeeded".into(), &100_000.into())
    );
    assert_eq!(bench.answer("b", "cat effects")["output"], "x\n");
}

#[test]
fn a_kill_on_a_full_disk_loses_nothing_that_was_promised() {
    let Some(disk) = SmallDisk::mount(4) else {
        return;
    };
    let Some(bench) = bench(&disk) else { return };
    bench.command(
        "a",
        &format!("echo x >> effects; {WAIT}; echo y >> effects"),
    );
    bench.there("began");
    bench.command("b", "echo b >> effects");
    bench
        .observer
        .wait_where("b to wait", |m| m.text().contains("queued"));
    disk.fill();
    // the job of the first life is nobody's any more and ends by itself
    let bench = bench.next_life(&arguments(&disk));
    refused_for_the_disk(&bench, "c");
    disk.free();
    assert_eq!(bench.answer_of("a")["status"], "interrupted");
    assert_eq!(bench.answer_of("b")["status"], "succeeded");
    assert_eq!(bench.answer("d", "cat effects")["output"], "x\nb\n");
    bench.touch("go");
}

#[test]
fn a_spool_that_fills_the_disk_does_not_keep_the_answer_from_being_told() {
    let Some(disk) = SmallDisk::mount(20) else {
        return;
    };
    let Some(bench) = bench(&disk) else { return };
    let answer = bench.answer("a", "yes | head -c 20M");
    assert_eq!(answer["status"], "succeeded", "{}", answer["reason"]);
    assert_eq!(
        (
            answer["truncated"].as_bool(),
            answer["output_bytes"].as_u64()
        ),
        (Some(true), Some(20 << 20))
    );
    assert_eq!(
        bench.answer("b", "yes x | head -c 20M")["status"],
        "succeeded"
    );
    assert_eq!(bench.answer("c", "echo on")["output"], "on\n");
}
