//! What is understood, and what is not.

use super::*;
use proptest::prelude::*;

const KNOB: ValueKind = ValueKind::Integer { min: 0, max: 1023 };

fn bool_of(payload: &str) -> Option<bool> {
    match Value::decode(ValueKind::Bool, payload.as_bytes()) {
        Ok(Value::Bool(on)) => Some(on),
        Ok(other) => panic!("{other:?} is no bool"),
        Err(_) => None,
    }
}

#[test]
fn every_usual_word_for_on_is_understood() {
    for word in [
        "True",
        "true",
        "TRUE",
        "1",
        "on",
        "ON",
        "On",
        r#"{"value": true}"#,
        r#"{"state": "ON"}"#,
        " true\n",
    ] {
        assert_eq!(bool_of(word), Some(true), "{word}");
    }
    for word in [
        "False",
        "false",
        "0",
        "off",
        "OFF",
        r#"{"value":false}"#,
        r#"{"state":"off"}"#,
    ] {
        assert_eq!(bool_of(word), Some(false), "{word}");
    }
}

#[test]
fn anything_else_is_refused_rather_than_taken_for_on() {
    for word in [
        "",
        "yes",
        "2",
        "-1",
        "+1",
        "1.0",
        "null",
        "[true]",
        "{}",
        r#"{"value":1,"state":1}"#,
        "Truee",
        "0x1",
        "\u{ff11}",
    ] {
        assert_eq!(bool_of(word), None, "{word}");
    }
    assert!(Value::decode(ValueKind::Bool, &[0xff, 0xfe]).is_err());
    assert!(Value::decode(ValueKind::Bool, "[".repeat(100_000).as_bytes()).is_err());
}

