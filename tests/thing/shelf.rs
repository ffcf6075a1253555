//! Every kind of the table: its example is built, runs on the simulator and shows what it is there for.

use crate::bench::{Bench, topic};
use mqtt_thing::board::Port;
use mqtt_thing::resources::{KINDS, Kind, PortUse, Spec};
use mqtt_thing::thing::Class;
use std::collections::BTreeMap;

/// The port column of README's table.
const fn ports(uses: PortUse) -> &'static str {
    match uses {
        PortUse::None => "none",
        PortUse::Bus => "an I2C socket",
        PortUse::Digital => "D2..D8, A0..A2",
        PortUse::Counting => "D2..D8",
        PortUse::Pair => "D2..D7, with the next",
        PortUse::Analog => "A0..A2",
    }
}

#[test]
fn the_readmes_table_has_each_kind_with_its_ports_and_no_other() {
    let readme = include_str!("../../README.md");
    let (_, table) = readme.split_once("| kind | ports |").unwrap();
    let rows = table
        .lines()
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let mut told: BTreeMap<&str, &str> = BTreeMap::new();
    for row in rows {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(!cells[3].is_empty(), "{row}");
        let names = cells[1].split(", ").map(|name| name.trim_matches('`'));
        told.extend(names.map(|name| (name, cells[2])));
    }
    let kinds: BTreeMap<&str, &str> = KINDS
        .iter()
        .map(|kind| (kind.name, ports(kind.port)))
        .collect();
    assert_eq!(told, kinds);
}

/// The resource that a kind's example describes, in a lab whose `inner` has what the examples follow.
fn example(kind: &Kind) -> Spec {
    let text = format!(
        r#"
        [broker]
        url = "mqtt://broker"
        [things.inner]
        address = "10.0.0.1"
        [things.inner.resources]
        button0 = {{ kind = "button", port = "D3" }}
        rotary0 = {{ kind = "rotary", port = "A0" }}
        clock0 = {{ kind = "clock" }}
        [things.outer]
        address = "10.0.0.7"
        [things.outer.resources]
        {}
        "#,
        kind.example
    );
    let topology = mqtt_thing::topology::parse(&text).unwrap();
    let plan = topology.things[1].resources[0].clone();
    plan.spec(&topic("10.0.0.7"))
}

/// What moves the example of a kind, and what it says then, below its topic.
fn moved(bench: &mut Bench, kind: &str, port: Option<Port>) -> Vec<(&'static str, &'static str)> {
    let on_socket = |bench: &Bench, high| bench.pins.set_digital(port.unwrap(), high);
    let voltage = |bench: &Bench, count| {
        let port = port.unwrap().analog().unwrap();
        bench.pins.set_analog(port, count);
    };
    match kind {
        "button" | "touch" | "pir" | "tilt" => {
            on_socket(bench, true);
            vec![("", "True")]
        }
        "water" => {
            on_socket(bench, true);
            vec![("", "False")]
        }
        "rotary" | "light" | "sound" | "vibration" | "moisture" | "gas" => {
            voltage(bench, 700);
            vec![("", "700")]
        }
        // R = 323 / 700 * 10 kOhm, B = 4250
        "temperature" => {
            voltage(bench, 700);
            vec![("", "42.1")]
        }
        "dht" => {
            bench.pins.set_climate(port.unwrap(), Some([23.0, 40.0]));
            vec![("/temperature", "23.0"), ("/humidity", "40.0")]
        }
        "ultrasonic" => {
            bench.pins.set_distance(port.unwrap(), Some(120));
            vec![("", "120")]
        }
        "led" | "relay" | "buzzer" => {
            bench.hear("10.0.0.1/sensors/button0", b"True", false);
            assert!(bench.pins.output(port.unwrap()).is_on());
            vec![("", "True")]
        }
        "encoder" => {
            bench.pins.turn(port.unwrap(), 12);
            vec![("", "12")]
        }
        "counter" => {
            bench.pass(3_000);
            bench.pins.pulse(port.unwrap(), 7);
            vec![("", "7")]
        }
        "led_bar" => {
            bench.hear("10.0.0.1/sensors/rotary0", b"512", false);
            assert_eq!(bench.pins.led_bar(port.unwrap()), 0b1_1111);
            vec![("", "5")]
        }
        "four_digit" => {
            bench.hear("10.0.0.1/sensors/rotary0", b"512", false);
            assert_eq!(bench.pins.four_digit(port.unwrap()), Some(512));
            vec![("", "512")]
        }
        "chainable_led" => {
            bench.hear("10.0.0.1/sensors/button0", b"True", false);
            assert_eq!(bench.pins.chain(port.unwrap()), [[255; 3]]);
            vec![("", "#ffffff")]
        }
        "rgb_lcd" => {
            bench.hear("10.0.0.1/stuff/clock0", b"2026-11-20 14:03:59", false);
            let shown = bench.pins.lcd().unwrap();
            assert_eq!(shown.lines, ["2026-11-20 14:03", ":59             "]);
            assert_eq!(shown.light, [255; 3]);
            vec![("", "2026-11-20 14:03:59")]
        }
        other => panic!("say here what `{other}` does on the simulator"),
    }
}

#[test]
fn the_example_of_each_kind_runs_on_the_simulator_and_shows_what_it_is_for() {
    for kind in KINDS {
        // an executor has tests of its own, as have the courses' kinds; a clock says its time by itself
        if matches!(kind.name, "executor" | "clock" | "heartbeat" | "echo") {
            continue;
        }
        let spec = example(kind);
        let mut bench = Bench::new(std::slice::from_ref(&spec));
        bench.pins.attach_lcd();
        bench.start();
        bench.pass(500);
        bench.said.clear();
        let expected = moved(&mut bench, kind.name, spec.port);
        bench.pass(25_000);
        let said = bench.take();
        for (below, payload) in expected {
            let line = format!("*{}{below} {payload}", spec.topic());
            assert!(said.contains(&line), "{line} is not in {said:?}");
        }
        assert!(
            !said.iter().any(|line| line.ends_with("offline")),
            "{said:?}"
        );
        bench.pins.assert_no_violations();
        assert_eq!(bench.pins.counts().dropped, 0);
        // a stop puts outputs to rest
        if kind.class == Class::Actuators {
            let effects = bench.thing.stop(bench.now());
            bench.note(effects);
            assert_eq!(bench.take().len(), 1, "{}", kind.name);
            let pins = &bench.pins;
            let is_dark = |port: Port| {
                let chain = pins.chain(port).concat();
                !pins.output(port).is_on()
                    && pins.led_bar(port) == 0
                    && pins.four_digit(port).is_none()
                    && chain.iter().all(|level| *level == 0)
            };
            assert!(spec.port.is_none_or(is_dark), "{}", kind.name);
            assert_eq!(pins.lcd().unwrap().light, [0; 3]);
        }
    }
}
