//! What a watch gets from a file of rules; and that any text gives rules or mistakes inside it.

use super::{ActuatorError, AlarmsFile, parse, siren};
use crate::building::{Limit, SirenSet};
use crate::topology::{self, Topology, report};
use proptest::prelude::*;
use proptest::sample::select;
use std::time::Duration;

const EVERY_KEY: &str = include_str!("../../../resources/building/alarms.toml");

fn read(text: &str) -> AlarmsFile {
    let file = parse(text, None).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(file.warnings, []);
    file
}

#[test]
fn a_rule_with_two_limits_is_two_and_takes_what_is_usual() {
    let file = read(
        "actuators = [\"10.0.0.2/buzzer0\"]\n[defaults]\nbuilding = \"house\"\nhysteresis = 0.5\nhold_s = 2.5\nsilent_s = 60\n\
         field = \"v\"\n[[rules]]\nsensor = \"temp\"\nabove = 30\nbelow = -1.5\n[[rules]]\nsensor = \"HUM\"\nfloor = \"P_7\"\n\
         wing = \"W\"\nroom = 4\nbelow = 20\nhysteresis = 3\nhold_s = 0\nsilent_s = 0\nfield = \"d.h\"\n\
         actuators = [\"10.0.0.2/led0\", \"10.0.0.2/actuators/buzzer0\"]\n",
    );
    let told = |index: usize| {
        let rule = &file.watching.rules[index];
        let sirens: Vec<usize> = rule.sirens.places().collect();
        let hold = rule.hold.as_secs_f64();
        let filter = rule.scope.filter();
        format!(
            "{filter} {} {} {hold} {sirens:?}",
            rule.limit, rule.hysteresis
        )
    };
    assert_eq!(told(0), "house/+/+/+/TEMP above 30 0.5 2.5 [0]");
    assert_eq!(told(1), "house/+/+/+/TEMP below -1.5 0.5 2.5 [0]");
    assert_eq!(told(2), "house/P_7/O/4/HUM below 20 3 0 [0, 1]");
    assert_eq!(file.watching.rules.len(), 3);
    let [silence] = &file.watching.silences[..] else {
        panic!("0 is never");
    };
    assert_eq!(silence.scope.filter().as_str(), "house/+/+/+/TEMP");
    assert_eq!(silence.after, Duration::from_secs(60));
    // who says it himself goes before
    let fields = file.watching.fields.iter();
    let fields: Vec<&str> = fields.map(|field| field.name.as_str()).collect();
    assert_eq!(fields, ["d.h", "v"]);
    assert_eq!(file.sirens.len(), 2, "one is named twice");
    assert!(!file.watching.every);
}

#[test]
fn the_file_with_every_key_has_every_key() {
    let file = read(EVERY_KEY);
    assert!(file.broker.is_some());
    assert_eq!(file.sirens.len(), 3);
    assert_eq!(file.watching.rules.len(), 5);
    assert_eq!(file.watching.rules[2].limit, Limit::Above(24.0));
    assert_eq!(file.watching.silences.len(), 4);
    for key in super::rule::OWN.iter().chain(&super::rule::SHARED) {
        assert!(
            EVERY_KEY.contains(&format!("{key} = ")),
            "{key} is not shown"
        );
    }
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = "field = 3\n[defaults]\nhold = 1\n[[rules]]\nsensor = \"TMP\"\nabove = hot\nfloor = -1\n[[rules]]\n";
    let messages: Vec<String> = parse(text, None)
        .unwrap_err()
        .into_iter()
        .map(|mistake| mistake.message)
        .collect();
    assert_eq!(
        messages,
        [
            "the file has no key `field`",
            "[defaults] has no key `hold`",
            "`TMP` is no sensor; allowed is TEMP, HUM, LUX or VIBR",
            "`hot` is text without quotes",
            "`-1` is no floor; allowed is a number from 0 to 999 without leading zeros, or P_ and that number",
            "this rule names nothing that would be an alarm",
        ]
    );
}

fn lab() -> Topology {
    topology::parse(
        r#"
        [broker]
        url = "mqtt://b"
        [things.outer]
        address = "10.0.0.2"
        [things.outer.resources]
        buzzer0 = { kind = "buzzer", port = "D8" }
        led1 = { kind = "led", port = "D5", follows = "outer/rotary0" }
        rotary0 = { kind = "rotary", port = "A0" }
        lcd0 = { kind = "rgb_lcd" }
        [things.here.resources]
        relay0 = { kind = "relay", port = "D2" }
        "#,
    )
    .unwrap()
}

