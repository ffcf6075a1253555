//! Sirens, moved by hand.

use super::*;

fn at(s: u64) -> Moment {
    Moment::after(Duration::from_secs(s))
}

fn sirens() -> Sirens {
    Sirens::new([
        "10.0.0.2/buzzer0".parse().unwrap(),
        "lab/old/lamp".parse().unwrap(),
    ])
}

fn said(topic: &str, payload: &str) -> Message {
    Message::state(Topic::new(topic).unwrap(), payload)
}

/// What it does, in short.
fn told(effects: &[SirenEffect]) -> Vec<String> {
    let short = |effect: &SirenEffect| match effect {
        SirenEffect::Publish(message) => {
            assert!(!message.retain && message.qos == crate::model::QoS::AtLeastOnce);
            let payload = String::from_utf8_lossy(&message.payload);
            format!("{} {payload}", message.topic)
        }
        SirenEffect::Tell(place, word) => format!("{place} {word:?}"),
    };
    effects.iter().map(short).collect()
}

/// Connected, with the thing there and at rest, and past the start.
fn running() -> Sirens {
    let mut sirens = sirens();
    assert!(sirens.connected(at(0)).is_empty());
    for (topic, payload) in [
        ("10.0.0.2/status", "online"),
        ("10.0.0.2/actuators/buzzer0", "False"),
    ] {
        assert!(sirens.hear(&said(topic, payload), at(0)).is_empty());
    }
    assert_eq!(
        told(&sirens.wake(at(3))),
        ["lab/old/lamp False"],
        "nobody knows whether it is on"
    );
    assert_eq!(sirens.next_wake(), None);
    sirens
}

#[test]
fn it_is_told_to_be_on_and_off_once_each() {
    let mut sirens = running();
    assert_eq!(
        told(&sirens.want(0, true, at(10))),
        ["10.0.0.2/actuators/buzzer0/set True", "0 Said(true)"]
    );
    assert!(sirens.want(0, true, at(10)).is_empty());
    let on = said("10.0.0.2/actuators/buzzer0", "True");
    assert!(sirens.hear(&on, at(11)).is_empty());
    assert_eq!(sirens.next_wake(), None);
    assert_eq!(
        told(&sirens.want(0, false, at(20))),
        ["10.0.0.2/actuators/buzzer0/set False", "0 Said(false)"]
    );
    assert!(sirens.want(7, true, at(20)).is_empty(), "there is none");
}

#[test]
fn who_does_not_answer_is_told_again_and_then_complained_of_once() {
    let mut sirens = running();
    sirens.want(0, true, at(10));
    assert!(sirens.wake(at(12)).is_empty());
    for s in [13, 16] {
        assert_eq!(sirens.next_wake(), Some(at(s)));
        assert_eq!(
            told(&sirens.wake(at(s))),
            ["10.0.0.2/actuators/buzzer0/set True"]
        );
    }
    assert_eq!(told(&sirens.wake(at(19))), ["0 NoAnswer(true)"]);
    assert_eq!(sirens.next_wake(), None);
    let on = said("10.0.0.2/actuators/buzzer0", "True");
    assert_eq!(told(&sirens.hear(&on, at(30))), ["0 Answers"]);
    // of a stranger's topic no answer is expected
    assert_eq!(sirens.want(1, true, at(30)).len(), 2);
    assert_eq!(sirens.next_wake(), None);
}

#[test]
fn a_thing_that_comes_back_is_told_again_and_a_resting_one_is_not() {
    let mut sirens = running();
    sirens.want(0, true, at(10));
    sirens.hear(&said("10.0.0.2/actuators/buzzer0", "True"), at(10));
    // a thing that ends in peace: its output rests, then it goes
    assert!(
        sirens
            .hear(&said("10.0.0.2/actuators/buzzer0", "False"), at(11))
            .is_empty()
    );
    assert_eq!(
        told(&sirens.hear(&said("10.0.0.2/status", "offline"), at(11))),
        ["0 Away"]
    );
    assert_eq!(sirens.next_wake(), None, "nobody else put it off");
    assert_eq!(
        told(&sirens.hear(&said("10.0.0.2/status", "online"), at(60))),
        ["10.0.0.2/actuators/buzzer0/set True", "0 Back"]
    );
    sirens.hear(&said("10.0.0.2/actuators/buzzer0", "True"), at(60));
    assert!(
        sirens
            .hear(&said("10.0.0.2/status", "online"), at(61))
            .is_empty(),
        "it was there"
    );
    // off while it was away: it is told then, too
    sirens.hear(&said("10.0.0.2/status", "offline"), at(70));
    sirens.want(0, false, at(71));
    assert_eq!(sirens.next_wake(), None, "who is away is not waited for");
    assert_eq!(
        told(&sirens.hear(&said("10.0.0.2/status", "online"), at(72))),
        ["10.0.0.2/actuators/buzzer0/set False"]
    );
}

