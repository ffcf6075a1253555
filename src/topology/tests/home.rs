//! `[home_assistant]`: each rule with its exact message, and what is read.

use super::Frame::Whole;
use super::{Row, row};
use crate::topology::findings::Rule;
use crate::topology::parse;

const THING: &str =
    "[things.a]\naddress = \"10.0.0.1\"\n[things.a.resources]\nclock0 = { kind = \"clock\" }\n";

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::UnknownKeyInHome,
        Whole,
        r#"[broker]
url = "mqtt://b"
[home_assistant]
discovery = true
discovery_prefix = "ha"
labs = "north"
birth_topic = "ha/status"
enabled = true
[things.a.resources]
clock0 = { kind = "clock" }
"#,
        r#"lab.toml:5:1: error: [home_assistant] has no key `discovery_prefix`
 5 | discovery_prefix = "ha"
   | ^^^^^^^^^^^^^^^^
   = did you mean `prefix`?
lab.toml:6:1: error: [home_assistant] has no key `labs`
 6 | labs = "north"
   | ^^^^
   = did you mean `lab`?
lab.toml:7:1: error: [home_assistant] has no key `birth_topic`
 7 | birth_topic = "ha/status"
   | ^^^^^^^^^^^
   = did you mean `status`?
lab.toml:8:1: error: [home_assistant] has no key `enabled`
 8 | enabled = true
   | ^^^^^^^
   = did you mean `discovery`?
"#,
    ),
    row(
        Rule::HomeDiscoveryMissing,
        Whole,
        r#"[broker]
url = "mqtt://b"
[home_assistant]
lab = "north"
[things.a.resources]
clock0 = { kind = "clock" }
"#,
        r#"lab.toml:3:2: error: [home_assistant] has no `discovery`
 3 | [home_assistant]
   |  ^^^^^^^^^^^^^^
   = discovery = true announces every thing; false takes back what was announced
"#,
    ),
    row(
        Rule::HomeTopic,
        Whole,
        r#"[broker]
url = "mqtt://b"
[home_assistant]
discovery = true
prefix = "ha/#"
status = ""
[things.a.resources]
clock0 = { kind = "clock" }
"#,
        r#"lab.toml:5:10: error: `prefix` cannot be `ha/#`
 5 | prefix = "ha/#"
   |          ^^^^^^
   = levels of letters, digits, _ and -, with / between, at most 64 in all, as in "homeassistant"; it is what Home Assistant's MQTT options say
lab.toml:6:10: error: `status` cannot be ``
 6 | status = ""
   |          ^^
   = levels of letters, digits, _ and -, with / between, at most 64 in all, as in "homeassistant"; it is what Home Assistant's MQTT options say
"#,
    ),
    row(
        Rule::HomeLab,
        Whole,
        r#"[broker]
url = "mqtt://b"
[home_assistant]
discovery = true
lab = "North-1"
[things.a.resources]
clock0 = { kind = "clock" }
"#,
        r#"lab.toml:5:7: error: `North-1` is no name for a lab
 5 | lab = "North-1"
   |       ^^^^^^^^^
   = a name begins with a letter a to z and goes on with a to z, 0 to 9 and _, at most 64 in all
"#,
    ),
    row(
        Rule::NotBoolean,
        Whole,
        r#"[broker]
url = "mqtt://b"
[home_assistant]
discovery = "yes"
[things.a.resources]
clock0 = { kind = "clock" }
"#,
        r#"lab.toml:4:13: error: `discovery` is text; it takes true or false
 4 | discovery = "yes"
   |             ^^^^^
"#,
    ),
    row(
        Rule::NotTable,
        Whole,
        r#"home_assistant = true
[broker]
url = "mqtt://b"
[things.a.resources]
clock0 = { kind = "clock" }
"#,
        r#"lab.toml:1:18: error: `home_assistant` is true or false; [home_assistant] is a table
 1 | home_assistant = true
   |                  ^^^^
"#,
    ),
];

#[test]
fn what_is_left_out_is_as_home_assistant_has_it() {
    let home = |section: &str| {
        let text = format!("[broker]\nurl = \"mqtt://b\"\n{section}\n{THING}");
        parse(&text).unwrap().things[0].home.clone()
    };
    assert_eq!(home(""), None);
    let plain = home("[home_assistant]\ndiscovery = true").unwrap();
    assert!(plain.discovery);
    assert_eq!(
        plain.topic("a").as_str(),
        "homeassistant/device/mqtt_thing-a/config"
    );
    assert_eq!(plain.status.as_str(), "homeassistant/status");
    let other = home(
        "[home_assistant]\ndiscovery = false\nprefix = \"a/b\"\nstatus = \"c/d\"\nlab = \"n_1\"",
    )
    .unwrap();
    assert!(!other.discovery);
    assert_eq!(
        other.topic("a").as_str(),
        "a/b/device/mqtt_thing-n_1-a/config"
    );
    assert_eq!(other.status.as_str(), "c/d");
}
