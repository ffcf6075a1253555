//! The watch, moved by hand.

use super::*;
use crate::building::{Quantity, Question};
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
    assert!(calm.hear(&alarm, at(0)).is_empty());
    assert_eq!(
        told(&calm.hear(&said(20.0), at(1))),
        ["house/alarms/P_1/N/2/TEMP "]
    );
    let mut hot = watch(above(30.0));
    assert!(hot.hear(&alarm, at(0)).is_empty());
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

/// An alarm that the broker kept, as it comes with a subscription.
fn kept(json: &str) -> Message {
    let place = Place::of(&said(0.0).topic).unwrap();
    Message::state(place.alarm_topic(), json)
}

const KEPT: &str = r#"{"value":33.0,"unit":"C","since":"2026-01-01T00:00:00.000Z","above":30.0}"#;

#[test]
fn an_alarm_of_an_earlier_life_goes_on_where_it_was() {
    let rule = || Rule {
        hysteresis: 2.0,
        hold: Duration::from_secs(10),
        ..above(30.0)
    };
    // within its hysteresis: it goes on, since when it did, and whoever watches now is told
    let mut same = watch(rule());
    assert!(same.hear(&kept(KEPT), at(0)).is_empty());
    assert_eq!(same.standing().len(), 1);
    assert_eq!(
        told(&same.hear(&said(29.0), at(1))),
        [
            "raised above 30: house P_1 N 2 TEMP 29",
            r#"house/alarms/P_1/N/2/TEMP {"above":30.0,"since":"2026-01-01T00:00:00.000Z","unit":"C","value":29.0}"#,
        ]
    );
    // back: it is over after the hold time, and said to be
    let mut back = watch(rule());
    back.hear(&kept(KEPT), at(0));
    assert!(back.hear(&said(20.0), at(1)).is_empty());
    assert_eq!(
        told(&back.wake(at(11))),
        ["over: house P_1 N 2 TEMP 20", "house/alarms/P_1/N/2/TEMP "]
    );
    // a kept reading may come before the kept alarm
    let mut calm = watch(rule());
    calm.hear(&said(20.0), at(0));
    assert_eq!(
        told(&calm.hear(&kept(KEPT), at(1))),
        ["house/alarms/P_1/N/2/TEMP "]
    );
    let mut hot = watch(rule());
    hot.hear(&said(31.0), at(0));
    assert_eq!(hot.hear(&kept(KEPT), at(1)).len(), 2, "it was held before");
    // what others say there now is none of an earlier life
    let mut other = watch(rule());
    let live = Message {
        retain: false,
        ..kept(KEPT)
    };
    assert!(other.hear(&live, at(0)).is_empty());
    assert_eq!(other.standing(), []);
}

#[test]
fn a_silent_sensor_of_an_earlier_life_is_silent_until_it_is_heard() {
    let mut watch = AlarmWatch::new(Watching {
        silences: vec![silent(60)],
        ..Watching::default()
    });
    watch.hear(&kept(r#"{"value":21.0,"silent":true}"#), at(0));
    assert!(watch.wake(at(1000)).is_empty());
    assert_eq!(
        told(&watch.hear(&said(22.0), at(1001))),
        ["heard: house P_1 N 2 TEMP 22", "house/alarms/P_1/N/2/TEMP "]
    );
}

fn two_rooms() -> AlarmWatch {
    let rule = |limit, place| Rule {
        sirens: SirenSet::default().with(0).with(place),
        ..above(limit)
    };
    AlarmWatch::new(Watching {
        rules: vec![rule(30.0, 1), rule(40.0, 2)],
        silences: vec![Silence {
            sirens: SirenSet::default().with(3),
            ..silent(60)
        }],
        ..Watching::default()
    })
}

#[test]
fn a_siren_is_on_from_the_first_alarm_that_wants_it_to_the_end_of_the_last() {
    let mut watch = two_rooms();
    let mut sirens = |room: u8, value: f64, s| {
        let topic = Topic::new(format!("house/P_1/N/{room}/TEMP")).unwrap();
        let message = Message::event(topic, value.to_string());
        let mut told = told(&watch.hear(&message, at(s)));
        told.retain(|line| line.starts_with("siren"));
        told
    };
    assert_eq!(sirens(1, 20.0, 0), [""; 0]);
    assert_eq!(sirens(1, 31.0, 1), ["siren 0 true", "siren 1 true"]);
    assert_eq!(sirens(2, 41.0, 2), ["siren 2 true"]);
    assert_eq!(sirens(1, 20.0, 3), [""; 0], "the other room is still hot");
    assert_eq!(sirens(2, 35.0, 4), ["siren 2 false"]);
    assert_eq!(sirens(2, 20.0, 5), ["siren 0 false", "siren 1 false"]);
}

#[test]
fn a_siren_is_on_for_a_silent_sensor_and_for_an_alarm_of_an_earlier_life() {
    let only_sirens = |effects: Vec<AlarmEffect>| {
        let mut told = told(&effects);
        told.retain(|line| line.starts_with("siren"));
        told
    };
    let mut watch = two_rooms();
    watch.hear(&said(20.0), at(0));
    assert_eq!(only_sirens(watch.wake(at(60))), ["siren 3 true"]);
    assert_eq!(
        only_sirens(watch.hear(&said(20.0), at(61))),
        ["siren 3 false"]
    );
    let mut again = two_rooms();
    assert_eq!(
        only_sirens(again.hear(&kept(KEPT), at(0))),
        ["siren 0 true", "siren 1 true", "siren 2 true"],
        "it does not say which limit of the two"
    );
    assert_eq!(
        only_sirens(again.hear(&said(20.0), at(1))),
        ["siren 0 false", "siren 1 false", "siren 2 false"]
    );
    // what it was nobody knows: whatever may be meant is on, until somebody takes it away
    let mut unknown = two_rooms();
    let effects = unknown.hear(&kept("{}"), at(0));
    assert_eq!(only_sirens(effects).len(), 4);
    assert_eq!(only_sirens(unknown.hear(&kept(""), at(1))).len(), 4);
}

#[test]
fn the_value_is_where_the_first_field_about_a_sensor_says() {
    let field = |sensor, name: &str| Field {
        scope: Question {
            sensor,
            ..Question::default()
        },
        name: name.to_owned(),
    };
    let mut watch = AlarmWatch::new(Watching {
        rules: vec![above(30.0)],
        fields: vec![
            field(Some(Quantity::Humidity), "humidity"),
            field(Some(Quantity::Temperature), "temperature"),
            field(None, "other"),
        ],
        ..Watching::default()
    });
    let message = Message::event(said(0.0).topic, r#"{"temperature": 31, "other": 1}"#);
    assert_eq!(watch.hear(&message, at(0)).len(), 2);
}

#[test]
fn nobody_is_silent_while_nobody_can_be_heard() {
    let mut watch = AlarmWatch::new(Watching {
        silences: vec![silent(60)],
        ..Watching::default()
    });
    watch.hear(&said(20.0), at(0));
    watch.deaf(at(50));
    watch.deaf(at(55));
    assert!(watch.wake(at(70)).is_empty());
    assert_eq!(watch.next_wake(), None, "nobody is waited for");
    watch.hears_again(at(1050));
    assert!(watch.wake(at(1059)).is_empty());
    assert_eq!(watch.next_wake(), Some(at(1060).moment));
    assert_eq!(watch.wake(at(1060)).len(), 2);
}
