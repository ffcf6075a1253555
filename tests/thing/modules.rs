//! The modules that need more honesty than a level: what they say, when they are silent, and what a reset does to them.

use crate::bench::{Bench, spec};
use mqtt_thing::board::Port;
use mqtt_thing::resources::Spec;

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

/// A resource that nothing follows, on a board that can be reset.
fn started(name: &str, kind: &str, port: Option<Port>, settings: &[(&str, i64)]) -> Bench {
    let mut bench = Bench::new(&[with(spec(name, kind, port), settings)]);
    bench.pins.attach_lcd();
    bench.start();
    bench.pass(100);
    bench.said.clear();
    bench
}

#[test]
fn a_bar_a_display_and_a_chain_show_again_after_a_reset_that_nobody_saw() {
    let port = Port::D5;
    for (kind, wish, settings) in [
        ("led_bar", "3", &[][..]),
        ("four_digit", "1234", &[]),
        ("chainable_led", "#102030", &[("leds", 3)]),
    ] {
        let mut bench = started("it", kind, Some(port), settings);
        let shown = |bench: &Bench| {
            let pins = &bench.pins;
            (pins.led_bar(port), pins.four_digit(port), pins.chain(port))
        };
        let dark = shown(&bench);
        bench.hear("10.0.0.7/actuators/it/set", wish.as_bytes(), false);
        let lit = shown(&bench);
        assert_ne!(lit, dark, "{kind}");
        assert_eq!(bench.take(), [format!("*10.0.0.7/actuators/it {wish}")]);
        // its power fails, and the firmware forgets
        bench.pins.unplug();
        bench.pins.plug_in();
        assert_ne!(shown(&bench), lit, "{kind}");
        bench.pass(2_500);
        assert_eq!(shown(&bench), lit, "{kind}");
        bench.pins.assert_no_violations();
    }
}

#[test]
fn a_chain_is_begun_once_and_not_on_every_beat() {
    let mut bench = started("it", "chainable_led", Some(Port::D5), &[("leds", 3)]);
    bench.pass(60_000);
    assert_eq!(bench.pins.memory_taken(), 11);
    bench.pins.reset_board();
    assert_eq!(bench.pins.memory_taken(), 0);
    bench.pass(60_000);
    assert_eq!(bench.pins.memory_taken(), 11);
    bench.pins.assert_no_violations();
}

#[test]
fn a_display_shows_a_number_as_it_is_and_is_dark_without_one() {
    let mut its = spec("it", "four_digit", Some(Port::D5));
    its.sources = crate::bench::led(
        Port::D5,
        mqtt_thing::model::ValueKind::Integer { min: 0, max: 1023 },
    )
    .sources;
    let mut bench = Bench::started(&[its]);
    let shown = |bench: &Bench| bench.pins.four_digit(Port::D5);
    assert_eq!(shown(&bench), None);
    for number in [0, 7, 1023] {
        let payload = number.to_string();
        bench.hear("inner/sensors/source0", payload.as_bytes(), false);
        assert_eq!(shown(&bench), Some(number));
    }
    bench.take();
    bench.hear("inner/status", b"offline", false);
    assert_eq!(shown(&bench), None);
    assert_eq!(bench.take(), ["*10.0.0.7/actuators/it "]);
    bench.hear("10.0.0.7/actuators/it/set", b"10000", false);
    assert_eq!(shown(&bench), None);
}

#[test]
fn an_encoder_keeps_its_count_until_the_board_is_reset_and_stops_at_its_ends() {
    let mut bench = started("it", "encoder", Some(Port::D2), &[("steps", 20)]);
    bench.pins.turn(Port::D2, 12);
    bench.pass(5_000);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/it 12"]);
    bench.pins.turn(Port::D2, 100);
    bench.pass(100);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/it 20"]);
    bench.pins.reset_board();
    bench.pass(2_000);
    bench.pins.turn(Port::D2, 3);
    bench.pass(100);
    assert!(bench.take().contains(&"*10.0.0.7/sensors/it 3".to_owned()));
    bench.pins.assert_no_violations();
}

#[test]
fn a_counter_tells_windows_and_says_an_equal_one_once() {
    let window = with(spec("it", "counter", Some(Port::D3)), &[("window_ms", 100)]);
    let mut bench = Bench::new(&[window]);
    bench.start();
    // until two windows are over, nobody knows that what was counted is one from its beginning
    bench.pass(100);
    bench.pins.pulse(Port::D3, 9);
    bench.pass(95);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/it/availability online"]);
    bench.pass(1_000);
    let said = ["*10.0.0.7/sensors/it 9", "*10.0.0.7/sensors/it 0"];
    assert_eq!(bench.take(), said);
    for _ in 0..3 {
        bench.pins.pulse(Port::D3, 4);
        bench.pass(100);
    }
    bench.pass(1_000);
    let said = bench.take();
    assert_eq!(said[0], "*10.0.0.7/sensors/it 4");
    assert_eq!(said.last().unwrap(), "*10.0.0.7/sensors/it 0");
    // both edges
    let both = [("window_ms", 100), ("edge", 1)];
    let mut bench = started("it", "counter", Some(Port::D3), &both);
    bench.pass(1_000);
    bench.take();
    bench.pins.pulse(Port::D3, 4);
    bench.pass(300);
    assert_eq!(bench.take()[0], "*10.0.0.7/sensors/it 8");
    // a reset that nobody saw
    bench.pins.reset_board();
    bench.pass(2_500);
    bench.take();
    bench.pins.pulse(Port::D3, 5);
    bench.pass(300);
    assert_eq!(bench.take()[0], "*10.0.0.7/sensors/it 10");
    bench.pins.assert_no_violations();
}

#[test]
fn interrupts_of_several_modules_on_one_board_do_not_race() {
    let mut bench = Bench::new(&[
        spec("a", "counter", Some(Port::D2)),
        spec("b", "counter", Some(Port::D3)),
        spec("c", "encoder", Some(Port::D5)),
        spec("d", "button", Some(Port::D8)),
    ]);
    bench.start();
    bench.pass(10_000);
    bench.pins.assert_no_violations();
    bench.pins.reset_board();
    bench.pass(10_000);
    bench.pins.assert_no_violations();
}

#[test]
fn an_lcd_that_is_not_plugged_in_is_faulty_and_the_others_go_on() {
    let mut bench = Bench::new(&[
        spec("lcd0", "rgb_lcd", None),
        spec("button0", "button", Some(Port::D3)),
    ]);
    bench.start();
    let said = bench.take();
    assert!(
        said.contains(&"*10.0.0.7/actuators/lcd0/availability offline".to_owned()),
        "{said:?}"
    );
    bench.pins.set_digital(Port::D3, true);
    bench.pass(100);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/button0 True"]);
    // plugged in later, it shows what was wished for meanwhile
    bench.hear(
        "10.0.0.7/actuators/lcd0/set",
        "21.5 \u{b0}C\nok".as_bytes(),
        false,
    );
    bench.pins.attach_lcd();
    bench.pass(2_500);
    let shown = bench.pins.lcd().unwrap();
    assert_eq!(shown.lines, ["21.5 \u{df}C         ", "ok              "]);
    let said = bench.take();
    assert!(
        said.contains(&"*10.0.0.7/actuators/lcd0/availability online".to_owned()),
        "{said:?}"
    );
}
