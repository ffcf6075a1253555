//! How the cost grows: more resources on a thing, more things on a broker.

use crate::arguments::Extent;
use crate::lab::{Lab, Program, ring, wait_online};
use crate::presses::{Followed, Wire, toggle};
use crate::process::{Memory, Process, Usage, usage};
use crate::support::{Observer, SimBus};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::{Pins, Timing};
use serde::Serialize;
use std::time::Duration;

/// One size of a thing or of a fleet.
#[derive(Debug, Serialize)]
pub struct Size {
    /// Buttons on the thing, or things on the broker.
    pub count: usize,
    pub edges: usize,
    pub lost: usize,
    pub p50_ms: f64,
    pub p90_ms: f64,
    pub p99_ms: f64,
    pub max_ms: f64,
    /// Of a core, each thing.
    pub cpu_percent: f64,
    pub sleeps_per_s: f64,
    /// Of the time of a thing's bus.
    pub bus_percent: f64,
    /// Each button's samples a second.
    pub samples_per_s: f64,
    /// Proportional, each thing.
    pub memory_mb: f64,
    /// Of a core, the broker.
    pub broker_percent: f64,
    /// Of a core, the simulated boards and their finger.
    pub boards_percent: f64,
}

/// From 1 to 10 buttons on one thing; the LED on another follows the first.
pub fn resources(lab: &Lab, extent: &Extent) -> Vec<Size> {
    let mut sizes = Vec::new();
    for &count in extent.resources {
        eprintln!("  {count} buttons on a thing");
        let program = Program::Ours {
            every_ms: 10,
            buttons: count,
        };
        let pair = lab.pair(program);
        let followed = pair.wire.follow(extent.scale_presses, 25.0..45.0);
        let idle = Idle::measure(
            lab,
            &[&pair.sensor],
            &[pair.inner.pins()],
            extent.scale_idle,
        );
        sizes.push(idle.size(count, count, &followed));
        pair.stop();
    }
    sizes
}

/// From 1 to 100 things on one broker, real processes in a ring: each has a button and a LED that follows the next
/// one's button.
pub fn things(lab: &Lab, extent: &Extent) -> Vec<Size> {
    let mut sizes = Vec::new();
    for &count in extent.things {
        eprintln!("  {count} things on a broker");
        let observer = Observer::start(&lab.broker, "+/status");
        let topology = ring(count);
        let boards: Vec<SimBus> = (0..count).map(|_| SimBus::start(Timing::Bus)).collect();
        let start = |(number, bus)| lab.thing(bus, &topology, &format!("t{number}"));
        let processes: Vec<Process> = boards.iter().enumerate().map(start).collect();
        wait_online(&observer, count);
        drop(observer);
        let followed = press_around(&boards, extent.scale_presses);
        let pins: Vec<Pins> = boards.iter().map(SimBus::pins).collect();
        let all: Vec<&Process> = processes.iter().collect();
        let idle = Idle::measure(lab, &all, &pins, extent.scale_idle);
        sizes.push(idle.size(count, 1, &followed));
        stop_all(processes);
    }
    sizes
}

/// One edge after the other, each on a random thing.
fn press_around(boards: &[SimBus], presses: usize) -> Followed {
    let follower = |number: usize| (number + boards.len() - 1) % boards.len();
    let wires: Vec<Wire> = (0..boards.len())
        .map(|number| {
            let led = &boards[follower(number)];
            Wire::new((boards[number].pins(), Port::D3), (led.pins(), Port::D4))
        })
        .collect();
    let mut levels = vec![false; boards.len()];
    let mut followed = Followed::default();
    // the first few only warm up
    let warm_up = 4.min(presses);
    for edge in 0..presses * 2 + warm_up {
        let number = rand::random_range(0..boards.len());
        levels[number] = !levels[number];
        let time = toggle(&wires[number], levels[number], 25.0..45.0);
        if edge >= warm_up {
            followed.note(time);
        }
    }
    followed
}

/// All at once, since each may wait for the broker.
fn stop_all(processes: Vec<Process>) {
    std::thread::scope(|scope| {
        for process in processes {
            scope.spawn(|| process.stop());
        }
    });
}

/// What things cost that nobody presses.
struct Idle {
    passed: Duration,
    things: f64,
    cpu_percent: f64,
    sleeps_per_s: f64,
    broker_percent: f64,
    boards_percent: f64,
    writes: f64,
    reads: f64,
    memory: Memory,
}

impl Idle {
    fn measure(lab: &Lab, things: &[&Process], boards: &[Pins], during: Duration) -> Self {
        let (broker, me) = (lab.broker.pid(), std::process::id());
        let all = || {
            things
                .iter()
                .map(|thing| thing.usage())
                .collect::<Vec<Usage>>()
        };
        let transfers = || {
            boards.iter().map(Pins::counts).fold((0, 0), |sum, counts| {
                (sum.0 + counts.writes, sum.1 + counts.reads)
            })
        };
        let (before, bus) = ((all(), usage(broker), usage(me)), transfers());
        let began = std::time::Instant::now();
        std::thread::sleep(during);
        let passed = began.elapsed();
        let bus_after = transfers();
        let (broker, me) = (before.1.until(usage(broker)), before.2.until(usage(me)));
        let rates: Vec<_> = before
            .0
            .iter()
            .zip(all())
            .map(|(a, b)| a.until(b))
            .collect();
        let each = things.len() as f64;
        let mut memory = Memory::default();
        for thing in things {
            memory.proportional += thing.memory().proportional;
        }
        Self {
            passed,
            things: each,
            cpu_percent: rates.iter().map(|rate| rate.cpu_percent).sum::<f64>() / each,
            sleeps_per_s: rates.iter().map(|rate| rate.sleeps_per_s).sum::<f64>() / each,
            broker_percent: broker.cpu_percent,
            boards_percent: me.cpu_percent,
            writes: (bus_after.0 - bus.0) as f64,
            reads: (bus_after.1 - bus.1) as f64,
            memory,
        }
    }

    fn size(&self, count: usize, buttons: usize, followed: &Followed) -> Size {
        let samples = followed.samples();
        let seconds = self.passed.as_secs_f64() * self.things;
        // a write of four bytes and a read of two at 100 kHz
        let on_the_bus = self.writes * 494e-6 + self.reads * 319e-6;
        Size {
            count,
            edges: samples.len(),
            lost: followed.lost,
            p50_ms: samples.percentile(50.0),
            p90_ms: samples.percentile(90.0),
            p99_ms: samples.percentile(99.0),
            max_ms: samples.max(),
            cpu_percent: self.cpu_percent,
            sleeps_per_s: self.sleeps_per_s,
            bus_percent: on_the_bus / seconds * 100.0,
            samples_per_s: self.writes / seconds / buttons as f64,
            memory_mb: self.memory.proportional as f64 * 1024.0 / 1e6 / self.things,
            broker_percent: self.broker_percent,
            boards_percent: self.boards_percent,
        }
    }
}
