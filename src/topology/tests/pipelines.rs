//! Files of pipelines: each rule with its exact message.

use super::Frame::Pipelines;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::UnknownKeyInPipelines,
        Pipelines,
        r#"registration_timeout = 5
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:1: error: the file has no key `registration_timeout`
 1 | registration_timeout = 5
   | ^^^^^^^^^^^^^^^^^^^^
   = did you mean `registration_timeout_s`?
"#,
    ),
    row(
        Rule::UnknownKeyInPipelines,
        Pipelines,
        r#"on_failure = "stop"
[[pipelines]]
steps = ["uptime"]
"#,
        r#"slow.toml:1:1: error: the file has no key `on_failure`
 1 | on_failure = "stop"
   | ^^^^^^^^^^
   = `on_failure` belongs below [[pipelines]]
"#,
    ),
    row(
        Rule::UnknownKeyInTopics,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime"]
[topics]
ack = "a"
"#,
        r#"slow.toml:4:1: error: [topics] has no key `ack`
 4 | ack = "a"
   | ^^^
   = its keys: registration, acknowledgment, commands, responses, command_loader
"#,
    ),
    row(
        Rule::SameTopic,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime"]
[topics]
commands = "system_performance/responses"
"#,
        r#"slow.toml:4:12: error: `commands` and `responses` are both `system_performance/responses`
 4 | commands = "system_performance/responses"
   |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = each needs a topic of its own, or one is taken for the other
"#,
    ),
    row(
        Rule::UnknownKeyInPipeline,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime"]
timeout_s = 5
"#,
        r#"slow.toml:3:1: error: a pipeline has no key `timeout_s`
 3 | timeout_s = 5
   | ^^^^^^^^^
   = `timeout_s` belongs to a step, as in { command = "uptime", timeout_s = 5 }
"#,
    ),
    row(
        Rule::UnknownKeyInPipeline,
        Pipelines,
        r#"[[pipelines]]
step = ["uptime"]
"#,
        r#"slow.toml:2:1: error: a pipeline has no key `step`
 2 | step = ["uptime"]
   | ^^^^
   = did you mean `steps`?
"#,
    ),
    row(
        Rule::UnknownKeyInStep,
        Pipelines,
        r#"[[pipelines]]
steps = [{ command = "uptime", time_out_s = 5 }]
"#,
        r#"slow.toml:2:32: error: a step has no key `time_out_s`
 2 | steps = [{ command = "uptime", time_out_s = 5 }]
   |                                ^^^^^^^^^^
   = did you mean `timeout_s`?
"#,
    ),
    row(
        Rule::NoPipelines,
        Pipelines,
        r#"realtime = true
"#,
        r#"slow.toml:1:1: error: there are no pipelines
 1 | realtime = true
   | ^
   = begin one with [[pipelines]], and steps = ["uptime"] below it
"#,
    ),
    row(
        Rule::PipelinesNoList,
        Pipelines,
        r#"[pipelines]
steps = ["uptime"]
"#,
        r#"slow.toml:1:2: error: `pipelines` is a table; it takes a list of tables
 1 | [pipelines]
   |  ^^^^^^^^^
   = begin one with [[pipelines]], and steps = ["uptime"] below it
"#,
    ),
    row(
        Rule::PipelineNameless,
        Pipelines,
        r#"[[pipelines]]
name = ""
steps = ["uptime"]
"#,
        r#"slow.toml:2:8: error: a pipeline's name is empty
 2 | name = ""
   |        ^^
   = name it, or leave `name` out
"#,
    ),
    row(
        Rule::PipelineTwice,
        Pipelines,
        r#"[[pipelines]]
name = "slow"
steps = ["uptime"]
[[pipelines]]
name = "slow"
steps = ["uptime"]
"#,
        r#"slow.toml:5:8: error: a pipeline before this one is called `slow`
 5 | name = "slow"
   |        ^^^^^^
"#,
    ),
    row(
        Rule::OnFailureUnknown,
        Pipelines,
        r#"[[pipelines]]
steps = ["uptime"]
on_failure = "next"
"#,
        r#"slow.toml:3:14: error: `on_failure` cannot be `next`
 3 | on_failure = "next"
   |              ^^^^^^
   = "stop": this client is done; "continue": the next step follows; "next_pipeline": the next pipeline follows
"#,
    ),
];
