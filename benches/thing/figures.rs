//! The figures of the table: what was measured, what it was to be, and what the original took.

use crate::arguments::Extent;
use crate::bare::Bare;
use crate::lab::{Lab, Program};
use crate::presses::Followed;
use crate::process::{Memory, Process, Rate};
use crate::samples::Samples;
use serde::Serialize;
use std::time::Duration;

/// A line of the table.
#[derive(Debug, Serialize)]
pub struct Figure {
    pub name: String,
    pub unit: &'static str,
    pub target: Option<f64>,
    /// As documented, measured on the original's own machine.
    pub original: Option<&'static str>,
    pub counterpart: Option<f64>,
    pub ours: Option<f64>,
}

impl Figure {
    pub fn new(name: impl Into<String>, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            unit,
            target: None,
            original: None,
            counterpart: None,
            ours: None,
        }
    }

    pub fn target(mut self, target: f64) -> Self {
        self.target = Some(target);
        self
    }

    pub fn original(mut self, original: &'static str) -> Self {
        self.original = Some(original);
        self
    }

    pub fn measured<T>(
        mut self,
        ours: Option<&T>,
        counterpart: Option<&T>,
        read: impl Fn(&T) -> f64,
    ) -> Self {
        self.ours = ours.map(&read);
        self.counterpart = counterpart.map(&read);
        self
    }
}

/// How much of everything one program is put through.
pub struct Load {
    pub presses: usize,
    /// Of 20 ms and of 100 ms.
    pub short_presses: [usize; 2],
    /// A period of the polling, so that presses meet every phase of it.
    pub phase_ms: f64,
    pub starts: usize,
    pub idle: Duration,
}

impl Load {
    pub fn ours(extent: &Extent) -> Self {
        Self {
            presses: extent.presses,
            short_presses: extent.short_presses,
            phase_ms: 10.0,
            starts: extent.starts,
            idle: extent.idle,
        }
    }

    pub fn fastest(extent: &Extent) -> Self {
        Self {
            presses: extent.fastest_presses,
            short_presses: [0, 0],
            phase_ms: 5.0,
            starts: 0,
            idle: extent.idle / 4,
        }
    }

    pub fn counterpart(extent: &Extent) -> Self {
        let [presses, of_20_ms, of_100_ms] = extent.counterpart;
        Self {
            presses,
            short_presses: [of_20_ms, of_100_ms],
            phase_ms: 163.0,
            starts: extent.starts.min(5),
            idle: extent.idle,
        }
    }
}

/// What one program did.
pub struct Measured {
    pub followed: Followed,
    /// In percent, of 20 ms and of 100 ms.
    pub missed: [f64; 2],
    pub sensor: Part,
    pub actuator: Part,
    pub samples_per_s: f64,
    /// The bare loops of [`Bare`]: with the same transfers, and with the same waiting.
    pub bare: [Rate; 2],
    pub first_message: Samples,
    pub first_value: Samples,
}

/// One of the two processes.
pub struct Part {
    pub idle: Rate,
    /// After all the work.
    pub memory: Memory,
}

impl Measured {
    pub fn measure(lab: &Lab, program: Program, load: &Load) -> Self {
        let (first_message, first_value) = match load.starts {
            0 => Default::default(),
            starts => {
                eprintln!("  {starts} starts");
                lab.starts(program, starts)
            }
        };
        let pair = lab.pair(program);
        eprintln!("  {} presses", load.presses);
        // not before a lock-out of 20 ms is over, and then over two periods
        let followed = pair
            .wire
            .follow(load.presses, 25.0..25.0 + 2.0 * load.phase_ms.min(80.0));
        let widths = [20, 100];
        let mut missed = [f64::NAN; 2];
        for (nth, (presses, width)) in load.short_presses.into_iter().zip(widths).enumerate() {
            if presses > 0 {
                eprintln!("  {presses} presses of {width} ms");
                let width = Duration::from_millis(width);
                let lost = pair.wire.missed(presses, width, load.phase_ms);
                missed[nth] = lost as f64 / presses as f64 * 100.0;
            }
        }
        eprintln!("  idle for {:?}", load.idle);
        let processes = [&pair.sensor, &pair.actuator];
        // side by side, so that all of them meet the same noise
        let bare = Bare::start();
        let loops = [&bare.transfers, &bare.waiting];
        std::thread::sleep(Duration::from_millis(200));
        let before = (processes.map(Process::usage), loops.map(Process::usage));
        std::thread::sleep(load.idle);
        let after = (processes.map(Process::usage), loops.map(Process::usage));
        let bare = [0, 1].map(|nth| before.1[nth].until(after.1[nth]));
        let [sensor, actuator] = [0, 1].map(|nth| Part {
            idle: before.0[nth].until(after.0[nth]),
            memory: processes[nth].memory(),
        });
        pair.stop();
        Self {
            followed,
            missed,
            sensor,
            actuator,
            samples_per_s: 1e3 / load.phase_ms,
            bare,
            first_message,
            first_value,
        }
    }
}

