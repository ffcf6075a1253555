//! The kinds of the Grove shelf, byte for byte: what a module's start, reading or value is on the bus.

use crate::script::Step::{self, Pause};
use crate::script::{Script, read, version, write};
use mqtt_thing::board::{GrovePi, Port};
use mqtt_thing::model::{Moment, Now, Topic};
use mqtt_thing::resources::{Spec, kind};
use mqtt_thing::thing::{Effect, Input, Thing};
use std::time::{Duration, SystemTime};

/// A resource alone on a board that plays exactly the steps given.
struct Bench {
    thing: Thing,
    script: Script,
    now: Moment,
    said: Vec<String>,
}

fn done(frame: [u8; 4]) -> Vec<Step> {
    done_after(frame, 100)
}

/// A command without a reply of its own.
fn done_after(frame: [u8; 4], gap_us: u32) -> Vec<Step> {
    vec![write(frame), Pause(gap_us), read(&[0])]
}

impl Bench {
    /// Starts `name0` of that kind; the version that the thing asks first is not part of `steps`.
    fn start(name: &str, port: Option<Port>, settings: &[(&str, i64)], steps: Vec<Step>) -> Self {
        let id = Topic::new("pi").unwrap();
        let mut spec = Spec::new(id.clone(), "it".to_owned(), kind(name).unwrap(), port);
        let settings = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), *value));
        spec.settings.extend(settings);
        let script = Script::default();
        let board = GrovePi::new(script.clone(), script.clone());
        let mut thing = Thing::new(id, Some(Box::new(board)));
        thing.add(spec.kind.class, "it", (spec.kind.build)(&spec));
        let mut bench = Self {
            thing,
            script,
            now: Moment::ZERO,
            said: Vec::new(),
        };
        bench.script.expect(version());
        bench.script.expect(steps);
        let effects = bench.thing.start(bench.now());
        bench.note(effects);
        bench.said.retain(|said| !said.contains("availability"));
        bench
    }

    fn now(&self) -> Now {
        Now::new(self.now, SystemTime::UNIX_EPOCH)
    }

    fn note(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Publish(message) => {
                    let payload = String::from_utf8(message.payload).unwrap();
                    self.said.push(format!("{} {payload}", message.topic));
                }
                Effect::Fault { error, .. } => panic!("{error}"),
                _ => {}
            }
        }
        self.script.assert_over();
    }

    /// The first beat after `ms`, with these steps.
    fn beat(&mut self, ms: u64, steps: Vec<Step>) {
        self.script.expect(steps);
        self.now = self.now + Duration::from_millis(ms);
        let effects = self.thing.handle(&Input::Wake, self.now());
        self.note(effects);
    }

    fn take(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }
}

fn input(pin: u8) -> Vec<Step> {
    done([5, pin, 0, 0])
}

#[test]
fn a_dht_is_28_pin_type_and_answers_two_floats_the_low_byte_first() {
    let types = [(11, 0), (22, 1), (21, 2), (2301, 3)];
    for (model, code) in types {
        // 21.5 is 41ac0000 and 47.25 is 423d0000
        let reading = vec![
            write([0x28, 7, code, 0]),
            Pause(250_000),
            read(&[0x28, 0, 0, 0xac, 0x41, 0, 0, 0x3d, 0x42]),
        ];
        let steps = [input(7), reading.clone()].concat();
        let settings = [("model", model), ("every_ms", 10_000)];
        let mut bench = Bench::start("dht", Some(Port::D7), &settings, steps);
        assert_eq!(bench.take(), Vec::<String>::new());
        // the beat of the reading, and the one that sets the pin again
        bench.beat(10_000, [input(7), reading].concat());
        let both = [
            "pi/sensors/it/temperature 21.5",
            "pi/sensors/it/humidity 47.3",
        ];
        assert_eq!(bench.take(), both);
    }
}

#[test]
fn a_ranger_is_07_pin_and_answers_centimetres_the_high_byte_first() {
    let reading = |high, low| {
        vec![
            write([7, 4, 0, 0]),
            Pause(1_000),
            read(&[0x17, 0xff, 0xff]),
            Pause(2_000),
            read(&[7, high, low]),
        ]
    };
    let steps = [input(4), reading(1, 44)].concat();
    let mut bench = Bench::start("ultrasonic", Some(Port::D4), &[], steps);
    assert_eq!(bench.take(), ["pi/sensors/it 300"]);
    bench.beat(500, reading(0, 0));
    assert_eq!(bench.take(), Vec::<String>::new());
    // 511 may be the end of a reply that was lost, so it is read again
    let again = vec![read(&[7, 1, 255])];
    bench.beat(500, [input(4), reading(1, 255), again].concat());
    assert_eq!(bench.take(), ["pi/sensors/it 511"]);
}
