//! Rules of alarms.

use super::{Frame, Row, Rule, row};

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::UnknownKeyInAlarms,
        Frame::Alarms,
        r#"above = 30
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:1:1: error: the file has no key `above`
 1 | above = 30
   | ^^^^^
   = `above` belongs below [[rules]]
"#,
    ),
    row(
        Rule::UnknownKeyInAlarms,
        Frame::Alarms,
        r#"acuators = []
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:1:1: error: the file has no key `acuators`
 1 | acuators = []
   | ^^^^^^^^
   = did you mean `actuators`?
"#,
    ),
    row(
        Rule::UnknownKeyInAlarms,
        Frame::Alarms,
        r#"hold_s = 3
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:1:1: error: the file has no key `hold_s`
 1 | hold_s = 3
   | ^^^^^^
   = `hold_s` belongs below [defaults], or below one of [[rules]]
"#,
    ),
    row(
        Rule::UnknownKeyInDefaults,
        Frame::Alarms,
        r#"[defaults]
sensor = "TEMP"
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:2:1: error: [defaults] has no key `sensor`
 2 | sensor = "TEMP"
   | ^^^^^^
   = `sensor` belongs below [[rules]]
"#,
    ),
    row(
        Rule::UnknownKeyInDefaults,
        Frame::Alarms,
        r#"[defaults]
actuators = []
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:2:1: error: [defaults] has no key `actuators`
 2 | actuators = []
   | ^^^^^^^^^
   = `actuators` belongs above [defaults], or to a rule
"#,
    ),
    row(
        Rule::UnknownKeyInAlarm,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 30
histeresis = 1
"#,
        r#"alarms.toml:4:1: error: a rule has no key `histeresis`
 4 | histeresis = 1
   | ^^^^^^^^^^
   = did you mean `hysteresis`?
"#,
    ),
    row(
        Rule::NoRules,
        Frame::Alarms,
        r#"actuators = []
"#,
        r#"alarms.toml:1:1: error: there are no rules
 1 | actuators = []
   | ^
   = begin one with [[rules]], and sensor = "TEMP" and above = 30 below it
"#,
    ),
    row(
        Rule::RulesNoList,
        Frame::Alarms,
        r#"rules = "TEMP=30"
"#,
        r#"alarms.toml:1:1: error: `rules` is text; it takes a list of tables
 1 | rules = "TEMP=30"
   | ^^^^^
   = begin one with [[rules]], and sensor = "TEMP" and above = 30 below it
"#,
    ),
    row(
        Rule::SensorMissing,
        Frame::Alarms,
        r#"[[rules]]
floor = 7
above = 30
"#,
        r#"alarms.toml:1:1: error: this rule has a limit and no `sensor`
 1 | [[rules]]
   | ^^^^^^^^^
   = write sensor = "TEMP"; there are TEMP, HUM, LUX and VIBR
"#,
    ),
    row(
        Rule::AlarmOfNothing,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
"#,
        r#"alarms.toml:1:1: error: this rule names nothing that would be an alarm
 1 | [[rules]]
   | ^^^^^^^^^
   = write above = 30, below = 20, or silent_s = 300
"#,
    ),
    row(
        Rule::AlarmOfNothing,
        Frame::Alarms,
        r#"[defaults]
silent_s = 60
[[rules]]
sensor = "TEMP"
silent_s = 0
"#,
        r#"alarms.toml:3:1: error: this rule names nothing that would be an alarm
 3 | [[rules]]
   | ^^^^^^^^^
   = write above = 30, below = 20, or silent_s = 300
"#,
    ),
    row(
        Rule::PlacePart,
        Frame::Alarms,
        r#"[[rules]]
sensor = "CO2"
above = 30
"#,
        r#"alarms.toml:2:10: error: `CO2` is no sensor; allowed is TEMP, HUM, LUX or VIBR
 2 | sensor = "CO2"
   |          ^^^^^
"#,
    ),
    row(
        Rule::PlacePart,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 30
floor = 1000
wing = "X"
room = -1
building = "a/b"
"#,
        r#"alarms.toml:4:9: error: `1000` is no floor; allowed is a number from 0 to 999 without leading zeros, or P_ and that number
 4 | floor = 1000
   |         ^^^^
alarms.toml:5:8: error: `X` is no wing; allowed is N, S, E, or O (also W) for the west
 5 | wing = "X"
   |        ^^^
alarms.toml:6:8: error: `-1` is no room; allowed is a number from 0 to 9999 without leading zeros
 6 | room = -1
   |        ^^
alarms.toml:7:12: error: `a/b` is no building; allowed is one level of a topic, up to 128 bytes: no `/`, `+`, `#` or control character, not beginning with `$`
 7 | building = "a/b"
   |            ^^^^^
"#,
    ),
    row(
        Rule::PlacePart,
        Frame::Alarms,
        r#"[[rules]]
silent_s = 9
room = [4, 5]
"#,
        r#"alarms.toml:3:8: error: `room` is a list; it takes text or a number
 3 | room = [4, 5]
   |        ^^^^^^
"#,
    ),
    row(
        Rule::LimitRange,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = "30"
below = nan
"#,
        r#"alarms.toml:3:9: error: `above` is text; it takes a number, -1000000000 to 1000000000
 3 | above = "30"
   |         ^^^^
alarms.toml:4:9: error: `below` is nan; it takes a number, -1000000000 to 1000000000
 4 | below = nan
   |         ^^^
"#,
    ),
    row(
        Rule::LimitsCross,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 20
below = 30
"#,
        r#"alarms.toml:3:9: error: every value is an alarm: above 20, and below 30
 3 | above = 20
   |         ^^
   = `above` is the upper limit, `below` the lower one
"#,
    ),
    row(
        Rule::HysteresisRange,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 20
hysteresis = -1
"#,
        r#"alarms.toml:4:14: error: `hysteresis` is -1; it takes a number, 0 to 1000000000
 4 | hysteresis = -1
   |              ^^
"#,
    ),
    row(
        Rule::HysteresisWide,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 30
below = 20
hysteresis = 15
"#,
        r#"alarms.toml:3:9: error: with a hysteresis of 15 an alarm above 30 is over at 15 only, and that is below 20
 3 | above = 30
   |         ^^
   = allowed is a hysteresis up to 10
"#,
    ),
    row(
        Rule::FieldEmpty,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 30
field = "data."
"#,
        r#"alarms.toml:4:9: error: `field` is `data.`, where a name is missing
 4 | field = "data."
   |         ^^^^^^^
   = write field = "temperature", or field = "data.temperature"
"#,
    ),
    row(
        Rule::SecondsRange,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 30
hold_s = -1
"#,
        r#"alarms.toml:4:10: error: `hold_s` is -1; it takes seconds, 0 to 31536000
 4 | hold_s = -1
   |          ^^
"#,
    ),
    row(
        Rule::ActuatorsNoList,
        Frame::Alarms,
        r#"actuators = "10.0.0.2/buzzer0"
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:1:13: error: `actuators` is text; it takes a list
 1 | actuators = "10.0.0.2/buzzer0"
   |             ^^^^^^^^^^^^^^^^^^
   = write actuators = ["10.0.0.2/buzzer0"]
"#,
    ),
    row(
        Rule::ActuatorBad,
        Frame::Alarms,
        r#"actuators = ["buzzer0", "10.0.0.2/sensors/button0"]
[[rules]]
silent_s = 9
"#,
        r#"alarms.toml:1:14: error: `buzzer0` names no actuator; allowed is THING/RESOURCE, as 10.0.0.2/buzzer0, or a topic, as 10.0.0.2/actuators/buzzer0
 1 | actuators = ["buzzer0", "10.0.0.2/sensors/button0"]
   |              ^^^^^^^^^
alarms.toml:1:25: error: `10.0.0.2/sensors/button0` is among a thing's sensors; an alarm drives actuators
 1 | actuators = ["buzzer0", "10.0.0.2/sensors/button0"]
   |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    ),
    row(
        Rule::LimitOdd,
        Frame::Alarms,
        r#"[[rules]]
sensor = "HUM"
above = 100
"#,
        r#"alarms.toml:3:9: warning: HUM is never above 100
 3 | above = 100
   |         ^^^
   = HUM is measured in %, 0 to 100
"#,
    ),
    row(
        Rule::LimitOdd,
        Frame::Alarms,
        r#"[[rules]]
sensor = "VIBR"
above = 0.5
hysteresis = 1
"#,
        r#"alarms.toml:3:9: warning: an alarm above 0.5 is over at -0.5 only, which VIBR never is
 3 | above = 0.5
   |         ^^^
   = VIBR is measured in mm/s, from 0 on
"#,
    ),
    row(
        Rule::RulesBeside,
        Frame::Alarms,
        r#"[[rules]]
sensor = "TEMP"
above = 30
[[rules]]
sensor = "TEMP"
above = 30
[[rules]]
sensor = "TEMP"
below = 35
above = 40
"#,
        r#"alarms.toml:6:9: warning: a rule before this one is about the same sensors above 30, too
 6 | above = 30
   |         ^^
alarms.toml:9:9: warning: with the rule before this one that is above 30, every value is an alarm
 9 | below = 35
   |         ^^
alarms.toml:10:9: warning: a rule before this one is about the same sensors above 30; both count
 10 | above = 40
    |         ^^
"#,
    ),
];
