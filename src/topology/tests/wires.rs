//! What both ends of a wire must agree on: each rule with its exact message.

use super::Frame::{Inner, Outer, Thing};
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::UnknownThing,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "iner/button0" }
"#,
        r#"lab.toml:12:48: error: there is no thing `iner`
 12 | led0 = { kind = "led", port = "D4", follows = "iner/button0" }
    |                                                ^^^^
    = did you mean `inner/button0`?
"#,
    ),
    row(
        Rule::UnknownThing,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = ["zigbee/lamp"] }
"#,
        r#"lab.toml:12:49: error: there is no thing `zigbee`
 12 | led0 = { kind = "led", port = "D4", follows = ["zigbee/lamp"] }
    |                                                 ^^^^^^
    = the things are inner, outer; a topic of somebody else is written { topic = "zigbee/lamp" }
"#,
    ),
    row(
        Rule::UnknownThing,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = "iner/rotary0", on_source_lost = 300 }
"#,
        r#"lab.toml:12:48: error: there is no thing `iner`
 12 | led0 = { kind = "led", port = "D5", follows = "iner/rotary0", on_source_lost = 300 }
    |                                                ^^^^
    = did you mean `inner/rotary0`?
"#,
    ),
    row(
        Rule::UnknownResource,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "inner/buton0" }
"#,
        r#"lab.toml:12:54: error: thing `inner` has no resource `buton0`
 12 | led0 = { kind = "led", port = "D4", follows = "inner/buton0" }
    |                                                      ^^^^^^
    = did you mean `inner/button0`?
"#,
    ),
    row(
        Rule::UnknownResource,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = 'outer/temperature' }
"#,
        r#"lab.toml:12:54: error: thing `outer` has no resource `temperature`
 12 | led0 = { kind = "led", port = "D4", follows = 'outer/temperature' }
    |                                                      ^^^^^^^^^^^
    = it has led0
"#,
    ),
    row(
        Rule::NoFixedAddress,
        Thing,
        r#"[things.inner]
interface = "eth0"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
[things.outer.resources]
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
"#,
        r#"lab.toml:8:47: error: thing `inner` has no `address` in this file, so others cannot know its topics
 8 | led0 = { kind = "led", port = "D4", follows = "inner/button0" }
   |                                               ^^^^^^^^^^^^^^^
   = give [things.inner] an address, as in address = "172.16.32.157"
"#,
    ),
    row(
        Rule::TopicOfNobody,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "10.0.0.1/sensors/buton0" }
"#,
        r#"lab.toml:12:47: error: nobody speaks on this topic: thing `inner` has no `buton0` among its sensors
 12 | led0 = { kind = "led", port = "D4", follows = "10.0.0.1/sensors/buton0" }
    |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^
    = did you mean "inner/button0"?
"#,
    ),
    row(
        Rule::TopicOfNobody,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "10.0.0.1/actuators/button0" }
"#,
        r#"lab.toml:12:47: error: nobody speaks on this topic: thing `inner` has no `button0` among its actuators
 12 | led0 = { kind = "led", port = "D4", follows = "10.0.0.1/actuators/button0" }
    |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
    = did you mean "inner/button0"?
"#,
    ),
    row(
        Rule::TopicIsName,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "inner/button0", stale_after_s = 60 } }
"#,
        r#"lab.toml:12:57: error: `inner/button0` is a name of this file and no topic
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "inner/button0", stale_after_s = 60 } }
    |                                                         ^^^^^^^^^^^^^^^
    = write "inner/button0" or { source = "inner/button0" }
"#,
    ),
    row(
        Rule::StaleOnOurs,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "10.0.0.1/sensors/button0", stale_after_s = 60 } }
"#,
        r#"lab.toml:12:101: error: `inner/button0` says by itself when it goes away
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "10.0.0.1/sensors/button0", stale_after_s = 60 } }
    |                                                                                                     ^^
    = `stale_after_s` is for sources without a status topic; leave it out
"#,
    ),
    row(
        Rule::StaleOnOurs,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { source = "inner/button0", stale_after_s = 60 } }
"#,
        r#"lab.toml:12:91: error: `inner/button0` says by itself when it goes away
 12 | led0 = { kind = "led", port = "D4", follows = { source = "inner/button0", stale_after_s = 60 } }
    |                                                                                           ^^
    = `stale_after_s` is for sources without a status topic; leave it out
