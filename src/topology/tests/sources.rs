//! What a source turns out to be: one of several values, or a stranger of whom its follower says what he can tell.

use crate::model::{Topic, ValueKind};
use crate::thing::Source;
use crate::topology::{Topology, parse};

/// Two things with these resources.
fn lab(inner: &str, outer: &str) -> Topology {
    let text = format!(
        "[broker]\nurl = \"mqtt://b\"\n[things.inner]\naddress = \"10.0.0.1\"\n[things.inner.resources]\n{inner}\n\
         [things.outer]\naddress = \"10.0.0.2\"\n[things.outer.resources]\n{outer}\n"
    );
    parse(&text).unwrap()
}

fn topic(text: &str) -> Topic {
    Topic::new(text).unwrap()
}

/// The first source of a resource, as its thing meets it, and the name by which it is told.
fn source(lab: &Topology, thing: usize, resource: usize) -> (Source, &str) {
    let plan = &lab.things[thing].resources[resource].sources[0];
    (plan.source(&topic("10.0.0.1")), &plan.name)
}

#[test]
fn one_of_several_values_is_followed_by_its_name_or_its_topic() {
    for name in ["inner/dht0/humidity", "10.0.0.1/sensors/dht0/humidity"] {
        let dht = r#"dht0 = { kind = "dht", port = "D7" }"#;
        let lcd = format!(r#"lcd0 = {{ kind = "rgb_lcd", follows = "{name}" }}"#);
        let lab = lab(&format!("{dht}\n{lcd}"), &lcd);
        assert_eq!(lab.warnings, []);
        for (thing, resource) in [(0, 1), (1, 0)] {
            let (source, told) = source(&lab, thing, resource);
            assert_eq!(told, "inner/dht0/humidity");
            assert_eq!(source.topic, topic("10.0.0.1/sensors/dht0/humidity"));
            assert_eq!(source.value, ValueKind::Decimal);
            let presence = ["10.0.0.1/status", "10.0.0.1/sensors/dht0/availability"];
            assert_eq!(source.presence, presence.map(topic));
        }
    }
}

#[test]
fn a_stranger_says_what_its_follower_can_show() {
    let to = |max| ValueKind::Integer { min: 0, max };
    for (follower, expected) in [
        (r#"kind = "rgb_lcd""#, ValueKind::Text),
        (r#"kind = "chainable_led", port = "D2""#, ValueKind::Color),
        (r#"kind = "four_digit", port = "D2""#, to(9999)),
        (r#"kind = "led_bar", port = "D2""#, to(10)),
        (r#"kind = "buzzer", port = "D3""#, to(1023)),
        (r#"kind = "buzzer", port = "D4""#, ValueKind::Bool),
    ] {
        let stranger = r#"{ topic = "x/y", stale_after_s = 60 }"#;
        let outer = format!("a = {{ {follower}, follows = {stranger} }}");
        let lab = lab(r#"clock0 = { kind = "clock" }"#, &outer);
        assert_eq!(source(&lab, 1, 0).0.value, expected, "{follower}");
    }
}
