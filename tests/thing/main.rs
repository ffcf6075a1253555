//! A thing on a simulated board, in memory and in virtual time: the real driver, the real kinds, no waiting.

mod bench;
mod courses;
mod ill;
mod modules;
mod shelf;

use bench::{Bench, led, spec};
use mqtt_thing::board::Port;
use mqtt_thing::board::sim::Fault;
use mqtt_thing::model::ValueKind;
use mqtt_thing::resources::Spec;
use mqtt_thing::thing::{Input, OnSourceLost};
use std::time::Duration;

#[test]
fn a_start_puts_outputs_to_rest_and_says_every_state() {
    let mut bench = Bench::new(&[
        spec("button0", "button", Some(Port::D3)),
        spec("led1", "led", Some(Port::D4)),
    ]);
    bench.start();
    let expected = [
        "*10.0.0.7/sensors/button0 False",
        "*10.0.0.7/sensors/button0/availability online",
        "*10.0.0.7/actuators/led1 False",
        "*10.0.0.7/actuators/led1/availability online",
    ];
    assert_eq!(bench.take(), expected);
    bench.pins.assert_no_violations();
}

#[test]
fn a_press_is_said_once_at_its_edge_and_again_at_its_end() {
    let mut bench = Bench::started(&[spec("button0", "button", Some(Port::D3))]);
    bench.pass(95);
    bench.pins.set_digital(Port::D3, true);
    bench.pass(10);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/button0 True"]);
    // contacts bounce inside the lock-out
    for level in [false, true, false, true] {
        bench.pins.set_digital(Port::D3, level);
        bench.pass(4);
    }
    bench.pass(500);
    assert_eq!(bench.take(), Vec::<String>::new());
    bench.pins.set_digital(Port::D3, false);
    bench.pass(10);
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/button0 False"]);
}

#[test]
fn what_one_button_has_to_say_does_not_wait_until_all_have_been_asked() {
    let ports = [Port::D2, Port::D3, Port::D5];
    let buttons = ports.map(|port| {
        spec(
            &format!("on_{}", port.to_string().to_lowercase()),
            "button",
            Some(port),
        )
    });
    let mut bench = Bench::started(&buttons);
    bench.pass(95);
    for port in ports {
        bench.pins.set_digital(port, true);
    }
    bench.now = bench.thing.next_wake().unwrap();
    for name in ["on_d2", "on_d3", "on_d5"] {
        let writes = bench.pins.counts().writes;
        bench.input(&Input::Wake);
        assert_eq!(bench.take(), [format!("*10.0.0.7/sensors/{name} True")]);
        assert_eq!(bench.pins.counts().writes - writes, 1);
    }
    assert!(
        bench.thing.next_wake().unwrap() > bench.now,
        "each has had its turn"
    );
}

#[test]
fn on_a_bus_with_too_much_to_do_everybody_has_a_turn() {
    let every_ms = |name: &str, port, ms| {
        let mut spec = spec(name, "button", Some(port));
        spec.settings.insert("every_ms".to_owned(), ms);
        spec
    };
    let mut bench = Bench::started(&[
        every_ms("fast", Port::D2, 1),
        every_ms("slow", Port::D3, 50),
    ]);
    bench.pins.set_digital(Port::D3, true);
    // each turn lasts longer than the fast one's period
    for _ in 0..60 {
        bench.now = bench.now + Duration::from_millis(2);
        bench.input(&Input::Wake);
    }
    assert_eq!(bench.take(), ["*10.0.0.7/sensors/slow True"]);
}

#[test]
fn noise_on_a_knob_is_no_traffic_and_a_turn_is() {
    let mut bench = Bench::started(&[spec("rotary0", "rotary", Some(Port::A0))]);
    let knob = Port::A0.analog().unwrap();
    for counts in [1, 3, 0, 2, 3, 1] {
        bench.pins.set_analog(knob, counts);
        bench.pass(50);
    }
    assert_eq!(bench.take(), Vec::<String>::new());
    bench.pins.set_analog(knob, 512);
    bench.pass(50);
    bench.pins.set_analog(knob, 1023);
    bench.pass(50);
    assert_eq!(
        bench.take(),
        [
            "*10.0.0.7/sensors/rotary0 512",
            "*10.0.0.7/sensors/rotary0 1023"
        ]
    );
}

