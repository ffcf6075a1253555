//! The kinds of the Grove shelf, byte for byte: what a module's start, reading or value is on the bus.

use crate::script::Step::{self, Pause};
use crate::script::{Script, read, version, write};
use mqtt_thing::board::{GrovePi, Port};
use mqtt_thing::model::{Message, Moment, Now, Topic};
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

    /// A wish, with these steps.
    fn set(&mut self, payload: &str, steps: Vec<Step>) {
        self.script.expect(steps);
        let topic = Topic::new("pi/actuators/it/set").unwrap();
        let message = Message::event(topic, payload);
        let effects = self.thing.handle(&Input::Message(message), self.now());
        self.note(effects);
    }

    fn stop(&mut self, steps: Vec<Step>) {
        self.script.expect(steps);
        let effects = self.thing.stop(self.now());
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

#[test]
fn a_led_bar_is_32_pin_direction_and_then_34_pin_level() {
    let shown = |level| {
        let begin = done_after([0x32, 5, 1, 0], 200);
        [begin, done_after([0x34, 5, level, 0], 200)].concat()
    };
    let settings = [("green_to_red", 1)];
    let mut bench = Bench::start("led_bar", Some(Port::D5), &settings, shown(0));
    bench.set("10", done_after([0x34, 5, 10, 0], 200));
    assert_eq!(bench.take(), ["pi/actuators/it 0", "pi/actuators/it 10"]);
    bench.beat(1_000, shown(10));
    bench.stop(done_after([0x34, 5, 0, 0], 200));
}

#[test]
fn four_digits_are_46_pin_then_47_pin_brightness_and_then_48_pin_and_the_number_low_byte_first() {
    let begin = || {
        [
            done_after([0x46, 7, 0, 0], 200),
            done_after([0x47, 7, 2, 0], 200),
        ]
        .concat()
    };
    let dark = || done_after([0x4f, 7, 0, 0], 200);
    let settings = [("brightness", 2)];
    let steps = [begin(), dark()].concat();
    let mut bench = Bench::start("four_digit", Some(Port::D7), &settings, steps);
    // 1234 is 04d2
    let number = || done_after([0x48, 7, 0xd2, 0x04], 200);
    bench.set("1234", number());
    assert_eq!(bench.take(), ["pi/actuators/it ", "pi/actuators/it 1234"]);
    bench.beat(1_000, [begin(), number()].concat());
    bench.stop(dark());
}

#[test]
fn a_chain_is_5b_pin_leds_once_then_5a_red_green_blue_and_5d_pin_03_00() {
    let shown = |red, green, blue| {
        let store = done_after([0x5a, red, green, blue], 200);
        [store, done_after([0x5d, 7, 3, 0], 1_000)].concat()
    };
    let begin = || {
        [
            done_after([0x5b, 7, 2, 0], 1_000),
            done_after([0x32, 7, 0, 0], 200),
        ]
        .concat()
    };
    let settings = [("leds", 2)];
    let steps = [begin(), shown(0, 0, 0)].concat();
    let mut bench = Bench::start("chainable_led", Some(Port::D7), &settings, steps);
    bench.set("#ff8001", shown(255, 128, 1));
    assert_eq!(
        bench.take(),
        ["pi/actuators/it #000000", "pi/actuators/it #ff8001"]
    );
    // it still knows the bar that is not there
    let bar = |reply: &[u8]| vec![write([0x38, 7, 0, 0]), Pause(200), read(reply)];
    let asked = [version().to_vec(), bar(&[0x38, 0, 0])].concat();
    bench.beat(1_000, [asked, shown(255, 128, 1)].concat());
    // after a reset it does not, each time that it is asked
    let mut asked = version().to_vec();
    for pause_us in [200, 500, 1_000] {
        asked.extend(bar(&[8, 1, 4]));
        asked.push(Pause(pause_us));
    }
    asked.extend(bar(&[8, 1, 4]));
    let steps = [asked, version().to_vec(), begin(), shown(255, 128, 1)].concat();
    bench.beat(1_000, steps);
    bench.stop(shown(0, 0, 0));
}

#[test]
fn an_encoder_is_0e_pin_steps_between_a_level_and_a_version_and_0d_answers_the_low_byte_first() {
    let level = || vec![write([1, 2, 0, 0]), Pause(100), read(&[1, 1])];
    let same = vec![write([8, 2, 32, 0]), Pause(100), read(&[8, 1, 4, 0])];
    let begin = [level(), done([0x0e, 2, 32, 0]), same].concat();
    let count = |low| {
        let asked = vec![
            write([0x0d, 2, 0, 0]),
            Pause(100),
            read(&[0x0d, low, 0, low, 0xff]),
        ];
        [level(), asked].concat()
    };
    let steps = [begin, count(0)].concat();
    let mut bench = Bench::start("encoder", Some(Port::D2), &[], steps);
    bench.beat(50, count(31));
    assert_eq!(bench.take(), ["pi/sensors/it 0", "pi/sensors/it 31"]);
    // D2 and D3 are the bits 2 and 3
    let on = vec![
        write([0x0c, 15, 0, 0]),
        Pause(100),
        read(&[0x0c, 0b1100, 0]),
    ];
    bench.beat(1_000, [level(), on, count(31)].concat());
}

#[test]
fn a_counter_is_06_with_pin_and_edge_and_0a_answers_32_bits_the_low_byte_first() {
    let level = || vec![write([1, 8, 0, 0]), Pause(100), read(&[1, 0])];
    // rising is 3, in the two upper bits; 1000 ms is 03e8
    let frame = [0b1100_1000, 0x03, 0xe8];
    let set = done([6, frame[0], frame[1], frame[2]]);
    let same = vec![
        write([8, frame[0], frame[1], frame[2]]),
        Pause(100),
        read(&[8, 1, 4, 0]),
    ];
    let begin = [level(), set, same, input(8)].concat();
    let count = |reply: [u8; 5]| {
        let asked = vec![write([0x0a, 8, 0, 0]), Pause(100), read(&reply)];
        [level(), asked].concat()
    };
    let zero = [0x0a, 0, 0, 0, 0];
    let mut bench = Bench::start(
        "counter",
        Some(Port::D8),
        &[],
        [begin, count(zero)].concat(),
    );
    // bit 8
    let on = || {
        let asked = vec![write([0x0c, 15, 0, 0]), Pause(100), read(&[0x0c, 0, 1])];
        [level(), asked].concat()
    };
    bench.beat(500, count(zero));
    bench.beat(500, [on(), count(zero)].concat());
    bench.beat(500, count(zero));
    assert_eq!(bench.take(), Vec::<String>::new());
    // 70 000 is 00011170
    bench.beat(500, [on(), count([0x0a, 0x70, 0x11, 0x01, 0x00])].concat());
    assert_eq!(bench.take(), ["pi/sensors/it 70000"]);
}

#[test]
fn an_lcd_has_its_text_at_3e_and_its_light_at_62() {
    let text = |bytes: &[u8]| Step::Write(0x3e, bytes.to_vec());
    let light = |register, value| Step::Write(0x62, vec![register, value]);
    let begin = || {
        let commands = [0x28, 0x0c, 0x06].map(|command| text(&[0x80, command]));
        let registers = [light(0, 0), light(1, 0), light(8, 0xaa)];
        [commands, registers].concat()
    };
    let shown = |first: &[u8; 17], second: &[u8; 17], [red, green, blue]: [u8; 3]| {
        vec![
            text(&[0x80, 0x80]),
            text(first),
            text(&[0x80, 0xc0]),
            text(second),
            light(2, blue),
            light(3, green),
            light(4, red),
        ]
    };
    let blank = b"@                ";
    let dark = || shown(blank, blank, [0; 3]);
    let settings = [("red", 1), ("green", 2), ("blue", 3)];
    let mut bench = Bench::start("rgb_lcd", None, &settings, [begin(), dark()].concat());
    let hello = || shown(b"@Hello           ", b"@21.5 \xdfC         ", [1, 2, 3]);
    bench.set("Hello\n21.5 \u{b0}C", hello());
    assert_eq!(
        bench.take(),
        ["pi/actuators/it ", "pi/actuators/it Hello\n21.5 \u{b0}C"]
    );
    bench.beat(1_000, [begin(), hello()].concat());
    bench.stop(dark());
}

#[test]
fn what_no_module_can_answer_is_asked_for_again() {
    // 1294 cm are more than the longest wait for an echo
    let ranger = |high, low| vec![write([7, 4, 0, 0]), Pause(1_000), read(&[7, high, low])];
    let steps = [input(4), ranger(5, 14), vec![Pause(200)], ranger(5, 13)].concat();
    let mut bench = Bench::start("ultrasonic", Some(Port::D4), &[], steps);
    assert_eq!(bench.take(), ["pi/sensors/it 1293"]);
    // a reply that ends too soon ends with ff
    let level = || vec![write([1, 2, 0, 0]), Pause(100), read(&[1, 1])];
    let same = vec![write([8, 2, 32, 0]), Pause(100), read(&[8, 1, 4, 0])];
    let begin = [level(), done([0x0e, 2, 32, 0]), same].concat();
    let count = vec![
        write([0x0d, 2, 0, 0]),
        Pause(100),
        read(&[0x0d, 0, 0, 0, 0]),
    ];
    let steps = [begin, level(), count.clone()].concat();
    let mut bench = Bench::start("encoder", Some(Port::D2), &[], steps);
    bench.beat(50, [level(), count.clone()].concat());
    let on = |high| {
        vec![
            write([0x0c, 15, 0, 0]),
            Pause(100),
            read(&[0x0c, 0b1100, high]),
        ]
    };
    let asked = [level(), on(0xff), vec![Pause(200)], on(0)].concat();
    bench.beat(1_000, [asked, level(), count].concat());
}
