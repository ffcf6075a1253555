//! Executors: how jobs are run: each rule with its exact message.

use super::Frame::Inner;
use super::{Row, row};
use crate::topology::findings::Rule;

pub(super) const ROWS: &[Row] = &[
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], parallel = 65 }
"#,
        r#"lab.toml:6:56: error: `parallel` is 65; allowed is 1 to 64
 6 | e0 = { kind = "executor", allow = ["true"], parallel = 65 }
   |                                                        ^^
   = how many jobs run at a time; 1 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], timeout_s = 0 }
"#,
        r#"lab.toml:6:57: error: `timeout_s` is 0; allowed is 1 to 2592000
 6 | e0 = { kind = "executor", allow = ["true"], timeout_s = 0 }
   |                                                         ^
   = the longest that a job may take; without it, as long as it likes
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], kill_after_s = 3601 }
"#,
        r#"lab.toml:6:60: error: `kill_after_s` is 3601; allowed is 0 to 3600
 6 | e0 = { kind = "executor", allow = ["true"], kill_after_s = 3601 }
   |                                                            ^^^^
   = how long a job may take to end before it is killed; 5 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], queue = 0 }
"#,
        r#"lab.toml:6:53: error: `queue` is 0; allowed is 1 to 1000000
 6 | e0 = { kind = "executor", allow = ["true"], queue = 0 }
   |                                                     ^
   = how many commands may wait for their turn; 10000 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], spool_mib = -1 }
"#,
        r#"lab.toml:6:57: error: `spool_mib` is -1; allowed is 0 to 1048576
 6 | e0 = { kind = "executor", allow = ["true"], spool_mib = -1 }
   |                                                         ^^
   = how much of each stream of a job is kept on the disk; 64 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], spool_total_mib = 1048577 }
"#,
        r#"lab.toml:6:63: error: `spool_total_mib` is 1048577; allowed is 0 to 1048576
 6 | e0 = { kind = "executor", allow = ["true"], spool_total_mib = 1048577 }
   |                                                               ^^^^^^^
   = how much of all jobs is kept on the disk; 512 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], keep_days = 0 }
"#,
        r#"lab.toml:6:57: error: `keep_days` is 0; allowed is 1 to 365
 6 | e0 = { kind = "executor", allow = ["true"], keep_days = 0 }
   |                                                         ^
   = how long ids are remembered and answers wait; 7 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], progress_s = -1 }
"#,
        r#"lab.toml:6:58: error: `progress_s` is -1; allowed is 0 to 3600
 6 | e0 = { kind = "executor", allow = ["true"], progress_s = -1 }
   |                                                          ^^
   = how often progress is said, 0 for never; 1 when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], nice = 20 }
"#,
        r#"lab.toml:6:52: error: `nice` is 20; allowed is -20 to 19
 6 | e0 = { kind = "executor", allow = ["true"], nice = 20 }
   |                                                    ^^
   = the higher, the more it stands back; the thing's own when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], memory_mib = 0 }
"#,
        r#"lab.toml:6:58: error: `memory_mib` is 0; allowed is 1 to 1048576
 6 | e0 = { kind = "executor", allow = ["true"], memory_mib = 0 }
   |                                                          ^
   = the most memory of a process; no limit when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], cpu_s = 0 }
"#,
        r#"lab.toml:6:53: error: `cpu_s` is 0; allowed is 1 to 2592000
 6 | e0 = { kind = "executor", allow = ["true"], cpu_s = 0 }
   |                                                     ^
   = the most processor time of a process; no limit when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], file_size_mib = -1 }
"#,
        r#"lab.toml:6:61: error: `file_size_mib` is -1; allowed is 0 to 1048576
 6 | e0 = { kind = "executor", allow = ["true"], file_size_mib = -1 }
   |                                                             ^^
   = the largest file that a process may write; no limit when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], open_files = 7 }
"#,
        r#"lab.toml:6:58: error: `open_files` is 7; allowed is 8 to 1048576
 6 | e0 = { kind = "executor", allow = ["true"], open_files = 7 }
   |                                                          ^
   = the most open files of a process; the system's when left out
"#,
    ),
    row(
        Rule::SettingRange,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], processes = 0 }
"#,
        r#"lab.toml:6:57: error: `processes` is 0; allowed is 1 to 1048576
 6 | e0 = { kind = "executor", allow = ["true"], processes = 0 }
   |                                                         ^
   = the most processes of its user; the system's when left out
"#,
    ),
    row(
        Rule::NotBoolean,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], journal = 1 }
"#,
        r#"lab.toml:6:55: error: `journal` is a whole number; it takes true or false
 6 | e0 = { kind = "executor", allow = ["true"], journal = 1 }
   |                                                       ^
