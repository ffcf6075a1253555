//! What an actuator follows, as it is written: each rule with its exact message.

use super::Frame::Outer;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::FollowsOnOthers,
        Outer,
        r#"button1 = { kind = "button", port = "D3", follows = "inner/button0", combine = "any" }
"#,
        r#"lab.toml:12:43: error: a button cannot follow anything
 12 | button1 = { kind = "button", port = "D3", follows = "inner/button0", combine = "any" }
    |                                           ^^^^^^^
    = `follows` is for led, relay and others
lab.toml:12:70: error: a button cannot follow anything
 12 | button1 = { kind = "button", port = "D3", follows = "inner/button0", combine = "any" }
    |                                                                      ^^^^^^^
    = `combine` is for led, relay and others
"#,
    ),
    row(
        Rule::FollowsEmpty,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = [] }
"#,
        r#"lab.toml:12:47: error: `follows` is an empty list
 12 | led0 = { kind = "led", port = "D4", follows = [] }
    |                                               ^^
    = name what it follows, or leave `follows` out
"#,
    ),
    row(
        Rule::FollowsNoSource,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = 3 }
"#,
        r#"lab.toml:12:47: error: a source cannot be a whole number
 12 | led0 = { kind = "led", port = "D4", follows = 3 }
    |                                               ^
    = write "thing/resource", or { topic = "some/topic", stale_after_s = 60 }
"#,
    ),
    row(
        Rule::FollowsNoSource,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = ["inner/button0", true] }
"#,
        r#"lab.toml:12:65: error: a source cannot be true or false
 12 | led0 = { kind = "led", port = "D4", follows = ["inner/button0", true] }
    |                                                                 ^^^^
    = write "thing/resource", or { topic = "some/topic", stale_after_s = 60 }
"#,
    ),
    row(
        Rule::FollowsNoSlash,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "button0" }
"#,
        r#"lab.toml:12:47: error: `button0` does not say of which thing
 12 | led0 = { kind = "led", port = "D4", follows = "button0" }
    |                                               ^^^^^^^^^
    = did you mean `inner/button0`?
"#,
    ),
    row(
        Rule::FollowsNoSlash,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "temperature" }
"#,
        r#"lab.toml:12:47: error: `temperature` does not say of which thing
 12 | led0 = { kind = "led", port = "D4", follows = "temperature" }
    |                                               ^^^^^^^^^^^^^
    = write "thing/resource", also for a resource of the same thing
"#,
    ),
    row(
        Rule::FollowsHalf,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "inner/" }
"#,
        r#"lab.toml:12:47: error: `inner/` lacks a name beside its slash
 12 | led0 = { kind = "led", port = "D4", follows = "inner/" }
    |                                               ^^^^^^^^
    = write "thing/resource"
"#,
    ),
    row(
        Rule::SourceKeysUnknown,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", stale_after_s = 60, rnge = 60 } }
"#,
        r#"lab.toml:12:86: error: a source has no key `rnge`
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", stale_after_s = 60, rnge = 60 } }
    |                                                                                      ^^^^
    = did you mean `range`?
"#,
    ),
    row(
        Rule::SourceNeither,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { stale_after_s = 60 } }
"#,
        r#"lab.toml:12:47: error: this source has no `topic`
 12 | led0 = { kind = "led", port = "D4", follows = { stale_after_s = 60 } }
    |                                               ^
    = write { topic = "some/topic" }, or { source = "thing/resource" }
"#,
    ),
    row(
        Rule::SourceBoth,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", source = "inner/button0" } }
"#,
        r#"lab.toml:12:66: error: a source has `topic` or `source`, not both
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", source = "inner/button0" } }
    |                                                                  ^^^^^^
"#,
    ),
    row(
        Rule::TopicBad,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "10.0.0.9/sensors/+" }
"#,
        r#"lab.toml:12:47: error: the topic `10.0.0.9/sensors/+` holds the wildcard `+`; a message has one topic, wildcards are for subscriptions
 12 | led0 = { kind = "led", port = "D4", follows = "10.0.0.9/sensors/+" }
    |                                               ^^^^^^^^^^^^^^^^^^^^
"#,
    ),
    row(
        Rule::TopicBad,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "", stale_after_s = 60 } }
"#,
        r#"lab.toml:12:57: error: a topic is empty; it needs at least one character
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "", stale_after_s = 60 } }
    |                                                         ^^
"#,
    ),
    row(
        Rule::StaleRange,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", stale_after_s = 0 } }
"#,
        r#"lab.toml:12:82: error: `stale_after_s` is 0; allowed is 1 to 604800
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", stale_after_s = 0 } }
    |                                                                                  ^
    = so many seconds without a message, and the source counts as lost
"#,
    ),
    row(
        Rule::StaleRange,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", stale_after_s = 604801 } }
"#,
        r#"lab.toml:12:82: error: `stale_after_s` is 604801; allowed is 1 to 604800
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "a/b/c", stale_after_s = 604801 } }
    |                                                                                  ^^^^^^
    = so many seconds without a message, and the source counts as lost
"#,
    ),
    row(
        Rule::RangeNoPair,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = { topic = "10.0.0.9/sensors/r", range = [0, 512, 1023] } }
