//! Every kind of the table: its example is built, runs on the simulator and shows what it is there for; and the
//! modules that need more honesty than a level.

use crate::bench::{Bench, spec, topic};
use mqtt_thing::board::Port;
use mqtt_thing::resources::{KINDS, Kind, PortUse, Spec};
use mqtt_thing::thing::Class;
use std::collections::BTreeMap;

fn with(mut spec: Spec, settings: &[(&str, i64)]) -> Spec {
    let settings = settings
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value));
    spec.settings.extend(settings);
    spec
}

fn dht(model: i64) -> Bench {
    let dht = with(spec("dht0", "dht", Some(Port::D7)), &[("model", model)]);
    Bench::new(&[dht])
}

#[test]
fn a_dht_says_its_two_values_once_two_readings_agree() {
    let mut bench = dht(22);
    bench.pins.set_climate(Port::D7, Some([-3.25, 61.54]));
    bench.start();
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/dht0/availability online"]);
    bench.pass(10_500);
    let both = [
        "*10.0.0.7/sensors/dht0/temperature -3.3",
        "*10.0.0.7/sensors/dht0/humidity 61.5",
    ];
    assert_eq!(bench.take(), both);
    bench.pass(20_000);
    assert_eq!(bench.take(), Vec::<String>::new());
    // a new broker is told again, without another reading
    let writes = bench.pins.counts().writes;
    bench.input(&mqtt_thing::thing::Input::Connected);
    assert_eq!(bench.take()[..2], both);
    assert_eq!(bench.pins.counts().writes, writes);
    // a step that no room makes waits for the next reading to agree
    bench.pins.set_climate(Port::D7, Some([30.0, 61.54]));
    bench.pass(10_000);
    assert_eq!(bench.take(), Vec::<String>::new());
    bench.pass(10_000);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/dht0/temperature 30.0"]);
    bench.pins.assert_no_violations();
}

#[test]
fn a_dht_that_says_what_it_cannot_measure_is_not_believed_and_at_the_third_time_faulty() {
    // 10 % is below what a DHT11 measures, and a DHT22 does
    for (model, climate, believed) in [
        (11, Some([21.0, 10.0]), false),
        (22, Some([21.0, 10.0]), true),
        (22, Some([81.0, 10.0]), false),
        (22, Some([f32::NAN, 10.0]), false),
        // an empty buffer
        (22, Some([0.0, 0.0]), false),
        (22, None, false),
    ] {
        let mut bench = dht(model);
        bench.pins.set_climate(Port::D7, climate);
        bench.start();
        bench.pass(15_000);
        let said = bench.take().len();
        assert_eq!(said, if believed { 3 } else { 1 }, "{model} {climate:?}");
        bench.pass(10_000);
        let said = bench.take();
        let is_faulty = said.contains(&"*10.0.0.7/sensors/dht0/availability offline".to_owned());
        assert_eq!(is_faulty, !believed, "{model} {climate:?}: {said:?}");
        if believed {
            continue;
        }
        let fault = &said[1];
        assert!(
            fault.contains("the DHT on port D7 gave no two readings that agree"),
            "{fault}"
        );
        // one good reading is not enough
        bench.pins.set_climate(Port::D7, Some([21.0, 50.0]));
        bench.pass(10_000);
        assert_eq!(bench.take(), Vec::<String>::new());
        bench.pass(10_000);
        let said = bench.take();
        assert_eq!(said[0], "*10.0.0.7/sensors/dht0/temperature 21.0");
        assert_eq!(said[2], "*10.0.0.7/sensors/dht0/availability online");
    }
}

#[test]
fn a_ranger_says_the_distance_and_nothing_when_no_echo_comes() {
    let mut bench = Bench::new(&[spec("way", "ultrasonic", Some(Port::D4))]);
    bench.start();
    bench.pass(3_000);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/way/availability online"]);
    bench.pins.set_distance(Port::D4, Some(255));
    bench.pass(600);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/way 255"]);
    bench.pins.set_distance(Port::D4, None);
    bench.pass(5_000);
    assert_eq!(bench.take(), Vec::<String>::new());
    bench.pins.set_distance(Port::D4, Some(90));
    bench.pass(600);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/way 90"]);
    bench.pins.assert_no_violations();
}

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
        other => panic!("say here what `{other}` does on the simulator"),
    }
}

#[test]
fn the_example_of_each_kind_runs_on_the_simulator_and_shows_what_it_is_for() {
    for kind in KINDS {
        // an executor has tests of its own; a clock says its time by itself
        if matches!(kind.name, "executor" | "clock") {
            continue;
        }
        let spec = example(kind);
        let mut bench = Bench::started(std::slice::from_ref(&spec));
        bench.pass(500);
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
            if let Some(port) = spec.port {
                assert!(!bench.pins.output(port).is_on(), "{}", kind.name);
            }
        }
    }
}

#[test]
fn a_thermistor_knows_its_version_and_that_it_is_not_there() {
    let thermistor = |version| {
        let its = with(
            spec("t", "temperature", Some(Port::A1)),
            &[("version", version)],
        );
        let mut bench = Bench::new(&[its]);
        bench.pins.set_analog(Port::A1.analog().unwrap(), 400);
        bench.start();
        bench
    };
    // R = 623 / 400 * 10 kOhm; ln(R / R0) = 0.4431
    assert_eq!(thermistor(10).take()[0], "*10.0.0.7/sensors/t 15.4");
    assert_eq!(thermistor(11).take()[0], "*10.0.0.7/sensors/t 16.0");
    let mut bench = thermistor(12);
    assert_eq!(bench.take()[0], "*10.0.0.7/sensors/t 16.0");
    // two counts are less than three tenths
    bench.pins.set_analog(Port::A1.analog().unwrap(), 402);
    bench.pass(5_000);
    assert_eq!(bench.take(), Vec::<String>::new());
    for open in [0, 1023] {
        bench.pins.set_analog(Port::A1.analog().unwrap(), open);
        bench.pass(5_000);
    }
    let said = bench.take();
    assert_eq!(said[0], "*10.0.0.7/sensors/t/availability offline");
    assert!(
        said[1].contains("reads 0 of 1023, which is no temperature"),
        "{said:?}"
    );
    assert_eq!(said.len(), 2);
}
