//! Resources, their kinds, ports and settings: each rule with its exact message.

use super::Frame::Inner;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::ResourceName,
        Inner,
        r#"LED-0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:6:1: error: `LED-0` is no name for a resource
 6 | LED-0 = { kind = "led", port = "D4" }
   | ^^^^^
   = a name begins with a letter a to z and goes on with a to z, 0 to 9 and _, at most 64 in all
"#,
    ),
    row(
        Rule::KindMissing,
        Inner,
        r#"led0 = { port = "D4" }
"#,
        r#"lab.toml:6:1: error: this resource has no `kind`
 6 | led0 = { port = "D4" }
   | ^^^^
   = write kind = "button"; `mqtt-thing kinds` shows what there is
"#,
    ),
    row(
        Rule::KindUnknown,
        Inner,
        r#"led0 = { kind = "LDE", port = "D4" }
"#,
        r#"lab.toml:6:17: error: there is no kind `LDE`
 6 | led0 = { kind = "LDE", port = "D4" }
   |                 ^^^^^
   = did you mean `led`?
"#,
    ),
    row(
        Rule::KindUnknown,
        Inner,
        r#"t0 = { kind = "thermometer", port = "A0" }
"#,
        r#"lab.toml:6:15: error: there is no kind `thermometer`
 6 | t0 = { kind = "thermometer", port = "A0" }
   |               ^^^^^^^^^^^^^
   = `mqtt-thing kinds` shows what there is
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"button0 = { kind = "button", prot = "D3" }
"#,
        r#"lab.toml:6:30: error: a button has no key `prot`
 6 | button0 = { kind = "button", prot = "D3" }
   |                              ^^^^
   = did you mean `port`?
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"button0 = { kind = "button", port = "D3", dead_band = 4, x = 1 }
"#,
        r#"lab.toml:6:43: error: a button has no key `dead_band`
 6 | button0 = { kind = "button", port = "D3", dead_band = 4, x = 1 }
   |                                           ^^^^^^^^^
   = `dead_band` is a setting of rotary, light and others
lab.toml:6:58: error: a button has no key `x`
 6 | button0 = { kind = "button", port = "D3", dead_band = 4, x = 1 }
   |                                                          ^
   = its keys: kind, port, every_ms, debounce_ms, retain, qos
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"led0 = { kind = "led", port = "D4", pin = 4 }
"#,
        r#"lab.toml:6:37: error: a led has no key `pin`
 6 | led0 = { kind = "led", port = "D4", pin = 4 }
   |                                     ^^^
   = did you mean `port`?
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"led0 = { knd = "led", port = "D4" }
"#,
        r#"lab.toml:6:10: error: a resource has no key `knd`
 6 | led0 = { knd = "led", port = "D4" }
   |          ^^^
   = did you mean `kind`?
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"button0 = { kind = "button", port = "D3", every_ms = 0 }
"#,
        r#"lab.toml:6:54: error: `every_ms` is 0; allowed is 1 to 60000
 6 | button0 = { kind = "button", port = "D3", every_ms = 0 }
   |                                                      ^
   = how often the level is read; 10 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"rotary0 = { kind = "rotary", port = "A0", dead_band = 99999999999999999999 }
"#,
        r#"lab.toml:6:55: error: `dead_band` is 99999999999999999999; allowed is 1 to 512
 6 | rotary0 = { kind = "rotary", port = "A0", dead_band = 99999999999999999999 }
   |                                                       ^^^^^^^^^^^^^^^^^^^^
   = smallest change that is said, in counts; the ends are always reached; 4 when left out
"#,
    ),
    row(
        Rule::PortMissing,
        Inner,
        r#"rotary0 = { kind = "rotary" }
"#,
        r#"lab.toml:6:1: error: this rotary has no `port`
 6 | rotary0 = { kind = "rotary" }
   | ^^^^^^^
   = the socket that it is plugged into: A0, A1, A2
"#,
    ),
    row(
        Rule::PortUnknown,
        Inner,
        r#"led0 = { kind = "led", port = "D9" }
"#,
        r#"lab.toml:6:31: error: the board has no port `D9`
 6 | led0 = { kind = "led", port = "D9" }
   |                               ^^^^
   = a led fits into A0, A1, A2, D2, D3, D4, D5, D6, D7, D8
"#,
    ),
    row(
        Rule::PortUnfit,
        Inner,
        r#"rotary0 = { kind = "rotary", port = "D3" }
"#,
        r#"lab.toml:6:37: error: a rotary does not work in port D3
 6 | rotary0 = { kind = "rotary", port = "D3" }
   |                                     ^^^^
   = it fits into A0, A1, A2
"#,
    ),
    row(
        Rule::PortNotNeeded,
        Inner,
        r#"clock0 = { kind = "clock", port = "D3" }
"#,
        r#"lab.toml:6:28: error: a clock needs no port
 6 | clock0 = { kind = "clock", port = "D3" }
   |                            ^^^^
   = leave it out
"#,
    ),
    row(
        Rule::PortTwice,
        Inner,
        r#"button0 = { kind = "button", port = "D4" }
led0 = { kind = "led", port = "d4" }
"#,
        r#"lab.toml:7:31: error: port D4 is taken by `button0`
 7 | led0 = { kind = "led", port = "d4" }
   |                               ^^^^
   = each resource needs a socket of its own
"#,
    ),
    row(
        Rule::RetainOnOthers,
        Inner,
        r#"led0 = { kind = "led", port = "D4", retain = false }
"#,
        r#"lab.toml:6:37: error: a led has no `retain`
 6 | led0 = { kind = "led", port = "D4", retain = false }
   |                                     ^^^^^^
   = it is for sensors; leave it out
"#,
    ),
    row(
        Rule::QosOnOthers,
        Inner,
        r#"clock0 = { kind = "clock", qos = 0 }
"#,
        r#"lab.toml:6:28: error: a clock has no `qos`
 6 | clock0 = { kind = "clock", qos = 0 }
   |                            ^^^
   = it is for sensors; leave it out
"#,
    ),
    row(
        Rule::QosTwo,
        Inner,
        r#"button0 = { kind = "button", port = "D3", qos = 2 }
"#,
        r#"lab.toml:6:49: error: QoS 2 is not offered
 6 | button0 = { kind = "button", port = "D3", qos = 2 }
   |                                                 ^
   = 1 is as safe here: a value that comes twice changes nothing, and values are said again at each connect
"#,
    ),
    row(
        Rule::QosRange,
        Inner,
        r#"button0 = { kind = "button", port = "D3", qos = 3 }
"#,
        r#"lab.toml:6:49: error: `qos` is 3; allowed is 0 to 1
 6 | button0 = { kind = "button", port = "D3", qos = 3 }
   |                                                 ^
   = 0 is at most once, 1 is at least once; 1 when left out
"#,
    ),
    row(
        Rule::ButtonSlow,
        Inner,
        r#"button0 = { kind = "button", port = "D3", every_ms = 100 }
"#,
        r#"lab.toml:6:54: warning: a press shorter than 100 ms can be missed
 6 | button0 = { kind = "button", port = "D3", every_ms = 100 }
   |                                                      ^^^
   = 10 is usual
"#,
    ),
    row(
        Rule::DebounceLong,
        Inner,
        r#"button0 = { kind = "button", port = "D3", debounce_ms = 500 }
"#,
        r#"lab.toml:6:57: warning: a second press within 500 ms of the first can be missed
 6 | button0 = { kind = "button", port = "D3", debounce_ms = 500 }
   |                                                         ^^^
   = 20 is usual
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7", model = 12 }
"#,
        r#"lab.toml:6:45: error: `model` is 12; allowed is 11, 21, 22, 2301
 6 | dht0 = { kind = "dht", port = "D7", model = 12 }
   |                                             ^^
   = DHT11 (blue), DHT21, DHT22 (white) or AM2301; 11 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7", every_ms = 2000 }
"#,
        r#"lab.toml:6:48: error: `every_ms` is 2000; allowed is 10000 to 3600000
 6 | dht0 = { kind = "dht", port = "D7", every_ms = 2000 }
   |                                                ^^^^
   = how often it is read; faster would stall the board; 10000 when left out
"#,
    ),
    row(
        Rule::HoldsBoard,
        Inner,
        r#"dht0 = { kind = "dht", port = "D7" }
encoder0 = { kind = "encoder", port = "D5" }
button0 = { kind = "button", port = "D3" }
"#,
        r#"lab.toml:6:1: warning: each 10000 ms this holds the board for 270 ms, in which `button0` is not read
 6 | dht0 = { kind = "dht", port = "D7" }
   | ^^^^
   = what begins and ends meanwhile is missed; put one of them on another Pi, or give this a larger every_ms
"#,
    ),
    row(
        Rule::PortTwice,
        Inner,
        r#"bar0 = { kind = "led_bar", port = "D4" }
button0 = { kind = "button", port = "D5" }
digits0 = { kind = "four_digit", port = "D6" }
encoder0 = { kind = "encoder", port = "D7" }
button1 = { kind = "button", port = "D3" }
"#,
        r#"lab.toml:7:37: error: port D5 is taken by `bar0`
 7 | button0 = { kind = "button", port = "D5" }
   |                                     ^^^^
   = a module with two signal wires takes the next socket's pin as well; leave that one empty
lab.toml:9:39: error: port D7 is taken by `digits0`
 9 | encoder0 = { kind = "encoder", port = "D7" }
   |                                       ^^^^
   = a module with two signal wires takes the next socket's pin as well; leave that one empty
"#,
    ),
    row(
        Rule::PortUnfit,
        Inner,
        r#"bar0 = { kind = "led_bar", port = "D8" }
counter0 = { kind = "counter", port = "A0" }
"#,
        r#"lab.toml:6:35: error: a led_bar does not work in port D8
 6 | bar0 = { kind = "led_bar", port = "D8" }
   |                                   ^^^^
   = it fits into D2, D3, D4, D5, D6, D7
lab.toml:7:39: error: a counter does not work in port A0
 7 | counter0 = { kind = "counter", port = "A0" }
   |                                       ^^^^
   = it fits into D2, D3, D4, D5, D6, D7, D8
"#,
    ),
    row(
        Rule::PortNotNeeded,
        Inner,
        r#"lcd0 = { kind = "rgb_lcd", port = "D3" }
"#,
        r#"lab.toml:6:28: error: a rgb_lcd needs no port
 6 | lcd0 = { kind = "rgb_lcd", port = "D3" }
   |                            ^^^^
   = it is plugged into any I2C socket; leave it out
"#,
    ),
];
