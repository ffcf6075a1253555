//! Things and their addresses: each rule with its exact message.

use super::Frame::{Thing, Whole};
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::NoThings,
        Whole,
        r#"[broker]
url = "mqtt://b"
"#,
        r#"lab.toml:1:1: error: there are no things
 1 | [broker]
   | ^
   = add [things.inner] and [things.inner.resources]
"#,
    ),
    row(
        Rule::NoThings,
        Whole,
        r#"[broker]
url = "mqtt://b"
[things]
"#,
        r#"lab.toml:3:2: error: there are no things
 3 | [things]
   |  ^^^^^^
   = add [things.inner] and [things.inner.resources]
"#,
    ),
    row(
        Rule::ThingName,
        Thing,
        r#"[things.Inner-1.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:9: error: `Inner-1` is no name for a thing
 3 | [things.Inner-1.resources]
   |         ^^^^^^^
   = a name begins with a letter a to z and goes on with a to z, 0 to 9 and _, at most 64 in all
"#,
    ),
    row(
        Rule::UnknownKeyInThing,
        Thing,
        r#"[things.inner]
adress = "10.0.0.1"
led0 = { kind = "led", port = "D4" }
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:1: error: a thing has no key `adress`
 4 | adress = "10.0.0.1"
   | ^^^^^^
   = did you mean `address`?
lab.toml:5:1: error: a thing has no key `led0`
 5 | led0 = { kind = "led", port = "D4" }
   | ^^^^
   = resources stand under [things.<name>.resources]
"#,
    ),
    row(
        Rule::AddressEmpty,
        Thing,
        r#"[things.inner]
address = ""
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:11: error: the address is empty
 4 | address = ""
   |           ^^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressWildcard,
        Thing,
        r#"[things.inner]
address = "10.0.0.+"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:19: error: the address `10.0.0.+` holds `+`, which is a wildcard in subscriptions
 4 | address = "10.0.0.+"
   |                   ^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressWildcard,
        Thing,
        r##"[things.inner]
address = "#"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"##,
        r##"lab.toml:4:12: error: the address `#` holds `#`, which is a wildcard in subscriptions
 4 | address = "#"
   |            ^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"##,
    ),
    row(
        Rule::AddressSlash,
        Thing,
        r#"[things.inner]
address = "lab/10.0.0.1"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:15: error: the address `lab/10.0.0.1` holds `/`; it is one level of a topic
 4 | address = "lab/10.0.0.1"
   |               ^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressDollar,
        Thing,
        r#"[things.inner]
address = "$share"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:12: error: the address `$share` begins with `$`, which brokers keep for themselves
 4 | address = "$share"
   |            ^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressBlank,
        Thing,
        r#"[things.inner]
address = "10.0.0.1 "
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:20: error: the address `10.0.0.1 ` holds a blank
 4 | address = "10.0.0.1 "
   |                    ^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressControl,
        Thing,
        r#"[things.inner]
address = "10.0.0.1\u0007"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:11: error: the address `10.0.0.1\u{7}` holds a control character
 4 | address = "10.0.0.1\u0007"
   |           ^^^^^^^^^^^^^^^^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressTooLong,
        Thing,
        r#"[things.inner]
address = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:11: error: an address of 254 bytes is too long; at most 253
 4 | address = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...
   |           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressNoIp,
        Thing,
        r#"[things.inner]
address = "172.16.32.300"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:11: error: the address `172.16.32.300` looks like IPv4, which has four numbers of 0 to 255
 4 | address = "172.16.32.300"
   |           ^^^^^^^^^^^^^^^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressNowhere,
        Thing,
        r#"[things.inner]
address = "0.0.0.0"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:11: error: the address `0.0.0.0` means any or none, so it is nobody's
 4 | address = "0.0.0.0"
   |           ^^^^^^^^^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressOdd,
        Thing,
        r#"[things.inner]
address = "172,16,32,157"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:11: warning: the address `172,16,32,157` looks like a mistyped one; it is taken as a name
 4 | address = "172,16,32,157"
   |           ^^^^^^^^^^^^^^^
   = the Pi's own address, as in "172.16.32.157"; all its topics begin with it
"#,
    ),
    row(
        Rule::AddressTwice,
        Thing,
        r#"[things.inner]
address = "10.0.0.1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
[things.outer]
address = "10.0.0.1"
[things.outer.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:8:11: error: thing `inner` has the same address
 8 | address = "10.0.0.1"
   |           ^^^^^^^^^^
   = one Pi is one thing: put all its resources into one, or correct the address
"#,
    ),
    row(
        Rule::AddressTwice,
        Thing,
        r#"[things.inner]
address = "fe80::1"
[things.inner.resources]
button0 = { kind = "button", port = "D3" }
[things.outer]
address = "fe80:0::1"
[things.outer.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:8:11: error: thing `inner` has the same address
 8 | address = "fe80:0::1"
   |           ^^^^^^^^^^^
   = one Pi is one thing: put all its resources into one, or correct the address
"#,
    ),
    row(
        Rule::AddressAndInterface,
        Thing,
        r#"[things.inner]
address = "10.0.0.1"
interface = "eth0"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:5:1: error: `address` and `interface` exclude each other
 5 | interface = "eth0"
   | ^^^^^^^^^
   = `address` gives the id here; `interface` takes the address that the Pi has when it runs
"#,
    ),
    row(
        Rule::InterfaceBad,
        Thing,
        r#"[things.inner]
interface = "/dev/eth0"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:13: error: `/dev/eth0` is no name of a network interface
 4 | interface = "/dev/eth0"
   |             ^^^^^^^^^^^
   = `ip link` lists them, as eth0 or wlan0; without `interface` the default route's is taken
"#,
    ),
    row(
        Rule::BusRange,
        Thing,
        r#"[things.inner]
bus = 256
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:7: error: `bus` is 256; allowed is 0 to 255
 4 | bus = 256
   |       ^^^
   = the number in /dev/i2c-1; 1 when left out
"#,
    ),
    row(
        Rule::ResetGpioRange,
        Thing,
        r#"[things.inner]
reset_gpio = 28
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:14: error: `reset_gpio` is 28; allowed is 0 to 27
 4 | reset_gpio = 28
   |              ^^
   = the BCM number of the Pi's pin that is wired to the board's reset
"#,
    ),
    row(
        Rule::ResetGpioIsBus,
        Thing,
        r#"[things.inner]
reset_gpio = 2
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:4:14: error: GPIO 2 is a wire of I2C bus 1 itself
 4 | reset_gpio = 2
   |              ^
   = the BCM number of the Pi's pin that is wired to the board's reset
"#,
    ),
    row(
        Rule::NoResources,
        Thing,
        r#"[things.inner]
address = "10.0.0.1"
"#,
        r#"lab.toml:3:9: error: this thing has no resources, so it would do nothing
 3 | [things.inner]
   |         ^^^^^
   = give it one, as `mqtt-thing kinds` shows, or leave the thing out
"#,
    ),
    row(
        Rule::NoResources,
        Thing,
        r#"[things.inner.resources]
"#,
        r#"lab.toml:3:15: error: this thing has no resources, so it would do nothing
 3 | [things.inner.resources]
   |               ^^^^^^^^^
   = give it one, as `mqtt-thing kinds` shows, or leave the thing out
"#,
    ),
];
