//! Alarms of an earlier life, sirens, fields, and a lost connection.

use super::*;

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
    assert_eq!(
        told(&same.hear(&kept(KEPT), at(0))),
        ["kept above 30: house P_1 N 2 TEMP 33"]
    );
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
    assert_eq!(
        told(&watch.hear(&kept(r#"{"value":21.0,"silent":true}"#), at(0))),
        ["kept silent: house P_1 N 2 TEMP 21"]
    );
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
        ["siren 0 true", "siren 1 true"],
        "33 is no alarm above 40"
    );
    assert_eq!(
        only_sirens(again.hear(&said(20.0), at(1))),
        ["siren 0 false", "siren 1 false"]
    );
}

#[test]
fn an_alarm_that_no_rule_of_this_life_explains_is_told_and_nothing_is_on_for_it() {
    for json in [
        "{}",
        r#"{"above":1.0}"#,
        r#"{"value":25.0,"above":20.0}"#,
        r#"{"value":50.0,"below":60.0}"#,
        "\u{1}",
    ] {
        let mut watch = two_rooms();
        let effects = told(&watch.hear(&kept(json), at(0)));
        assert_eq!(effects.len(), 1, "{json}: {effects:?}");
        assert!(effects[0].starts_with("unexplained: "), "{effects:?}");
        assert!(watch.standing().is_empty(), "it is not ours to say again");
        // a reading decides: back it is cleared, beyond it is ours
        assert_eq!(
            told(&watch.hear(&said(20.0), at(1))),
            ["house/alarms/P_1/N/2/TEMP "]
        );
    }
}

#[test]
fn who_speaks_on_a_topic_that_is_no_sensors_is_named() {
    for every in [false, true] {
        let mut watch = AlarmWatch::new(Watching {
            rules: vec![above(30.0)],
            every,
            ..Watching::default()
        });
        let topic = Topic::new("house/P_1/W/2/TEMP").unwrap();
        assert_eq!(
            told(&watch.hear(&Message::event(topic, "31"), at(0))),
            [
                "house/P_1/W/2/TEMP: `W` is no wing in a topic; allowed there is N, S, E, and O for the west"
            ]
        );
    }
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
