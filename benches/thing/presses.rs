//! A finger and a stopwatch: presses at random phases of the polling, on one simulated board, and when the LED on
//! another one followed.

use crate::samples::Samples;
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::{OutputChange, Pins};
use std::ops::Range;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// An edge whose LED has not followed by then is lost.
const PATIENCE: Duration = Duration::from_secs(3);

/// A button and the LED that follows it.
pub struct Wire {
    button: (Pins, Port),
    led: (Pins, Port),
    changes: Receiver<OutputChange>,
}

impl Wire {
    pub fn new(button: (Pins, Port), led: (Pins, Port)) -> Self {
        let changes = led.0.watch();
        Self {
            button,
            led,
            changes,
        }
    }

    /// Waits until the wire works: presses until the LED follows.
    pub fn settle(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        let mut level = true;
        let mut followed = 0;
        while followed < 4 {
            assert!(Instant::now() < until, "the LED never followed the button");
            followed = match self.edge(level, Duration::from_millis(500)) {
                Some(_) => followed + 1,
                None => 0,
            };
            level = !level;
            std::thread::sleep(Duration::from_millis(50));
        }
        self.release();
    }

    /// One edge: how long until the LED had followed.
    fn edge(&self, level: bool, patience: Duration) -> Option<Duration> {
        while self.changes.try_recv().is_ok() {}
        let (pins, port) = &self.button;
        let at = Instant::now();
        pins.set_digital(*port, level);
        let until = at + patience;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let change = self.changes.recv_timeout(left).ok()?;
            if change.port == self.led.1 && change.output.is_on() == level {
                return Some(change.at.saturating_duration_since(at));
            }
        }
    }

    fn release(&self) {
        self.button.0.set_digital(self.button.1, false);
        let (pins, port) = &self.led;
        let _dark = pins.wait_output(*port, PATIENCE, |output| !output.is_on());
    }

    /// Presses and releases, each held until the LED has followed and then for a random time of `gap_ms`.
    pub fn follow(&self, presses: usize, gap_ms: Range<f64>) -> Followed {
        let mut followed = Followed::default();
        for level in [true, false].repeat(presses) {
            pause(gap_ms.clone());
            followed.note(self.edge(level, PATIENCE));
        }
        self.release();
        followed
    }

    /// How many of so many presses of `width` no LED ever showed.
    pub fn missed(&self, presses: usize, width: Duration, phase_ms: f64) -> usize {
        // longer than a lock-out of 20 ms and a beat, so that the release is seen as well
        let rest = Duration::from_millis(35);
        while self.changes.try_recv().is_ok() {}
        for _ in 0..presses {
            pause(0.0..phase_ms);
            let (pins, port) = &self.button;
            pins.set_digital(*port, true);
            std::thread::sleep(width);
            pins.set_digital(*port, false);
            std::thread::sleep(rest);
            self.release();
        }
        std::thread::sleep(Duration::from_millis(500));
        let lit = |change: &OutputChange| change.port == self.led.1 && change.output.is_on();
        let seen = self.changes.try_iter().filter(lit).count();
        presses.saturating_sub(seen)
    }
}

/// What became of many edges.
#[derive(Debug, Clone, Default)]
pub struct Followed {
    times: Vec<Duration>,
    pub lost: usize,
}

impl Followed {
    pub fn note(&mut self, time: Option<Duration>) {
        match time {
            Some(time) => self.times.push(time),
            None => self.lost += 1,
        }
    }

    pub fn samples(&self) -> Samples {
        Samples::of(self.times.iter().copied())
    }
}

/// One edge on one of many wires.
pub fn toggle(wire: &Wire, level: bool, gap_ms: Range<f64>) -> Option<Duration> {
    pause(gap_ms);
    wire.edge(level, PATIENCE)
}

fn pause(ms: Range<f64>) {
    std::thread::sleep(Duration::from_secs_f64(rand::random_range(ms) / 1e3));
}
