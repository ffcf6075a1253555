//! The watch, moved by hand.

mod later;

use super::*;
use crate::building::{Limit, Quantity, Question};
use crate::model::Topic;
use proptest::prelude::*;
use std::time::{Duration, UNIX_EPOCH};

fn at(s: u64) -> Now {
    let since = Duration::from_secs(s);
    Now::new(Moment::after(since), UNIX_EPOCH + since)
}

fn above(limit: f64) -> Rule {
    Rule::new(Quantity::Temperature, Limit::Above(limit))
}

/// Any sensor that says nothing for so many seconds.
fn silent(s: u64) -> Silence {
    Silence {
        scope: Question::default(),
        after: Duration::from_secs(s),
        sirens: SirenSet::default(),
    }
}

fn watch(rule: Rule) -> AlarmWatch {
    AlarmWatch::new(Watching {
        rules: vec![rule],
        ..Watching::default()
    })
}

fn said(value: f64) -> Message {
    let topic = Topic::new("house/P_1/N/2/TEMP").unwrap();
    Message::event(topic, value.to_string())
}

/// What it does, in short.
fn told(effects: &[AlarmEffect]) -> Vec<String> {
    let short = |effect: &AlarmEffect| match effect {
        AlarmEffect::Line(line) => match line.sign {
            Sign::Raised(limit) => format!("raised {limit}: {line}"),
            Sign::Over(_) => format!("over: {line}"),
            Sign::Silent => format!("silent: {line}"),
            Sign::Heard => format!("heard: {line}"),
            Sign::Kept(limit) => format!("kept {limit}: {line}"),
            Sign::KeptSilent => format!("kept silent: {line}"),
            Sign::Unexplained => format!("unexplained: {line}"),
        },
        AlarmEffect::Publish(message) => {
            assert!(message.retain);
            format!(
                "{} {}",
                message.topic.as_str(),
                String::from_utf8_lossy(&message.payload)
            )
        }
        AlarmEffect::Siren(place, on) => format!("siren {place} {on}"),
        AlarmEffect::Refused(topic, error) => format!("{}: {error}", topic.as_str()),
        AlarmEffect::NoPlace(topic, error) => format!("{}: {error}", topic.as_str()),
        AlarmEffect::Full(most) => format!("full at {most}"),
    };
    effects.iter().map(short).collect()
}

#[test]
fn a_crossing_is_told_once_and_stands_until_it_is_over() {
    let mut watch = watch(above(30.0));
    assert!(watch.hear(&said(30.0), at(0)).is_empty());
    assert_eq!(
        told(&watch.hear(&said(31.5), at(1))),
        [
            "raised above 30: house P_1 N 2 TEMP 31.5",
            r#"house/alarms/P_1/N/2/TEMP {"above":30.0,"since":"1970-01-01T00:00:01.000Z","unit":"C","value":31.5}"#,
        ]
    );
    assert!(watch.hear(&said(35.0), at(2)).is_empty());
    assert_eq!(watch.standing().len(), 1);
    assert_eq!(
        told(&watch.hear(&said(30.0), at(3))),
        ["over: house P_1 N 2 TEMP 30", "house/alarms/P_1/N/2/TEMP "]
    );
    assert_eq!(watch.standing(), []);
}

#[test]
fn noise_about_the_limit_does_not_flap_with_a_hysteresis() {
    let rule = Rule {
        hysteresis: 2.0,
        ..above(30.0)
    };
    let mut watch = watch(rule);
    let lines = (0..100).map(|s| {
        let value = if s % 2 == 0 { 30.5 } else { 28.5 };
        watch.hear(&said(value), at(s)).len()
    });
    assert_eq!(lines.sum::<usize>(), 2, "raised once, and published");
    assert_eq!(watch.hear(&said(28.0), at(100)).len(), 2);
}

