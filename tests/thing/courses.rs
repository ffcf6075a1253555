//! The courses' kinds and rooms, in virtual time.

use crate::bench::{Bench, spec, topic};
use mqtt_thing::board::Port;
use mqtt_thing::model::QoS;
use mqtt_thing::resources::{Elsewhere, KINDS, Spec};
use mqtt_thing::thing::{Effect, Input};

/// `text` with its digits as `0`, so that no time zone matters.
fn zeroed(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect()
}

fn published(bench: &Bench) -> Vec<(&str, QoS, bool)> {
    let messages = bench.effects.iter().filter_map(|effect| match effect {
        Effect::Publish(message) => Some(message),
        _ => None,
    });
    messages
        .map(|it| (it.topic.as_str(), it.qos, it.retain))
        .collect()
}

#[test]
fn a_heartbeat_is_said_every_two_seconds_under_the_sessions_client_id() {
    let mut heartbeat = spec("heartbeat0", "heartbeat", None);
    heartbeat.client_id = topic("student-17");
    let mut bench = Bench::new(&[heartbeat]);
    bench.start();
    bench.pass(1_999);
    assert_eq!(bench.take(), Vec::<String>::new());
    bench.pass(8_001);
    let said = bench.take();
    assert_eq!(said.len(), 5);
    for line in said {
        let (before, time) = line.split_once(" at ").unwrap();
        assert_eq!(before, "heartbeat PING: student-17");
        assert_eq!(zeroed(time), "00:00:00...");
    }
    let plain = ("heartbeat", QoS::AtMostOnce, false);
    assert!(published(&bench).into_iter().all(|it| it == plain));
}

#[test]
fn an_echo_answers_each_request_once_and_nothing_that_would_go_round() {
    let mut bench = Bench::started(&[spec("echo0", "echo", None)]);
    for request in ["are you there?", "", "\u{0}\u{1b}[2J"] {
        bench.hear("10.0.0.7", request.as_bytes(), false);
    }
    bench.hear("10.0.0.7", &[0xff; 100_000], false);
    let said = bench.take();
    assert_eq!(said.len(), 4);
    for line in said {
        let time = line.strip_prefix("cb_res CB_RES: 10.0.0.7 at ");
        assert_eq!(zeroed(time.unwrap()), "00:00:00");
    }
    let plain = ("cb_res", QoS::AtMostOnce, false);
    assert!(published(&bench).into_iter().all(|it| it == plain));
    // an answer of its own or of others, what the broker kept, and what tests an access list
    bench.hear("10.0.0.7", b"CB_RES: 10.0.0.8 at 14:03:59", false);
    bench.hear("10.0.0.7", b"are you there?", true);
    bench.hear("10.0.0.7", b"mqtt-thing-canary 0", false);
    bench.pass(60_000);
    assert_eq!(bench.take(), Vec::<String>::new());
    assert_eq!(bench.thing.refused(), 3);
}

/// A sensor of a kind, in a room.
fn in_room(kind: &str, port: Port) -> Spec {
    Spec {
        room: Some("house/7/S/4".parse().unwrap()),
        ..spec("it", kind, Some(port))
    }
}

/// The values on a room's topic, with their units.
fn readings(said: &[String], quantity: &str) -> Vec<(String, String)> {
    let topic = format!("house/P_7/S/4/{quantity} ");
    let payloads = said.iter().filter_map(|line| line.strip_prefix(&topic));
    payloads
        .map(|payload| {
            let json: serde_json::Value = serde_json::from_str(payload).unwrap();
            let unit = json["unit"].as_str().unwrap();
            (json["value"].to_string(), unit.to_owned())
        })
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(value, unit): &(&str, &str)| ((*value).to_owned(), (*unit).to_owned());
    expected.iter().map(owned).collect()
}

#[test]
fn a_dht_says_its_values_in_its_room_beside_its_own_topics() {
    let mut bench = Bench::new(&[in_room("dht", Port::D7)]);
    bench.pins.set_climate(Port::D7, Some([23.0, 40.0]));
    bench.start();
    bench.pass(10_500);
    let said = bench.take();
    assert!(said.contains(&"*10.0.0.7/sensors/it/temperature 23.0".to_owned()));
    let temperature =
        r#"house/P_7/S/4/TEMP {"value": 23.0, "unit": "C", "time": "2026-11-18T11:06:40.000Z"}"#;
    assert!(said.contains(&temperature.to_owned()), "{said:?}");
    assert_eq!(readings(&said, "HUM"), pairs(&[("40.0", "%")]));
    // after a lost connection both are said again
    bench.input(&Input::Connected);
    let said = bench.take();
    assert_eq!(readings(&said, "TEMP"), pairs(&[("23.0", "C")]));
    assert_eq!(readings(&said, "HUM"), pairs(&[("40.0", "%")]));
    let (at, qos, retained) = *published(&bench).last().unwrap();
    assert!(at.starts_with("10.0.0.7/") && retained, "{at} {qos:?}");
}

#[test]
fn a_value_that_stays_is_said_in_its_room_every_half_minute_so_that_silence_means_something() {
    let mut bench = Bench::new(&[in_room("light", Port::A1)]);
    let light = Port::A1.analog().unwrap();
    bench.pins.set_analog(light, 700);
    bench.start();
    let said = bench.take();
    assert_eq!(readings(&said, "LUX"), pairs(&[("700.0", "of 1023")]));
    // a change that is too small for a message of its own
    bench.pins.set_analog(light, 703);
    bench.pass(26_000);
    assert_eq!(bench.take(), Vec::<String>::new());
    bench.pass(1_000);
    let said = bench.take();
    assert_eq!(readings(&said, "LUX"), pairs(&[("703.0", "of 1023")]));
    assert_eq!(said.len(), 1, "its own topic keeps what was said: {said:?}");
    bench.pass(60_000);
    assert_eq!(readings(&bench.take(), "LUX").len(), 2);
    // a board that is gone is silent
    bench.pins.unplug();
    bench.pass(120_000);
    assert_eq!(readings(&bench.take(), "LUX"), pairs(&[]));
}

#[test]
fn each_kind_that_can_be_in_a_room_tells_that_it_publishes_there() {
    for kind in KINDS {
        let Some(Elsewhere::Room(quantities)) = kind.elsewhere else {
            continue;
        };
        let port = kind.port.ports().next().unwrap();
        let spec = Spec {
            retain: true,
            qos: QoS::AtMostOnce,
            ..in_room(kind.name, port)
        };
        let resource = (kind.build)(&spec);
        let places = resource.publishes().iter();
        let in_room: Vec<_> = places
            .filter(|channel| channel.topic.as_str().starts_with("house/"))
            .map(|channel| (channel.topic.to_string(), channel.qos, channel.retain))
            .collect();
        let expected: Vec<_> = quantities
            .iter()
            .map(|it| (format!("house/P_7/S/4/{it}"), QoS::AtMostOnce, false))
            .collect();
        assert_eq!(in_room, expected, "{}", kind.name);
    }
}
