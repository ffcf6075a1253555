//! What jobs say: any bytes, any amount, to both streams.

use crate::bench::{Bench, output, sh};
use crate::support::skipped;
use mqtt_thing::fleet::{JobEnd, JobNumber};
use std::process::Command;
use std::time::Duration;

#[test]
fn binary_output_is_spooled_byte_for_byte() {
    let bench = Bench::new();
    let source: Vec<u8> = (0..900_000_u32)
        .flat_map(u32::to_le_bytes)
        .take(900_001)
        .collect();
    std::fs::write(bench.file("source"), &source).unwrap();
    let outcome = bench.outcome(sh(1, "cat source; cat source >&2"));
    for (captured, ending) in [(outcome.stdout, "out"), (outcome.stderr, "err")] {
        assert_eq!(captured.total, source.len() as u64);
        assert_eq!(captured.head, &source[..1024]);
        assert_eq!(captured.tail, &source[source.len() - 1024..]);
        let spooled = captured.spooled.unwrap();
        assert_eq!(
            spooled.path,
            bench.folder.path().join(format!("spool/1.{ending}"))
        );
        assert_eq!((spooled.bytes, spooled.cut), (source.len() as u64, None));
        assert!(std::fs::read(&spooled.path).unwrap() == source);
    }
}

#[test]
fn small_output_never_touches_the_disk() {
    let bench = Bench::new();
    let outcome = bench.outcome(sh(1, "head -c 2048 /dev/zero"));
    assert!(outcome.stdout.is_whole());
    assert!(!bench.folder.path().join("spool").exists());
}

#[test]
fn a_stream_beyond_the_cap_is_cut_on_the_disk_and_the_job_goes_on() {
    let bench = Bench::new();
    let outcome = bench.outcome(sh(1, "yes | head -c 50000000; echo end >&2"));
    assert_eq!(outcome.end, JobEnd::Exited(0));
    assert_eq!(outcome.stdout.total, 50_000_000);
    assert_eq!(outcome.stdout.tail, "y\n".repeat(512).as_bytes());
    assert_eq!(outcome.stderr.head, b"end\n");
    let spooled = outcome.stdout.spooled.unwrap();
    assert_eq!(std::fs::metadata(&spooled.path).unwrap().len(), 1 << 20);
    assert_eq!(spooled.bytes, 1 << 20);
    assert_eq!(
        spooled.cut.unwrap(),
        "a stream may take 1048576 bytes of the spool"
    );
}

#[test]
fn old_outputs_make_room_for_new_ones() {
    let bench = Bench::with(|settings| settings.spool_total = 100_000);
    for number in 1..=3 {
        bench.outcome(sh(number, "head -c 40000 /dev/zero"));
    }
    let names = ["1.out", "2.out", "3.out"]
        .map(|name| bench.folder.path().join("spool").join(name).exists());
    assert_eq!(names, [false, true, true]);
}

#[test]
fn a_disk_that_is_nearly_full_is_left_to_the_journal_and_the_job_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=16896k", "tmpfs"])
        .arg(folder.path())
        .output();
    if !mounted.is_ok_and(|mount| mount.status.success()) {
        // what happens on one that takes nothing at all is proven beside the code
        println!("skipped: only root can mount a small disk");
        return;
    }
    let bench = Bench::with(|settings| settings.spool = folder.path().join("spool"));
    let outcome = bench.outcome(sh(1, "head -c 3000000 /dev/zero"));
    let spooled = outcome.stdout.spooled.clone().unwrap();
    let size = std::fs::metadata(&spooled.path).unwrap().len();
    drop(bench);
    let unmounted = Command::new("umount").arg(folder.path()).status();
    assert!(unmounted.unwrap().success());
    assert_eq!(
        (outcome.end, outcome.stdout.total),
        (JobEnd::Exited(0), 3_000_000)
    );
    assert_eq!(spooled.bytes, size);
    assert!((1..=512 << 10).contains(&size), "{size}");
    let cut = spooled.cut.unwrap();
    assert!(
        cut.starts_with("the disk is nearly full; 16777216 bytes of it"),
        "{cut}"
    );
}

#[test]
fn both_streams_are_read_side_by_side() {
    let bench = Bench::new();
    // a reader of one stream after the other would stand still here
    let outcome = bench.outcome(sh(
        1,
        "head -c 500000 /dev/zero >&2; echo out; head -c 500000 /dev/zero >&2; echo out",
    ));
    assert_eq!(
        (output(&outcome), outcome.stderr.total),
        ("out\nout\n".to_owned(), 1_000_000)
    );
    let lines = "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo $i >&2; done";
    let outcome = bench.outcome(sh(2, lines));
    assert_eq!(outcome.stdout.head, b"1\n2\n3\n4\n5\n6\n7\n8\n9\n");
    assert_eq!(outcome.stdout.head, outcome.stderr.head);
}

#[test]
fn the_last_bytes_before_the_end_are_never_lost() {
    let bench = Bench::new();
    for number in 1..=200 {
        let outcome = bench.outcome(sh(number, "printf %s-%s out put; printf error >&2"));
        assert_eq!(
            (output(&outcome).as_str(), &*outcome.stderr.head),
            ("out-put", &b"error"[..])
        );
    }
}

#[test]
fn a_huge_line_is_a_line_like_any_other() {
    let bench = Bench::with(|settings| settings.progress = Some(Duration::from_millis(20)));
    bench.runner.run(sh(
        1,
        "head -c 20000000 /dev/zero | tr '\\0' x; echo up >up; sleep 100",
    ));
    bench.written("up");
    let last = (0..)
        .map(|_| bench.progress().last)
        .find(|last| last.len() == 320);
    assert_eq!(last.unwrap(), "x".repeat(320));
    bench.runner.cancel("e", JobNumber(1));
    assert_eq!(bench.done().stdout.total, 20_000_000);
}

#[test]
fn progress_is_said_while_a_job_runs() {
    let bench = Bench::with(|settings| settings.progress = Some(Duration::from_millis(20)));
    bench.runner.run(sh(1, "echo one; echo two >&2; while [ ! -e go ]; do sleep 0.01; done; printf '\\377three'; sleep 100"));
    let first = bench.progress();
    assert!(first.elapsed >= Duration::from_millis(20));
    assert!((0..).any(|_| bench.progress().last == "one\ntwo"));
    std::fs::write(bench.file("go"), "").unwrap();
    let later = (0..)
        .map(|_| bench.progress())
        .find(|progress| progress.last.contains("three"));
    let later = later.unwrap();
    assert_eq!(later.last, "one\ntwo\n\u{fffd}three");
    assert!(later.elapsed > first.elapsed);
    bench.runner.cancel("e", JobNumber(1));
    bench.done();
}

#[test]
fn a_capture_of_real_numbers_is_whole() {
    let Ok(expected) = Command::new("seq").arg("100000").output() else {
        return skipped("coreutils");
    };
    let bench = Bench::new();
    let outcome = bench.outcome(sh(1, "seq 100000"));
    let spooled = std::fs::read(outcome.stdout.spooled.unwrap().path).unwrap();
    assert!(spooled == expected.stdout);
}