#[test]
fn a_value_must_be_beyond_for_the_hold_time_and_back_for_as_long() {
    let rule = Rule {
        hold: Duration::from_secs(10),
        ..above(30.0)
    };
    let mut watch = watch(rule);
    assert!(watch.hear(&said(31.0), at(0)).is_empty());
    assert!(watch.hear(&said(29.0), at(9)).is_empty(), "a peak");
    assert!(watch.wake(at(10)).is_empty());
    assert!(watch.hear(&said(31.0), at(20)).is_empty());
    assert_eq!(watch.next_wake(), Some(at(30).moment));
    assert!(watch.wake(at(29)).is_empty());
    assert_eq!(
        watch.wake(at(30)).len(),
        2,
        "without another word of the sensor"
    );
    assert!(watch.hear(&said(29.0), at(40)).is_empty());
    assert!(watch.hear(&said(31.0), at(45)).is_empty(), "a dip");
    assert!(watch.wake(at(50)).is_empty());
    assert!(watch.hear(&said(29.0), at(60)).is_empty());
    assert_eq!(watch.wake(at(70)).len(), 2);
    assert_eq!(watch.next_wake(), None);
}

#[test]
fn a_sensor_that_falls_silent_is_an_alarm_until_it_is_heard() {
    let mut watch = AlarmWatch::new(Watching {
        rules: vec![above(30.0)],
        silences: vec![silent(60)],
        ..Watching::default()
    });
    assert!(watch.hear(&said(20.0), at(0)).is_empty());
    assert!(watch.hear(&said(21.0), at(50)).is_empty());
    assert!(watch.wake(at(60)).is_empty(), "it was heard meanwhile");
    assert_eq!(
        told(&watch.wake(at(110))),
        [
            "silent: house P_1 N 2 TEMP 21",
            r#"house/alarms/P_1/N/2/TEMP {"silent":true,"since":"1970-01-01T00:01:50.000Z","unit":"C","value":21.0}"#
        ]
    );
    assert!(watch.wake(at(1000)).is_empty());
    assert_eq!(
        told(&watch.hear(&said(22.0), at(1001))),
        ["heard: house P_1 N 2 TEMP 22", "house/alarms/P_1/N/2/TEMP "]
    );
    assert_eq!(watch.wake(at(1061)).len(), 2);
}

#[test]
fn an_alarm_of_an_earlier_life_is_cleared_by_a_calm_reading_and_kept_by_another() {
    let kept = Message::state(said(0.0).topic, "");
    let alarm = Message {
        topic: Place::of(&kept.topic).unwrap().alarm_topic(),
        payload: b"{}".to_vec(),
        ..kept
    };
    let mut calm = watch(above(30.0));
    assert_eq!(calm.hear(&alarm, at(0)).len(), 1, "it is told");
    assert_eq!(
        told(&calm.hear(&said(20.0), at(1))),
        ["house/alarms/P_1/N/2/TEMP "]
    );
    let mut hot = watch(above(30.0));
    hot.hear(&alarm, at(0));
    assert_eq!(
        hot.hear(&said(40.0), at(1)).len(),
        2,
        "it is told, and said again"
    );
}

#[test]
fn with_every_each_value_beyond_is_a_line_and_nothing_is_published() {
    let mut watch = AlarmWatch::new(Watching {
        rules: vec![
            above(30.0),
            Rule::new(Quantity::Temperature, Limit::Below(10.0)),
        ],
        every: true,
        ..Watching::default()
    });
    let values = [31.0, 32.0, 20.0, 9.0];
    let all: Vec<AlarmEffect> = values
        .iter()
        .flat_map(|value| watch.hear(&said(*value), at(0)))
        .collect();
    assert_eq!(
        told(&all),
        [
            "raised above 30: house P_1 N 2 TEMP 31",
            "raised above 30: house P_1 N 2 TEMP 32",
            "raised below 10: house P_1 N 2 TEMP 9"
        ]
    );
}

#[test]
fn what_is_no_reading_is_told_and_what_is_of_no_rule_is_passed_over() {
    let mut watch = watch(above(30.0));
    let warm = Message::event(said(0.0).topic, "warm");
    assert_eq!(
        told(&watch.hear(&warm, at(0))),
        ["house/P_1/N/2/TEMP: `warm` is neither JSON nor CBOR"]
    );
    for topic in ["house/P_1/N/2/HUM", "house/P_1/N/2", "other"] {
        let other = Message::event(Topic::new(topic).unwrap(), "warm");
        assert!(watch.hear(&other, at(0)).is_empty());
    }
    assert_eq!(watch.sensors(), 0);
}

