//! What the machine itself takes for a sample each 10 ms, so that the idle CPU of a thing can be told from the price
//! of sleeping and waking, and from that of the harness.
//!
//! This program starts itself again as one of two loops: one makes the transfers of a button through the preload and
//! does nothing with them; the other only sleeps for as long as they take, as the kernel does on a Pi.

use crate::process::Process;
use crate::support::{SimBus, Target};
use mqtt_thing::board::sim::Timing;
use std::path::Path;
use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// The word that makes this program a bare loop.
pub const WORD: &str = "--bare";

const EVERY: Duration = Duration::from_millis(10);
const WRITE: Duration = Duration::from_micros(494);
const GAP: Duration = Duration::from_micros(100);
const READ: Duration = Duration::from_micros(319);

/// The two loops, running.
pub struct Bare {
    pub transfers: Process,
    pub waiting: Process,
    _bus: SimBus,
}

impl Bare {
    pub fn start() -> Self {
        let program = std::env::current_exe().unwrap();
        let bus = SimBus::start(Timing::Bus);
        let mut transfers = bus.command(Target::Host, &program);
        transfers.args([WORD, "transfers"]);
        let mut waiting = Command::new(&program);
        waiting.args([WORD, "waiting"]);
        let nowhere = Path::new("/dev/null");
        Self {
            transfers: Process::start(transfers, nowhere),
            waiting: Process::start(waiting, nowhere),
            _bus: bus,
        }
    }
}

/// Loops until it is killed.
pub fn run(what: &str) -> ! {
    let mut bus = (what == "transfers").then(|| {
        let mut bus = rppal::i2c::I2c::with_bus(1).unwrap();
        bus.set_slave_address(4).unwrap();
        bus
    });
    let mut beat = Instant::now();
    loop {
        sleep(beat.saturating_duration_since(Instant::now()));
        match &mut bus {
            Some(bus) => {
                bus.write(&[1, 3, 0, 0]).unwrap();
                sleep(GAP);
                bus.read(&mut [0; 2]).unwrap();
            }
            None => [WRITE, GAP, READ].into_iter().for_each(sleep),
        }
        beat += EVERY;
    }
}
