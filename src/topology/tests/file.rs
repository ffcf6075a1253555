//! The file as a whole and its broker: each rule with its exact message.

use super::Frame::{Inner, Whole};
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::BuildingsNoList,
        Whole,
        r#"buildings = "house"
[broker]
url = "mqtt://b"
[things.a.resources]
c = { kind = "clock" }
"#,
        r#"lab.toml:1:13: error: `buildings` is text; it takes a list of names
 1 | buildings = "house"
   |             ^^^^^^^
   = write buildings = ["house"]
"#,
    ),
    row(
        Rule::BuildingBad,
        Whole,
        r#"buildings = ["a/b", "house", "house"]
[broker]
url = "mqtt://b"
[things.a.resources]
c = { kind = "clock" }
"#,
        r#"lab.toml:1:14: error: `a/b` is no building; allowed is one level of a topic, up to 128 bytes: no `/`, `+`, `#` or control character, not beginning with `$`
 1 | buildings = ["a/b", "house", "house"]
   |              ^^^^^
lab.toml:1:30: error: the building `house` stands here a second time
 1 | buildings = ["a/b", "house", "house"]
   |                              ^^^^^^^
"#,
    ),
    row(
        Rule::Syntax,
        Whole,
        r#"[broker
url = "mqtt://b"
"#,
        r#"lab.toml:1:8: error: this is not TOML: unclosed table, expected `]`
 1 | [broker
   |        ^
"#,
    ),
    row(
        Rule::Syntax,
        Inner,
        r#"button0 = { kind = "button", port = D3 }
"#,
        r#"lab.toml:6:37: error: `D3` is text without quotes
 6 | button0 = { kind = "button", port = D3 }
   |                                     ^^
   = write "D3"
"#,
    ),
    row(
        Rule::Syntax,
        Inner,
        r#"led0 = { kind = "led", port = "D4", follows = inner/button0 }
button0 = { kind = "button", port = "D3" }
"#,
        r#"lab.toml:6:47: error: `inner/button0` is text without quotes
 6 | led0 = { kind = "led", port = "D4", follows = inner/button0 }
   |                                               ^^^^^^^^^^^^^
   = write "inner/button0"
"#,
    ),
    row(
        Rule::Syntax,
        Inner,
        r#"größe = { kind = "button", port = "D3" }
"#,
        r#"lab.toml:6:3: error: this is not TOML: invalid unquoted key, expected letters, numbers, `-`, `_`
 6 | größe = { kind = "button", port = "D3" }
   |   ^^
   = a name has letters a to z, digits and _; text stands in quotes
"#,
    ),
    row(
        Rule::Syntax,
        Inner,
        r#"button0 = { kind = "button" port = "D3" }
"#,
        r#"lab.toml:6:29: error: this is not TOML: missing comma between key-value pairs, expected `,`
 6 | button0 = { kind = "button" port = "D3" }
   |                             ^
"#,
    ),
    row(
        Rule::KeyTwice,
        Inner,
        r#"led0 = { kind = "led", port = "D4" }
led0 = { kind = "led", port = "D5" }
"#,
        r#"lab.toml:7:1: error: `led0` stands here a second time
 7 | led0 = { kind = "led", port = "D5" }
   | ^^^^
   = keep one of the two, or rename one
"#,
    ),
    row(
        Rule::NotText,
        Inner,
        r#"led0 = { kind = "led", port = 4 }
"#,
        r#"lab.toml:6:31: error: `port` is a whole number; it takes text
 6 | led0 = { kind = "led", port = 4 }
   |                               ^
   = text stands in quotes
"#,
    ),
    row(
        Rule::NotInteger,
        Inner,
        r#"button0 = { kind = "button", port = "D3", every_ms = "10" }
"#,
        r#"lab.toml:6:54: error: `every_ms` is text; it takes a whole number, 1 to 60000
 6 | button0 = { kind = "button", port = "D3", every_ms = "10" }
   |                                                      ^^^^
"#,
    ),
    row(
        Rule::NotInteger,
        Inner,
        r#"button0 = { kind = "button", port = "D3", every_ms = 2.5 }
"#,
        r#"lab.toml:6:54: error: `every_ms` is a number with a point; it takes a whole number, 1 to 60000
 6 | button0 = { kind = "button", port = "D3", every_ms = 2.5 }
   |                                                      ^^^
"#,
    ),
    row(
        Rule::NotBoolean,
        Inner,
        r#"button0 = { kind = "button", port = "D3", retain = "no" }
"#,
        r#"lab.toml:6:52: error: `retain` is text; it takes true or false
 6 | button0 = { kind = "button", port = "D3", retain = "no" }
   |                                                    ^^^^
"#,
    ),
    row(
        Rule::NotTable,
        Inner,
        r#"led0 = "D4"
"#,
        r#"lab.toml:6:8: error: `led0` is text; a resource is a table
 6 | led0 = "D4"
   |        ^^^^
"#,
    ),
    row(
        Rule::NotTable,
        Whole,
        r#"broker = "mqtt://b"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:1:10: error: `broker` is text; [broker] is a table
 1 | broker = "mqtt://b"
   |          ^^^^^^^^^^
"#,
    ),
    row(
        Rule::UnknownKeyInFile,
        Whole,
        r#"[brokers]
url = "mqtt://b"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:1:2: error: the file has no key `brokers`
 1 | [brokers]
   |  ^^^^^^^
   = did you mean `broker`?
"#,
    ),
    row(
        Rule::UnknownKeyInFile,
        Whole,
        r#"[broker]
url = "mqtt://b"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
[wiring]
"#,
        r#"lab.toml:5:2: error: the file has no key `wiring`
 5 | [wiring]
   |  ^^^^^^
   = its keys: broker, home_assistant, buildings, things
"#,
    ),
    row(
        Rule::BrokerMissing,
        Whole,
        r#"[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:1:1: error: there is no [broker]
 1 | [things.inner.resources]
   | ^
   = begin with [broker] and url = "mqtt://172.16.32.5:1883"
"#,
    ),
    row(
        Rule::UnknownKeyInBroker,
        Whole,
        r#"[broker]
url = "mqtt://b"
keep_alive = 10
host = "b"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:1: error: [broker] has no key `keep_alive`
 3 | keep_alive = 10
   | ^^^^^^^^^^
   = did you mean `keep_alive_s`?
lab.toml:4:1: error: [broker] has no key `host`
 4 | host = "b"
   | ^^^^
   = its keys: url, keep_alive_s, username, password_file, ca_file, cert_file, key_file, dangerously_accept_any_certificate
"#,
    ),
    row(
        Rule::UrlMissing,
        Whole,
        r#"[broker]
keep_alive_s = 10
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:1:2: error: the broker has no `url`
 1 | [broker]
   |  ^^^^^^
   = write url = "mqtt://172.16.32.5:1883" with your broker's address
"#,
    ),
    row(
        Rule::UrlBad,
        Whole,
        r#"[broker]
url = "172.16.32.5:1883"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:2:7: error: the broker `172.16.32.5:1883` has no scheme; write mqtt://host or mqtt://host:port, or mqtts:// for TLS
 2 | url = "172.16.32.5:1883"
   |       ^^^^^^^^^^^^^^^^^^
"#,
    ),
    row(
        Rule::UrlBad,
        Whole,
        r#"[broker]
url = "mqtts://alice:wonderland@b"
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:2:7: error: the broker's URL holds a user or a password, which would show in logs and process lists; give the user with --username or `username`, and the password in a file with --password-file or `password_file`
 2 | url = "mqtts://****************@b"
   |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
"#,
    ),
    row(
        Rule::KeepAliveRange,
        Whole,
        r#"[broker]
url = "mqtt://b"
keep_alive_s = 0
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:16: error: `keep_alive_s` is 0; allowed is 1 to 65535
 3 | keep_alive_s = 0
   |                ^
   = a thing that froze is noticed after at most three of these; 10 when left out
"#,
    ),
    row(
        Rule::KeepAliveRange,
        Whole,
        r#"[broker]
url = "mqtt://b"
keep_alive_s = 65536
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:16: error: `keep_alive_s` is 65536; allowed is 1 to 65535
 3 | keep_alive_s = 65536
   |                ^^^^^
   = a thing that froze is noticed after at most three of these; 10 when left out
"#,
    ),
    row(
        Rule::KeepAliveOdd,
        Whole,
        r#"[broker]
url = "mqtt://b"
keep_alive_s = 1
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:16: warning: at 1 s, a hiccup of the network of two seconds makes every thing look lost
 3 | keep_alive_s = 1
   |                ^
   = 5 to 30 is usual
"#,
    ),
    row(
        Rule::KeepAliveOdd,
        Whole,
        r#"[broker]
url = "mqtt://b"
keep_alive_s = 61
[things.inner.resources]
led0 = { kind = "led", port = "D4" }
"#,
        r#"lab.toml:3:16: warning: a thing that froze, or whose cable was cut, is noticed minutes later only
 3 | keep_alive_s = 61
   |                ^^
   = 5 to 30 is usual
"#,
    ),
];
