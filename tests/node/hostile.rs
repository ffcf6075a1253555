//! Payloads that mean nothing, on every topic that a LED listens to: they change nothing and are counted.

use crate::lab::{OUTER, Running};
use crate::support::{Mosquitto, Observer, wait_for};
use mqtt_thing::board::Port;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// One LED, so that each message is refused once; it follows a stranger's button.
const LAB: &str = r#"
[broker]
url = "mqtt://127.0.0.1"
[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
[things.outer]
address = "10.0.0.2"
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
"#;

const SOURCE: &str = "10.0.0.1/sensors/button0";
const STATUS: &str = "10.0.0.1/status";
const AVAILABILITY: &str = "10.0.0.1/sensors/button0/availability";
const SET: &str = "10.0.0.2/actuators/led0/set";
const TOPICS: [&str; 4] = [SOURCE, STATUS, AVAILABILITY, SET];

/// What means something, by the contract's own words rather than by our parser.
fn means_something(topic: &str, payload: &[u8]) -> bool {
    let text = String::from_utf8_lossy(payload);
    match topic {
        // an empty retained message clears the topic: whoever said `online` there has gone
        STATUS | AVAILABILITY => matches!(payload, b"online" | b"offline" | b""),
        _ => {
            let word = text.trim().to_lowercase();
            matches!(word.as_str(), "true" | "false" | "on" | "off" | "1" | "0")
                || word.starts_with('{')
        }
    }
}

fn by_hand() -> Vec<Vec<u8>> {
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(400), close.repeat(400));
    let texts = [
        "yes",
        "2",
        "-1",
        "+1",
        "1.0",
        "null",
        "[true]",
        "{}",
        "{\"value\"",
        "{\"value\":[]}",
        "{\"value\":null}",
        "{\"value\":2}",
        "{\"value\":\"True\\u0000\"}",
        "{\"state\":{}}",
        "{\"value\":1,\"state\":1}",
        "True False",
        "True\0",
        "\u{ff34}rue",
        "Online",
        "ONLINE",
        "online ",
        "1e0",
        "0x1",
        "NaN",
        "99999999999999999999",
        "%s%n",
        "\u{1b}[2J\u{1b}]0;gone\u{7}",
        "\u{202e}eurT",
        "'; DROP TABLE things; --",
        "../../etc/passwd",
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.push(deep("[", "]").into_bytes());
    all.push(deep("{\"value\":", "}").into_bytes());
    all.push(vec![0xff, 0xfe, 0x00]);
    all.push(b"True".repeat(20_000));
    all.push(vec![b' '; 70_000]);
    all
}

struct Lab {
    mosquitto: Mosquitto,
    observer: Observer,
    inner: Running,
    outer: Running,
    expected: u64,
}

impl Lab {
    fn start() -> Option<Self> {
        let mosquitto = Mosquitto::start()?;
        // not of the payloads themselves, which are large
        let observer = Observer::start(&mosquitto, "+/health");
        let inner = Running::start(LAB, "inner", &mosquitto.url());
        let outer = Running::start(LAB, "outer", &mosquitto.url());
        inner.press(true);
        outer.wait_led(Port::D4, true);
        Some(Self {
            mosquitto,
            observer,
            inner,
            outer,
            expected: 0,
        })
    }

    /// Publishes, and waits until it is counted.
    fn is_refused(&mut self, topic: &str, payload: &[u8], retain: bool) {
        self.mosquitto.publish(topic, payload, retain);
        self.expected += 1;
        let expected = self.expected;
        let counted = wait_for("the message to be counted", || {
            let counted = self.outer.health(&self.observer)["refused_messages"]
                .as_u64()
                .unwrap();
            (counted >= expected).then_some(counted)
        });
        assert_eq!(counted, expected, "{topic} {payload:?}");
        assert!(
            self.outer.pins.output(Port::D4).is_on(),
            "{topic} {payload:?} changed the output"
        );
    }

    /// The LED still follows.
    fn is_alive(&self) {
        for pressed in [false, true] {
            self.inner.press(pressed);
            self.outer.wait_led(Port::D4, pressed);
        }
    }
}

#[test]
fn payloads_that_people_think_of_change_nothing_and_are_counted_on_every_topic() {
    let Some(mut lab) = Lab::start() else {
        return;
    };
    for payload in by_hand() {
        for topic in TOPICS {
            let retain = topic != SET && payload.len() % 2 == 0;
            lab.is_refused(topic, &payload, retain);
        }
    }
    lab.is_alive();
    lab.inner.stop();
    lab.outer.stop();
}

#[test]
fn payloads_that_nobody_thinks_of_change_nothing_and_are_counted_on_every_topic() {
    let Some(mut lab) = Lab::start() else {
        return;
    };
    let payloads = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "[ -~]{0,80}".prop_map(String::into_bytes),
        "(True|False|on|off|1|0|online|offline)[^a-z0-9 \t\r\n].{0,3}".prop_map(String::into_bytes),
        "[\\[{\"]{1,300}".prop_map(|text| format!("[{text}").into_bytes()),
    ];
    let cases = (0..TOPICS.len(), payloads, any::<bool>());
    let mut runner = TestRunner::new(Config {
        cases: 64,
        failure_persistence: None,
        ..Config::default()
    });
    let lab = std::cell::RefCell::new(&mut lab);
    let outcome = runner.run(&cases, |(index, payload, retain)| {
        let topic = TOPICS[index];
        prop_assume!(!means_something(topic, &payload));
        lab.borrow_mut().is_refused(topic, &payload, retain);
        Ok(())
    });
    outcome.unwrap();
    lab.borrow().is_alive();
}

#[test]
fn a_payload_of_a_mebibyte_and_more_changes_nothing_and_is_counted() {
    let Some(mut lab) = Lab::start() else {
        return;
    };
    for size in [(1 << 20) - 64, 1 << 20, (1 << 20) + 1, 3 << 20] {
        for topic in TOPICS {
            lab.is_refused(topic, &vec![b'1'; size], false);
        }
    }
    lab.is_alive();
    let health = lab.outer.health(&lab.observer);
    assert_eq!(health["connects"], 1, "{health}");
}

#[test]
fn an_old_wish_that_the_broker_kept_is_refused_and_a_fresh_one_is_obeyed() {
    let Some(mosquitto) = Mosquitto::start() else {
        return;
    };
    let observer = Observer::start(&mosquitto, "#");
    mosquitto.publish(SET, b"True", true);
    let outer = Running::start(LAB, "outer", &mosquitto.url());
    observer.wait_for(&format!("{OUTER}/status"), "online");
    wait_for("the old wish to be counted", || {
        (outer.health(&observer)["refused_messages"] == 1).then_some(())
    });
    assert!(!outer.pins.output(Port::D4).is_on());
    mosquitto.publish(SET, b"True", false);
    outer.wait_led(Port::D4, true);
    observer.wait_for(&format!("{OUTER}/actuators/led0"), "True");
    // retained once more, but towards a subscription that stands: it comes as a fresh one
    mosquitto.publish(SET, b"off", true);
    outer.wait_led(Port::D4, false);
    outer.stop();
}
