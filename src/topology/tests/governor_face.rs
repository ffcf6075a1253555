//! Executors: by which name and on which topics an operator finds them: each rule with its exact message.

use super::Frame::Inner;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::GovernorOdd,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = "c1" }
"#,
        r#"lab.toml:6:56: error: `governor` is text; it takes true, false or a table
 6 | e0 = { kind = "executor", allow = ["true"], governor = "c1" }
   |                                                        ^^^^
   = write governor = true, or governor = { client_id = "pi3" }
"#,
    ),
    row(
        Rule::GovernorClientId,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = { client_id = "" } }
"#,
        r#"lab.toml:6:70: error: `` is no client id
 6 | e0 = { kind = "executor", allow = ["true"], governor = { client_id = "" } }
   |                                                                      ^^
   = any text without control characters, 1 to 256 bytes; the thing's address when left out
"#,
    ),
    row(
        Rule::GovernorClientId,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = { client_id = "c\u0007" } }
"#,
        r#"lab.toml:6:70: error: `c\u{7}` is no client id
 6 | e0 = { kind = "executor", allow = ["true"], governor = { client_id = "c\u0007" } }
   |                                                                      ^^^^^^^^^
   = any text without control characters, 1 to 256 bytes; the thing's address when left out
"#,
    ),
    row(
        Rule::GovernorTopic,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = { commands = "lab/#" } }
"#,
        r#"lab.toml:6:69: error: the topic `lab/#` holds the wildcard `#`; a message has one topic, wildcards are for subscriptions
 6 | e0 = { kind = "executor", allow = ["true"], governor = { commands = "lab/#" } }
   |                                                                     ^^^^^^^
"#,
    ),
    row(
        Rule::GovernorTopicTwice,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = { commands = "lab/c", responses = "lab/c" } }
"#,
        r#"lab.toml:6:90: error: `responses` is the topic of `commands` as well
 6 | e0 = { kind = "executor", allow = ["true"], governor = { commands = "lab/c", responses = "lab/c" } }
   |                                                                                          ^^^^^^^
   = each of the five has a topic of its own, the same for all clients and the operator
"#,
    ),
    row(
        Rule::GovernorTopicTwice,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = { commands = "system_performance/responses" } }
"#,
        r#"lab.toml:6:45: error: `responses` is the topic of `commands` as well
 6 | e0 = { kind = "executor", allow = ["true"], governor = { commands = "system_performance/responses" } }
   |                                             ^^^^^^^^
   = each of the five has a topic of its own, the same for all clients and the operator
"#,
    ),
    row(
        Rule::UnsignedGovernor,
        Inner,
        r#"e0 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = true }
e1 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = { client_id = "c1", unsigned = false } }
"#,
        r#"lab.toml:6:79: error: keys are trusted, and commands on the governor's topics cannot be signed
 6 | e0 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = true }
   |                                                                               ^^^^^^^^
   = leave `governor` out, or say what may run unsigned: governor = { unsigned = true, allow = ["cpufreq-set -r -f *"] }
lab.toml:7:79: error: keys are trusted, and commands on the governor's topics cannot be signed
 7 | e1 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = { client_id = "c1", unsigned = false } }
   |                                                                               ^^^^^^^^
   = leave `governor` out, or say what may run unsigned: governor = { unsigned = true, allow = ["cpufreq-set -r -f *"] }
"#,
    ),
    row(
        Rule::UnsignedAlone,
        Inner,
        r#"e0 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = { unsigned = true } }
"#,
        r#"lab.toml:6:92: error: `unsigned = true` without `allow`
 6 | e0 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = { unsigned = true } }
   |                                                                                            ^^^^^^^^
   = say in `allow` what may run although nobody signs it, narrower than the executor's own `allow`
"#,
    ),
    row(
        Rule::UnsignedUnsaid,
        Inner,
        r#"e0 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = { allow = ["date"] } }
"#,
        r#"lab.toml:6:92: error: `allow` is what may run although nobody signs it, and `unsigned = true` is missing
 6 | e0 = { kind = "executor", allow = ["seq *", "date"], trusted_keys = "/etc/k", governor = { allow = ["date"] } }
   |                                                                                            ^^^^^
   = write that beside it, or leave it out
"#,
    ),
    row(
        Rule::UnsignedWide,
        Inner,
        r#"e0 = { kind = "executor", allow = ["seq *", "date"], governor = { unsigned = true, allow = ["date", "*"] } }
"#,
        r#"lab.toml:6:101: error: unsigned, `*` allows every program with any arguments
 6 | e0 = { kind = "executor", allow = ["seq *", "date"], governor = { unsigned = true, allow = ["date", "*"] } }
   |                                                                                                     ^^^
   = name what is needed, as in "stress-ng --cpu * --timeout *s"
"#,
    ),
    row(
        Rule::UnsignedWide,
        Inner,
        r#"e0 = { kind = "executor", allow = ["seq *", "date"], governor = { unsigned = true, allow = ["date", "seq *"] } }
"#,
        r#"lab.toml:6:84: error: everything that the executor allows may run unsigned, so the signatures protect nothing
 6 | e0 = { kind = "executor", allow = ["seq *", "date"], governor = { unsigned = true, allow = ["date", "seq *"] } }
   |                                                                                    ^^^^^
   = leave out what is worth a signature
"#,
    ),
    row(
        Rule::GovernorClientTwice,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = true }
e1 = { kind = "executor", allow = ["true"], governor = { client_id = "10.0.0.1" } }
"#,
        r#"lab.toml:7:45: error: `inner/e0` registers by the same name, so both would run each command
 7 | e1 = { kind = "executor", allow = ["true"], governor = { client_id = "10.0.0.1" } }
   |                                             ^^^^^^^^
   = give one of them another: governor = { client_id = "pi3" }
"#,
    ),
    row(
        Rule::UnknownKeyInResource,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], governor = { id = "c1" } }
"#,
        r#"lab.toml:6:58: error: `governor` has no key `id`
 6 | e0 = { kind = "executor", allow = ["true"], governor = { id = "c1" } }
   |                                                          ^^
   = its keys: client_id, registration, acknowledgment, commands, responses, command_loader, unsigned, allow
"#,
    ),
];
