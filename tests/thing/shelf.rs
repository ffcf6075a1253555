//! Every kind of the table: its example is built, runs on the simulator and shows what it is there for; and the
//! modules that need more honesty than a level.

use crate::bench::{Bench, spec};
use mqtt_thing::board::Port;
use mqtt_thing::resources::{KINDS, PortUse, Spec};
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
    let told: BTreeMap<&str, &str> = rows
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            assert!(!cells[3].is_empty(), "{row}");
            (cells[1].trim_matches('`'), cells[2])
        })
        .collect();
    let kinds: BTreeMap<&str, &str> = KINDS
        .iter()
        .map(|kind| (kind.name, ports(kind.port)))
        .collect();
    assert_eq!(told, kinds);
}
