//! Hours in minutes: a button toggles, broker, network and bus fail at random, and neither memory nor error stays.

use crate::pi::{File, INNER, LAB, OUTER, Pi, can_run};
use crate::support::{Mosquitto, Observer, Proxy, long};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Fault;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use std::time::{Duration, Instant};

const LEDS: [Port; 2] = [Port::D4, Port::D2];

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    None,
    BrokerRestarts,
    ConnectionCut,
    NetworkStalls,
    BusFaults,
    BoardResets,
    BoardAway,
    FirmwareHangs,
}

const TROUBLES: [Trouble; 8] = [
    Trouble::None,
    Trouble::BrokerRestarts,
    Trouble::ConnectionCut,
    Trouble::NetworkStalls,
    Trouble::BusFaults,
    Trouble::BoardResets,
    Trouble::BoardAway,
    Trouble::FirmwareHangs,
];

/// Of each kind of noise on the bus, one transfer in fifty.
const NOISE: [(Fault, f64); 6] = [
    (Fault::Nak, 0.02),
    (Fault::Eio, 0.02),
    (Fault::Ones, 0.02),
    (Fault::LostWithError, 0.02),
    (Fault::LostSilently, 0.02),
    (Fault::Stale, 0.02),
];

#[test]
fn ten_seconds_of_trouble_leave_every_led_right() {
    soak(Duration::from_secs(10), false);
}

#[test]
fn ten_minutes_of_trouble_leave_every_led_right_and_memory_flat() {
    if long() {
        let seconds = std::env::var("MQTT_THING_SOAK_S");
        let seconds = seconds.map_or(600, |text| text.parse().unwrap());
        soak(Duration::from_secs(seconds), true);
    }
}

struct Lab {
    mosquitto: Mosquitto,
    proxy: Proxy,
    inner: Pi,
    outer: Pi,
    rng: SmallRng,
    presses: u64,
}

impl Lab {
    /// Toggles the button for about so long.
    fn toggle(&mut self, milliseconds: u64) {
        let until = Instant::now() + Duration::from_millis(milliseconds);
        while Instant::now() < until {
            self.presses += 1;
            self.inner.press(self.presses % 2 == 1);
            self.inner.turn(self.rng.random_range(0..1024));
            let pause = self.rng.random_range(2..60);
            std::thread::sleep(Duration::from_millis(pause));
        }
    }

    fn suffer(&mut self, trouble: Trouble) {
        let whose = if self.rng.random() {
            &self.inner
        } else {
            &self.outer
        };
        let pins = whose.pins.clone();
        match trouble {
            Trouble::None => self.toggle(300),
            Trouble::BrokerRestarts => {
                self.mosquitto.kill();
                self.toggle(300);
                self.mosquitto.restart();
            }
            Trouble::ConnectionCut => {
                // cut alone, again and again, looks like a rival with the same identifier
                self.proxy.refuse(true);
                self.proxy.cut();
                self.toggle(200);
                self.proxy.refuse(false);
            }
            Trouble::NetworkStalls => {
                self.proxy.freeze();
                self.toggle(700);
                self.proxy.thaw();
            }
            Trouble::BusFaults => {
                pins.random_faults(self.rng.random(), &NOISE);
                self.toggle(500);
                pins.clear_faults();
            }
            Trouble::BoardResets => {
                pins.reset_board();
                self.toggle(200);
            }
            Trouble::BoardAway => {
                pins.unplug();
                self.toggle(300);
                pins.plug_in();
            }
            Trouble::FirmwareHangs => {
                pins.freeze();
                self.toggle(300);
                pins.thaw();
            }
        }
    }

    /// Leaves button and knob as they are from now on, and waits until every LED agrees; returns how long that took.
    fn settle(&mut self) -> Duration {
        let pressed = self.rng.random();
        self.presses = u64::from(pressed);
        self.inner.press(pressed);
        let full = self.rng.random::<bool>();
        self.inner.turn(if full { 1023 } else { 0 });
        let since = Instant::now();
        let duty = |on: bool| if on { 255 } else { 0 };
        self.inner.wait_duty(Port::D4, duty(pressed));
        for port in LEDS {
            self.outer.wait_duty(port, duty(pressed));
        }
        self.outer.wait_duty(Port::D5, duty(full));
        since.elapsed()
    }

