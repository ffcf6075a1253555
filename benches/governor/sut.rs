//! What is measured of a SUT: round trips, a full queue, a large output, idling.

use crate::arguments::Extent;
use crate::lab::{Lab, Program};
use crate::process::{Memory, Rate};
use std::fs;
use std::time::{Duration, Instant};

/// How long one command takes from its PUBLISH to the last byte of its answer, one after the other.
pub fn round_trips(lab: &Lab, program: Program, times: usize) -> Vec<Duration> {
    let mut asked = lab.sut(program);
    let mut trips = Vec::with_capacity(times);
    // the first ones only warm up
    for nth in 0..times + times / 20 {
        let began = Instant::now();
        asked.command("true");
        let (at, _) = asked.answer();
        if nth >= times / 20 {
            trips.push(at - began);
        }
    }
    asked.process.stop();
    trips
}

/// How many a second are answered of those that were sent all at once.
pub fn queued(lab: &Lab, program: Program, times: usize) -> f64 {
    let mut asked = lab.sut(program);
    asked.command("true");
    asked.answer();
    let began = Instant::now();
    for _ in 0..times {
        asked.command("true");
    }
    let mut last = began;
    for _ in 0..times {
        last = asked.answer().0;
    }
    asked.process.stop();
    times as f64 / (last - began).as_secs_f64()
}

/// A command with a large output.
pub struct Output {
    pub seconds: f64,
    pub peak_mb: f64,
    /// The answer's bytes.
    pub answer: usize,
}

pub fn output(lab: &Lab, program: Program, bytes: usize) -> Output {
    let mut asked = lab.sut(program);
    asked.command("true");
    asked.answer();
    let began = Instant::now();
    asked.command(&format!("head -c {bytes} /dev/zero | tr '\\\\0' x"));
    let (at, answer) = asked.answer();
    let status = fs::read_to_string(format!("/proc/{}/status", asked.process.id()));
    let seconds = (at - began).as_secs_f64();
    asked.process.stop();
    Output {
        seconds,
        peak_mb: peak_kib(&status.unwrap_or_default()) * 1024.0 / 1e6,
        answer,
    }
}

/// `VmHWM` of proc(5)'s `status`.
pub fn peak_kib(status: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.unwrap_or(f64::NAN)
}

/// A SUT that is registered and has nothing to do.
pub struct Idle {
    pub memory: Memory,
    /// The same after work: what was needed for that may be kept.
    pub worked: Memory,
    pub rate: Rate,
}

pub fn idle(lab: &Lab, program: Program, extent: &Extent) -> Idle {
    let mut asked = lab.sut(program);
    // it registers within half a second and is acknowledged; then all is quiet
    std::thread::sleep(Duration::from_secs(1));
    let memory = asked.process.memory();
    let before = asked.process.usage();
    std::thread::sleep(extent.idle);
    let rate = before.until(asked.process.usage());
    for _ in 0..100 {
        asked.command("true");
        asked.answer();
    }
    let worked = asked.process.memory();
    asked.process.stop();
    Idle {
        memory,
        worked,
        rate,
    }
}