"#,
    ),
    row(
        Rule::NotBoolean,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], native_cpufreq = "yes" }
"#,
        r#"lab.toml:6:62: error: `native_cpufreq` is text; it takes true or false
 6 | e0 = { kind = "executor", allow = ["true"], native_cpufreq = "yes" }
   |                                                              ^^^^^
"#,
    ),
    row(
        Rule::FolderRelative,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], working_directory = "lab" }
"#,
        r#"lab.toml:6:65: error: `working_directory` is `lab`; it takes an absolute path
 6 | e0 = { kind = "executor", allow = ["true"], working_directory = "lab" }
   |                                                                 ^^^^^
   = when left out, the executor has a folder of its own
"#,
    ),
    row(
        Rule::FolderRelative,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], system_root = "tree" }
"#,
        r#"lab.toml:6:59: error: `system_root` is `tree`; it takes an absolute path
 6 | e0 = { kind = "executor", allow = ["true"], system_root = "tree" }
   |                                                           ^^^^^^
   = for trials on a made tree; / when left out
"#,
    ),
    row(
        Rule::NotTable,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = ["A=b"] }
"#,
        r#"lab.toml:6:59: error: `environment` is a list; `environment` is a table
 6 | e0 = { kind = "executor", allow = ["true"], environment = ["A=b"] }
   |                                                           ^^^^^^^
"#,
    ),
    row(
        Rule::EnvironmentName,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { "2A" = "x" } }
"#,
        r#"lab.toml:6:61: error: `2A` is no name of a variable
 6 | e0 = { kind = "executor", allow = ["true"], environment = { "2A" = "x" } }
   |                                                             ^^^^
   = a name has letters, digits and _, and does not begin with a digit
"#,
    ),
    row(
        Rule::EnvironmentName,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { "A=B" = "x" } }
"#,
        r#"lab.toml:6:61: error: `A=B` is no name of a variable
 6 | e0 = { kind = "executor", allow = ["true"], environment = { "A=B" = "x" } }
   |                                                             ^^^^^
   = a name has letters, digits and _, and does not begin with a digit
"#,
    ),
    row(
        Rule::EnvironmentLoader,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { LD_PRELOAD = "/opt/x.so" } }
"#,
        r#"lab.toml:6:61: error: `LD_PRELOAD` puts other code into every program that is allowed
 6 | e0 = { kind = "executor", allow = ["true"], environment = { LD_PRELOAD = "/opt/x.so" } }
   |                                                             ^^^^^^^^^^
   = set it in a script of root's, and allow that script
"#,
    ),
    row(
        Rule::EnvironmentValue,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { A = "x\u0000" } }
"#,
        r#"lab.toml:6:65: error: `A` holds U+0000 or more than 32768 bytes
 6 | e0 = { kind = "executor", allow = ["true"], environment = { A = "x\u0000" } }
   |                                                                 ^^^^^^^^^
   = no variable can
"#,
    ),
    row(
        Rule::EnvironmentPath,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { PATH = "/usr/bin:" } }
"#,
        r#"lab.toml:6:68: error: `PATH` leads through the folder that a job is in
 6 | e0 = { kind = "executor", allow = ["true"], environment = { PATH = "/usr/bin:" } }
   |                                                                    ^^^^^^^^^^^
   = each part between `:` is an absolute path; allowed programs are not looked for here, but what they start is
"#,
    ),
    row(
        Rule::EnvironmentPath,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { PATH = "bin:/usr/bin" } }
"#,
        r#"lab.toml:6:68: error: `PATH` leads through the folder that a job is in
 6 | e0 = { kind = "executor", allow = ["true"], environment = { PATH = "bin:/usr/bin" } }
   |                                                                    ^^^^^^^^^^^^^^
   = each part between `:` is an absolute path; allowed programs are not looked for here, but what they start is
"#,
    ),
    row(
        Rule::NotText,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], environment = { A = 1 } }
"#,
        r#"lab.toml:6:65: error: `A` is a whole number; it takes text
 6 | e0 = { kind = "executor", allow = ["true"], environment = { A = 1 } }
   |                                                                 ^
   = text stands in quotes
"#,
    ),
    row(
        Rule::EnvironmentInherited,
        Inner,
        r#"e0 = { kind = "executor", allow = ["true"], inherit_environment = true }
"#,
        r#"lab.toml:6:67: warning: commands see the thing's whole environment, and what is secret in it
 6 | e0 = { kind = "executor", allow = ["true"], inherit_environment = true }
   |                                                                   ^^^^
   = name what they need in `environment`
"#,
    ),
];
