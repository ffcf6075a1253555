//! A process that is measured, and what the kernel counts of it.
//!
//! Source: proc(5); `schedstat` is in the kernel's Documentation/scheduler/sched-stats.rst.

use crate::support::LIMIT;
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A child process; ended when dropped.
pub struct Process {
    child: Child,
    pub spawned: Instant,
}

/// What a process has used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    pub at: Option<Instant>,
    pub cpu: Duration,
    /// How often one of its threads went to sleep, that is, was woken later.
    pub sleeps: u64,
}

/// Between two readings.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Of one core.
    pub cpu_percent: f64,
    pub sleeps_per_s: f64,
}

/// In KiB.
#[derive(Debug, Clone, Copy, Default)]
pub struct Memory {
    pub resident: u64,
    /// With each shared page divided among those who share it.
    pub proportional: u64,
    /// What it wrote itself: heap and stacks.
    pub anonymous: u64,
}

impl Process {
    /// Starts it; what it says goes to a file, whose name tells who it is.
    pub fn start(mut command: Command, log: &Path) -> Self {
        let file = File::create(log).unwrap();
        let again = file.try_clone().unwrap();
        let spawned = Instant::now();
        let child = command
            .stdin(Stdio::null())
            .stdout(file)
            .stderr(again)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, spawned }
    }

    #[allow(dead_code, reason = "not every bench asks for more than is told here")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn usage(&self) -> Usage {
        usage(self.child.id())
    }

    pub fn memory(&self) -> Memory {
        memory(self.child.id())
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        self.signal(Signal::TERM);
        let until = Instant::now() + LIMIT / 3;
        while Instant::now() < until {
            if self.child.try_wait().unwrap().is_some() {
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        let _already_ended = kill_process(pid, signal);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _already_ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// What a process has resident.
pub fn memory(pid: u32) -> Memory {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    Memory {
        resident: field(&text, "Rss:"),
        proportional: field(&text, "Pss:"),
        anonymous: field(&text, "Anonymous:"),
    }
}

/// What the threads of a process have used, in nanoseconds of the scheduler's own clock.
pub fn usage(pid: u32) -> Usage {
    let at = Some(Instant::now());
    let mut sum = Usage {
        at,
        ..Usage::default()
    };
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter();
    for task in tasks.flatten().flatten() {
        let read = |name: &str| fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let on_cpu_ns = read("schedstat")
            .split(' ')
            .next()
            .and_then(|text| text.parse().ok())
            .unwrap_or_default();
        sum.cpu += Duration::from_nanos(on_cpu_ns);
        sum.sleeps += field(&read("status"), "voluntary_ctxt_switches:");
    }
    sum
}

impl Usage {
    /// What was used since `self`.
    pub fn until(self, later: Self) -> Rate {
        let (Some(began), Some(ended)) = (self.at, later.at) else {
            unreachable!("a reading has its moment");
        };
        let passed = (ended - began).as_secs_f64();
        Rate {
            cpu_percent: later.cpu.saturating_sub(self.cpu).as_secs_f64() / passed * 100.0,
            sleeps_per_s: later.sleeps.saturating_sub(self.sleeps) as f64 / passed,
        }
    }
}

/// The number behind a name in one of the kernel's tables.
fn field(text: &str, name: &str) -> u64 {
    text.lines()
        .find_map(|line| line.strip_prefix(name))
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}