/// The table of the program as it comes, at 10 ms.
pub fn by_default(
    ours: Option<&Measured>,
    theirs: Option<&Measured>,
    armv7: Option<u64>,
) -> Vec<Figure> {
    let mb = |kib: u64| kib as f64 * 1024.0 / 1e6;
    let row = |name: &str, unit, read: &dyn Fn(&Measured) -> f64| {
        Figure::new(name, unit).measured(ours, theirs, read)
    };
    let bare = |name: &str, nth: usize| {
        Figure::new(name, "%").measured(ours, None, |m: &Measured| m.bare[nth].cpu_percent)
    };
    let mut figures = latency("edge to LED", ours, theirs, [Some(8.0), Some(15.0)]);
    figures[0].original = Some("84");
    figures[2].original = Some("160");
    figures.extend([
        row("presses of 20 ms missed", "%", &|m| m.missed[0])
            .target(0.0)
            .original("88"),
        row("presses of 100 ms missed", "%", &|m| m.missed[1])
            .target(0.0)
            .original("38"),
        row("resident memory, button", "MB", &|m| {
            mb(m.sensor.memory.resident)
        })
        .target(6.0)
        .original("37"),
        row("resident memory, LED", "MB", &|m| {
            mb(m.actuator.memory.resident)
        })
        .target(6.0)
        .original("37"),
        row("  of it written itself, button", "MB", &|m| {
            mb(m.sensor.memory.anonymous)
        }),
        row("idle CPU, button, of a core", "%", &|m| {
            m.sensor.idle.cpu_percent
        })
        .target(0.6)
        .original("0.58"),
        bare("  a bare loop of the same transfers", 0),
        bare("  a bare loop of the same waiting", 1),
        row("  CPU time a sample", "us", &|m| {
            m.sensor.idle.cpu_percent / 100.0 / m.samples_per_s * 1e6
        }),
        row("idle CPU, LED, of a core", "%", &|m| {
            m.actuator.idle.cpu_percent
        }),
        row("  threads going to sleep, button", "/s", &|m| {
            m.sensor.idle.sleeps_per_s
        }),
        row("start to first publish, p50", "ms", &|m| {
            m.first_message.percentile(50.0)
        })
        .target(40.0)
        .original("193-266"),
        row("start to first publish, max", "ms", &|m| {
            m.first_message.max()
        }),
        row("start to first value, p50", "ms", &|m| {
            m.first_value.percentile(50.0)
        }),
    ]);
    let mut size = Figure::new("armv7 binary without the demo's broker", "MB").target(3.0);
    size.ours = armv7.map(|bytes| bytes as f64 / 1e6);
    figures.push(size);
    figures
}

/// The table at one sample a millisecond.
pub fn at_the_fastest(ours: &Measured) -> Vec<Figure> {
    let mut figures = latency(
        "edge to LED, every_ms = 1",
        Some(ours),
        None,
        [Some(3.5), Some(6.0)],
    );
    let idle = |m: &Measured| m.sensor.idle.cpu_percent;
    figures.push(Figure::new("idle CPU, button, every_ms = 1", "%").measured(
        Some(ours),
        None,
        idle,
    ));
    figures
}

fn latency(
    name: &str,
    ours: Option<&Measured>,
    theirs: Option<&Measured>,
    [p50, p99]: [Option<f64>; 2],
) -> Vec<Figure> {
    let of = |percent: f64, target: Option<f64>| {
        let name = match percent {
            100.0 => format!("{name}, max"),
            _ => format!("{name}, p{percent}"),
        };
        let mut figure = Figure::new(name, "ms").measured(ours, theirs, |measured: &Measured| {
            measured.followed.samples().percentile(percent)
        });
        figure.target = target;
        figure
    };
    vec![
        of(50.0, p50),
        of(90.0, None),
        of(99.0, p99),
        of(100.0, None),
    ]
}