#[test]
fn after_a_lost_connection_what_was_said_is_said_again() {
    let mut sirens = running();
    sirens.want(0, true, at(10));
    assert_eq!(
        told(&sirens.connected(at(20))),
        ["10.0.0.2/actuators/buzzer0/set True", "lab/old/lamp False"]
    );
}

#[test]
fn what_an_earlier_life_left_on_is_put_off_when_no_alarm_comes() {
    let mut left = sirens();
    left.connected(at(0));
    left.hear(&said("10.0.0.2/actuators/buzzer0", "True"), at(0));
    assert_eq!(left.next_wake(), Some(at(3)));
    assert_eq!(
        told(&left.wake(at(3))),
        [
            "10.0.0.2/actuators/buzzer0/set False",
            "0 LeftOn",
            "lab/old/lamp False"
        ]
    );
    // and stays on when one does
    let mut kept = sirens();
    kept.connected(at(0));
    kept.hear(&said("10.0.0.2/actuators/buzzer0", "True"), at(0));
    kept.want(0, true, at(1));
    assert_eq!(told(&kept.wake(at(3))), ["lab/old/lamp False"]);
    // once in a life: who puts it on by hand later may
    left.hear(&said("10.0.0.2/actuators/buzzer0", "False"), at(4));
    left.hear(&said("10.0.0.2/actuators/buzzer0", "True"), at(5));
    assert_eq!(told(&left.wake(at(8))), ["0 ByOthers(true)"]);
}

#[test]
fn who_is_put_off_by_hand_stays_so_and_people_are_told() {
    let mut sirens = running();
    sirens.want(0, true, at(10));
    sirens.hear(&said("10.0.0.2/actuators/buzzer0", "True"), at(10));
    sirens.hear(&said("10.0.0.2/actuators/buzzer0", "False"), at(20));
    assert_eq!(sirens.next_wake(), Some(at(23)));
    assert_eq!(told(&sirens.wake(at(23))), ["0 ByOthers(false)"]);
    assert_eq!(sirens.next_wake(), None);
}

#[test]
fn at_the_end_what_is_on_is_put_off_and_the_rest_is_let_be() {
    let mut sirens = running();
    sirens.want(0, true, at(10));
    assert_eq!(
        told(&sirens.stop(at(11))),
        ["10.0.0.2/actuators/buzzer0/set False", "0 Said(false)"]
    );
    assert!(sirens.stop(at(12)).is_empty());
}

#[test]
fn an_actuator_is_named_in_these_ways() {
    let set = |text: &str| text.parse::<Siren>().map(|siren| siren.set().to_string());
    for text in [
        "10.0.0.2/led0",
        "10.0.0.2/actuators/led0",
        "10.0.0.2/actuators/led0/set",
    ] {
        let siren: Siren = text.parse().unwrap();
        assert_eq!(siren.set().as_str(), "10.0.0.2/actuators/led0/set");
        assert_eq!(siren.state().unwrap().as_str(), "10.0.0.2/actuators/led0");
        assert_eq!(siren.status().unwrap().as_str(), "10.0.0.2/status");
        assert_eq!(siren.to_string(), "10.0.0.2/led0");
    }
    assert_eq!(set("zigbee/horn/set").unwrap(), "zigbee/horn/set");
    assert!(
        "zigbee/horn/set"
            .parse::<Siren>()
            .unwrap()
            .state()
            .is_none()
    );
    for text in ["led0", "", "a//b", "/led0", "a/+", "$SYS/led0"] {
        assert!(matches!(set(text), Err(SirenError::Form { .. })), "{text}");
    }
    assert_eq!(
        set("10.0.0.2/sensors/button0").unwrap_err().to_string(),
        "`10.0.0.2/sensors/button0` is among a thing's sensors; an alarm drives actuators"
    );
}

#[test]
fn a_dimmed_one_is_on_unless_it_is_dark() {
    for (payload, on) in [
        ("True", Some(true)),
        ("False", Some(false)),
        ("0", Some(false)),
        ("1", Some(true)),
        ("512", Some(true)),
        ("#ff0000", Some(true)),
        ("#000000", Some(false)),
        ("red", None),
        ("", None),
    ] {
        assert_eq!(is_on(payload.as_bytes()), on, "{payload}");
    }
}
