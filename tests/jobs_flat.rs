//! What a runner holds on to after thousands of jobs and a gigabyte: nothing. One test, because it counts what the whole
//! process has.
#![allow(clippy::unwrap_used)]

#[path = "jobs/bench.rs"]
#[allow(dead_code)]
mod bench;
mod support;

use bench::{Bench, program, sh};
use mqtt_thing::fleet::JobEnd;
use support::wait_for;

fn entries(folder: &str) -> usize {
    std::fs::read_dir(folder).unwrap().count()
}

fn children() -> String {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let lists = tasks
        .filter_map(|task| std::fs::read_to_string(task.unwrap().path().join("children")).ok());
    lists.collect()
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = line.unwrap().trim().strip_suffix(" kB").unwrap();
    peak.parse().unwrap()
}

#[test]
fn thousands_of_jobs_and_a_gigabyte_leave_nothing_behind() {
    let bench = Bench::new();
    bench.outcome(sh(
        1,
        "head -c 100000 /dev/zero; head -c 100000 /dev/zero >&2",
    ));
    let threads = || entries("/proc/self/task");
    let before = wait_for("the first job's thread to go", || {
        (bench.runner.running() == 0 && children().is_empty()).then(|| entries("/proc/self/fd"))
    });
    let threads_before = threads();
    for number in 2..=2_001 {
        let outcome = bench.outcome(program(number, &["/bin/true"]));
        assert_eq!(outcome.end, JobEnd::Exited(0));
        assert!(children().is_empty(), "a zombie after its news");
    }
    for number in 2_002..=2_101 {
        let end = bench.outcome(program(number, &["/nope"])).end;
        assert!(matches!(
            end,
            JobEnd::NotStarted {
                not_found: true,
                ..
            }
        ));
    }
    for _ in 0..5 {
        (3_000..3_032).for_each(|number| bench.runner.run(sh(number, "head -c 5000 /dev/zero")));
        (3_000..3_032).for_each(|_| drop(bench.done()));
        wait_for("their departure", || {
            (bench.runner.running() == 0).then_some(())
        });
    }
    wait_for("all files to be closed", || {
        (entries("/proc/self/fd") == before).then_some(())
    });
    wait_for("all threads to end", || {
        (threads() <= threads_before).then_some(())
    });

    let peak = peak_kib();
    let outcome = bench.outcome(sh(4_000, "yes | head -c 1G"));
    assert_eq!(
        (outcome.end, outcome.stdout.total),
        (JobEnd::Exited(0), 1 << 30)
    );
    assert_eq!(outcome.stdout.spooled.unwrap().bytes, 1 << 20);
    let grown = peak_kib() - peak;
    assert!(grown < 2_000, "{grown} KiB for a gigabyte");
}
