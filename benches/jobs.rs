//! What running a process costs: `cargo bench --bench jobs`. The figures are for the machine that it runs on.

#![allow(clippy::unwrap_used)]

use mqtt_thing::fleet::{ExecutorSettings, Job, JobNumber, JobOutcome, Run};
use mqtt_thing::runtime::{JobNews, JobSettings, Runner, RunnerOptions};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = RunnerOptions::default();
    let mut settings = JobSettings::new(&ExecutorSettings::default(), folder.path());
    options.executors.insert("plain".into(), settings.clone());
    settings.process.nice = Some(1);
    settings.process.memory = Some(1 << 30);
    options.executors.insert("nice".into(), settings);
    let (tell, news) = mpsc::channel();
    let runner = Runner::start(options, move |one| tell.send(one).unwrap());
    let mut number = 0;
    let mut run = |executor: &str, run: Run| {
        number += 1;
        runner.run(Job {
            executor: executor.to_owned(),
            number: JobNumber(number),
            run,
            time_limit: None,
            kept: 64 << 10,
            asked: None,
        });
        done(&news)
    };
    let program = || Run::Program {
        path: "/bin/true".into(),
        argv: vec!["true".into()],
    };
    let shell = || Run::Shell("true".into());
    for round in 1..=2 {
        println!("round {round}");
        report("std, true", || bare("/bin/true", &[]));
        report("runner, true", || drop(run("plain", program())));
        report("runner, true, nice and limited", || {
            drop(run("nice", program()));
        });
        report("std, sh -c true", || bare("/bin/sh", &["-c", "true"]));
        report("runner, sh -c true", || drop(run("plain", shell())));
    }
    for text in ["head -c 100000000 /dev/zero", "yes | head -c 1000000000"] {
        let before = resident();
        let outcome = run("plain", Run::Shell(text.to_owned()));
        let (bytes, seconds) = (outcome.stdout.total, outcome.duration.as_secs_f64());
        let spooled = outcome.stdout.spooled.unwrap().bytes;
        println!(
            "{text}: {bytes} bytes in {seconds:.3} s, {spooled} spooled; peak {before} -> {}",
            resident()
        );
    }
    let floor = run("plain", program()).usage.unwrap().max_rss_kib;
    println!("true is said to take {floor} KiB");
}

fn bare(program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).env_clear().stdin(Stdio::null());
    assert!(command.output().unwrap().status.success());
}

fn report(name: &str, mut act: impl FnMut()) {
    let mut times: Vec<Duration> = (0..2_000)
        .map(|_| {
            let began = Instant::now();
            act();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    let rate = times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
    let (half, most) = (times[times.len() / 2], times[times.len() * 99 / 100]);
    println!("  {name}: p50 {half:.0?}, p99 {most:.0?}, {rate:.0} a second");
}

fn done(news: &Receiver<JobNews>) -> JobOutcome {
    loop {
        if let JobNews::Done(outcome) = news.recv().unwrap() {
            return *outcome;
        }
    }
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM"));
    line.unwrap().to_owned()
}