    fn resident(&self) -> [u64; 2] {
        [&self.inner, &self.outer].map(|pi| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", pi.pid())).unwrap();
            let line = status
                .lines()
                .find(|line| line.starts_with("VmRSS:"))
                .unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        })
    }
}

fn soak(lasts: Duration, with_memory: bool) {
    let Some(mosquitto) = can_run().then(Mosquitto::start).flatten() else {
        return;
    };
    let seed = rand::random();
    println!("seed {seed}");
    let proxy = Proxy::to(mosquitto.port());
    let file = File::lab(&proxy.url(), 5, LAB);
    let (inner, outer) = (Pi::start(&file, "inner"), Pi::start(&file, "outer"));
    let rng = SmallRng::seed_from_u64(seed);
    let mut lab = Lab {
        mosquitto,
        proxy,
        inner,
        outer,
        rng,
        presses: 0,
    };
    lab.inner.wait_told("READY=1");
    lab.outer.wait_told("READY=1");
    lab.settle();
    let began = Instant::now();
    let (mut rounds, mut restarts, mut slowest, mut warm) = (0_u32, 0, Duration::ZERO, None);
    while began.elapsed() < lasts {
        let trouble = *TROUBLES.choose(&mut lab.rng).unwrap();
        lab.toggle(200);
        lab.suffer(trouble);
        let took = lab.settle();
        println!(
            "{:6.1} s: {trouble:?}: every LED right after {took:?}; resident KiB {:?}",
            began.elapsed().as_secs_f32(),
            lab.resident()
        );
        assert!(
            took < Duration::from_secs(10),
            "seed {seed}, {trouble:?}: {took:?}\n{}\n{}",
            lab.inner.said(),
            lab.outer.said()
        );
        slowest = slowest.max(took);
        restarts += u64::from(matches!(
            trouble,
            Trouble::BrokerRestarts | Trouble::ConnectionCut
        ));
        rounds += 1;
        if warm.is_none() && began.elapsed() > lasts / 5 {
            warm = Some(lab.resident());
        }
    }
    let (warm, end) = (warm.unwrap_or_default(), lab.resident());
    println!(
        "{rounds} rounds, the slowest settled in {slowest:?}; resident KiB after warm-up {warm:?}, at the end {end:?}"
    );
    for pi in [&lab.inner, &lab.outer] {
        pi.pins.assert_no_violations();
    }
    if with_memory {
        for (warm, end) in warm.into_iter().zip(end) {
            assert!(end < warm + 1024, "it grew from {warm} KiB to {end} KiB");
        }
        its_counters_agree(&lab, restarts);
    }
    for pi in [&mut lab.inner, &mut lab.outer] {
        pi.signal(rustix::process::Signal::TERM);
        let (status, _) = pi.wait_end();
        assert_eq!(status.code(), Some(0), "{}", pi.said());
    }
}

/// A `health` of now, which comes within half a minute, against what was done.
fn its_counters_agree(lab: &Lab, outages: u64) {
    let observer = Observer::start(&lab.mosquitto, "+/health");
    let began = Instant::now();
    let healths = healths(&observer);
    println!("healths after {:?}: {healths:?}", began.elapsed());
    for health in healths {
        let of = |name: &str| {
            health[name]
                .as_u64()
                .unwrap_or_else(|| panic!("{name} in {health}"))
        };
        assert_eq!(
            (of("faulty_resources"), of("refused_messages")),
            (0, 0),
            "{health}"
        );
        // an outage may come before the last one is over: LEDs that agree by chance wait for no connection
        assert!(
            of("connects") > outages / 2 && of("connects") < 4 * outages + 20,
            "{outages} outages, {health}"
        );
        assert!(
            of("faults") > 0 && health["queues"]["inbox"] == 0,
            "{health}"
        );
        assert!(health["queues"]["outbox"].as_u64() < Some(5), "{health}");
    }
}

/// The next `health` of both, which comes every 30 s: as long as a usual wait, so this one is longer.
fn healths(observer: &Observer) -> [Value; 2] {
    let until = Instant::now() + Duration::from_secs(70);
    [INNER, OUTER].map(|id| {
        loop {
            if let Some(text) = observer.texts(&format!("{id}/health")).pop() {
                return serde_json::from_str(&text).unwrap();
            }
            assert!(Instant::now() < until, "{id} told no health");
            std::thread::sleep(Duration::from_millis(50));
        }
    })
}