#[test]
fn where_an_integer_is_wanted_one_is_a_number_and_on_is_the_upper_end() {
    let of = |payload: &str| Value::decode(KNOB, payload.as_bytes()).ok();
    assert_eq!(of("1"), Some(Value::Integer(1)));
    assert_eq!(of("on"), Some(Value::Integer(1023)));
    assert_eq!(of("False"), Some(Value::Integer(0)));
    assert_eq!(of(r#"{"value": 512}"#), Some(Value::Integer(512)));
    assert_eq!(of("1024"), None);
    assert_eq!(of("-1"), None);
    assert_eq!(of("512.5"), None);
    assert_eq!(of("99999999999999999999"), None);
}

#[test]
fn a_brightness_is_a_share_of_the_range_as_home_automation_says_it() {
    let of = |kind, payload: &str| Value::decode(kind, payload.as_bytes()).ok();
    for (payload, level) in [
        (r#"{"state": "ON", "brightness": 128}"#, 514),
        (
            r#"{"state": "on", "brightness": 255, "transition": 2}"#,
            1023,
        ),
        (r#"{"brightness": 1}"#, 4),
        (r#"{"state": "ON", "brightness": 0}"#, 0),
        // off is off, however bright it was
        (r#"{"state": "OFF", "brightness": 200}"#, 0),
        (r#"{"state": "ON"}"#, 1023),
        // what our own words say goes before
        (r#"{"value": 7, "brightness": 200}"#, 7),
    ] {
        assert_eq!(of(KNOB, payload), Some(Value::Integer(level)), "{payload}");
    }
    for payload in [
        r#"{"state": "ON", "brightness": 256}"#,
        r#"{"state": "ON", "brightness": -1}"#,
        r#"{"state": "ON", "brightness": 12.5}"#,
        r#"{"state": "ON", "brightness": "128"}"#,
        r#"{"state": "blink", "brightness": 128}"#,
        r#"{"state": 1, "brightness": 128}"#,
    ] {
        assert_eq!(of(KNOB, payload), None, "{payload}");
    }
    // to the duty of a LED and back, nothing is lost
    let duty = |level: i64| {
        let payload = format!(r#"{{"state": "ON", "brightness": {level}}}"#);
        match of(KNOB, &payload) {
            Some(Value::Integer(n)) => rescale(n, (0, 1023), (0, 255)),
            other => panic!("{other:?}"),
        }
    };
    assert!((0..=255).all(|level| duty(level) == level));
    // what is only on or off is on
    let lit = of(ValueKind::Bool, r#"{"state": "ON", "brightness": 3}"#);
    assert_eq!(lit, Some(Value::Bool(true)));
}

#[test]
fn a_colour_is_understood_as_a_word_and_as_home_automation_says_it() {
    let of = |payload: &str| {
        let value = Value::decode(ValueKind::Color, payload.as_bytes());
        value.map(|value| value.encode()).ok()
    };
    let red = Some("#ff0080".to_owned());
    for word in [
        "#ff0080",
        " #FF0080\n",
        r##"{"value": "#ff0080"}"##,
        r##"{"color": "#ff0080"}"##,
        r#"{"color": {"r": 255, "g": 0, "b": 128}}"#,
        r#"{"state": "ON", "color": {"r": 255, "g": 0, "b": 128}}"#,
    ] {
        assert_eq!(of(word), red, "{word}");
    }
    for word in [
        "off",
        r#"{"state": "OFF", "color": {"r": 255, "g": 0, "b": 128}}"#,
    ] {
        assert_eq!(of(word), Some("#000000".to_owned()), "{word}");
    }
    assert_eq!(of("on"), Some("#ffffff".to_owned()));
    for word in [
        "#ff008",
        "#ff00800",
        "#+f+f+f",
        "#ff\u{e4}0f",
        "255",
        "red",
        r#"{"color": {"r": 256, "g": 0, "b": 0}}"#,
        r#"{"color": {"r": -1, "g": 0, "b": 0}}"#,
        r#"{"color": {"r": 1, "g": 0}}"#,
    ] {
        assert_eq!(of(word), None, "{word}");
    }
}

#[test]
fn text_has_a_length_and_what_tests_an_access_list_is_no_text() {
    let of = |payload: &[u8]| Value::decode(ValueKind::Text, payload).is_ok();
    assert!(of(&[b'x'; LONGEST]) && !of(&[b'x'; LONGEST + 1]));
    assert!(!of(format!("{CANARY}00").as_bytes()));
}

#[test]
fn the_ends_of_a_range_reach_the_ends_of_the_other() {
    let duty = |n| rescale(n, (0, 1023), (0, 255));
    assert_eq!([0, 1, 512, 1022, 1023].map(duty), [0, 0, 128, 255, 255]);
    assert_eq!(rescale(5, (7, 7), (0, 255)), 0);
    assert_eq!(rescale(-40, (-40, 80), (0, 100)), 0);
}

#[test]
fn a_refusal_says_what_came_and_what_is_allowed() {
    let error = Value::decode(ValueKind::Bool, b"\x1b[2Jboo\xff").unwrap_err();
    assert_eq!(
        error.to_string(),
        r#"payload "\u{1b}[2Jboo\xff" is not understood; allowed: True False 1 0 on off, JSON true, {"value": true} or {"state": "ON"}"#
    );
}

#[test]
fn what_is_cut_says_so() {
    assert_eq!(escaped(&[b'a'; 70], 4), "aaaa...");
}

proptest! {
    #[test]
    fn decoding_any_bytes_never_panics_and_stays_in_range(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for kind in [ValueKind::Bool, KNOB, ValueKind::Decimal, ValueKind::Color, ValueKind::Text] {
            match Value::decode(kind, &bytes) {
                Ok(Value::Integer(n)) => prop_assert!((0..=1023).contains(&n)),
                Ok(Value::Decimal(n)) => prop_assert!(n.is_finite()),
                _ => {}
            }
        }
        prop_assert!(!escaped(&bytes, 64).chars().any(char::is_control));
    }

    #[test]
    fn what_is_said_is_understood(number in 0i64..=1023, on: bool) {
        prop_assert_eq!(Value::decode(KNOB, Value::Integer(number).encode().as_bytes()).unwrap(), Value::Integer(number));
        prop_assert_eq!(Value::decode(ValueKind::Bool, Value::Bool(on).encode().as_bytes()).unwrap(), Value::Bool(on));
    }
}