"#,
    ),
    row(
        Rule::RangeOnOurs,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = { source = "inner/rotary0", range = [0, 100] } }
"#,
        r#"lab.toml:12:83: error: the range of `inner/rotary0` is known from its kind
 12 | led0 = { kind = "led", port = "D5", follows = { source = "inner/rotary0", range = [0, 100] } }
    |                                                                                   ^^^^^^^^
    = `range` is for topics of others; leave it out
"#,
    ),
    row(
        Rule::SourceTwice,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = ["inner/button0", "10.0.0.1/sensors/button0"] }
"#,
        r#"lab.toml:12:65: error: `10.0.0.1/sensors/button0` is followed twice
 12 | led0 = { kind = "led", port = "D4", follows = ["inner/button0", "10.0.0.1/sensors/button0"] }
    |                                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^
    = once is enough
"#,
    ),
    row(
        Rule::FollowsItself,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "outer/led0" }
"#,
        r#"lab.toml:12:47: error: `outer/led0` would follow itself
 12 | led0 = { kind = "led", port = "D4", follows = "outer/led0" }
    |                                               ^^^^^^^^^^^^
    = name the sensor that moves it
"#,
    ),
    row(
        Rule::FollowsItself,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "10.0.0.2/actuators/led0" }
"#,
        r#"lab.toml:12:47: error: `10.0.0.2/actuators/led0` would follow itself
 12 | led0 = { kind = "led", port = "D4", follows = "10.0.0.2/actuators/led0" }
    |                                               ^^^^^^^^^^^^^^^^^^^^^^^^^
    = name the sensor that moves it
"#,
    ),
    row(
        Rule::Loop,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "outer/led1" }
led1 = { kind = "led", port = "D5", follows = "outer/led0" }
"#,
        r#"lab.toml:12:47: error: the wire goes in a circle: outer/led0 follows outer/led1 follows outer/led0
 12 | led0 = { kind = "led", port = "D4", follows = "outer/led1" }
    |                                               ^^^^^^^^^^^^
    = nothing in it would ever move; one of them has to follow a sensor instead
"#,
    ),
    row(
        Rule::Loop,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = ["inner/button0", "outer/led1"] }
led1 = { kind = "led", port = "D5", follows = "outer/led2" }
led2 = { kind = "led", port = "D6", follows = ["outer/led1", "10.0.0.2/actuators/led0"] }
"#,
        r#"lab.toml:13:47: error: the wire goes in a circle: outer/led1 follows outer/led2 follows outer/led1
 13 | led1 = { kind = "led", port = "D5", follows = "outer/led2" }
    |                                               ^^^^^^^^^^^^
    = nothing in it would ever move; one of them has to follow a sensor instead
"#,
    ),
    row(
        Rule::CannotFollow,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "inner/clock0" }
"#,
        r#"lab.toml:12:47: error: `outer/led0` cannot follow `inner/clock0`: it cannot show text
 12 | led0 = { kind = "led", port = "D4", follows = "inner/clock0" }
    |                                               ^^^^^^^^^^^^^^
    = `inner/clock0` says text
"#,
    ),
    row(
        Rule::CannotFollow,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "inner/rotary0" }
"#,
        r#"lab.toml:12:47: error: `outer/led0` cannot follow `inner/rotary0`: to be dimmed by a number (0..1023) it needs PWM, and port D4 has no PWM; D3, D5 and D6 have it
 12 | led0 = { kind = "led", port = "D4", follows = "inner/rotary0" }
    |                                               ^^^^^^^^^^^^^^^
    = `inner/rotary0` says 0..1023
