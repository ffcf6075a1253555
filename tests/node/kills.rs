//! Mosquitto killed and restarted, knowing nothing or too much, at random moments while a button toggles.

use crate::lab::{LAB, Running};
use crate::support::{Mosquitto, long};
use mqtt_thing::board::Port;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rustix::process::{Pid, Signal, kill_process};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A LED on the button's own board, beside those on the other.
const OWN_LED: &str =
    "\n[things.inner.resources.led9]\nkind = \"led\"\nport = \"D4\"\nfollows = \"inner/button0\"\n";
const WITHIN: Duration = Duration::from_secs(5);

#[test]
fn after_each_of_three_kills_of_the_broker_every_led_shows_the_buttons_state() {
    survive(3, Memory::None);
}

#[test]
fn after_each_of_fifty_kills_of_the_broker_every_led_shows_the_buttons_state() {
    if long() {
        survive(50, Memory::None);
    }
}

#[test]
fn after_each_of_three_restarts_of_a_broker_with_a_memory_every_led_shows_the_buttons_state() {
    survive(3, Memory::OnDisk);
}

#[test]
fn after_each_of_twenty_restarts_of_a_broker_with_a_memory_every_led_shows_the_buttons_state() {
    if long() {
        survive(20, Memory::OnDisk);
    }
}

/// What a broker knows after its restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Memory {
    None,
    /// What it kept, some of it from before the last changes; told to stop in order, it also says all last wills.
    OnDisk,
}

impl Memory {
    fn broker(self, folder: &Path) -> Option<Mosquitto> {
        let folder = folder.display();
        match self {
            Self::None => Mosquitto::start(),
            Self::OnDisk => Mosquitto::start_with(&format!(
                "persistence true\npersistence_location {folder}/\nautosave_on_changes true\nautosave_interval 5\nuser root"
            )),
        }
    }
}

/// Ends the broker, mostly as a power cut does, and one with a memory every other time in order.
fn end(mosquitto: &mut Mosquitto, in_order: bool) {
    if in_order {
        let pid = Pid::from_raw(i32::try_from(mosquitto.pid()).unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        mosquitto.wait_log(" terminating");
    }
    mosquitto.kill();
}

/// A random time below `limit`.
fn below(rng: &mut SmallRng, limit_ms: u64) -> Duration {
    Duration::from_micros(rng.random_range(0..limit_ms * 1000))
}

fn survive(kills: u32, memory: Memory) {
    let folder = tempfile::tempdir().unwrap();
    let Some(mut mosquitto) = memory.broker(folder.path()) else {
        return;
    };
    let seed = rand::random();
    println!("seed {seed}");
    let mut rng = SmallRng::seed_from_u64(seed);
    let lab = LAB.replace(
        "\n[things.outer]\n",
        &format!("{OWN_LED}\n[things.outer]\n"),
    );
    let inner = Running::start(&lab, "inner", &mosquitto.url());
    let outer = Running::start(&lab, "outer", &mosquitto.url());
    let (held, over) = (&Mutex::new(()), &AtomicBool::new(false));
    let button = inner.pins.clone();
    let mut slowest = Duration::ZERO;
    std::thread::scope(|scope| {
        let mut fingers = SmallRng::seed_from_u64(seed ^ 1);
        scope.spawn(move || {
            let mut pressed = false;
            while !over.load(Ordering::Relaxed) {
                let free = held.lock().unwrap();
                pressed = !pressed;
                button.set_digital(Port::D3, pressed);
                drop(free);
                std::thread::sleep(below(&mut fingers, 120));
            }
        });
        for kill in 1..=kills {
            std::thread::sleep(below(&mut rng, 400));
            let in_order = memory == Memory::OnDisk && rng.random();
            end(&mut mosquitto, in_order);
            // now and then for longer than the longest pause between two attempts
            let longest = if rng.random_bool(0.2) { 4000 } else { 600 };
            std::thread::sleep(below(&mut rng, longest));
            mosquitto.restart();
            let back = Instant::now();
            std::thread::sleep(below(&mut rng, 300));
            let fingers_off = held.lock().unwrap();
            // mostly the opposite of what is shown, so that it does not hold by chance
            let shown = outer.pins.output(Port::D4).is_on();
            let pressed = shown ^ rng.random_bool(0.8);
            inner.press(pressed);
            let since = Instant::now();
            for (whose, pins) in [("inner's", &inner.pins), ("outer's", &outer.pins)] {
                let seen = pins.wait_output(Port::D4, WITHIN, |output| output.is_on() == pressed);
                if seen.is_err() {
                    over.store(true, Ordering::Relaxed);
                    panic!(
                        "seed {seed}, kill {kill}: {whose} LED is not {pressed} {WITHIN:?} after the last press"
                    );
                }
            }
            slowest = slowest.max(since.elapsed());
            drop(fingers_off);
            println!(
                "kill {kill}: every LED right {:?} after the restart",
                back.elapsed()
            );
        }
        over.store(true, Ordering::Relaxed);
    });
    println!("{kills} kills; the slowest LED was right {slowest:?} after the last press");
    inner.pins.assert_no_violations();
    outer.pins.assert_no_violations();
}