#[test]
fn a_clock_says_the_time_every_two_seconds_not_retained() {
    let mut bench = Bench::started(&[spec("clock0", "clock", None)]);
    bench.pass(6000);
    let said = bench.take();
    assert_eq!(said.len(), 3);
    assert!(
        said[0].starts_with("10.0.0.7/stuff/clock0 2026-11-"),
        "{said:?}"
    );
    assert_eq!(
        said[0].len(),
        "10.0.0.7/stuff/clock0 2026-11-18 12:00:00".len()
    );
}

#[test]
fn a_led_follows_and_tells_its_state_when_the_board_has_accepted_it() {
    let mut bench = Bench::started(&[led(Port::D4, ValueKind::Bool)]);
    bench.hear("inner/sensors/source0", b"True", false);
    assert!(bench.pins.output(Port::D4).is_on());
    assert_eq!(bench.take(), ["*10.0.0.7/actuators/led0 True"]);
    bench.hear("inner/sensors/source0", b"True", false);
    assert_eq!(bench.take(), Vec::<String>::new());
}

#[test]
fn a_led_that_follows_a_number_is_dimmed_in_proportion() {
    let mut bench = Bench::started(&[led(Port::D5, ValueKind::Integer { min: 0, max: 1023 })]);
    for (payload, duty) in [("1023", 255), ("512", 128), ("1", 0), ("0", 0), ("on", 255)] {
        bench.hear("inner/sensors/source0", payload.as_bytes(), false);
        assert_eq!(bench.pins.output(Port::D5).duty, duty, "{payload}");
    }
}

#[test]
fn what_is_not_understood_leaves_the_output_as_it_is_and_is_counted() {
    let mut bench = Bench::started(&[led(Port::D4, ValueKind::Bool)]);
    bench.hear("inner/sensors/source0", b"True", false);
    let hostile: [&[u8]; 7] = [
        b"",
        b"yes",
        b"2",
        b"\xff\xfe",
        b"{\"value\":[]}",
        &[b'['; 2000],
        b"\0",
    ];
    for payload in hostile {
        bench.hear("inner/sensors/source0", payload, false);
        bench.hear("10.0.0.7/actuators/led0/set", payload, false);
        bench.hear(
            "inner/status",
            if payload.is_empty() { b"x" } else { payload },
            false,
        );
        assert!(bench.pins.output(Port::D4).is_on());
    }
    assert_eq!(bench.thing.refused(), 21);
}

#[test]
fn a_set_that_was_kept_by_the_broker_is_refused() {
    let mut bench = Bench::started(&[led(Port::D4, ValueKind::Bool)]);
    bench.hear("10.0.0.7/actuators/led0/set", b"on", true);
    assert!(!bench.pins.output(Port::D4).is_on());
    bench.hear("10.0.0.7/actuators/led0/set", b"on", false);
    assert!(bench.pins.output(Port::D4).is_on());
    assert_eq!(bench.thing.refused(), 1);
}

#[test]
fn a_source_that_went_offline_leaves_the_led_at_rest_or_as_the_file_says() {
    for (on_source_lost, lit) in [(OnSourceLost::Rest, false), (OnSourceLost::Hold, true)] {
        let mut bench = Bench::started(&[Spec {
            on_source_lost,
            ..led(Port::D4, ValueKind::Bool)
        }]);
        bench.hear("inner/sensors/source0", b"True", false);
        bench.hear("inner/status", b"offline", false);
        assert_eq!(bench.pins.output(Port::D4).is_on(), lit);
    }
}

#[test]
fn a_source_that_falls_silent_is_lost_by_itself() {
    let mut led = led(Port::D4, ValueKind::Bool);
    led.sources[0].stale_after = Some(Duration::from_secs(60));
    let mut bench = Bench::started(&[led]);
    bench.hear("inner/sensors/source0", b"True", false);
    bench.pass(59_000);
    assert!(bench.pins.output(Port::D4).is_on());
    bench.pass(1_000);
    assert!(!bench.pins.output(Port::D4).is_on());
}