#[test]
fn in_a_lab_an_actuator_has_the_name_that_the_lab_gives_it() {
    let lab = lab();
    let named = |text: &str| siren(text, Some(&lab));
    for text in ["outer/buzzer0", "10.0.0.2/buzzer0"] {
        let siren = named(text).unwrap();
        assert_eq!(siren.set().as_str(), "10.0.0.2/actuators/buzzer0/set");
        assert_eq!(siren.to_string(), "outer/buzzer0");
    }
    assert!(named("outer/led1").is_ok(), "a dimmed one can be on, too");
    let told = |text: &str| {
        let error: ActuatorError = named(text).unwrap_err();
        format!("{error}; {}", error.help().unwrap_or_default())
    };
    assert_eq!(
        told("outr/buzzer0"),
        "there is no thing `outr`; did you mean `outer`?"
    );
    assert_eq!(
        told("10.0.0.9/x"),
        "there is no thing `10.0.0.9`; the things: outer, here"
    );
    assert_eq!(
        told("outer/buzer0"),
        "thing `outer` has no resource `buzer0`; did you mean `buzzer0`?"
    );
    assert_eq!(
        told("outer/rotary0"),
        "`outer/rotary0` is a rotary, which cannot be on or off; an alarm drives an actuator; "
    );
    assert_eq!(
        told("outer/lcd0"),
        "`outer/lcd0` is a rgb_lcd, which cannot be on or off; an alarm drives an actuator; "
    );
    assert_eq!(
        told("here/relay0"),
        "the thing `here` has the address of the default route, so its topics are not known beforehand; \
         give it one: address = \"172.16.32.157\""
    );
    // whoever is not in the lab is named by a topic
    let stranger = named("10.0.0.9/actuators/x").unwrap();
    assert_eq!(stranger.state().unwrap().as_str(), "10.0.0.9/actuators/x");
    let text = "actuators = [\"outer/buzer0\"]\n[[rules]]\nsilent_s = 9\n";
    let mistakes = parse(text, Some(&lab)).unwrap_err();
    assert_eq!(
        report("alarms.toml", text, &mistakes, false),
        "alarms.toml:1:14: error: thing `outer` has no resource `buzer0`\n 1 | actuators = [\"outer/buzer0\"]\n   \
         |              ^^^^^^^^^^^^^^\n   = did you mean `buzzer0`?\n"
    );
}

#[test]
fn there_are_so_many_actuators_and_no_more() {
    let file = |many: usize| {
        let names: Vec<String> = (0..many).map(|n| format!("\"10.0.0.2/led{n}\"")).collect();
        let names = names.join(", ");
        format!("actuators = [{names}]\n[[rules]]\nsilent_s = 9\n")
    };
    assert_eq!(read(&file(SirenSet::MOST)).sirens.len(), SirenSet::MOST);
    let mistakes = parse(&file(SirenSet::MOST + 1), None).unwrap_err();
    assert_eq!(mistakes[0].message, "there are more than 64 actuators");
}

fn holds(text: &str) {
    if let Err(mistakes) = parse(text, None) {
        assert!(!mistakes.is_empty(), "refused without a word:\n{text}");
        for mistake in &mistakes {
            assert!(
                text.get(mistake.place.clone()).is_some(),
                "{mistake:?}\n{text}"
            );
        }
        let told = report("alarms.toml", text, &mistakes, false);
        assert!(!told.chars().any(|c| c.is_control() && c != '\n'));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_file_with_slips_gives_rules_or_mistakes_inside_it(
        slips in proptest::collection::vec((any::<prop::sample::Index>(), 0usize..12, select(vec![
            "\"", "[", "]", "{", "}", "=", ",", "\n", "[[rules]]\n", "above = [", "-1", "1e400", "nan", "true", "ü", "\u{202e}",
            "[]", "{}", "\\u0000", "actuators = []", "floor = \"\"", "rules = 1", "sensor = \"HUM\"",
        ])), 1..4),
    ) {
        let mut chars: Vec<char> = EVERY_KEY.chars().collect();
        for (at, gone, slip) in slips {
            let start = at.index(chars.len() + 1);
            let end = (start + gone).min(chars.len());
            chars.splice(start..end, slip.chars());
        }
        holds(&chars.into_iter().collect::<String>());
    }
}
