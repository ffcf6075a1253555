//! How jobs end: by themselves, by time, by order.

use crate::bench::{Bench, job, lives, output, program, sh};
use crate::support::wait_for;
use mqtt_thing::fleet::{JobEnd, JobNumber, Run};
use mqtt_thing::system::cpufreq::Wish;
use std::time::{Duration, Instant};

const TERM: Option<i32> = Some(15);
const KILL: Option<i32> = Some(9);

fn limited(number: u64, text: &str, limit: Duration) -> mqtt_thing::fleet::Job {
    let mut job = sh(number, text);
    job.time_limit = Some(limit);
    job
}

#[test]
fn an_exit_code_and_a_signal_are_told_as_they_are() {
    let bench = Bench::new();
    let outcome = bench.outcome(program(1, &["/bin/true"]));
    assert_eq!(
        (outcome.number, outcome.end),
        (JobNumber(1), JobEnd::Exited(0))
    );
    assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
    assert_eq!(bench.outcome(sh(2, "exit 42")).end, JobEnd::Exited(42));
    assert_eq!(
        bench.outcome(sh(3, "kill -SEGV $$")).end,
        JobEnd::Signalled(11)
    );
}

#[test]
fn times_and_memory_are_those_of_the_job() {
    let bench = Bench::new();
    let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; sleep 0.2";
    let outcome = bench.outcome(sh(1, busy));
    let used = outcome.usage.unwrap();
    let cpu = used.user + used.system;
    assert!(cpu > Duration::from_millis(20), "{used:?}");
    assert!(
        outcome.duration >= cpu + Duration::from_millis(200),
        "{outcome:?}"
    );
    assert!(outcome.ended >= outcome.started + Duration::from_millis(200));
    // larger than the test itself ever was, so that the floor does not hide it
    let large = bench.outcome(sh(
        2,
        "x=$(head -c 100000000 /dev/zero | tr '\\0' x); echo ${#x}",
    ));
    let peak = large.usage.unwrap().max_rss_kib;
    assert!((95_000..3_000_000).contains(&peak), "{large:?}");
}

#[test]
fn a_job_that_heeds_term_ends_at_its_limit() {
    let bench = Bench::new();
    let outcome = bench.outcome(limited(1, "exec sleep 100", Duration::from_millis(50)));
    assert_eq!(outcome.end, JobEnd::TimedOut { signal: TERM });
    let polite = "trap 'echo bye; exit 3' TERM; echo up >up; sleep 100 & wait";
    let outcome = bench.outcome(limited(2, polite, Duration::from_millis(500)));
    assert_eq!(outcome.end, JobEnd::TimedOut { signal: None });
    assert_eq!(output(&outcome), "bye\n");
}

#[test]
fn a_whole_group_that_ignores_term_is_killed_down_to_the_grandchildren() {
    let bench = Bench::new();
    let deaf = "trap '' TERM; sh -c 'sh -c \"echo \\$\\$ >grandchild; while :; do sleep 0.05; done\"; :' & \
                while :; do sleep 0.05; done";
    bench
        .runner
        .run(limited(1, deaf, Duration::from_millis(500)));
    let grandchild = bench.written("grandchild");
    assert!(lives(&grandchild));
    assert_eq!(bench.done().end, JobEnd::TimedOut { signal: KILL });
    wait_for("the grandchild's end", || {
        (!lives(&grandchild)).then_some(())
    });
}

#[test]
fn a_child_that_ignores_term_is_killed_though_the_main_process_has_gone() {
    let bench = Bench::new();
    let deaf = "(trap '' TERM; exec >&- 2>&-; sh -c 'echo $$ >child; while :; do sleep 0.05; done') & wait";
    bench.runner.run(sh(1, deaf));
    let child = bench.written("child");
    assert!(bench.runner.cancel("e", JobNumber(1)));
    let outcome = bench.done();
    assert_eq!(outcome.end, JobEnd::Cancelled { signal: TERM });
    assert!(!lives(&child), "it is over when all have gone");
}

#[test]
fn a_stopped_process_is_ended_too() {
    let bench = Bench::new();
    bench
        .runner
        .run(sh(1, "echo $$ >pid; kill -STOP $$; exec sleep 100"));
    let pid = bench.written("pid");
    wait_for("the stop", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.contains(") T").then_some(())
    });
    bench.runner.cancel("e", JobNumber(1));
    assert_eq!(bench.done().end, JobEnd::Cancelled { signal: TERM });
}