#[test]
fn everything_is_said_again_when_the_broker_forgot() {
    let mut bench = Bench::started(&[
        spec("button0", "button", Some(Port::D3)),
        led(Port::D4, ValueKind::Bool),
    ]);
    bench.hear("inner/sensors/source0", b"True", false);
    bench.take();
    bench.input(&Input::Connected);
    let expected = [
        "*10.0.0.7/sensors/button0 False",
        "*10.0.0.7/sensors/button0/availability online",
        "*10.0.0.7/actuators/led0 True",
        "*10.0.0.7/actuators/led0/availability online",
    ];
    assert_eq!(bench.take(), expected);
}

#[test]
fn a_reset_that_nobody_saw_is_mended_on_the_next_beat() {
    let mut bench = Bench::started(&[
        spec("button0", "button", Some(Port::D3)),
        led(Port::D4, ValueKind::Bool),
    ]);
    bench.hear("inner/sensors/source0", b"True", false);
    bench.pins.reset_board();
    assert!(!bench.pins.output(Port::D4).is_on());
    bench.pass(2000);
    assert!(bench.pins.output(Port::D4).is_on());
}

#[test]
fn a_board_that_is_away_is_told_probed_and_restored() {
    let mut bench = Bench::started(&[
        spec("button0", "button", Some(Port::D3)),
        led(Port::D4, ValueKind::Bool),
    ]);
    bench.pins.unplug();
    bench.pass(200);
    let said = bench.take();
    assert!(
        said.contains(&"*10.0.0.7/sensors/button0/availability offline".to_owned()),
        "{said:?}"
    );
    assert!(
        said.contains(&"*10.0.0.7/actuators/led0/availability offline".to_owned()),
        "{said:?}"
    );
    let fault = said
        .iter()
        .find(|line| line.starts_with("10.0.0.7/sensors/button0/fault"))
        .unwrap();
    assert!(
        fault.contains("\"since\":1795000000") && fault.contains("I2C bus failed"),
        "{fault}"
    );
    // a wish that comes meanwhile is kept
    bench.hear("inner/sensors/source0", b"True", false);
    bench.pass(60_000);
    assert_eq!(bench.take(), Vec::<String>::new(), "an outage is told once");
    bench.pins.plug_in();
    bench.pins.set_digital(Port::D3, true);
    bench.pass(2000);
    assert!(bench.pins.output(Port::D4).is_on());
    let said = bench.take();
    for line in [
        "*10.0.0.7/sensors/button0 True",
        "*10.0.0.7/sensors/button0/availability online",
        "*10.0.0.7/actuators/led0 True",
        "*10.0.0.7/actuators/led0/availability online",
    ] {
        assert!(said.contains(&line.to_owned()), "{line} in {said:?}");
    }
    assert!(
        said.iter()
            .any(|line| line.contains("/fault") && line.contains("\"error\":null")),
        "{said:?}"
    );
}

#[test]
fn a_moments_noise_is_neither_told_nor_lasting() {
    let mut bench = Bench::started(&[spec("button0", "button", Some(Port::D3))]);
    bench.pins.plan_faults(Fault::Nak, 4);
    bench.pass(200);
    assert_eq!(
        bench.take(),
        ["*10.0.0.7/sensors/button0 False"],
        "said again, since an edge may have been missed"
    );
}

#[test]
fn a_board_that_is_away_at_start_is_waited_for() {
    let mut bench = Bench::new(&[led(Port::D4, ValueKind::Bool)]);
    bench.pins.unplug();
    bench.start();
    bench.hear("inner/sensors/source0", b"True", false);
    bench.pass(5000);
    bench.pins.plug_in();
    bench.pass(2000);
    assert!(
        bench.pins.output(Port::D4).is_on(),
        "what was heard meanwhile holds"
    );
}

#[test]
fn a_stop_puts_every_output_to_rest() {
    let mut bench = Bench::started(&[led(Port::D4, ValueKind::Bool)]);
    bench.hear("inner/sensors/source0", b"True", false);
    let effects = bench.thing.stop(bench.now());
    bench.note(effects);
    assert!(!bench.pins.output(Port::D4).is_on());
    assert_eq!(
        bench.take().last().unwrap(),
        "*10.0.0.7/actuators/led0 False"
    );
}

#[test]
fn late_beats_are_not_made_up_for() {
    let mut bench = Bench::started(&[spec("button0", "button", Some(Port::D3))]);
    let before = bench.pins.counts().writes;
    bench.now = bench.now + Duration::from_millis(995);
    bench.input(&Input::Wake);
    bench.pass(0);
    assert!(bench.pins.counts().writes - before <= 1);
}
