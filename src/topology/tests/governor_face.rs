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
   = its keys: client_id, registration, acknowledgment, commands, responses, command_loader
"#,
    ),
];