#[test]
fn a_job_is_cancelled_before_and_after_its_start_and_not_when_it_is_over() {
    let bench = Bench::new();
    assert!(!bench.runner.cancel("e", JobNumber(1)));
    for number in 1..=50 {
        bench.runner.run(program(number, &["/bin/sleep", "100"]));
        assert!(bench.runner.cancel("e", JobNumber(number)));
        let end = bench.done().end;
        let before_or_after = [None, TERM].map(|signal| JobEnd::Cancelled { signal });
        assert!(before_or_after.contains(&end), "{end:?}");
    }
    bench.runner.run(sh(51, "echo up >up; exec sleep 100"));
    bench.written("up");
    bench.runner.cancel("e", JobNumber(51));
    assert_eq!(bench.done().end, JobEnd::Cancelled { signal: TERM });
    wait_for("its departure", || {
        (bench.runner.running() == 0).then_some(())
    });
    assert!(!bench.runner.cancel("e", JobNumber(51)));
}

#[test]
fn a_daemon_that_a_job_starts_and_that_closes_its_output_lives_on() {
    let bench = Bench::new();
    let began = Instant::now();
    let outcome = bench.outcome(sh(1, "sleep 100 >/dev/null 2>&1 & echo $! >daemon"));
    assert_eq!(outcome.end, JobEnd::Exited(0));
    assert!(outcome.notes.is_empty(), "{:?}", outcome.notes);
    assert!(began.elapsed() < Duration::from_millis(900));
    let daemon = bench.written("daemon");
    assert!(lives(&daemon));
    let pid = rustix::process::Pid::from_raw(daemon.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_child_that_keeps_the_pipes_open_is_waited_for_one_second() {
    let bench = Bench::new();
    let outcome = bench.outcome(sh(1, "echo main; sleep 3 & exit 5"));
    assert_eq!(outcome.end, JobEnd::Exited(5));
    assert_eq!(output(&outcome), "main\n");
    let note = "a child process kept its output open; it was closed after 1 s";
    assert_eq!(outcome.notes, [note]);
    assert!(
        outcome.duration < Duration::from_millis(900),
        "the job's own time: {outcome:?}"
    );
    // what it says within that second is heard
    let outcome = bench.outcome(sh(2, "(sleep 0.1; echo child) & echo main"));
    assert_eq!(output(&outcome), "main\nchild\n");
    assert!(outcome.notes.is_empty());
    // one that never stops talking is closed as well
    let outcome = bench.outcome(sh(3, "yes & exit 0"));
    assert_eq!(outcome.notes, [note]);
}

#[test]
fn a_process_that_closes_its_outputs_lives_on() {
    let bench = Bench::new();
    let outcome = bench.outcome(sh(1, "echo before; exec >&- 2>&-; sleep 0.3; exit 7"));
    assert_eq!(
        (outcome.end.clone(), output(&outcome)),
        (JobEnd::Exited(7), "before\n".to_owned())
    );
    assert!(outcome.duration >= Duration::from_millis(300));
}

#[test]
fn a_stop_ends_all_within_its_patience_and_takes_no_more() {
    let bench = Bench::with(|settings| settings.kill_after = Duration::from_secs(100));
    for number in 1..=20 {
        bench.runner.run(sh(
            number,
            "trap '' TERM; echo $$ >$$.pid; while :; do sleep 0.05; done",
        ));
    }
    let pids = wait_for("20 processes", || {
        let names = std::fs::read_dir(bench.folder.path().join("work")).ok()?;
        let pids: Vec<String> = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        (pids.len() == 20).then_some(pids)
    });
    let began = Instant::now();
    assert!(bench.runner.stop(Duration::from_secs(6)));
    assert!(
        began.elapsed() < Duration::from_secs(6),
        "{:?}",
        began.elapsed()
    );
    for pid in pids {
        assert!(!lives(pid.trim_end_matches(".pid")));
        assert_eq!(bench.done().end, JobEnd::Interrupted);
    }
    assert_eq!(
        bench.outcome(program(21, &["/bin/true"])).end,
        JobEnd::Interrupted
    );
}

#[test]
fn a_runner_that_is_dropped_kills_what_runs() {
    let bench = Bench::new();
    bench.runner.run(sh(
        1,
        "trap '' TERM; echo $$ >pid; while :; do sleep 0.05; done",
    ));
    let pid = bench.written("pid");
    drop(bench.runner);
    wait_for("its end", || (!lives(&pid)).then_some(()));
}

#[test]
fn sixty_four_jobs_run_side_by_side() {
    let bench = Bench::new();
    let began = Instant::now();
    (1..=64).for_each(|number| bench.runner.run(sh(number, "sleep 1; echo $$")));
    let mut numbers: Vec<u64> = (1..=64).map(|_| bench.done().number.0).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=64).collect::<Vec<_>>());
    assert!(
        began.elapsed() < Duration::from_secs(20),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn a_frequency_step_is_no_process() {
    let bench = Bench::new();
    let wish = Wish {
        governor: None,
        khz: Some(600_000),
    };
    let outcome = bench.outcome(job(1, Run::CpuFrequency(wish)));
    assert!(
        !matches!(outcome.end, JobEnd::NotStarted { .. }),
        "{outcome:?}"
    );
    assert_eq!(outcome.usage, None);
}