"#,
    ),
    row(
        Rule::CannotFollow,
        Outer,
        r#"led0 = { kind = "led", port = "D5", follows = "inner/rotary0" }
led1 = { kind = "led", port = "D4", follows = "outer/led0" }
"#,
        r#"lab.toml:13:47: error: `outer/led1` cannot follow `outer/led0`: to be dimmed by a number (0..1023) it needs PWM, and port D4 has no PWM; D3, D5 and D6 have it
 13 | led1 = { kind = "led", port = "D4", follows = "outer/led0" }
    |                                               ^^^^^^^^^^^^
    = `outer/led0` says 0..1023
"#,
    ),
    row(
        Rule::CannotFollow,
        Outer,
        r#"relay0 = { kind = "relay", port = "D7", follows = "inner/rotary0" }
"#,
        r#"lab.toml:12:51: error: `outer/relay0` cannot follow `inner/rotary0`: a relay is open or closed, and its source says 0..1023
 12 | relay0 = { kind = "relay", port = "D7", follows = "inner/rotary0" }
    |                                                   ^^^^^^^^^^^^^^^
    = `inner/rotary0` says 0..1023
"#,
    ),
    row(
        Rule::CannotFollow,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = { topic = "10.0.0.9/sensors/r", range = [0, 100] } }
"#,
        r#"lab.toml:12:57: error: `outer/led0` cannot follow `10.0.0.9/sensors/r`: to be dimmed by a number (0..100) it needs PWM, and port D4 has no PWM; D3, D5 and D6 have it
 12 | led0 = { kind = "led", port = "D4", follows = { topic = "10.0.0.9/sensors/r", range = [0, 100] } }
    |                                                         ^^^^^^^^^^^^^^^^^^^^
    = `10.0.0.9/sensors/r` says 0..100
"#,
    ),
    row(
        Rule::LossUnnoticed,
        Outer,
        r#"led0 = { kind = "led", port = "D4", follows = "office/lamp/state" }
"#,
        r#"lab.toml:12:47: warning: nobody would notice if this source went away
 12 | led0 = { kind = "led", port = "D4", follows = "office/lamp/state" }
    |                                               ^^^^^^^^^^^^^^^^^^^
    = write { topic = "office/lamp/state", stale_after_s = 60 } if it speaks at least once a minute
"#,
    ),
    row(
        Rule::SourceNotKept,
        Inner,
        r#"button0 = { kind = "button", port = "D3", retain = false, qos = 0 }
led0 = { kind = "led", port = "D4", follows = "inner/button0" }
"#,
        r#"lab.toml:7:47: warning: after a restart this does not know `inner/button0` until that changes
 7 | led0 = { kind = "led", port = "D4", follows = "inner/button0" }
   |                                               ^^^^^^^^^^^^^^^
   = `inner/button0` has retain = false; leave that out
"#,
    ),
    row(
        Rule::FollowsSeveral,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7" }
led0 = { kind = "led", port = "D5", follows = "inner/dht0" }
"#,
        r#"lab.toml:7:47: error: `inner/dht0` says several values
 7 | led0 = { kind = "led", port = "D5", follows = "inner/dht0" }
   |                                               ^^^^^^^^^^^^
   = follow one of inner/dht0/temperature, inner/dht0/humidity
"#,
    ),
    row(
        Rule::UnknownChannel,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7" }
led0 = { kind = "led", port = "D5", follows = "inner/dht0/temp" }
"#,
        r#"lab.toml:7:47: error: `inner/dht0` has no value `temp`
 7 | led0 = { kind = "led", port = "D5", follows = "inner/dht0/temp" }
   |                                               ^^^^^^^^^^^^^^^^^
   = it has inner/dht0/temperature, inner/dht0/humidity
"#,
    ),
    row(
        Rule::UnknownChannel,
        Inner,
        r#"button0 = { kind = "button", port = "D3" }
led0 = { kind = "led", port = "D5", follows = "inner/button0/level" }
"#,
        r#"lab.toml:7:47: error: `inner/button0` has no value `level`
 7 | led0 = { kind = "led", port = "D5", follows = "inner/button0/level" }
   |                                               ^^^^^^^^^^^^^^^^^^^^^
   = it has one value; write "inner/button0"
"#,
    ),
    row(
        Rule::CannotFollow,
        Inner,
        r#"digits0 = { kind = "four_digit", port = "D6", follows = "inner/counter0" }
counter0 = { kind = "counter", port = "D3" }
"#,
        r#"lab.toml:6:57: error: `inner/digits0` cannot follow `inner/counter0`: it shows whole numbers, 0..9999, and its source says 0..6000000
 6 | digits0 = { kind = "four_digit", port = "D6", follows = "inner/counter0" }
   |                                                         ^^^^^^^^^^^^^^^^
   = `inner/counter0` says 0..6000000
"#,
    ),
];
