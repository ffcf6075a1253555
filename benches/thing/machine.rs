//! Where it is measured, and how quiet it is there.
//!
//! Source: proc(5), `/proc/stat`, `/proc/cpuinfo`.

use crate::samples::Samples;
use serde::Serialize;
use std::fs;
use std::time::{Duration, Instant};

#[derive(Debug, Default, Serialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub before: Noise,
    pub after: Noise,
}

/// What others do to whoever measures.
#[derive(Debug, Default, Serialize)]
pub struct Noise {
    /// How many cores they kept busy.
    pub busy_cores: f64,
    /// By how much a sleep of 1 ms ended late. Some 0.06 ms are the kernel's timer slack.
    pub late_ms: [f64; 3],
}

impl Machine {
    pub fn new() -> Self {
        let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = text
            .lines()
            .find_map(|line| line.strip_prefix("model name"))
            .map(|name| name.trim_start_matches([' ', '\t', ':']).to_owned());
        Self {
            processor: processor.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            ..Self::default()
        }
    }

    pub fn print(&self) {
        println!("{} x {}", self.cores, self.processor);
        for (when, noise) in [("before", &self.before), ("after", &self.after)] {
            let [p50, p99, max] = noise.late_ms;
            println!(
                "{when}: others kept {:.1} cores busy; a sleep of 1 ms ended late by {p50:.2} ms (p50), \
                 {p99:.2} (p99), {max:.2} (max)",
                noise.busy_cores
            );
        }
    }
}

impl Noise {
    /// Listens for so long.
    pub fn listen(during: Duration) -> Self {
        let (idle, all) = ticks();
        let began = Instant::now();
        let mut late = Vec::new();
        while began.elapsed() < during {
            let at = Instant::now();
            std::thread::sleep(Duration::from_millis(1));
            late.push(at.elapsed().saturating_sub(Duration::from_millis(1)));
        }
        let (idle_after, all_after) = ticks();
        let share = 1.0 - (idle_after - idle) / (all_after - all).max(1.0);
        let cores = std::thread::available_parallelism().map_or(1.0, |cores| cores.get() as f64);
        let late = Samples::of(late);
        Self {
            busy_cores: share * cores,
            late_ms: [50.0, 99.0, 100.0].map(|percent| late.percentile(percent)),
        }
    }
}

/// The machine's idle ticks and all of them.
fn ticks() -> (f64, f64) {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let ticks: Vec<f64> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .take(8)
        .filter_map(|number| number.parse().ok())
        .collect();
    // idle and iowait are the fourth and fifth
    let idle = ticks.iter().skip(3).take(2).sum();
    (idle, ticks.iter().sum())
}
