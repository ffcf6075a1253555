//! Steps and clients of pipelines: each rule with its exact message.

use super::Frame::Pipelines;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::StepsMissing,
        Pipelines,
        r#"[[pipelines]]
name = "slow"
"#,
        r#"slow.toml:1:1: error: this pipeline has no `steps`
 1 | [[pipelines]]
   | ^^^^^^^^^^^^^
   = write steps = ["uptime"]
"#,
    ),
    row(
        Rule::StepsNoList,
        Pipelines,
        r#"[[pipelines]]
steps = "uptime; date"
"#,
        r#"slow.toml:2:9: error: `steps` is text; it takes a list of steps
 2 | steps = "uptime; date"
   |         ^^^^^^^^^^^^^^
   = write steps = ["uptime"]; nothing is split, so each step is an element
"#,
    ),
    row(
        Rule::StepsEmpty,
        Pipelines,
        r#"[[pipelines]]
steps = []
"#,
        r#"slow.toml:2:9: error: this pipeline has no steps
 2 | steps = []
   |         ^^
   = write "stress-ng --cpu 0", ["stress-ng", "--cpu", "0"], or { argv = [..], timeout_s = 60, retries = 1 }
"#,
    ),
    row(
        Rule::StepNoCommand,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime", 60]
"#,
        r#"slow.toml:2:20: error: a step cannot be a whole number
 2 | steps = ["uptime", 60]
   |                    ^^
   = write "stress-ng --cpu 0", ["stress-ng", "--cpu", "0"], or { argv = [..], timeout_s = 60, retries = 1 }
"#,
    ),
    row(
        Rule::StepBoth,
        Pipelines,
        r#"[[pipelines]]
steps = [{ command = "uptime", argv = ["uptime"] }]
"#,
        r#"slow.toml:2:32: error: `command` and `argv` exclude each other
 2 | steps = [{ command = "uptime", argv = ["uptime"] }]
   |                                ^^^^
   = `argv` is a program with its arguments; `command` is text
"#,
    ),
    row(
        Rule::StepNeither,
        Pipelines,
        r#"[[pipelines]]
steps = [{ timeout_s = 60 }]
"#,
        r#"slow.toml:2:10: error: this step has no `command`
 2 | steps = [{ timeout_s = 60 }]
   |          ^
   = write "stress-ng --cpu 0", ["stress-ng", "--cpu", "0"], or { argv = [..], timeout_s = 60, retries = 1 }
"#,
    ),
    row(
        Rule::StepBlank,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime", " "]
"#,
        r#"slow.toml:2:20: error: an empty step
 2 | steps = ["uptime", " "]
   |                    ^^^
   = leave it out
"#,
    ),
    row(
        Rule::ArgvNoList,
        Pipelines,
        r#"[[pipelines]]
steps = [{ argv = "stress-ng --cpu 0" }]
"#,
        r#"slow.toml:2:19: error: `argv` is text; it takes a list of words
 2 | steps = [{ argv = "stress-ng --cpu 0" }]
   |                   ^^^^^^^^^^^^^^^^^^^
   = as in argv = ["stress-ng", "--cpu", "0"]; text stands at `command`
"#,
    ),
    row(
        Rule::ArgvBad,
        Pipelines,
        r#"[[pipelines]]
steps = [[]]
"#,
        r#"slow.toml:2:10: error: there is no word; a command begins with a program
 2 | steps = [[]]
   |          ^^
"#,
    ),
    row(
        Rule::NotText,
        Pipelines,
        r#"[[pipelines]]
steps = [["stress-ng", "--cpu", 0]]
"#,
        r#"slow.toml:2:33: error: `steps` is a whole number; it takes text
 2 | steps = [["stress-ng", "--cpu", 0]]
   |                                 ^
   = text stands in quotes
"#,
    ),
    row(
        Rule::RetriesRange,
        Pipelines,
        r#"[[pipelines]]
steps = [{ command = "uptime", retries = 5000 }]
"#,
        r#"slow.toml:2:42: error: `retries` is 5000; allowed is 0 to 1000
 2 | steps = [{ command = "uptime", retries = 5000 }]
   |                                          ^^^^
   = how often it is tried again when it failed or timed out; 0 when left out
"#,
    ),
    row(
        Rule::SecondsRange,
        Pipelines,
        r#"registration_timeout_s = -1
patience_s = 0.0
silence_s = "1 m"
[[pipelines]]
steps = [{ command = "uptime", timeout_s = 0 }]
"#,
        r#"slow.toml:1:26: error: `registration_timeout_s` is -1; it takes seconds, 0 to 31536000
 1 | registration_timeout_s = -1
   |                          ^^
slow.toml:2:14: error: `patience_s` is 0.0; it takes seconds, 0.001 to 31536000
 2 | patience_s = 0.0
   |              ^^^
slow.toml:3:13: error: `silence_s` is text; it takes seconds, 1 to 31536000
 3 | silence_s = "1 m"
   |             ^^^^^
slow.toml:5:44: error: `timeout_s` is 0; it takes seconds, 0.001 to 31536000
 5 | steps = [{ command = "uptime", timeout_s = 0 }]
   |                                            ^
"#,
    ),
    row(
        Rule::ClientsNoList,
        Pipelines,
        r#"clients = "pi1"
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:11: error: `clients` is text; it takes a list of names
 1 | clients = "pi1"
   |           ^^^^^
   = as in clients = ["pi1", "pi2"]
"#,
    ),
    row(
        Rule::ClientPattern,
        Pipelines,
        r#"clients = ["pi1", "pi*"]
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:19: error: `pi*` is a pattern; those who are expected have names
 1 | clients = ["pi1", "pi*"]
   |                   ^^^^^
   = patterns choose among them, in the `clients` of a pipeline
"#,
    ),
    row(
        Rule::ClientNameless,
        Pipelines,
        r#"clients = ["pi1", ""]
[[pipelines]]
steps = ["uptime"]
clients = ""
"#,
        r#"slow.toml:1:19: error: a client without a name
 1 | clients = ["pi1", ""]
   |                   ^^
slow.toml:4:11: error: a client without a name
 4 | clients = ""
   |           ^^
"#,
    ),
    row(
        Rule::ClientTwice,
        Pipelines,
        r#"clients = ["pi1", "pi1"]
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:19: error: the client `pi1` is named twice
 1 | clients = ["pi1", "pi1"]
   |                   ^^^^^
"#,
    ),
    row(
        Rule::ClientsEmpty,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime"]
clients = []
"#,
        r#"slow.toml:3:11: error: `clients` names nobody
 3 | clients = []
   |           ^^
   = name them, or leave `clients` out for all that register
"#,
    ),
    row(
        Rule::FeedbackFileEmpty,
        Pipelines,
        r#"feedback_file = ""
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:17: error: `feedback_file` names no file
 1 | feedback_file = ""
   |                 ^^
   = write feedback_file = "feedback.txt", or leave it out
"#,
    ),
    row(
        Rule::UrlBad,
        Pipelines,
        r#"broker = "pi1"
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:10: error: the broker `pi1` has no scheme; write mqtt://host or mqtt://host:port, or mqtts:// for TLS
 1 | broker = "pi1"
   |          ^^^^^
"#,
    ),
    row(
        Rule::TopicBad,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime"]
[topics]
responses = "a/#"
"#,
        r#"slow.toml:4:13: error: the topic `a/#` holds the wildcard `#`; a message has one topic, wildcards are for subscriptions
 4 | responses = "a/#"
   |             ^^^^^
"#,
    ),
];
