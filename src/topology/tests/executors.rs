//! Executors: what may run: each rule with its exact message.

use super::Frame::Inner;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::AllowNoList,
        Inner,
        r#"e0 = { kind = "executor", allow = "true" }
"#,
        r#"lab.toml:6:35: error: `allow` is text; it takes a list of texts
 6 | e0 = { kind = "executor", allow = "true" }
   |                                   ^^^^^^
   = write allow = ["stress-ng --cpu * --timeout *s"]
"#,
    ),
    row(
        Rule::NotText,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true", 1] }
"#,
        r#"lab.toml:6:44: error: `allow` is a whole number; it takes text
 6 | e0 = { kind = "executor", allow = ["true", 1] }
   |                                            ^
   = text stands in quotes
"#,
    ),
    row(
        Rule::AllowEntry,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true", ""] }
"#,
        r#"lab.toml:6:45: error: the entry is empty
 6 | e0 = { kind = "executor", allow = ["true", ""] }
   |                                             ^
   = an entry is a program and its arguments, as in "stress-ng --cpu * --timeout *s"
"#,
    ),
    row(
        Rule::AllowEntry,
        Inner,
        r#"e0 = { kind = "executor", allow = ["/opt/lab/bench.sh *", "uptime; reboot"] }
"#,
        r#"lab.toml:6:66: error: the entry is not only words: `;` at byte 6 is an operator of the shell, and no shell runs here; quoted it is a character
 6 | e0 = { kind = "executor", allow = ["/opt/lab/bench.sh *", "uptime; reboot"] }
   |                                                                  ^
   = an entry is a program and its arguments, as in "stress-ng --cpu * --timeout *s"
"#,
    ),
    row(
        Rule::AllowEntry,
        Inner,
        r#"e0 = { kind = "executor", allow = ["bin/bench --runs *"] }
"#,
        r#"lab.toml:6:37: error: the path `bin/bench` is not absolute
 6 | e0 = { kind = "executor", allow = ["bin/bench --runs *"] }
   |                                     ^^^^^^^^^
   = write its name, as in "stress-ng *", or its absolute path, as in "/opt/lab/bench.sh *"
"#,
    ),
    row(
        Rule::AllowEntry,
        Inner,
        r#"e0 = { kind = "executor", allow = ["str*ng --cpu 1"] }
"#,
        r#"lab.toml:6:37: error: the program `str*ng` has a wildcard
 6 | e0 = { kind = "executor", allow = ["str*ng --cpu 1"] }
   |                                     ^^^^^^
   = name one; `*` alone, without arguments, allows any program
"#,
    ),
    row(
        Rule::AllowEntry,
        Inner,
        r#"e0 = { kind = "executor", allow = ['bench "a b" ../*'] }
"#,
        r#"lab.toml:6:49: error: a `..` stands beside a wildcard
 6 | e0 = { kind = "executor", allow = ['bench "a b" ../*'] }
   |                                                 ^^^^
   = write the folder that is meant
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], paralel = 2 }
"#,
        r#"lab.toml:6:45: error: an executor has no key `paralel`
 6 | e0 = { kind = "executor", allow = ["true"], paralel = 2 }
   |                                             ^^^^^^^
   = did you mean `parallel`?
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"e0 = { kind = "executor", alow = ["true"], debounce_ms = 1 }
"#,
        r#"lab.toml:6:27: error: an executor has no key `alow`
 6 | e0 = { kind = "executor", alow = ["true"], debounce_ms = 1 }
   |                           ^^^^
   = did you mean `allow`?
lab.toml:6:44: error: an executor has no key `debounce_ms`
 6 | e0 = { kind = "executor", alow = ["true"], debounce_ms = 1 }
   |                                            ^^^^^^^^^^^
   = `debounce_ms` is a setting of button, touch and others
"#,
    ),
    row(
        Rule::PortNotNeeded,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], port = "D3" }
"#,
        r#"lab.toml:6:45: error: an executor needs no port
 6 | e0 = { kind = "executor", allow = ["true"], port = "D3" }
   |                                             ^^^^
   = leave it out
"#,
    ),
    row(
        Rule::RetainOnOthers,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], retain = false }
"#,
        r#"lab.toml:6:45: error: an executor has no `retain`
 6 | e0 = { kind = "executor", allow = ["true"], retain = false }
   |                                             ^^^^^^
   = it is for sensors; leave it out
"#,
    ),
    row(
        Rule::CannotFollow,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"] }
led0 = { kind = "led", port = "D4", follows = "inner/e0" }
"#,
        r#"lab.toml:7:47: error: `inner/led0` cannot follow `inner/e0`: it cannot show text
 7 | led0 = { kind = "led", port = "D4", follows = "inner/e0" }
   |                                               ^^^^^^^^^^
   = `inner/e0` says text
"#,
    ),
    row(
        Rule::AllowNothing,
        Inner,
        r#"e0 = { kind = "executor" }
"#,
        r#"lab.toml:6:1: warning: this executor has no `allow`, so it runs nothing
 6 | e0 = { kind = "executor" }
   | ^^
   = without an entry every command is refused; as in allow = ["stress-ng --cpu * --timeout *s"]
"#,
    ),
    row(
        Rule::AllowNothing,
        Inner,
        r#"e0 = { kind = "executor", allow = [] }
"#,
        r#"lab.toml:6:35: warning: `allow` is empty, so this executor runs nothing
 6 | e0 = { kind = "executor", allow = [] }
   |                                   ^^
   = without an entry every command is refused; as in allow = ["stress-ng --cpu * --timeout *s"]
"#,
    ),
    row(
        Rule::DangerousProgram,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true", "stress-ng *", "env *"] }
"#,
        r#"lab.toml:6:44: warning: `stress-ng` overwrites any file by -Y or --log-file, writes anywhere by --temp-path, reads any by -j
 6 | e0 = { kind = "executor", allow = ["true", "stress-ng *", "env *"] }
   |                                            ^^^^^^^^^^^^^
   = narrower, for example: "stress-ng --cpu * --timeout *s --metrics-brief"
lab.toml:6:59: warning: `env` starts any program
 6 | e0 = { kind = "executor", allow = ["true", "stress-ng *", "env *"] }
   |                                                           ^^^^^^^
   = narrower, for example: "/opt/lab/bench.sh --runs *"
"#,
    ),
    row(
        Rule::DangerousProgram,
        Inner,
        r#"e0 = { kind = "executor", allow = ["*"] }
"#,
        r#"lab.toml:6:36: warning: `*` allows every program with any arguments
 6 | e0 = { kind = "executor", allow = ["*"] }
   |                                    ^^^
   = name what is needed, as in "stress-ng --cpu * --timeout *s"
"#,
    ),
    row(
        Rule::ShellOpen,
        Inner,
        r#"e0 = { kind = "executor", allow = ["*"], shell = true }
"#,
        r#"lab.toml:6:50: warning: with `shell = true` and `*`, whoever reaches the broker may do anything as this user
 6 | e0 = { kind = "executor", allow = ["*"], shell = true }
   |                                                  ^^^^
   = as the original does; a list of programs without `shell` is safer
"#,
    ),
    row(
        Rule::ShellIdle,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], shell = true }
"#,
        r#"lab.toml:6:53: warning: `shell = true` changes nothing without an entry `*`
 6 | e0 = { kind = "executor", allow = ["true"], shell = true }
   |                                                     ^^^^
   = a list means nothing behind a shell, so what it allows runs without one; leave `shell` out
"#,
    ),
];
