//! The files that we ship, and the wire contract's example, mean what they say.

use mqtt_thing::board::Port;
use mqtt_thing::model::{QoS, Topic, Value, ValueKind};
use mqtt_thing::resources::{KINDS, Spec};
use mqtt_thing::thing::{Combine, OnSourceLost};
use mqtt_thing::topology::{Address, Topology, governor, parse, report};
use std::time::{Duration, Instant};

const SHIPPED: [&str; 3] = ["one-pi", "two-pis", "dimmer"];

fn shipped(name: &str) -> Topology {
    let path = format!("{}/resources/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    read(&path, &text)
}

fn read(file: &str, text: &str) -> Topology {
    match parse(text) {
        Ok(topology) => topology,
        Err(mistakes) => panic!("{}", report(file, text, &mistakes, false)),
    }
}

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

/// All resources of a file with fixed addresses: `thing/name kind port topic value <- source`.
fn told(topology: &Topology) -> Vec<String> {
    let mut told = Vec::new();
    for thing in &topology.things {
        let Address::Fixed(id) = &thing.address else {
            panic!("{} has no fixed address", thing.name);
        };
        for spec in thing.specs(id) {
            let port = spec.port.map_or("-", Port::name);
            let sources: Vec<&str> = spec.sources.iter().map(|s| s.topic.as_str()).collect();
            let (kind, topic, value) = (spec.kind.name, spec.topic(), spec.value());
            told.push(format!(
                "{}/{} {kind} {port} {topic} {value} <- {}",
                thing.name,
                spec.name,
                sources.join(", ")
            ));
        }
    }
    told
}

#[test]
fn the_shipped_files_have_no_mistakes_and_no_warnings() {
    for name in SHIPPED {
        let topology = shipped(name);
        assert_eq!(topology.warnings, [], "{name}");
        assert_eq!(topology.broker.url, "mqtt://172.16.32.5:1883");
        assert_eq!(topology.broker.keep_alive, Duration::from_secs(10));
    }
}

#[test]
fn one_pi_has_a_button_a_led_that_follows_it_and_a_clock() {
    assert_eq!(
        told(&shipped("one-pi")),
        [
            "inner/button0 button D3 172.16.32.157/sensors/button0 True or False <- ",
            "inner/led0 led D4 172.16.32.157/actuators/led0 True or False <- 172.16.32.157/sensors/button0",
            "inner/clock0 clock - 172.16.32.157/stuff/clock0 text <- ",
        ]
    );
}

#[test]
fn two_pis_have_a_led_each_that_follow_one_button() {
    let topology = shipped("two-pis");
    assert_eq!(
        told(&topology),
        [
            "inner/button0 button D3 172.16.32.157/sensors/button0 True or False <- ",
            "inner/led0 led D4 172.16.32.157/actuators/led0 True or False <- 172.16.32.157/sensors/button0",
            "outer/led0 led D4 172.16.32.117/actuators/led0 True or False <- 172.16.32.157/sensors/button0",
        ]
    );
    let led = &topology.things[1].specs(&topic("172.16.32.117"))[0];
    assert_eq!(
        led.sources[0].presence,
        [
            topic("172.16.32.157/status"),
            topic("172.16.32.157/sensors/button0/availability")
        ]
    );
    assert_eq!(led.sources[0].stale_after, None);
}

#[test]
fn in_the_third_scenario_the_knob_dims_one_of_three_leds() {
    assert_eq!(
        told(&shipped("dimmer")),
        [
            "inner/button0 button D3 172.16.32.157/sensors/button0 True or False <- ",
            "inner/rotary0 rotary A0 172.16.32.157/sensors/rotary0 0..1023 <- ",
            "inner/led0 led D4 172.16.32.157/actuators/led0 True or False <- 172.16.32.157/sensors/button0",
            "outer/led0 led D4 172.16.32.117/actuators/led0 True or False <- 172.16.32.157/sensors/button0",
            "outer/led1 led D5 172.16.32.117/actuators/led1 0..1023 <- 172.16.32.157/sensors/rotary0",
        ]
    );
}

/// The wire contract's section 1, without the executor, whose issue is still to come.
const CONTRACT: &str = r#"
[broker]
url = "mqtt://172.16.32.5:1883"

[things.inner]
address = "172.16.32.157"
bus = 1

[things.inner.resources]
button0 = { kind = "button", port = "D3" }
rotary0 = { kind = "rotary", port = "A0" }
clock0  = { kind = "clock" }

[things.outer]
address = "172.16.32.117"

[things.outer.resources]
button1 = { kind = "button", port = "D3" }
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
led1 = { kind = "led", port = "D5", follows = "inner/rotary0" }
led2 = { kind = "led", port = "D2", follows = { topic = "172.16.32.99/sensors/button0", stale_after_s = 60 } }
led3 = { kind = "led", port = "D6", follows = ["inner/button0", "outer/button1"], combine = "any", on_source_lost = "rest" }
"#;

#[test]
fn the_wire_contracts_example_is_understood() {
    let topology = read("contract.toml", CONTRACT);
    assert_eq!(topology.warnings, []);
    let outer = topology.things[1].specs(&topic("172.16.32.117"));
    let led = |name: &str| -> &Spec { outer.iter().find(|spec| spec.name == name).unwrap() };
    let old_pi = &led("led2").sources[0];
    assert_eq!(old_pi.value, ValueKind::Bool);
    assert_eq!(old_pi.presence, []);
    assert_eq!(old_pi.stale_after, Some(Duration::from_secs(60)));
    let both: Vec<&str> = led("led3")
        .sources
        .iter()
        .map(|source| source.topic.as_str())
        .collect();
    assert_eq!(
        both,
        [
            "172.16.32.157/sensors/button0",
            "172.16.32.117/sensors/button1"
        ]
    );
    assert_eq!(led("led3").combine, Combine::Any);
    assert_eq!(led("led3").on_source_lost, OnSourceLost::Rest);
}

#[test]
fn a_thing_without_a_fixed_address_has_the_topics_of_the_id_it_finds() {
    let text = r#"
        [broker]
        url = "mqtt://broker"
        [things.inner]
        interface = "eth0"
        [things.inner.resources]
        button0 = { kind = "button", port = "D3" }
        led0 = { kind = "led", port = "D4", follows = "inner/button0" }
    "#;
    let topology = read("wild.toml", text);
    let thing = &topology.things[0];
    assert_eq!(thing.address, Address::Interface("eth0".into()));
    for id in ["10.0.0.7", "10.0.0.8"] {
        let specs = thing.specs(&topic(id));
        assert_eq!(specs[1].topic(), topic(&format!("{id}/actuators/led0")));
        let source = &specs[1].sources[0];
        assert_eq!(source.topic, topic(&format!("{id}/sensors/button0")));
        assert_eq!(source.presence[0], topic(&format!("{id}/status")));
    }
}

/// The first resource of `outer` that these lines describe; `inner` has a button and a knob.
fn outer(lines: &str) -> Spec {
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
        address = "10.0.0.2"
        [things.outer.resources]
        {lines}
        "#
    );
    let topology = read("outer.toml", &text);
    topology.things[1].specs(&topic("10.0.0.2")).remove(0)
}

