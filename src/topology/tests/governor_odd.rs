//! What is odd about the governor's `config.ini`: each rule with its exact message.

use super::Frame::Governor;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::IniPercent,
        Governor,
        r#"[operator]
pipeline1 = date +%s; echo 100%% of 5%
"#,
        r#"config.ini:2:19: warning: a single `%` stands here, where the original program ends with an error
 2 | pipeline1 = date +%s; echo 100%% of 5%
   |                   ^
   = `%%` means a percent sign
config.ini:2:38: warning: a single `%` stands here, where the original program ends with an error
 2 | pipeline1 = date +%s; echo 100%% of 5%
   |                                      ^
   = `%%` means a percent sign
"#,
    ),
    row(
        Rule::IniReference,
        Governor,
        r#"[operator]
pipeline1 = stress-ng --cpu 0; echo %(tempreature)s
"#,
        r#"config.ini:2:37: warning: no key `tempreature` is there to be put in here
 2 | pipeline1 = stress-ng --cpu 0; echo %(tempreature)s
   |                                     ^^^^^^^^^^^^^^^
   = it is taken as it stands, where the original program ends with an error; `%%` means a percent sign
"#,
    ),
    row(
        Rule::IniDeep,
        Governor,
        r#"[operator]
pipeline1 = %(a)s
a = %(a)s
"#,
        r#"config.ini:2:13: warning: `a` leads to itself, or too far
 2 | pipeline1 = %(a)s
   |             ^^^^^
   = at most ten references in a row; it is taken as it stands, where the original program ends with an error
"#,
    ),
    row(
        Rule::IniSectionOdd,
        Governor,
        r#"[mqtt]
broker = b
[Operator]
jsonify = True
"#,
        r#"config.ini:3:2: warning: nobody reads [Operator]
 3 | [Operator]
   |  ^^^^^^^^
   = did you mean [operator]?
"#,
    ),
    row(
        Rule::IniKeyOdd,
        Governor,
        r#"[mqtt]
broker = b
responses_topic = r
"#,
        r#"config.ini:3:1: warning: nobody reads `responses_topic`
 3 | responses_topic = r
   | ^^^^^^^^^^^^^^^
   = did you mean `response_topic`?
"#,
    ),
    row(
        Rule::SwitchOld,
        Governor,
        r#"[operator]
pipeline_mode = False
"#,
        r#"config.ini:2:1: warning: `pipeline_mode` is the old name of `enable_pipeline_mode`, and read as that
 2 | pipeline_mode = False
   | ^^^^^^^^^^^^^
   = write enable_pipeline_mode = false
"#,
    ),
    row(
        Rule::CutInQuotes,
        Governor,
        r#"[operator]
pipeline1 = uptime; sh -c 'echo a; echo b'
"#,
        r#"config.ini:2:34: warning: this `;` stands in quotes, and cuts all the same: `sh -c 'echo a` and `echo b'` become two steps
 2 | pipeline1 = uptime; sh -c 'echo a; echo b'
   |                                  ^
   = the original cuts here too; in a file of pipelines (TOML) nothing is cut
"#,
    ),
    row(
        Rule::CutInQuotes,
        Governor,
        r#"[operator]
pipeline1 = uptime;
  find . -exec ls {} \; -print
"#,
        r#"config.ini:3:23: warning: this `;` stands after a backslash, and cuts all the same: `find . -exec ls {} \\` and `-print` become two steps
 3 |   find . -exec ls {} \; -print
   |                       ^
   = the original cuts here too; in a file of pipelines (TOML) nothing is cut
"#,
    ),
    row(
        Rule::CommentOfStep,
        Governor,
        r#"[operator]
pipeline1 = uptime
  ; date
  # not this
jsonify = True
; nor this
"#,
        r#"config.ini:3:3: warning: this line begins with `;`, so it is a comment and no step
 3 |   ; date
   |   ^^^^^^
   = put the `;` at the end of the line before; # is plainer for a comment
"#,
    ),
    row(
        Rule::StepEmpty,
        Governor,
        r#"[operator]
pipeline1 = uptime;
pipeline2 =
"#,
        r#"config.ini:2:19: warning: an empty step: an empty command is sent
 2 | pipeline1 = uptime;
   |                   ^
   = as the original does
config.ini:3:12: warning: `pipeline2` has no step; one empty command is sent
 3 | pipeline2 =
   |            ^
   = as the original does
"#,
    ),
];