"#,
        r#"lab.toml:12:87: error: `range` is no pair of numbers
 12 | led0 = { kind = "led", port = "D5", follows = { topic = "10.0.0.9/sensors/r", range = [0, 512, 1023] } }
    |                                                                                       ^^^^^^^^^^^^^^
    = write the smallest and the largest whole number that comes, as in [0, 1023]
"#,
    ),
    row(
        Rule::RangeEmpty,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = { topic = "10.0.0.9/sensors/r", range = [1023, 0] } }
"#,
        r#"lab.toml:12:87: error: the range from 1023 to 0 holds nothing to scale
 12 | led0 = { kind = "led", port = "D5", follows = { topic = "10.0.0.9/sensors/r", range = [1023, 0] } }
    |                                                                                       ^^^^^^^^^
    = the smaller number comes first, as in [0, 1023]
"#,
    ),
    row(
        Rule::CombineUnknown,
        Outer,
        r#"button1 = { kind = "button", port = "D3" }
led0 = { kind = "led", port = "D4", follows = ["inner/button0", "outer/button1"], combine = "sum" }
"#,
        r#"lab.toml:13:93: error: `combine` cannot be `sum`
 13 | led0 = { kind = "led", port = "D4", follows = ["inner/button0", "outer/button1"], combine = "sum" }
    |                                                                                             ^^^^^
    = "any": on when any is on; "all": on when all are on; "last": the latest message wins
"#,
    ),
    row(
        Rule::CombineAlone,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = ["inner/button0"], combine = "all" }
"#,
        r#"lab.toml:12:66: error: `combine` has nothing to combine here
 12 | led0 = { kind = "led", port = "D4", follows = ["inner/button0"], combine = "all" }
    |                                                                  ^^^^^^^
    = it is for several sources, as in follows = ["inner/button0", "outer/button1"]
"#,
    ),
    row(
        Rule::CombineAlone,
        Outer,
        r#"led0 = { kind = "led", port = "D4", combine = "all" }
"#,
        r#"lab.toml:12:37: error: `combine` has nothing to combine here
 12 | led0 = { kind = "led", port = "D4", combine = "all" }
    |                                     ^^^^^^^
    = it is for several sources, as in follows = ["inner/button0", "outer/button1"]
"#,
    ),
    row(
        Rule::LostUnknown,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "inner/button0", on_source_lost = "off" }
"#,
        r##"lab.toml:12:81: error: `on_source_lost` cannot be `off`
 12 | led0 = { kind = "led", port = "D4", follows = "inner/button0", on_source_lost = "off" }
    |                                                                                 ^^^^^
    = "rest": as at start; "hold": what it said last; or a value: true, false, a number for a dimmed LED, "#rrggbb" for a coloured one
"##,
    ),
    row(
        Rule::LostAlone,
        Outer,
        r#"led0 = { kind = "led", port = "D4", on_source_lost = "hold" }
"#,
        r#"lab.toml:12:37: error: `on_source_lost` without `follows` never happens
 12 | led0 = { kind = "led", port = "D4", on_source_lost = "hold" }
    |                                     ^^^^^^^^^^^^^^
    = say what it follows, or leave it out
"#,
    ),
    row(
        Rule::LostUnfit,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = "inner/rotary0", on_source_lost = 1024 }
"#,
        r#"lab.toml:12:81: error: `led0` cannot show 1024
 12 | led0 = { kind = "led", port = "D5", follows = "inner/rotary0", on_source_lost = 1024 }
    |                                                                                 ^^^^
    = it shows 0..1023, true or false
"#,
    ),
    row(
        Rule::LostUnfit,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = "inner/button0", on_source_lost = 1 }
"#,
        r#"lab.toml:12:81: error: `led0` cannot show 1
 12 | led0 = { kind = "led", port = "D5", follows = "inner/button0", on_source_lost = 1 }
    |                                                                                 ^
    = it shows true or false
"#,
    ),
    row(
        Rule::LostUnfit,
        Outer,
        r##"lamp0 = { kind = "chainable_led", port = "D7", follows = "inner/button0", on_source_lost = 7 }
lamp1 = { kind = "chainable_led", port = "D2", follows = "inner/button0", on_source_lost = "#ff0000" }
led0 = { kind = "led", port = "D5", follows = "inner/button0", on_source_lost = "#ff0000" }
lcd0 = { kind = "rgb_lcd", follows = "inner/button0", on_source_lost = true }
"##,
        r##"lab.toml:12:92: error: `lamp0` cannot show 7
 12 | lamp0 = { kind = "chainable_led", port = "D7", follows = "inner/button0", on_source_lost = 7 }
    |                                                                                            ^
    = it shows a colour, as "#ff0000"; true is white, false is dark
lab.toml:14:81: error: `led0` cannot show #ff0000
 14 | led0 = { kind = "led", port = "D5", follows = "inner/button0", on_source_lost = "#ff0000" }
    |                                                                                 ^^^^^^^^^
    = it shows true or false
lab.toml:15:72: error: `lcd0` shows text, and true is none
 15 | lcd0 = { kind = "rgb_lcd", follows = "inner/button0", on_source_lost = true }
    |                                                                        ^^^^
    = write "rest", and it is dark, or "hold", and it shows what was said last
"##,
    ),
];