proptest! {
    /// Without hold and hysteresis, exactly the crossings of the record are told, in their order.
    #[test]
    fn exactly_the_crossings_are_found(values in proptest::collection::vec(25_i32..35, 1..60)) {
        let mut watch = watch(above(30.0));
        let (mut expected, mut found, mut beyond) = (Vec::new(), Vec::new(), false);
        for (s, value) in (0..).zip(&values) {
            let value = f64::from(*value);
            if (value > 30.0) != beyond {
                beyond = !beyond;
                expected.push((s, beyond));
            }
            for effect in watch.hear(&said(value), at(s)) {
                if let AlarmEffect::Line(line) = effect {
                    found.push((s, matches!(line.sign, Sign::Raised(_))));
                }
            }
        }
        prop_assert_eq!(found, expected);
    }

    /// Whatever comes and whenever it is woken: what stands on the broker is what the state says, and it is woken again
    /// as long as time can change something.
    #[test]
    fn what_stands_on_the_broker_is_what_the_watch_says(
        steps in proptest::collection::vec((0_u64..40, proptest::option::of(25_i32..35)), 1..60),
        hold in 0_u64..20, hysteresis in 0_u8..4, silent in proptest::option::of(1_u64..60),
    ) {
        let rule = Rule { hold: Duration::from_secs(hold), hysteresis: hysteresis.into(), ..above(30.0) };
        let mut watch = AlarmWatch::new(Watching {
            rules: vec![rule],
            silences: silent.into_iter().map(self::silent).collect(),
            ..Watching::default()
        });
        let (mut now, mut kept) = (0, Vec::new());
        for (after, value) in steps {
            now += after;
            let effects = match value {
                Some(value) => watch.hear(&said(value.into()), at(now)),
                None => watch.wake(at(now)),
            };
            for effect in effects {
                if let AlarmEffect::Publish(message) = effect {
                    kept = message.payload.to_vec();
                }
            }
            let standing: Vec<_> = watch.standing().iter().map(|message| message.payload.to_vec()).collect();
            prop_assert_eq!(!standing.is_empty(), !kept.is_empty());
            if value.is_none() {
                prop_assert!(watch.next_wake().is_none_or(|wake| wake > at(now).moment));
            }
        }
    }
}

#[test]
fn an_alarm_has_the_unit_that_its_sensor_tells() {
    let mut watch = watch(above(30.0));
    let counts = |value: u16| Message {
        payload: format!(r#"{{"value": {value}, "unit": "of 1023"}}"#).into_bytes(),
        ..said(0.0)
    };
    watch.hear(&counts(1), at(0));
    let effects = watch.hear(&counts(900), at(1));
    let AlarmEffect::Line(line) = &effects[0] else {
        panic!("{effects:?}");
    };
    assert_eq!(line.unit, "of 1023");
    assert!(told(&effects)[1].contains(r#""unit":"of 1023""#));
}

#[test]
fn an_alarm_says_since_when_it_stands_and_invents_no_time() {
    let kept = |payload: &str| Message {
        topic: Place::of(&said(0.0).topic).unwrap().alarm_topic(),
        ..Message::state(said(0.0).topic, payload)
    };
    let since = |effect: &AlarmEffect| match effect {
        AlarmEffect::Line(line) => line.since.clone(),
        other => panic!("{other:?}"),
    };
    // who says no time, or what is none, is not given one
    for payload in [
        r#"{"value": 33, "above": 30}"#,
        r#"{"value": 33, "above": 30, "since": "yes\u001b[31m"}"#,
    ] {
        let effects = watch(above(30.0)).hear(&kept(payload), at(5));
        assert_eq!(since(&effects[0]), None, "{payload}");
    }
    let right = r#"{"value": 33, "above": 30, "since": "2026-01-01T00:00:00.000Z"}"#;
    let effects = watch(above(30.0)).hear(&kept(right), at(5));
    assert_eq!(
        since(&effects[0]).unwrap().as_ref(),
        "2026-01-01T00:00:00.000Z"
    );
    // it was silent then, which no rule here is about; too hot it is only now
    let mut other = watch(above(30.0));
    other.hear(
        &kept(r#"{"silent": true, "since": "2020-01-01T00:00:00Z"}"#),
        at(0),
    );
    let effects = told(&other.hear(&said(35.0), at(7))).join("\n");
    assert!(
        effects.contains(r#""since":"1970-01-01T00:00:07.000Z""#),
        "{effects}"
    );
}