#[test]
fn a_strangers_topic_is_a_number_where_it_can_dim_and_a_level_elsewhere() {
    let source = |lines: &str| outer(lines).sources.remove(0);
    let knob = ValueKind::Integer { min: 0, max: 1023 };
    let told = [
        topic("10.0.0.9/status"),
        topic("10.0.0.9/sensors/x/availability"),
    ];
    let dimmed = source(r#"led = { kind = "led", port = "D5", follows = "10.0.0.9/sensors/x" }"#);
    assert_eq!(dimmed.value, knob);
    assert_eq!(dimmed.presence, told);
    let switched = source(r#"led = { kind = "led", port = "D4", follows = "10.0.0.9/sensors/x" }"#);
    assert_eq!(switched.value, ValueKind::Bool);
    let ranged = source(
        r#"led = { kind = "led", port = "D5", follows = { topic = "10.0.0.9/sensors/x", range = [-40, 80], stale_after_s = 5 } }"#,
    );
    assert_eq!(ranged.value, ValueKind::Integer { min: -40, max: 80 });
    assert_eq!(ranged.presence, []);
    assert_eq!(ranged.stale_after, Some(Duration::from_secs(5)));
}

#[test]
fn a_topic_of_the_files_own_resource_is_that_resource() {
    let by_topic =
        outer(r#"led = { kind = "led", port = "D5", follows = "10.0.0.1/sensors/rotary0" }"#);
    let by_name = outer(r#"led = { kind = "led", port = "D5", follows = "inner/rotary0" }"#);
    let in_detail =
        outer(r#"led = { kind = "led", port = "D5", follows = { source = "inner/rotary0" } }"#);
    assert_eq!(by_topic.sources, by_name.sources);
    assert_eq!(in_detail.sources, by_name.sources);
}

#[test]
fn a_led_that_follows_a_dimmed_led_is_dimmed_whatever_their_order_in_the_file() {
    let last = outer(
        r#"
        led0 = { kind = "led", port = "D3", follows = "outer/led1" }
        led1 = { kind = "led", port = "D5", follows = "outer/led2" }
        led2 = { kind = "led", port = "D6", follows = "inner/rotary0" }
        "#,
    );
    assert_eq!(last.value(), ValueKind::Integer { min: 0, max: 1023 });
    assert_eq!(last.sources[0].topic, topic("10.0.0.2/actuators/led1"));
}

#[test]
fn the_value_for_a_lost_source_is_one_that_the_led_takes() {
    let lost = |port: &str, source: &str, value: &str| {
        let line = format!(
            r#"led = {{ kind = "led", port = "{port}", follows = "inner/{source}", on_source_lost = {value} }}"#
        );
        outer(&line).on_source_lost
    };
    let level = |on| OnSourceLost::Value(Value::Bool(on));
    let number = |n| OnSourceLost::Value(Value::Integer(n));
    assert_eq!(lost("D4", "button0", "\"rest\""), OnSourceLost::Rest);
    assert_eq!(lost("D4", "button0", "\"hold\""), OnSourceLost::Hold);
    assert_eq!(lost("D4", "button0", "true"), level(true));
    assert_eq!(lost("D5", "rotary0", "300"), number(300));
    assert_eq!(lost("D5", "rotary0", "true"), number(1023));
    assert_eq!(lost("D5", "rotary0", "false"), number(0));
}

#[test]
fn each_way_to_combine_reaches_the_resource() {
    let combined = |word: &str| {
        outer(&format!(
            r#"led = {{ kind = "led", port = "D5", follows = ["inner/button0", "inner/rotary0"], combine = "{word}" }}"#
        ))
        .combine
    };
    assert_eq!(combined("any"), Combine::Any);
    assert_eq!(combined("all"), Combine::All);
    assert_eq!(combined("last"), Combine::Last);
}

#[test]
fn settings_and_the_old_ways_of_publishing_reach_the_resource() {
    let spec = outer(
        r#"b = { kind = "button", port = "A2", every_ms = 5, debounce_ms = 0x10, retain = false, qos = 0 }"#,
    );
    assert_eq!(spec.port, Some(Port::A2));
    assert_eq!(
        (spec.setting("every_ms"), spec.setting("debounce_ms")),
        (5, 16)
    );
    assert_eq!((spec.retain, spec.qos), (false, QoS::AtMostOnce));
    let spec = outer(r#"b = { kind = "button", port = "D2", retain = true, qos = 1 }"#);
    assert_eq!((spec.retain, spec.qos), (true, QoS::AtLeastOnce));
    let spec = outer(r#"b = { kind = "button", port = "D2" }"#);
    assert_eq!(
        (spec.setting("every_ms"), spec.setting("debounce_ms")),
        (10, 20)
    );
    assert_eq!((spec.retain, spec.qos), (true, QoS::AtLeastOnce));
}

#[test]
fn each_kinds_example_is_a_line_for_a_file() {
    for kind in KINDS {
        assert_eq!(outer(kind.example).kind.name, kind.name);
    }
}

#[test]
fn the_ends_of_each_range_are_allowed_and_one_step_beyond_is_not() {
    let file = |name: usize, address: usize, interface: usize, stale: u32, reset: &str| {
        format!(
            r#"
            [broker]
            url = "mqtt://broker"
            keep_alive_s = 65535
            [things.{name}]
            address = "{address}"
            {reset}
            [things.{name}.resources]
            {name} = {{ kind = "led", port = "D4", follows = {{ topic = "a/b", stale_after_s = {stale} }} }}
            [things.other]
            interface = "{interface}"
            bus = 255
            [things.other.resources]
            b = {{ kind = "button", port = "D3", every_ms = 50, debounce_ms = 200 }}
            "#,
            name = "n".repeat(name),
            address = "a".repeat(address),
            interface = "i".repeat(interface),
        )
    };
    let mistakes = |text: String| parse(&text).err().map_or(0, |mistakes| mistakes.len());
    let gpio_27 = "reset_gpio = 27";
    let widest = read("widest.toml", &file(64, 253, 15, 604_800, gpio_27));
    // of the settings, none is odd but the keep-alive
    assert_eq!(widest.warnings.len(), 1);
    assert_eq!(widest.things[0].reset_gpio, Some(27));
    // the thing's and the resource's name
    assert_eq!(mistakes(file(65, 253, 15, 604_800, gpio_27)), 2);
    assert_eq!(mistakes(file(64, 254, 15, 604_800, gpio_27)), 1);
    assert_eq!(mistakes(file(64, 253, 16, 604_800, gpio_27)), 1);
    assert_eq!(mistakes(file(64, 253, 0, 604_800, gpio_27)), 1);
    assert_eq!(mistakes(file(64, 253, 15, 604_801, gpio_27)), 1);
    // GPIO 2 and 3 are the wires of bus 1 only, which is the bus when none is given
    assert_eq!(mistakes(file(64, 253, 15, 1, "reset_gpio = 3")), 1);
    assert_eq!(mistakes(file(64, 253, 15, 1, "reset_gpio = 3\nbus = 0")), 0);
}

#[test]
fn hostile_configurations_of_the_largest_size_are_read_in_a_moment() {
    let fill = |piece: &str| format!("[operator]\n{}", piece.repeat(260_000 / piece.len()));
    let many_keys: String = (0..25_000).map(|index| format!("k{index} = \n")).collect();
    let many_sections: String = (0..25_000).map(|index| format!("[s{index}]\n")).collect();
    let nested: String = (0..20)
        .map(|index| {
            format!(
                "p{index} = {}\n",
                format!("%(p{})s", index + 1).repeat(1000)
            )
        })
        .collect();
    let files = [
        fill("a\n"),
        fill("[a]\n"),
        fill("clients = a,\n "),
        fill("pipeline1 = ';\n "),
        format!("[operator]\npipeline1 = '{}'\n", ";".repeat(260_000)),
        format!("[operator]\npipeline1 = {}\n", "%".repeat(260_001)),
        format!(
            "[operator]\nclients = {}\n",
            (0..40_000)
                .map(|index| format!("{index},"))
                .collect::<String>()
        ),
        format!("[operator]\n{many_keys}"),
        format!("[operator]\n{many_sections}"),
        format!("[operator]\npipeline1 = %(p0)s\n{nested}"),
    ];
    for file in files {
        let begun = Instant::now();
        let _ = governor::check(&file);
        let _ = governor::operator(&file, &governor::Environment::default());
        let taken = begun.elapsed();
        assert!(taken.as_secs() < 10, "{taken:?} for {file:.60}");
    }
}
